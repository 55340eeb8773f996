#!/usr/bin/env python3
"""A cache key can be taken apart again, so no two different lookups share one.

Input, separated by newlines: two lookups of five lines each (base, namespace,
name, UID, annotations as `key=value` words), then a token. A reader that knows
only the lengths gets everything back; two lookups have one key exactly if they
are equal. The same holds of the keys of execs under way.

Source: K-101, K-102, K-104, K-120, K-121. Holds: I-05, I-11, I-22, I-24.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pullproof.corpus.cases import cases
from pullproof.model.cache import KeyTooLong, cache_key, flight_key, service_account_key, token_hash
from pullproof.model.provider import CacheType

_LINES = 5
_NAMES = ("namespace", "name", "uid")
_MAX = 0xFFFF


@dataclass(frozen=True)
class _Lookup:
    base: str
    namespace: str
    name: str
    uid: str
    annotations: tuple[tuple[str, str], ...]


def check(data: bytes) -> None:
    """Compare the keys of the two lookups in `data`."""
    lines = data.decode("utf-8", "replace").split("\n")
    lines += [""] * (2 * _LINES + 1 - len(lines))
    first, second = _lookup(lines[:_LINES]), _lookup(lines[_LINES : 2 * _LINES])
    token = lines[2 * _LINES]
    cache_type = CacheType.TOKEN if token else CacheType.SERVICE_ACCOUNT
    one, other = _key(first, cache_type, token), _key(second, cache_type, token)
    if one is not None and other is not None:
        assert (one == other) == (first == second), "two lookups share a key"
    _check_flights(first, second, token)


def from_corpus() -> Iterator[bytes]:
    """Yield service accounts of the corpus, each beside the next."""
    found = [case.input for case in cases("wire/service-account-keys")]
    lines = [_lines(item) for item in found if all(isinstance(item[it], str) for it in _NAMES)]
    for one, other in zip(lines, lines[1:] + lines[:1], strict=True):
        yield f"{one}\n{other}\ntoken".encode()
        yield f"{one}\n{one}\n".encode()


def _lines(account: Mapping[str, Any]) -> str:
    annotations: dict[str, str] = account["annotations"]
    words = " ".join(f"{key}={value}" for key, value in annotations.items())
    return "\n".join(["registry.example", *(account[name] for name in _NAMES), words])


def _lookup(lines: list[str]) -> _Lookup:
    base, namespace, name, uid, words = lines
    pairs = (word.partition("=") for word in words.split(" ") if word)
    annotations = {key: value for key, _, value in pairs}
    return _Lookup(base, namespace, name, uid, tuple(sorted(annotations.items(), key=_by_bytes)))


def _by_bytes(pair: tuple[str, str]) -> bytes:
    return pair[0].encode()


def _key(lookup: _Lookup, cache_type: CacheType, token: str) -> bytes | None:
    """Return the key after it was taken apart, or None if it is too long."""
    try:
        account = service_account_key(
            lookup.namespace,
            lookup.name,
            lookup.uid,
            reversed(lookup.annotations),
            cache_type,
            token,
        )
        key = cache_key(lookup.base, account)
    except KeyTooLong as problem:
        _too_long(problem)
        return None
    outer = _Reader(key)
    assert outer.text() == lookup.base, "another base"
    inner = _Reader(outer.prefixed())
    assert not outer.rest, "bytes are left over"
    found = _Lookup(lookup.base, inner.text(), inner.text(), inner.text(), inner.annotations())
    assert found == lookup, "the key says something else"
    if cache_type is CacheType.TOKEN:
        assert [inner.text(), inner.text()] == ["token", token_hash(token)], "another token"
    assert not inner.rest, "bytes are left over"
    return key


def _too_long(problem: KeyTooLong) -> None:
    assert problem.size > _MAX, "short enough"


def _check_flights(first: _Lookup, second: _Lookup, token: str) -> None:
    try:
        one = flight_key(first.base, token, first.annotations)
        other = flight_key(second.base, "", second.annotations)
        same = flight_key(second.base, token, second.annotations)
    except KeyTooLong:
        return
    equal = (first.base, first.annotations) == (second.base, second.annotations)
    assert (one == same) == equal, "two execs share a flight"
    assert one != other or not token, "two tokens share a flight"


class _Reader:
    """Reads what lengths in front delimit."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def prefixed(self) -> bytes:
        size = int.from_bytes(self.rest[:2], "big")
        found, self.rest = self.rest[2 : 2 + size], self.rest[2 + size :]
        assert len(found) == size, "cut off"
        return found

    def text(self) -> str:
        return self.prefixed().decode()

    def annotations(self) -> tuple[tuple[str, str], ...]:
        count, self.rest = int.from_bytes(self.rest[:4], "big"), self.rest[4:]
        return tuple((self.text(), self.text()) for _ in range(count))


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
