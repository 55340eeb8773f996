"""What people want of any way to pull private images, whoever promises it.

Goals are asked of four ways to pull in one and the same small cluster
(`ways`), so that the ways can be set side by side. None of them is a promise of
the kubelet; each is kept by one way and broken by another, which is what the
comparison is for.
"""

from pullproof.model.protocol import facts
from pullproof.model.protocol.context import repo_of
from pullproof.model.protocol.keyring_side import Tried
from pullproof.model.protocol.observed import KUBELET, LOOKUPS, Row, Seen
from pullproof.model.protocol.values import NEVER


def _may_pull(seen: Seen) -> bool:
    """Return whether the registry lets this workload have the image."""
    owner = facts.account(seen)
    return owner is not None and repo_of(seen["image"]) in owner.opens


def _is_within_rights(each: Tried, seen: Seen) -> bool:
    owner = facts.account(seen)
    return owner is not None and set(each.credential.opens) <= set(owner.opens)


def _is_of_own_account(each: Tried, seen: Seen) -> bool:
    token = each.credential.token
    return token is not None and token.account == facts.pod(seen).account


def _is_of_own_pod(each: Tried, seen: Seen) -> bool:
    token = each.credential.token
    return token is not None and (token.pod, token.pod_uid) == (seen["pod"], seen["pod_local"])


def _ends_with_token(each: Tried) -> bool:
    token = each.credential.token
    return token is not None and NEVER != each.credential.expires <= token.expires


def _has_offers(seen: Seen) -> bool:
    return bool(facts.tried(seen))


def _is_deleted(seen: Seen) -> bool:
    owner = facts.live_account(seen)
    return owner is not None and not owner.uid


def _gives_no_tokens(seen: Seen) -> bool:
    return bool(seen.view.get("api", "up") != "up")


GOALS: tuple[Row, ...] = (
    Row(
        "G-01",
        "A pod pulls no image that its workload may not pull.",
        "S-05 S-11",
        KUBELET,
        ("pulled",),
        lambda seen: seen["outcome"] != "ok" or _may_pull(seen),
        lambda seen: not _may_pull(seen),
    ),
    Row(
        "G-02",
        "What is handed over for a pod opens only what its workload may pull.",
        "S-05 S-11",
        KUBELET,
        ("offered",),
        lambda seen: all(_is_within_rights(each, seen) for each in facts.tried(seen)),
        _has_offers,
    ),
    Row(
        "G-03",
        "No credential works for ever.",
        "S-03 K-105",
        KUBELET,
        ("offered",),
        lambda seen: all(each.credential.expires != NEVER for each in facts.tried(seen)),
        _has_offers,
    ),
    Row(
        "G-04",
        "A credential comes from the identity of the workload that uses it.",
        "I-05 K-117",
        KUBELET,
        ("offered",),
        lambda seen: all(_is_of_own_account(each, seen) for each in facts.tried(seen)),
        _has_offers,
    ),
    Row(
        "G-05",
        "A credential comes from the identity of the very pod that uses it.",
        "I-03 I-06 K-156",
        LOOKUPS,
        ("offered",),
        lambda seen: (
            not seen["pod_local"] or all(_is_of_own_pod(each, seen) for each in facts.tried(seen))
        ),
        _has_offers,
    ),
    Row(
        "G-06",
        "No credential works longer than the token that it came from.",
        "K-156 S-03",
        KUBELET,
        ("offered",),
        lambda seen: all(_ends_with_token(each) for each in facts.tried(seen)),
        _has_offers,
    ),
    Row(
        "G-07",
        "Once its service account is deleted, a pod starts no pull that succeeds.",
        "I-36 K-113",
        LOOKUPS,
        ("pulled", "exec"),
        lambda seen: not _is_deleted(seen) or (seen.kind == "pulled" and seen["outcome"] != "ok"),
        _is_deleted,
    ),
    Row(
        "G-08",
        "Pulls go on while the API server gives no tokens.",
        "K-115 K-116",
        LOOKUPS,
        ("pulled", "exec", "refused-lookup"),
        lambda seen: seen.kind != "refused-lookup" or seen["rule"] != "K-115",
        _gives_no_tokens,
    ),
)
"""In the order in which they are shown."""
