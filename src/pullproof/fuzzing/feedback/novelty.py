"""Feedback from the outside, for binaries that tell nothing of themselves.

A run is new if its answer has a new shape, if it ends in a new way, says
something new on stderr (numbers and quoted words aside), asks an emulator for
something new, or takes a time of another order. Values are not looked at: they
are new each time.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, cast

from pullproof.fuzzing.feedback.base import bucket, feature
from pullproof.model.reaction import react
from pullproof.model.setup import Setup
from pullproof.model.transcript import Exec, Received, Transcript

SPACE = 1
_VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\S{25,}|\d+|0x[0-9a-fA-F]+|/[^\s:,;)]+")
_MOST_LINES = 6
_SLOW_S = 0.5
_KINDS = (("list", list), ("bool", bool), ("number", int | float))


class Novelty:
    """Features of transcripts; needs nothing of the provider."""

    name = "novelty"
    env: tuple[tuple[str, str], ...] = ()

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def collect(self, transcript: Transcript) -> frozenset[int]:
        found: set[int] = set()
        before = ""
        for run in transcript.execs:
            seen = tuple(self._exec(run)) + tuple(
                ("asks", *told) for told in _visits(transcript.during(run.step))
            )
            found.update(feature(SPACE, *item) for item in seen)
            # One after the other: a second call that goes differently is new.
            now = f"{run.ending}/{run.exit_code}/{seen[1][1:2]}"
            found.add(feature(SPACE, "then", before, now))
            before = now
        found.update(
            feature(SPACE, "pull", pull.opened, len(pull.attempts)) for pull in transcript.pulls
        )
        return frozenset(found)

    def _exec(self, run: Exec) -> Iterator[tuple[object, ...]]:
        yield ("ends", run.ending.value, run.exit_code, run.signal, run.core_dumped)
        reaction = react(self._setup, run)
        yield ("kubelet", reaction.accepted, reaction.rule)
        yield ("stdout", _shape(run.stdout), bucket(len(run.stdout) // 256))
        for line in template(run.stderr):
            yield ("stderr", line)
        yield ("unread", bool(run.stdin_unread), run.left_behind)
        if run.duration_s > _SLOW_S:
            yield ("slow", bucket(int(run.duration_s / _SLOW_S)))
        for file in run.files:
            yield ("file", _VARYING.sub("*", file.path), bucket(file.size))


def _visits(visits: tuple[Received, ...]) -> Iterator[tuple[object, ...]]:
    counts: dict[tuple[object, ...], int] = {}
    for visit in visits:
        length = visit.target.partition("?")[0].count("/")
        seen: tuple[object, ...] = (
            visit.actor.value,
            visit.method,
            length,
            visit.status,
            visit.token_verdict,
            visit.fault,
        )
        counts[seen] = counts.get(seen, 0) + 1
    for told, count in counts.items():
        yield (*told, bucket(count))


def template(stderr: bytes) -> tuple[str, ...]:
    """Return the first lines of `stderr` without what varies.

    >>> template(b"12:03 no token for 'registry.example/x'")
    ('#:# no token for #',)
    """
    lines = stderr[:4096].decode("utf-8", "replace").splitlines()
    return tuple(_VARYING.sub("#", line.strip())[:120] for line in lines[:_MOST_LINES])


@lru_cache(maxsize=2048)
def _shape(stdout: bytes) -> str:
    """Return the structure of an answer: members and types, keys of `auth` by kind."""
    if not stdout:
        return "nothing"
    try:
        document: Any = json.loads(stdout)
    except (ValueError, RecursionError):
        return "no JSON " + ("text" if stdout.isascii() else "bytes")
    return _structure(document, 0)


def _structure(value: Any, depth: int) -> str:
    if isinstance(value, dict) and depth < 4:
        members = cast("dict[str, Any]", value)
        told = sorted(
            f"{_key_kind(name) if depth == 1 else name}:{_structure(item, depth + 1)}"
            for name, item in members.items()
        )
        return "{" + ",".join(dict.fromkeys(told)) + "}"
    if isinstance(value, str):
        # `Image`, `15m0s`: constants of the protocol rather than secrets.
        return value if depth == 1 and len(value) < 12 and value.isalpha() else "s"
    return next((name for name, kind in _KINDS if isinstance(value, kind)), "other")


def _key_kind(key: str) -> str:
    """Return what an auth key looks like, not which one it is."""
    marks = "".join(mark for mark in "*:/@" if mark in key)
    return f"key{marks}" if "." in key or marks else key
