"""What people expect of image access, and the kubelet does not promise.

Expected to be violated by the real rules; a counterexample shows how. Some
are design (K-252), some are defects that reading and running the kubelet
found: see the prose.
"""

from pullproof.model.protocol import image_facts as facts
from pullproof.model.protocol.image_params import ImageParams
from pullproof.model.protocol.image_values import (
    HASH,
    WRITTEN,
    Entry,
    PulledRecord,
    Unreadable,
)
from pullproof.model.protocol.observed import Row, Seen

ENSURE = ("kubelet.ensures",)
WRITES = ("kubelet.ensures", "kubelet.records", "kubelet.starts")


def _from_node(seen: Seen) -> bool:
    return seen.kind == "started" and bool(seen["via"] == "present") and facts.gate(seen)


def _is_stranger(seen: Seen) -> bool:
    """Return whether a pod was let in that never proved its access."""
    return _from_node(seen) and not facts.is_proven(seen)


def _preloaded_exempt(seen: Seen) -> bool:
    return facts.image_params(seen).policy == "NeverVerifyPreloadedImages"


def _after(seen: Seen, status: str, *, same_name: bool = False) -> bool:
    found, image = facts.history(seen)
    return found == status and (same_name or image != seen["image"])


def _is_revoked(seen: Seen) -> bool:
    return _from_node(seen) and facts.needs_proof(seen) and bool(facts.mine(seen))


def _is_rotated(seen: Seen) -> bool:
    return _from_node(seen) and facts.needs_proof(seen) and facts.is_proven(seen)


def _is_by_name(seen: Seen) -> bool:
    allowlist = facts.image_params(seen).allowlist
    return facts.repo(seen) in allowlist


def _is_converted(seen: Seen) -> bool:
    stays = seen.after(f"intent:{seen['image']}") == WRITTEN
    return not (seen["present"] and seen["writable"] and stays)


def _node_stays(seen: Seen) -> bool:
    entry = _before(seen)
    return entry is not None and entry.node and seen["cause"] in ("secret", "account")


def _before(seen: Seen) -> Entry | None:
    before = seen["before"]
    return before.get(facts.key(seen)) if isinstance(before, PulledRecord) else None


def _is_full(seen: Seen) -> bool:
    """Return whether known coordinates did not count for want of room."""
    entry = facts.entry(seen)
    if entry is None or facts.has_room(seen) or facts.is_exempt_image(seen):
        return False
    places = {secret.where for secret in entry.secrets}
    return any(each.coordinates in places for each in facts.mine(seen))


def _is_alias(seen: Seen) -> bool:
    """Return whether a name was preloaded and never pulled."""
    content = facts.image_params(seen).content_of(seen["image"])
    pulled = {proof.repo_name for proof in facts.proofs(seen)}
    return (
        _preloaded_exempt(seen)
        and seen["image"] in content.preloaded
        and facts.repo(seen) not in pulled
    )


def _hashes_open(seen: Seen) -> bool:
    params: ImageParams = facts.image_params(seen)
    after: PulledRecord = seen["after"]
    secrets = (after.get(facts.key(seen)) or Entry()).secrets
    known = {login.name: login.opens for login in params.logins}
    names = [each.hash.removeprefix(HASH) for each in secrets if each.hash]
    return all(facts.repo(seen) in known.get(name, ()) for name in names)


