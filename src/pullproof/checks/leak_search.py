"""Which secrets to look for in a transcript, and all ways they may be spelled.

`leaks` knows the shapes of one text. Here a secret is first cut down to what no
honest output holds, so that a chatty provider is not taken for a leaking one.
Source: S-12, S-68, S-69, S-82.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from pullproof.checks.leaks import MIN_LENGTH, describe, known_secrets, shapes
from pullproof.model.transcript import Exec, Received, Secret, SecretKind, Transcript

_MIN_SIGNATURE = 16
_MIN_VARIETY = 6
"""Different characters: a row of dots is no canary (`many-dots`)."""
_JWT = re.compile(r"[\w-]*\.[\w-]*\.([\w-]+)")


def searchable(value: str) -> str:
    """Return the part of a secret that no honest output holds; "" if none.

    Of a signed token that is the signature: header and claims alone open
    nothing, and a program may well print who a token belongs to.
    """
    found = _JWT.fullmatch(value)
    if found is not None and len(found.group(1)) >= _MIN_SIGNATURE:
        return found.group(1)
    kept = value.strip(".")
    if len(kept) < MIN_LENGTH or len(set(kept)) < _MIN_VARIETY:
        return ""
    return kept


@lru_cache(maxsize=2048)
def spellings(value: str) -> tuple[bytes, ...]:
    """Return the byte strings that give `value` away; empty if none would."""
    core = searchable(value)
    if not core:
        return ()
    plain = json.dumps(core, ensure_ascii=False)[1:-1]
    texts = [plain, json.dumps(core)[1:-1], repr(core)[1:-1]]
    # Go writes these three escaped into JSON (K-077).
    texts += [
        text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
        for text in texts[:2]
    ]
    raw = core.encode("utf-8", "surrogatepass")
    more = [raw.hex().upper().encode(), *(text.encode("utf-8", "replace") for text in texts)]
    return tuple(dict.fromkeys((*shapes(core), *more)))


def holds(data: bytes, value: str) -> bool:
    """Return whether `data` gives `value` away in any spelling."""
    size = len(data)
    return size >= MIN_LENGTH and any(
        len(needle) <= size and needle in data for needle in spellings(value)
    )


def leaked(data: bytes, secrets: Iterable[Secret]) -> tuple[Secret, ...]:
    """Return those of `secrets` that `data` gives away."""
    if len(data) < MIN_LENGTH:
        return ()
    return tuple(secret for secret in secrets if holds(data, secret.value))


def canaries(transcript: Transcript, *kinds: SecretKind) -> tuple[Secret, ...]:
    """Return the secrets of a run that can be searched for, of `kinds` if given."""
    found = (
        replace(secret, value=searchable(secret.value))
        for secret in known_secrets(transcript)
        if not kinds or secret.kind in kinds
    )
    unique = {secret.value: secret for secret in reversed(list(found)) if secret.value}
    return tuple(reversed(unique.values()))


def given_openly(exec: Exec, secrets: Iterable[Secret]) -> tuple[Secret, ...]:
    """Return those secrets that the kubelet itself put into argv or environment.

    A child inherits the environment; that is no deed of the provider.
    """
    texts = [*exec.argv, *(value for _, value in exec.env)]
    return leaked("\n".join(texts).encode("utf-8", "surrogateescape"), secrets)


def head_of(item: Received, *names: str) -> bytes:
    """Return the target of a request and its headers called `names`, as text."""
    wanted = {name.lower() for name in names}
    lines = [item.target, *(value for name, value in item.headers if name.lower() in wanted)]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


__all__ = [
    "canaries",
    "describe",
    "given_openly",
    "head_of",
    "holds",
    "leaked",
    "searchable",
    "spellings",
]
