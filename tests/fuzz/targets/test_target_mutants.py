"""No target is blind: each finds what is planted into the code it watches.

A mutant replaces one function where the target finds it. Seeds, and bytes near
them or at random, must make the target complain.
"""

import dataclasses
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pullproof.adapters import exchange, registry, token_service
from pullproof.fuzz.targets import (
    cache_keys,
    challenges,
    config_reader,
    core_traces,
    durations,
    globs,
    image_names,
    json_scanner,
    keyrings,
    lookup_traces,
    matching,
    protocol_traces,
    record_merging,
    request_round_trip,
    response_decoder,
    response_twins,
    token_verifier,
)
from pullproof.fuzz.targets.support.listing import Target, load, names
from pullproof.model import cache as model_cache
from pullproof.model import config_validate, jose, provide, response, verify
from pullproof.model.challenge import Challenge
from pullproof.model.gojson import JsonNull
from pullproof.model.images import ImageName
from pullproof.model.protocol.core_params import Mistake
from pullproof.model.response import Refusal

Wrong = Callable[[Any], Any]
"""From the right function to the wrong one."""


def _after(change: Wrong) -> Wrong:
    """Return a mutant whose result is changed."""

    def wrong(right: Any) -> Any:
        def changed(*args: Any, **named: Any) -> Any:
            return change(right(*args, **named))

        return changed

    return wrong


def _always(result: Any) -> Wrong:
    def answer(*args: Any, **named: Any) -> Any:
        return result

    return lambda right: answer


def _value(value: Any) -> Wrong:
    return lambda right: value


def _with(**changes: Any) -> Wrong:
    return lambda right: dataclasses.replace(right, **changes)


def _joined(right: Any) -> Any:
    """Join strings without their lengths."""

    def join(what: str, data: bytes) -> bytes:
        return data

    return join


def _lenient_padding(right: Any) -> Any:
    def decode(text: str, name: str, padding: bool) -> Any:
        return right(text.rstrip("="), name, padding)

    return decode


def _all_requested(right: Any) -> Any:
    """Grant what was asked for."""

    def intersect(requested: Any, permitted: Any) -> Any:
        return tuple(requested)

    return intersect


def _without_base(right: Any) -> Any:
    def key(base: str, account: bytes = b"") -> Any:
        return right("", account)

    return key


def _show_stdout(right: Any) -> Any:
    def judge(stdout: bytes, **named: Any) -> Any:
        found = right(stdout, **named)
        if isinstance(found, Refusal):
            return dataclasses.replace(found, detail=stdout.decode("utf-8", "replace"))
        return found

    return judge


def _no_tag(image: ImageName) -> ImageName:
    return dataclasses.replace(image, tag="")


def _first_parameters(found: tuple[Challenge, ...]) -> tuple[Challenge, ...]:
    return tuple(dataclasses.replace(each, params=each.params[:1]) for each in found)


def _opposite(found: bool) -> bool:
    return not found


def _later(ns: int) -> int:
    return ns + 3


def _with_slash(key: str | None) -> str | None:
    return key and key + "/"


def _with_letter(text: str) -> str:
    return text + "x"


def _minutes(text: str) -> str:
    return text.replace("h", "m")


def _without_newline(data: bytes) -> bytes:
    return data.rstrip(b"\n")


def _unescaped(data: bytes) -> bytes:
    return data.replace(b"\\u003c", b"<")


def _no_rules() -> frozenset[str]:
    return frozenset()


