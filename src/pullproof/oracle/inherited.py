"""Records that an earlier kubelet left, for a kubelet to find at its start.

Walks of one node come by few of the records that a node may hold: a hundred
secrets, entries without credentials, objects of another namespace. So some
are put there while no kubelet runs. Each kind is a record as some kubelet
would have written it, or somebody who edits files.

Source: K-224, K-226, K-227, K-241, K-242, K-246; Q-13.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pullproof.model.protocol.image_params import SECRETS_LIMIT, ContentParams
from pullproof.model.protocol.image_scene import Scene
from pullproof.model.protocol.image_values import (
    HASH,
    Entry,
    PulledRecord,
    RecordedAccount,
    RecordedSecret,
    RecordFile,
    Unreadable,
)
from pullproof.model.protocol.records import NODE_ENTRY, record_key
from pullproof.model.protocol.rules import rules_for
from pullproof.model.protocol.values import Coordinates
from pullproof.oracle.records import BETA_FROM, SPOILT, record_text

LONG_AGO_S = 915_148_800
"""When inherited records were written: 1999, before any oracle's clock begins."""
ACCOUNTS_FROM = 34
"""First minor whose records hold service accounts; to older ones they do not decode."""
_STRANGER = f"{HASH}nobody"
_NEWEST, _ALPHA = BETA_FROM, BETA_FROM - 1


class Inherited(NamedTuple):
    """What a kubelet finds at its start."""

    record: RecordFile
    text: str


class _Known(NamedTuple):
    """The secrets and accounts of a node, as they are now."""

    secrets: tuple[RecordedSecret, ...]
    accounts: tuple[Coordinates, ...]


def inherited(
    scene: Scene, state: Mapping[str, Any], content: ContentParams, ref: str, kind: str, minor: int
) -> Inherited:
    """Return a record of the kind, under all names of a content, and its file.

    Args:
        ref: Under which the kubelet keeps it (K-254).
    """
    if kind in _SPOILT:
        return Inherited(Unreadable(), _SPOILT[kind])
    keys = sorted({record_key(rules_for(minor).image, name) for name in content.names})
    entry = _KINDS[kind](_known(scene, state))
    record = PulledRecord(() if entry is None else tuple((key, entry) for key in keys))
    written_by = {"older": _ALPHA, "newer": _NEWEST}.get(kind, minor)
    text = record_text(record, ref, LONG_AGO_S, written_by)
    is_newer = written_by >= BETA_FROM > minor
    has_accounts = entry is not None and bool(entry.accounts)
    is_unknown = is_newer or (has_accounts and minor < ACCOUNTS_FROM)
    return Inherited(Unreadable() if is_unknown else record, text)


def _known(scene: Scene, state: Mapping[str, Any]) -> _Known:
    secrets: list[RecordedSecret] = []
    for secret in scene.image.secrets:
        now = state[f"secret:{secret.name}"]
        where = Coordinates(secret.namespace, secret.account or secret.name, now.uid)
        secrets.append(RecordedSecret(where, f"{HASH}{secret.logins[now.version]}"))
    accounts = [
        Coordinates(each.namespace, each.account or each.name, state[f"source:{each.name}"].uid)
        for each in scene.image.accounts
    ]
    return _Known(tuple(secrets), tuple(accounts))


def _as_if(**other: str) -> Callable[[_Known], Entry]:
    """Return what records the same objects, but for these coordinates, and no known hash."""

    def entry(known: _Known) -> Entry:
        moved = [_moved(secret.where, other) for secret in known.secrets]
        accounts = [_moved(where, other) for where in known.accounts]
        return _entry([RecordedSecret(where, _STRANGER) for where in moved], accounts)

    return entry


def _moved(where: Coordinates, other: Mapping[str, str]) -> Coordinates:
    return Coordinates(
        other.get("namespace", where.namespace),
        other.get("name", where.name),
        other.get("uid", where.uid),
    )


def _crowd(size: int, *, by_hash: bool) -> Callable[[_Known], Entry]:
    """Return what records so many secrets, one of them known by its hash or coordinates."""

    def entry(known: _Known) -> Entry:
        mine = known.secrets[:1]
        places = [Coordinates("crowd", f"s{at:03}", f"crowd-{at}") for at in range(size)]
        if by_hash:
            found = [RecordedSecret(where, secret.hash) for where, secret in _pairs(places, mine)]
        else:
            found = [RecordedSecret(secret.where, _STRANGER) for secret in mine]
        rest = [RecordedSecret(where, _STRANGER) for where in places]
        return _entry([*found, *rest[len(found) :]], ())

    return entry


def _pairs(
    places: Sequence[Coordinates], mine: Sequence[RecordedSecret]
) -> Iterator[tuple[Coordinates, RecordedSecret]]:
    return zip(places, mine, strict=False)


def _entry(secrets: Sequence[RecordedSecret], accounts: Sequence[Coordinates]) -> Entry:
    by_place = {secret.where: secret for secret in secrets}
    return Entry(
        False,
        tuple(by_place[where] for where in sorted(by_place, key=_order)),
        tuple(RecordedAccount(where) for where in sorted(set(accounts), key=_order)),
    )


def _order(where: Coordinates) -> tuple[str, str, str]:
    return (where.namespace, where.name, where.uid)


def _own(known: _Known) -> Entry:
    return _entry(known.secrets, known.accounts)


def _nameless(_: _Known) -> None:
    return None


_KINDS: Mapping[str, Callable[[_Known], Entry | None]] = {
    "nameless": _nameless,
    "empty": lambda _: Entry(),
    "node": lambda _: NODE_ENTRY,
    "own": _own,
    "older": _own,
    "newer": _own,
    "changed": _as_if(),
    "elsewhere": _as_if(namespace="elsewhere"),
    "renamed": _as_if(name="renamed"),
    "recreated": _as_if(uid="of-an-older-one"),
    "namesake": _as_if(namespace="elsewhere", uid="of-another"),
    "strangers": lambda _: _entry(
        [RecordedSecret(Coordinates("ns", "stranger", "stranger-1"), _STRANGER)], ()
    ),
    "crowd-by-place": _crowd(SECRETS_LIMIT, by_hash=False),
    "crowd-by-hash": _crowd(SECRETS_LIMIT, by_hash=True),
    "almost-a-crowd": _crowd(SECRETS_LIMIT - 1, by_hash=False),
}
_SPOILT = {f"spoilt-{at}": text for at, text in enumerate(SPOILT)}
KINDS = (*_KINDS, *_SPOILT)
"""What a record may hold; `older` and `newer` are of another format (K-241)."""