PROMISES: tuple[Row, ...] = (
    Row(
        "P-50",
        "A credential that was revoked gives no more access to a present image.",
        "K-252",
        ENSURE,
        ("started",),
        lambda seen: not _is_revoked(seen) or facts.opens_now(seen),
        _is_revoked,
    ),
    Row(
        "P-51",
        "The allowlist exempts preloaded images only.",
        "K-205 Q-12",
        ENSURE,
        ("started",),
        lambda seen: (
            not (
                _is_stranger(seen)
                and facts.is_listed_image(seen)
                and facts.history(seen)[0] == "recorded"
            )
        ),
        facts.is_listed_image,
    ),
    Row(
        "P-52",
        "An allowlist entry covers every way to write its name.",
        "K-204 Q-11",
        ENSURE,
        ("checked",),
        lambda seen: not (_is_by_name(seen) and seen["pull"]),
        _is_by_name,
    ),
    Row(
        "P-53",
        "An image that has become private is open to all no longer.",
        "K-245",
        WRITES,
        ("recorded",),
        lambda seen: not _node_stays(seen),
        _node_stays,
    ),
    Row(
        "P-54",
        "A secret that has changed must prove itself anew.",
        "K-226",
        ENSURE,
        ("started",),
        lambda seen: (
            not _is_rotated(seen)
            or facts.is_proven(seen, strictly=True)
            or any(each.source == "account" for each in facts.mine(seen))
        ),
        _is_rotated,
    ),
    Row(
        "P-55",
        "At start every intent of a present image becomes a record.",
        "K-249 Q-14",
        ("kubelet.starts",),
        ("intent-found",),
        _is_converted,
        lambda seen: bool(seen["present"]),
    ),
    Row(
        "P-56",
        "Records work, too, with a runtime whose refs differ between pull and status.",
        "K-254 B-20",
        ENSURE,
        ("started",),
        lambda seen: (
            not (
                facts.image_params(seen).refs_differ
                and _is_stranger(seen)
                and facts.history(seen)[0] == "recorded"
            )
        ),
        lambda seen: facts.image_params(seen).refs_differ,
    ),
    Row(
        "P-57",
        "While a pull is not recorded, other spellings and digests of the image are closed.",
        "K-221 K-247 Q-14",
        ENSURE,
        ("started", "checked"),
        lambda seen: (
            not (_is_stranger(seen) and _preloaded_exempt(seen) and _after(seen, "unrecorded"))
        ),
        lambda seen: _after(seen, "unrecorded"),
    ),
    Row(
        "P-58",
        "A failed pull does not make an earlier pull of the same name look preloaded.",
        "K-248 K-249 I-30",
        ENSURE,
        ("started", "checked"),
        lambda seen: (
            not (
                _is_stranger(seen)
                and _preloaded_exempt(seen)
                and _after(seen, "forgotten", same_name=True)
            )
        ),
        lambda seen: _after(seen, "forgotten", same_name=True),
    ),
    Row(
        "P-59",
        "Collection drops no record of a pulled image that is there.",
        "K-250",
        ("gc.drops",),
        ("dropped",),
        lambda seen: not seen["pulled"],
        lambda seen: True,
    ),
    Row(
        "P-60",
        "An image whose record was collected is not open to all.",
        "K-250 K-245",
        ENSURE,
        ("started", "checked"),
        lambda seen: (
            not (
                _is_stranger(seen)
                and _preloaded_exempt(seen)
                and _after(seen, "collected", same_name=True)
            )
        ),
        lambda seen: _after(seen, "collected", same_name=True),
    ),
    Row(
        "P-61",
        "A secret keeps its access when it changes, however many are recorded.",
        "K-226 Q-13",
        ENSURE,
        ("checked",),
        lambda seen: not (_is_full(seen) and seen["pull"]),
        _is_full,
    ),
    Row(
        "P-62",
        "A preloaded name stays usable when another name of the image is pulled.",
        "K-255 B-21",
        ENSURE,
        ("checked",),
        lambda seen: not (_is_alias(seen) and seen["pull"]),
        _is_alias,
    ),
    Row(
        "P-63",
        "Each hash in a record opens the image.",
        "K-226 K-245",
        WRITES,
        ("recorded",),
        _hashes_open,
        lambda seen: seen["cause"] == "match",
    ),
    Row(
        "P-64",
        "Who has proven access once need not pull again while the image is there.",
        "K-221 K-247 K-249",
        ENSURE,
        ("checked",),
        lambda seen: not (seen["pull"] and facts.is_proven(seen, strictly=True)),
        lambda seen: facts.is_proven(seen, strictly=True),
    ),
    Row(
        "P-65",
        "A record that became unreadable loses nothing when it is written again.",
        "K-245 K-246",
        WRITES,
        ("recorded",),
        lambda seen: not isinstance(seen["before"], Unreadable),
        lambda seen: isinstance(seen["before"], Unreadable),
    ),
    Row(
        "P-66",
        "With policy Never no error tells that an image is there.",
        "K-210 K-225 I-29",
        ENSURE,
        ("failed",),
        lambda seen: not (facts.container(seen).pull == "Never" and seen["error"] == "ErrLookup"),
        lambda seen: facts.container(seen).pull == "Never",
    ),
)