MUTANTS: dict[str, list[tuple[Any, str, Wrong]]] = {
    "durations": [
        (durations, "parse_duration", _after(_later)),
        (durations, "parse_duration", _after(abs)),
        (durations, "format_duration", _after(_minutes)),
    ],
    "image_names": [
        (image_names, "repo_name", _after(str.upper)),
        (image_names, "apply_default_tag", _after(_with_letter)),
        (image_names, "parse_image", _after(_no_tag)),
    ],
    "globs": [
        (globs, "match", _after(_opposite)),
        (globs, "match", _always(True)),
    ],
    "matching": [
        (matching, "matches", _always(False)),
        (matching, "explain", _always("because")),
        (matching, "is_image_allowed", _always(True)),
    ],
    "keyrings": [
        (keyrings, "matches", _always(True)),
        (keyrings, "keyring_key", _after(_with_slash)),
    ],
    "json_scanner": [(json_scanner, "scan", _always(JsonNull(0)))],
    "response_decoder": [
        (response, "CacheKeyType", _value(str)),
        (response_decoder, "judge_response", _show_stdout),
        (response_decoder, "format_duration", _always("1s")),
    ],
    "response_twins": [
        (response_twins, "EXPLAINED", _value(())),
        (response_twins, "_schema_accepts", _always(True)),
        (response_twins, "_model_accepts", _always(False)),
    ],
    "request_round_trip": [
        (request_round_trip, "encode_request", _after(_without_newline)),
        (request_round_trip, "encode_request", _after(_unescaped)),
    ],
    "challenges": [
        (challenges, "parse_challenges", _after(_first_parameters)),
        (challenges, "quote", _always('"x"')),
    ],
    "cache_keys": [
        (model_cache, "_prefixed", _joined),
        (model_cache, "token_hash", _always("")),
        (cache_keys, "flight_key", _always(b"")),
    ],
    "record_merging": [
        (record_merging, "RULES", _with(node_sticky=False)),
        (record_merging, "RULES", _with(account_match="no-uid")),
        (record_merging, "RULES", _with(merge_accounts="keep")),
        (record_merging, "RULES", _with(hash_counts=False)),
    ],
    "config_reader": [
        (config_reader, "all_rules", _value(_no_rules)),
        (config_validate, "_names", _always(())),
        (config_reader, "format_duration", _always("1s")),
    ],
    "token_verifier": [
        (verify, "_check_issuer", _always(None)),
        (verify, "is_signed_by", _always(True)),
        (verify, "_check_times", _always(2_000_000_000)),
        (jose, "_decode_segment", _lenient_padding),
    ],
    "exchange_emulator": [
        (exchange, "_lifetime", _always(3600.0)),
        (exchange, "intersect", _all_requested),
        (exchange, "_NO_STORE", _value(())),
    ],
    "registry_emulator": [
        (registry, "_covers", _always(True)),
        (token_service, "intersect", _all_requested),
        (registry, "format_bearer", _always('Bearer realm="x"')),
    ],
    "core_traces": [
        (core_traces, "MISTAKE", _value(Mistake.KEY_WITHOUT_UID)),
        (core_traces, "MISTAKE", _value(Mistake.NO_ECHO_GUARD)),
        (core_traces, "MISTAKE", _value(Mistake.EXPIRY_NOT_CHECKED)),
    ],
    "protocol_traces": [
        (protocol_traces, "MUTANT", _value("key-has-uid=false")),
    ],
    "lookup_traces": [
        (provide, "service_account_key", _always(b"")),
        (provide, "cache_key", _without_base),
        (lookup_traces, "format_duration", _always("1000s")),
    ],
}  # fmt: skip
ROWS = [(name, index) for name, rows in MUTANTS.items() for index in range(len(rows))]


def _inputs(target: Target) -> Iterator[bytes]:
    seeds = list(target.seeds())
    yield from seeds
    rng = random.Random(1)
    for _ in range(400):
        seed = bytearray(rng.choice(seeds))
        if seed:
            seed[rng.randrange(len(seed))] = rng.randrange(256)
        yield bytes(seed)
        yield rng.randbytes(rng.randint(1, 60))


def _complains(target: Target, data: bytes) -> bool:
    try:
        target.check(data)
    except AssertionError:
        return True
    return False


def test_every_target_has_a_mutant() -> None:
    assert set(MUTANTS) == set(names())


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}-{row}" for name, row in ROWS])
def test_a_mutant_is_found(name: str, row: int, monkeypatch: pytest.MonkeyPatch) -> None:
    target = load(name)
    module, attribute, wrong = MUTANTS[name][row]
    monkeypatch.setattr(module, attribute, wrong(getattr(module, attribute)))
    assert any(_complains(target, data) for data in _inputs(target)), "nothing was noticed"


def test_a_walk_that_breaks_a_promise_tells_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_traces, "MISTAKE", Mistake.NO_ECHO_GUARD)
    target = load("core_traces")
    found = next(data for data in _inputs(target) if _complains(target, data))
    with pytest.raises(AssertionError, match=r"I-07 is violated after: .*provider\.answers"):
        target.check(found)


def test_a_token_with_the_wrong_subject_is_no_violation() -> None:
    claims = {"sub": "system:serviceaccount:x:y"}
    token_verifier.check(b'{"alg":"ES256"}\n' + json.dumps(claims).encode())
