"""The values that the protocol's state is made of.

Each is small, immutable and canonical: what is a set is a sorted tuple, and
nothing is kept that no rule or property asks for. Times are ticks of the
model clock.

`rename` exchanges names (pods, accounts) inside a value; the order of sorted
tuples is restored by whoever owns the component, with `canonical`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, Literal, TypeVar

T = TypeVar("T")

NOBODY = ""
"""The account name of a pod without a service account."""
NEVER = -1
"""An expiry that does not come."""


@dataclass(frozen=True, slots=True)
class Account:
    """A service account object at the API server."""

    uid: str
    """Empty while no such object exists."""
    annotations: tuple[tuple[str, str], ...] = ()
    """Sorted by key."""
    born: int = 1
    """How many objects of this name there were."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod bound to the node, as the kubelet and the API server know it.

    The two differ for a while after a deletion or a forced recreation.
    """

    local: str
    """UID of the pod the kubelet runs; empty: none."""
    remote: str
    """UID of the API object; empty: none."""
    born: int = 1


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Who a credential was for: namespace, name and UID (K-175)."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Token:
    """A service account token: its claims are its identity."""

    account: str
    """Name of the account in the model, standing for namespace and name."""
    account_uid: str
    pod: str
    """Empty if it is bound to no pod."""
    pod_uid: str
    audience: str
    key: int
    """Number of the issuer's signing key; negative: not the issuer's."""
    expires: int


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An entry of the token manager: the token, and for whom it was asked."""

    key: tuple[str, ...]
    token: Token | None
    """None: a failure that a wrong kubelet remembers."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A user name and password, by what they open."""

    kind: Literal["minted", "token", "node", "static", "secret"]
    token: Token | None = None
    """The token it was minted from, or that it is."""
    opens: tuple[str, ...] = ()
    """Repo names; `*` is every one."""
    expires: int = NEVER
    """Last tick at which the registry takes it."""
    name: str = ""
    """Of the pull secret, the provider or the file that holds it."""


@dataclass(frozen=True, slots=True)
class AuthEntry:
    """One entry of a response's `auth`."""

    auth_key: str
    credential: Credential


@dataclass(frozen=True, slots=True)
class CacheKey:
    """Where a response is kept: the base and the service account part (K-101).

    Two values are equal exactly if the kubelet's bytes are.
    """

    base: str
    account: tuple[Any, ...] = ()
    """Strings, and the token where its hash would stand."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Ghost: for whom a cached response was obtained."""

    provider: str = ""
    coordinates: Coordinates | None = None
    annotations: tuple[tuple[str, str], ...] = ()
    token: Token | None = None
    """Kept for cacheType Token only; else it would only make states many."""


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A response that a provider's cache holds."""

    key: CacheKey
    auth: tuple[AuthEntry, ...]
    expires: int
    """Last tick at which it is served (K-106)."""
    scope: str
    """Ghost: the repo name, registry or `<global>` the response spoke for."""
    origin: Origin = Origin()


@dataclass(frozen=True, slots=True)
class Flight:
    """One exec and the lookups that wait for it (K-120)."""

    key: tuple[Any, ...]
    provider: str
    image: str
    """As the request has it."""
    token: Token | None
    annotations: tuple[tuple[str, str], ...]
    waiters: tuple[str, ...]
    """Pods: the leader, then the followers in name order."""
    outcome: str = ""
    """Empty while the provider runs; then the name of its answer."""
    auth: tuple[AuthEntry, ...] = ()
    keep_ticks: int | None = None
    """cacheDuration of the response; None: absent."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What a lookup remembers across an exec."""

    identity: "Identity"
    started: int = 0
    """Tick at which the exec began; kept only if a rule asks for it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """For whom a provider is consulted: the outcome of K-112 to K-115."""

    coordinates: Coordinates | None = None
    annotations: tuple[tuple[str, str], ...] = ()
    """The selected ones."""
    disclosed: tuple[tuple[str, str], ...] = ()
    """Those that are in the request."""
    token: Token | None = None
    key: tuple[Any, ...] = ()
    """Service account part of the cache key."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one provider gave to one lookup."""

    provider: str
    auth: tuple[AuthEntry, ...]
    coordinates: Coordinates | None


@dataclass(frozen=True, slots=True)
class Lookup:
    """A lookup under way: which image, and how far it got."""

    image: str
    provider: int = 0
    """Index among the providers consulted for this image."""
    wait: Wait | None = None
    """None: about to consult the provider."""
    gathered: tuple[Contribution, ...] = ()


@dataclass(frozen=True, slots=True)
class PullSecret:
    """An imagePullSecret at the API server."""

    uid: str
    """Empty while it does not exist."""
    version: int = 0
    """Which credential it holds."""
    valid: bool = True
    """False: of a usable type, but not readable (K-172)."""


@dataclass(frozen=True, slots=True)
class Offered:
    """One credential that a lookup yields, as the image side sees it.

    The image side asks no more than K-175 gives it; `opens` is what the
    registry would say.
    """

    source: Literal["none", "node", "secret", "account"]
    """`none`: no credential, an anonymous pull. `node`: nil source."""
    coordinates: Coordinates | None = None
    hash: str = ""
    """authConfigHash, of secrets only."""
    opens: tuple[str, ...] = ()
    """Repo names; `*` is every one."""


@dataclass(frozen=True, slots=True)
class Offers:
    """The outcome of a pod's last lookup: component `offers:<pod>`.

    With both sides in one machine the lookup side writes it when a lookup
    ends and the image side takes it away (sets None). With the image side
    alone, events choose it.
    """

    repo_name: str
    """The image it was for; empty: any."""
    credentials: tuple[Offered, ...] = ()
    failed: bool = False
    """The lookup itself failed, so the container does (K-172)."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The issuer's signing keys and those the exchange knows."""

    current: int = 0
    published: tuple[int, ...] = (0,)
    trusted: tuple[int, ...] = (0,)


def rename(value: Any, renaming: Mapping[str, str]) -> Any:
    """Return `value` with each name that `renaming` knows exchanged.

    A UID is a name, a dot and a number, and goes with its name. Tuples keep
    their order: see `canonical`.
    """
    if isinstance(value, str):
        name, dot, number = value.partition(".")
        return renaming.get(name, name) + dot + number
    if isinstance(value, tuple):
        return tuple(rename(item, renaming) for item in value)  # pyright: ignore
    if is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: rename(getattr(value, f.name), renaming) for f in fields(value)}
        return type(value)(**changed)
    return value


@lru_cache(maxsize=1 << 16)
def order_of(value: Any) -> str:
    """Return a text to sort values of one component by."""
    return repr(value)


def canonical(values: Iterable[T]) -> tuple[T, ...]:
    """Return `values` as a set: sorted, each once."""
    return tuple(sorted(set(values), key=order_of))


def renamed_set(value: Any, renaming: Mapping[str, str]) -> Any:
    """Return a sorted tuple with names exchanged, sorted again."""
    return canonical(rename(value, renaming))


def renamed_flights(value: Any, renaming: Mapping[str, str]) -> Any:
    """Return flights with names exchanged; a leader stays first among waiters."""
    changed: list[Flight] = []
    for flight in rename(value, renaming):
        leader, *followers = flight.waiters
        changed.append(replace(flight, waiters=(leader, *sorted(followers))))
    return canonical(changed)


Renamer = Callable[[Any, Mapping[str, str]], Any]
