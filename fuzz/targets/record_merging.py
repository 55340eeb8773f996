#!/usr/bin/env python3
"""A pulled record holds every proof once and opens an image to nobody else.

Bytes choose a sequence of proofs for two names. Beside the record a plain set
of proofs is kept. Merging twice changes nothing; what was opened stays open;
once the node has proven itself nothing narrows that; a secret or an account
that proved nothing pulls again.

Source: K-213, K-226, K-227, K-245, K-246. Holds: I-26, I-31, I-37.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pullproof.fuzz.targets.support.cursor import Cursor
from pullproof.model.protocol.image_params import ImageParams
from pullproof.model.protocol.image_rules import ImageRules, image_rules_for
from pullproof.model.protocol.image_values import (
    HASH,
    Entry,
    PulledRecord,
    RecordedAccount,
    RecordedSecret,
)
from pullproof.model.protocol.records import NODE_ENTRY, Evidence, merged, must_pull
from pullproof.model.protocol.values import Coordinates, Offered

RULES: ImageRules = image_rules_for(36)
PARAMS = ImageParams(policy="AlwaysVerify")
IMAGES = ("r.test/a:1", "r.test/b:1")
_KEYS = ("r.test/a", "r.test/b")
_PLACES = tuple(Coordinates(ns, name, uid) for ns in "xy" for name in "pq" for uid in "12")
_HASHES = ("alice", "bob", "carol")
_STRANGER = Coordinates("z", "p", "1")
_MOST_STEPS = 24


@dataclass
class _Proven:
    """What was proven for one name, without a thought about records."""

    node: bool = False
    secrets: dict[Coordinates, str] = field(default_factory=dict[Coordinates, str])
    accounts: set[Coordinates] = field(default_factory=set[Coordinates])


def check(data: bytes) -> None:
    """Merge the proofs that `data` chooses."""
    cursor = Cursor(data)
    record = PulledRecord()
    proven = (_Proven(), _Proven())
    for _ in range(_MOST_STEPS):
        if not cursor.left:
            break
        index = cursor.byte() % len(_KEYS)
        proof = _proof(cursor, proven[index])
        after = merged(RULES, record, _KEYS[index], proof)
        assert merged(RULES, after, _KEYS[index], proof) == after, "merging is not idempotent"
        assert after.get(_KEYS[1 - index]) == record.get(_KEYS[1 - index]), "another name's entry"
        record = after
        _check_entry(record.get(_KEYS[index]), proven[index])
    for image, known in zip(IMAGES, proven, strict=True):
        _check_access(record, image, known)


def from_corpus() -> Iterator[bytes]:
    """Yield sequences that reach each kind of proof on each name."""
    yield bytes(range(24))
    yield bytes([0, 2, 0, 0, 0, 2, 0, 1, 0, 3, 4, 1, 3, 5, 0, 1])
    yield bytes([0, 3, 1, 0, 3, 2, 0, 2, 1, 2, 0, 0, 1, 1])


def _proof(cursor: Cursor, known: _Proven) -> Entry | None:
    kind = cursor.byte() % 4
    if kind == 0:
        return None
    if kind == 1:
        known.node = True
        return NODE_ENTRY
    where = cursor.pick(_PLACES)
    if kind == 2:
        text = HASH + cursor.pick(_HASHES)
        if not known.node:
            known.secrets[where] = text
        return Entry(secrets=(RecordedSecret(where, text),))
    if not known.node:
        known.accounts.add(where)
    return Entry(accounts=(RecordedAccount(where),))


def _check_entry(entry: Entry | None, known: _Proven) -> None:
    if known.node:
        assert entry == NODE_ENTRY, "a node's proof is narrowed"
        return
    entry = entry or Entry()
    assert not entry.node, "nobody proved the node"
    secrets = [(secret.where, secret.hash) for secret in entry.secrets]
    accounts = [account.where for account in entry.accounts]
    assert secrets == sorted(known.secrets.items(), key=_of_secret), "not the secrets proven"
    assert accounts == sorted(known.accounts, key=_order), "not the accounts proven"


def _of_secret(pair: tuple[Coordinates, str]) -> tuple[str, str, str]:
    return _order(pair[0])


def _order(where: Coordinates) -> tuple[str, str, str]:
    return where.namespace, where.name, where.uid


def _check_access(record: PulledRecord, image: str, known: _Proven) -> None:
    def pulls(offered: Offered | None) -> bool:
        credentials = (offered,) if offered else ()
        return must_pull(PARAMS, RULES, image, Evidence(record), lambda: credentials).pull

    assert pulls(None) == (not known.node), "nothing offered opens nothing"
    for where in (*_PLACES, _STRANGER):
        may = known.node or where in known.accounts
        assert pulls(Offered("account", where)) == (not may), "not the accounts proven"
    for text in _HASHES:
        offered = Offered("secret", _STRANGER, HASH + text)
        may = known.node or HASH + text in known.secrets.values()
        assert pulls(offered) == (not may), "not the secrets proven"


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
