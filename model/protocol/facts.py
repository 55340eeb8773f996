"""What a judge may ask of one observation and the state before it.

Independent of the machine's rules: only the configuration, the state and what
was seen are consulted, and the wire's own functions for names and patterns.
"""

from collections.abc import Iterator
from functools import lru_cache

from pullproof.model.cache import registry_of
from pullproof.model.keyring import HUB_KEY, is_hub_image, keyring_key
from pullproof.model.protocol.context import GLOBAL, reaches, repo_of
from pullproof.model.protocol.keyring_side import Tried, auth_key_matches
from pullproof.model.protocol.observed import Seen
from pullproof.model.protocol.params import AccountParams, PodParams, ProviderParams
from pullproof.model.protocol.values import (
    NEVER,
    Account,
    CacheEntry,
    Flight,
    Identity,
    IssuedToken,
    Token,
)
from pullproof.model.provider import CacheType


def pod(seen: Seen) -> PodParams:
    return seen.params.pod(seen["pod"])


def provider(seen: Seen) -> ProviderParams:
    return seen.params.provider(seen["provider"])


def account(seen: Seen) -> AccountParams | None:
    name = pod(seen).account
    return seen.params.account(name) if name else None


def live_account(seen: Seen) -> Account | None:
    """Return the pod's account before the step; None: none, or not looked at."""
    name = pod(seen).account
    return seen.view.get(f"account:{name}") if name else None


def identity(seen: Seen) -> Identity:
    found: Identity = seen["identity"]
    return found


def token(seen: Seen) -> Token | None:
    """Return the token of an observation, by itself or in its identity."""
    if "identity" in seen.data:
        return identity(seen).token
    found: Token | None = seen["token"]
    return found


def is_raced(seen: Seen) -> bool:
    """Return whether the account changed within the step."""
    return seen.event.kind == "kubelet.looks-up-while-recreated"


def has_all_required(seen: Seen, at: Account) -> bool:
    there = {key for key, _ in at.annotations}
    return set(provider(seen).required) <= there


def selected(seen: Seen, at: Account) -> tuple[tuple[str, str], ...]:
    """Return the annotations of K-103."""
    wanted = {*provider(seen).required, *provider(seen).optional}
    return tuple(sorted(pair for pair in at.annotations if pair[0] in wanted))


def is_token_type(seen: Seen) -> bool:
    return provider(seen).mode == "sa" and provider(seen).cache_type is CacheType.TOKEN


def cache(seen: Seen, *, after: bool = False) -> tuple[CacheEntry, ...]:
    """Return what the observation's provider had in its cache."""
    for slot in (f"cache:{seen['provider']}", "cache"):
        if slot in seen.view:
            found = seen.after(slot) if after else seen.view[slot]
            return tuple(found)
    return ()


def flights(seen: Seen) -> tuple[Flight, ...]:
    for slot in (f"flights:{seen['provider']}", "flights"):
        if slot in seen.view:
            return tuple(seen.view[slot])
    return ()


def held_tokens(seen: Seen, for_provider: str) -> Iterator[Token]:
    """Yield tokens in the kubelet's memory that are for this very lookup."""
    owner = account(seen)
    at = live_account(seen)
    state = seen.view.get(f"pod:{seen['pod']}")
    if owner is None or at is None or state is None:
        return
    audience = seen.params.provider(for_provider).token_audience
    for slot, value in seen.view.items():
        if not slot.startswith("tokens"):
            continue
        issued: IssuedToken
        for issued in value:
            held = issued.token
            if held is None:
                continue
            same_pod = (held.pod, held.pod_uid) == (seen["pod"], state.local)
            same_account = (held.account, held.account_uid) == (owner.name, at.uid)
            if same_pod and same_account and held.audience == audience:
                yield held


def fitting(seen: Seen) -> Iterator[CacheEntry]:
    """Yield entries that K-101 and K-102 let serve this lookup, not expired."""
    who = identity(seen)
    repo_name = repo_of(seen["image"])
    scopes = (repo_name, registry_of(repo_name), GLOBAL)
    for entry in cache(seen):
        origin = entry.origin
        if entry.scope not in scopes or entry.expires < seen["now"]:
            continue
        same = (origin.coordinates, origin.annotations) == (who.coordinates, who.annotations)
        fits_token = not is_token_type(seen) or origin.token == who.token
        if same and fits_token and origin.provider == seen["provider"]:
            yield entry


def width(seen: Seen, entry: CacheEntry) -> int:
    """Return 0 for an Image entry, 1 for a Registry one, 2 for Global."""
    repo_name = repo_of(seen["image"])
    return (repo_name, registry_of(repo_name), GLOBAL).index(entry.scope)


def expected_expiry(seen: Seen) -> int | None:
    """Return the last tick an accepted answer is to be served (K-105)."""
    ticks, default = seen["keep_ticks"], seen["default_ticks"]
    if ticks is None:
        ticks = default
    return None if ticks == 0 else int(seen["now"] + ticks)


def providers_for(seen: Seen) -> list[ProviderParams]:
    """Return the providers whose matchImages really cover the image."""
    repo_name = repo_of(seen["image"])
    return [p for p in seen.params.providers if reaches(p.patterns, repo_name)]


def tried(seen: Seen) -> tuple[Tried, ...]:
    found: tuple[Tried, ...] = seen["tried"]
    return found


def by_provider(seen: Seen) -> list[Tried]:
    """Return the offered credentials that providers gave."""
    names = {p.name for p in seen.params.providers}
    return [each for each in tried(seen) if each.origin in names]


_is_hub_image = lru_cache(maxsize=4096)(is_hub_image)
_keyring_key = lru_cache(maxsize=4096)(keyring_key)


def is_for(each: Tried, image: str) -> bool:
    return auth_key_matches(each.auth_key, repo_of(image))


def is_hub_key(each: Tried) -> bool:
    return _keyring_key(each.auth_key) == HUB_KEY


def is_hub(image: str) -> bool:
    return _is_hub_image(repo_of(image))


def opens_now(each: Tried, repo_name: str, now: int) -> bool:
    """Return whether a right registry takes a credential."""
    credential = each.credential
    in_scope = "*" in credential.opens or repo_name in credential.opens
    return in_scope and (credential.expires == NEVER or now <= credential.expires)


def key_covers(auth_key: str, image: str) -> bool:
    """Return whether an auth key is for an image."""
    return auth_key_matches(auth_key, repo_of(image))
