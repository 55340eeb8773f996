"""One lookup at one provider: what the kubelet asks, keeps and gets.

A lookup has two halves, because a provider takes its time. `begin` says
whether the provider is run at all; if it is, `finish` takes its answer. Both
are functions of an immutable cache, so that lookups may overlap in any order.

    step, cache = begin(config, cache, now_ns, repo_name, pod, account, token)
    if isinstance(step, Exec):
        outcome, cache = finish(config, cache, now_ns, step, stdout)

Source: K-084, K-098, K-100 to K-123, section 12; compared with
pkg/credentialprovider/plugin of 1.33 to 1.37.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pullproof.model.cache import (
    KeyTooLong,
    base_key,
    cache_key,
    flight_key,
    registry_of,
    service_account_key,
    store,
)
from pullproof.model.matching import is_image_allowed
from pullproof.model.provider import ProviderConfig, TokenAttributes
from pullproof.model.request import Request
from pullproof.model.response import AuthEntry, Refusal, judge_response
from pullproof.model.versions import KubeletVersion

PURGE_INTERVAL_NS = 15 * 60 * 1_000_000_000

_CURRENT = KubeletVersion()
Annotations = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Pod:
    """Whose lookup it is."""

    namespace: str
    name: str = ""
    uid: str = ""
    service_account: str = ""
    """Empty for a static pod."""


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Which service account a credential belongs to."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """As the API server has it at the time of the lookup."""

    uid: str
    annotations: Annotations = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One cached answer."""

    key: bytes
    auth: tuple[AuthEntry, ...]
    expires_ns: int
    """It is served up to and including this time (K-106)."""


@dataclass(frozen=True, slots=True)
class Cache:
    """What a kubelet remembers of one provider; a restart forgets it."""

    last_purge_ns: int
    """When the kubelet started, at first."""
    entries: tuple[Entry, ...] = ()
    """At most one a key, sorted by key."""

    def without_expired(self, now_ns: int) -> "Cache":
        kept = tuple(entry for entry in self.entries if now_ns <= entry.expires_ns)
        return replace(self, entries=kept)

    def with_entry(self, new: Entry) -> "Cache":
        others = [entry for entry in self.entries if entry.key != new.key]
        entries = tuple(sorted([*others, new], key=lambda entry: entry.key))
        return replace(self, entries=entries)

    def get(self, key: bytes, now_ns: int) -> "tuple[Entry | None, Cache]":
        """Return the entry under `key`; one that has expired is dropped."""
        found = next((entry for entry in self.entries if entry.key == key), None)
        if found is None or now_ns <= found.expires_ns:
            return found, self
        return None, replace(self, entries=tuple(e for e in self.entries if e is not found))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a provider contributes to a lookup."""

    auth: tuple[AuthEntry, ...] = ()
    coordinates: Coordinates | None = None
    """Whose they are; None: whoever runs on the node."""
    rule: str = ""
    """Why there is nothing, or why it was not asked."""
    from_cache: bool = False
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Exec:
    """The provider has to be run, or a run that is under way shared."""

    request: Request
    flight_key: bytes
    """Execs with equal keys that overlap are one (K-120, K-121)."""
    account_key: bytes = field(repr=False)
    coordinates: Coordinates | None = None


@dataclass(frozen=True, slots=True)
class _Identity:
    """In whose name the provider is asked."""

    token: str = field(default="", repr=False)
    annotations: Annotations = ()
    account_key: bytes = field(default=b"", repr=False)
    coordinates: Coordinates | None = None


class _Nothing(Exception):
    """The provider is not asked; the rule says why."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def asks_for_token(
    config: ProviderConfig, repo_name: str, pod: Pod, account: ServiceAccount | None
) -> bool:
    """Return whether this lookup requests a token: it comes after every other
    question but before the cache (K-115, K-116)."""
    attributes = config.token_attributes
    if attributes is None or not pod.service_account or account is None:
        return False
    if not is_image_allowed(config.match_images, repo_name):
        return False
    present = dict(account.annotations)
    return all(key in present for key in attributes.required_annotation_keys)


