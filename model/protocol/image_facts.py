"""What a judge may ask of one observation of the image side.

Declarative and apart from the machine: no rules record is consulted, only the
configuration, the state and what was seen.
"""

from collections.abc import Iterator

from pullproof.model.images import repo_name
from pullproof.model.protocol.image_params import ContainerParams, ImageParams
from pullproof.model.protocol.image_policies import (
    TRIMS_TAGS_FROM,
    is_exempt,
    is_listed,
    runtime_name,
    untagged,
)
from pullproof.model.protocol.image_scene import opens
from pullproof.model.protocol.image_values import Entry, Proof, PulledRecord
from pullproof.model.protocol.observed import Seen
from pullproof.model.protocol.values import Offered, Offers

NODE_SOURCES = ("none", "node")


def image_params(seen: Seen) -> ImageParams:
    found = seen.params.image
    if found is None:
        raise ValueError("no image side")
    return found


def container(seen: Seen) -> ContainerParams:
    given = image_params(seen).containers
    found = [c for c in given if c.pod == seen["pod"]]
    return found[0] if found else ContainerParams(seen["pod"], seen["image"])


def gate(seen: Seen) -> bool:
    return image_params(seen).gate_at(seen.params.minor)


def ref(seen: Seen) -> str:
    return image_params(seen).content_of(seen["image"]).ref


def repo(seen: Seen) -> str:
    return repo_name(seen["image"])


def key(seen: Seen) -> str:
    """Return the name under which a right kubelet keeps an image's entry (K-243)."""
    return untagged(seen["image"]) if seen.params.minor >= TRIMS_TAGS_FROM else repo(seen)


def is_present(seen: Seen) -> bool:
    """Return whether the runtime had the image by this name before the step."""
    return runtime_name(seen["image"]) in seen.view[f"cri:{ref(seen)}"]


def mine(seen: Seen) -> tuple[Offered, ...]:
    """Return the credentials that the pod has now."""
    found: Offers | None = seen["mine"]
    return found.credentials if found else ()


def is_listed_image(seen: Seen) -> bool:
    cuts = seen.params.minor >= TRIMS_TAGS_FROM
    return is_listed(image_params(seen).allowlist, seen["image"], cuts_tag=cuts)


# What the records say (K-221 to K-229).


def entry(seen: Seen) -> Entry | None:
    """Return the entry for the image in the record of an observation."""
    record = seen["record"]
    return record.get(key(seen)) if isinstance(record, PulledRecord) else None


def is_unreadable(seen: Seen) -> bool:
    """Return whether what decides cannot be read."""
    record = seen["record"]
    if record is not None:
        return not isinstance(record, PulledRecord)
    counts = seen.view[f"counter:{seen['image']}"] > 0
    return not counts and bool(seen.view[f"intent:{seen['image']}"] == "corrupt")


def counts_as_pulled(seen: Seen) -> bool:
    """Return whether the kubelet takes the image for one it pulled (K-221)."""
    image = seen["image"]
    if seen["record"] is not None or seen.view[f"counter:{image}"] > 0:
        return True
    return bool(seen.view[f"intent:{image}"] == "written")


def is_exempt_image(seen: Seen) -> bool:
    pulled = counts_as_pulled(seen)
    return is_exempt(image_params(seen), seen.params.minor, seen["image"], pulled)


def has_room(seen: Seen) -> bool:
    found = entry(seen)
    return found is not None and len(found.secrets) < image_params(seen).secrets_limit


def matching(seen: Seen) -> Iterator[tuple[Offered, bool]]:
    """Yield the pod's secrets that the entry has, and whether by hash."""
    found = entry(seen)
    for each in mine(seen):
        if found is None or each.source != "secret":
            continue
        for known in found.secrets:
            if each.hash and each.hash == known.hash:
                yield each, True
                break
            if known.where == each.coordinates and has_room(seen):
                yield each, False
                break


def is_recorded(seen: Seen) -> bool:
    """Return whether the record proves the pod's access."""
    found = entry(seen)
    if found is None:
        return False
    if found.node or any(True for _ in matching(seen)):
        return True
    places = {account.where for account in found.accounts}
    accounts = [each.coordinates for each in mine(seen) if each.source == "account"]
    return bool(accounts) and accounts[0] in places


# What really happened (ghosts).


def proofs(seen: Seen) -> tuple[Proof, ...]:
    found: tuple[Proof, ...] = seen.view[f"ghost:proofs:{ref(seen)}"]
    return found


def history(seen: Seen) -> tuple[str, str]:
    found: tuple[str, str] = seen.view[f"ghost:history:{ref(seen)}"]
    return found


def is_of(proof: Proof, offered: Offered, *, strictly: bool = False) -> bool:
    """Return whether a proof is of a credential.

    Args:
        strictly: A hash must itself have pulled.
    """
    if proof.source != offered.source:
        return False
    if proof.source == "account":
        return proof.where == offered.coordinates
    same_hash = bool(offered.hash) and proof.hash == offered.hash
    if strictly:
        return same_hash and proof.pulled
    return same_hash or proof.where == offered.coordinates


def is_proven(seen: Seen, *, any_name: bool = False, strictly: bool = False) -> bool:
    """Return whether the pod's credentials ever pulled this content by this name."""
    for proof in proofs(seen):
        if proof.repo_name != repo(seen) and not any_name:
            continue
        if proof.source == "node":
            return True
        if any(is_of(proof, each, strictly=strictly) for each in mine(seen)):
            return True
    return False


def needs_proof(seen: Seen) -> bool:
    """Return whether access is promised only to those who have proven it."""
    params = image_params(seen)
    if not gate(seen) or params.refs_differ:
        return False
    match params.policy:
        case "NeverVerify":
            return False
        case "AlwaysVerify":
            return True
        case "NeverVerifyPreloadedImages":
            return history(seen)[0] == "recorded"
        case "NeverVerifyAllowlistedImages":
            return not is_listed_image(seen)


def opens_now(seen: Seen) -> bool:
    """Return whether the registry takes one of the pod's credentials now."""
    revoked = seen.view.get("registry", ())
    return any(opens(each, repo(seen), revoked) for each in mine(seen))
