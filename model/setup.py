"""What is under test and what its author declares about it, as one value.

A `Setup` is pure data: texts in it may hold placeholders such as
`${registry.host}`, which only the adapters replace. Checks read it; nothing
writes it after the command line or `pullproof.toml` was read.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pullproof.model.provider import ProviderConfig
from pullproof.model.versions import KubeletVersion


class Identity(StrEnum):
    """Whose credential the provider is meant to answer with."""

    WORKLOAD = "workload"
    """The service account token is exchanged for a credential of its workload."""
    PASS_THROUGH = "pass-through"
    """The token itself is the password (needs cacheType Token)."""
    NODE = "node"
    """One credential for the whole node; tokens play no part."""
    NONE = "none"
    """The provider answers no image of this run with a credential."""


class UnknownImage(StrEnum):
    """What the provider does for an image it does not serve (D-E7)."""

    EMPTY = "empty"
    ERROR = "error"
    EITHER = "either"


class Feature(StrEnum):
    """What a check needs to be applicable; each is declared or derived."""

    TOKENS = "tokens"
    """SA mode: the kubelet would send a service account token."""
    EXCHANGE = "exchange"
    """The provider talks to the embedded exchange (`${exchange.url}` is used)."""
    REGISTRY = "registry"
    """At least one served image lives in the embedded registry."""
    TWO_WORKLOADS = "two-workloads"
    DECLINED_IMAGES = "declined-images"
    OWNS = "owns"
    """The policy `owns` is declared."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A pod and its service account, as far as a provider can tell (K-079)."""

    name: str
    namespace: str
    service_account: str
    service_account_uid: str
    pod: str
    pod_uid: str
    annotations: tuple[tuple[str, str], ...] = ()
    """Annotations on the service account, all of them, sorted by key."""
    images: tuple[str, ...] = ()
    """Served images this workload, and no other one, may pull."""

    @property
    def subject(self) -> str:
        """The token's `sub` claim (T-011)."""
        return f"system:serviceaccount:{self.namespace}:{self.service_account}"


@dataclass(frozen=True, slots=True)
class Policy:
    """Declared answers to what the kubelet leaves open."""

    owns: tuple[str, ...] | None = None
    """Image patterns (kubelet matching) this provider may answer with a secret.
    None: not declared, and then never judged."""
    unknown_image: UnknownImage = UnknownImage.EITHER
    max_stderr_bytes: int = 64 * 1024
    ignore: tuple[str, ...] = ()
    """Ids of checks that are not to be run, each shown as skipped."""


@dataclass(frozen=True, slots=True)
class Setup:
    """One provider, its configuration, and the declarations of its author."""

    provider: ProviderConfig
    command: tuple[str, ...]
    """argv[0] (an absolute path) and nothing else; args are in `provider`."""
    version: KubeletVersion = field(default_factory=KubeletVersion)
    identity: Identity = Identity.WORKLOAD
    served: tuple[str, ...] = ()
    """Repo names the provider must answer with a credential."""
    declined: tuple[str, ...] = ()
    """Repo names that match nothing the provider knows."""
    workloads: tuple[Workload, ...] = ()
    policy: Policy = Policy()
    declared: bool = True
    """Images and identity were declared by the author, not guessed from the
    match patterns; a guess that does not work is inconclusive, no violation."""
    features: frozenset[Feature] = frozenset()
    base_env: tuple[tuple[str, str], ...] = ()
    """The kubelet's own environment, before the config's `env` (K-083)."""
    deadline_s: float = 60.0
    """The kubelet's limit for one exec (K-082); smaller only in tests."""
    registry_port: int = 0
    """Fixed port of the embedded registry; 0 is any free one."""
    secrets: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """(name, value) of secrets in the user's environment, to be masked and
    searched for; values shorter than 8 characters are not searched for."""

    def workload(self, name: str) -> Workload:
        """Return the workload called `name`.

        Raises:
            KeyError: no such workload.
        """
        for workload in self.workloads:
            if workload.name == name:
                return workload
        raise KeyError(name)