def begin(
    config: ProviderConfig,
    cache: Cache,
    now_ns: int,
    repo_name: str,
    pod: Pod,
    account: ServiceAccount | None = None,
    token: str | None = None,
    version: KubeletVersion = _CURRENT,
) -> tuple[Exec | Outcome, Cache]:
    """Return what becomes of a lookup before the provider runs.

    Args:
        config: Of the provider.
        cache: Of the provider; the new one is returned, too.
        now_ns: Any time base, the same in all calls.
        repo_name: Of the image (K-070).
        pod: Whose lookup it is.
        account: The pod's; None: the API server has none, or gave an error.
        token: What the token manager gave; None: an error.
        version: Of the kubelet.

    Source: K-100 to K-104, K-109, K-110, K-112 to K-116, K-120.
    """
    strict = version.has_strict_colons
    if not is_image_allowed(config.match_images, repo_name, strict_colons=strict):
        return Outcome(rule="K-040"), cache
    try:
        identity = _identity(config.token_attributes, pod, account, token)
        cache = _purged(cache, now_ns)
        entry, cache = _cached(cache, now_ns, repo_name, identity.account_key, version)
        if entry is not None:
            return Outcome(entry.auth, identity.coordinates, from_cache=True), cache
        flight = _flight_key(repo_name, identity)
    except _Nothing as nothing:
        return Outcome(rule=nothing.rule), cache
    except KeyTooLong:
        return Outcome(rule="K-104"), cache
    request = Request(repo_name, identity.token, identity.annotations)
    return Exec(request, flight, identity.account_key, identity.coordinates), cache


def finish(
    config: ProviderConfig,
    cache: Cache,
    now_ns: int,
    exec: Exec,
    stdout: bytes | None,
    version: KubeletVersion = _CURRENT,
) -> tuple[Outcome, Cache]:
    """Return what a lookup gets from an exec, and the cache afterwards.

    Each lookup that shared an exec finishes on its own (K-123).

    Args:
        stdout: Of a provider that ended well; None: it did not (K-084).

    Source: K-084, K-090 to K-098, K-105, K-107, K-108, K-117, K-118.
    """
    if stdout is None:
        return Outcome(rule="K-084"), cache
    attributes = config.token_attributes
    answer = judge_response(
        stdout,
        api_version=config.api_version,
        sent_token=exec.request.service_account_token,
        cache_type=attributes.cache_type if attributes else None,
        version=version,
        image=exec.request.image,
    )
    if isinstance(answer, Refusal):
        return Outcome(rule=answer.rule, refusal=answer), cache
    life_ns = store(answer.cache_duration_ns, config.default_cache_duration_ns)
    if life_ns is not None:
        base = base_key(answer.cache_key_type, exec.request.image, version)
        key = cache_key(base, exec.account_key)
        cache = cache.with_entry(Entry(key, answer.auth, now_ns + life_ns))
    return Outcome(answer.auth, exec.coordinates), cache


def select_annotations(
    attributes: TokenAttributes, annotations: Iterable[tuple[str, str]]
) -> Annotations | None:
    """Return those the provider is told; None if a required one is missing.

    Source: K-103, K-113, K-114.
    """
    present = dict(annotations)
    if any(key not in present for key in attributes.required_annotation_keys):
        return None
    wanted = (*attributes.required_annotation_keys, *attributes.optional_annotation_keys)
    return tuple((key, present[key]) for key in dict.fromkeys(wanted) if key in present)


def _identity(
    attributes: TokenAttributes | None,
    pod: Pod,
    account: ServiceAccount | None,
    token: str | None,
) -> _Identity:
    if attributes is None:
        return _Identity()
    if not pod.service_account:
        if attributes.require_service_account:
            raise _Nothing("K-112")
        return _Identity()
    if account is None:
        raise _Nothing("K-113")
    annotations = select_annotations(attributes, account.annotations)
    if annotations is None:
        raise _Nothing("K-113")
    if token is None:
        raise _Nothing("K-115")
    coordinates = Coordinates(pod.namespace, pod.service_account, account.uid)
    key = service_account_key(
        pod.namespace,
        pod.service_account,
        account.uid,
        annotations,
        attributes.cache_type,
        token,
    )
    return _Identity(token, annotations, key, coordinates)


def _purged(cache: Cache, now_ns: int) -> Cache:
    """K-110: now and then, and only when somebody looks."""
    if now_ns <= cache.last_purge_ns + PURGE_INTERVAL_NS:
        return cache
    return replace(cache.without_expired(now_ns), last_purge_ns=now_ns)


def _cached(
    cache: Cache, now_ns: int, repo_name: str, account_key: bytes, version: KubeletVersion
) -> tuple[Entry | None, Cache]:
    """K-109: the narrowest key first."""
    for base in (repo_name, registry_of(repo_name), version.global_base):
        found, cache = cache.get(cache_key(base, account_key), now_ns)
        if found is not None:
            return found, cache
    return None, cache


def _flight_key(repo_name: str, identity: _Identity) -> bytes:
    if identity.coordinates is None:
        return flight_key(repo_name)
    return flight_key(repo_name, identity.token, identity.annotations)
