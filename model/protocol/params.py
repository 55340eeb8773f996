"""A configuration of the protocol: who is there and what may happen.

Everything here bounds the state space; what is *right* is in `rules`. Names
are chosen so that renaming them cannot touch anything else.
"""

from dataclasses import dataclass, replace
from typing import Literal

from pullproof.model.protocol.image_params import ImageParams
from pullproof.model.provider import CacheType
from pullproof.model.versions import DEFAULT_MINOR, KubeletVersion

API_AUDIENCE = "api-server"
"""The audience at which a token opens the API server (S-15)."""


class ParamsError(ValueError):
    """The configuration is none that this Kubernetes minor knows."""


@dataclass(frozen=True, slots=True)
class ProviderParams:
    """One configured provider, and what it may answer."""

    name: str
    mode: Literal["plain", "sa"] = "plain"
    patterns: tuple[str, ...] = ("r.test",)
    """matchImages."""
    answers: tuple[str, ...] = ("node-registry",)
    """Names in `answers.ANSWERS`: compliant ones and faults."""
    api_version: str = "v1"
    cache_type: CacheType | None = CacheType.SERVICE_ACCOUNT
    require_account: bool = True
    default_ticks: int = 0
    """defaultCacheDuration."""
    required: tuple[str, ...] = ()
    """requiredServiceAccountAnnotationKeys."""
    optional: tuple[str, ...] = ()
    audience: str = ""
    """serviceAccountTokenAudience; empty: one of its own."""

    @property
    def token_audience(self) -> str:
        return self.audience or f"audience-{self.name}"


@dataclass(frozen=True, slots=True)
class AccountParams:
    """A service account."""

    name: str
    namespace: str = "ns"
    account: str = ""
    """Its Kubernetes name; empty: `name`."""
    annotations: tuple[tuple[tuple[str, str], ...], ...] = ((),)
    """The sets it may have, the first at the start; each sorted by key."""
    incarnations: int = 1
    """How often it may be created; 1: it is never deleted."""
    opens: tuple[str, ...] = ("r.test/a",)
    """Repo names that its credentials open."""

    @property
    def kubernetes_name(self) -> str:
        return self.account or self.name

    def uid(self, incarnation: int) -> str:
        """Return the UID of the n-th object of this name, from 1."""
        return f"{self.name}.{incarnation}"


@dataclass(frozen=True, slots=True)
class SecretParams:
    """An imagePullSecret."""

    name: str
    auth_key: str = "r.test"
    opens: tuple[str, ...] = ("r.test/a",)
    changes: tuple[str, ...] = ()
    """Which may happen: `rotated`, `deleted`, `spoiled`."""


@dataclass(frozen=True, slots=True)
class PodParams:
    """A pod of the node."""

    name: str
    account: str = ""
    """Name of an `AccountParams`; empty: no service account (static pod)."""
    images: tuple[str, ...] = ("r.test/a",)
    """As written in its containers, tags and all."""
    secrets: tuple[str, ...] = ()
    incarnations: int = 1
    """How often it may be created; 1: it is never deleted."""

    def uid(self, incarnation: int) -> str:
        return f"{self.name}.{incarnation}"


@dataclass(frozen=True, slots=True)
class Params:
    """One configuration."""

    name: str
    minor: int = DEFAULT_MINOR
    providers: tuple[ProviderParams, ...] = ()
    accounts: tuple[AccountParams, ...] = ()
    pods: tuple[PodParams, ...] = ()
    secrets: tuple[SecretParams, ...] = ()
    node_file: str = ""
    """Auth key of a credential in the node's docker config; empty: no file."""
    public: tuple[str, ...] = ()
    """Repo names that anybody may pull."""

    horizon: int = 2
    """Last tick of the clock."""
    token_ticks: int = 2
    """Life of a token. Refresh is wanted in its last tick (K-151)."""
    credential_ticks: int = 2
    """Life of what the exchange mints, and of `short` answers' credentials."""
    excess_ticks: int = 0
    """How much longer than its token a minted credential may live (S-03)."""
    purge_ticks: int = 1
    """Between purges of a cache (K-110)."""
    parallel: int = 1
    """Lookups under way at a time; more than 1: flights are shared."""

    key_rotation: bool = False
    api_faults: tuple[str, ...] = ()
    """Which may happen to the API server: `down`, `no-tokens`."""
    grants_change: bool = False
    """Audience grants come and go (K-162)."""
    restarts: bool = False
    """The kubelet restarts and forgets what is in memory (K-007)."""
    thief: bool = False
    """Somebody holds a token that a provider was given, or a forged one."""
    review: bool = False
    """Exchanges ask the API server for a TokenReview instead of verifying offline."""
    rogue_node: bool = False
    """The node asks for tokens that it must not get."""
    results: bool = False
    """Remember how each pod's last pull went (needed for liveness)."""
    image: ImageParams | None = None
    """The image side; None: no image is ever present."""
    gate_off: bool = False
    """The service account token gate is turned off by hand."""

    @property
    def version(self) -> KubeletVersion:
        return KubeletVersion(self.minor)

    def provider(self, name: str) -> ProviderParams:
        return next(p for p in self.providers if p.name == name)

    def account(self, name: str) -> AccountParams:
        return next(a for a in self.accounts if a.name == name)

    def pod(self, name: str) -> PodParams:
        return next(p for p in self.pods if p.name == name)

    def secret(self, name: str) -> SecretParams:
        return next(s for s in self.secrets if s.name == name)

    def at(self, minor: int) -> "Params":
        """Return the same configuration on another Kubernetes minor."""
        return replace(self, minor=minor)


def start_problems(params: Params) -> tuple[str, ...]:
    """Return why this kubelet does not start with these providers, by rule.

    Source: K-031, K-032, K-034. An empty result means that it starts.
    """
    version = params.version
    tokens_on = version.sa_tokens_on_by_default or params.minor == 33
    problems: list[str] = []
    names = [provider.name for provider in params.providers]
    if len(set(names)) != len(names):
        problems.append("K-031")
    for provider in params.providers:
        if provider.api_version not in version.api_versions:
            problems.append("K-032")
        if provider.mode == "sa":
            problems += _token_problems(provider, version, tokens_on and not params.gate_off)
    return tuple(problems)


def _token_problems(
    provider: ProviderParams, version: KubeletVersion, gate_on: bool
) -> tuple[str, ...]:
    """Return what is wrong with tokenAttributes."""
    found = {
        "K-034a": not gate_on,
        "K-034b": provider.api_version != "v1",
        "K-034e": not provider.require_account and bool(provider.required),
        "K-034h": bool(set(provider.required) & set(provider.optional)),
        "K-034i": version.has_cache_type and provider.cache_type is None,
    }
    return tuple(rule for rule, is_so in found.items() if is_so)
