"""Bounds of the image side: what is there and what may happen.

`Params.image` holds one. In a configuration without pods the image side runs
alone: its containers then get credentials from the secrets and accounts named
here. With pods, what their lookups yield is used.
"""

from dataclasses import dataclass
from typing import Literal

PullPolicy = Literal["Always", "IfNotPresent", "Never"]
VerificationPolicy = Literal[
    "NeverVerify", "NeverVerifyPreloadedImages", "NeverVerifyAllowlistedImages", "AlwaysVerify"
]
GATE_ON_FROM = 35
"""First minor with KubeletEnsureSecretPulledImages on by default (K-200)."""
SECRETS_LIMIT = 100
"""Recorded secrets from which on a match adds no more (K-226)."""


@dataclass(frozen=True, slots=True)
class ContentParams:
    """One image by content, and the names under which it is served."""

    ref: str = "x"
    """Image id of the runtime."""
    names: tuple[str, ...] = ("r.test/a:1",)
    """As pods write them. Names of one repo and digest come with each other."""
    preloaded: tuple[str, ...] = ()
    """Those names that the node may come with, or be given behind the kubelet's back."""
    removable: bool = False
    """The runtime or image garbage collection may remove it."""


@dataclass(frozen=True, slots=True)
class ContainerParams:
    """One container of one pod."""

    pod: str
    image: str = "r.test/a:1"
    pull: PullPolicy = "IfNotPresent"
    secrets: tuple[str, ...] = ()
    account: str = ""


@dataclass(frozen=True, slots=True)
class ImageSecretParams:
    """An imagePullSecret; logins are what it may hold, the first at the start."""

    name: str
    logins: tuple[str, ...] = ("alice",)
    namespace: str = "ns"
    account: str = ""
    """Its Kubernetes name; empty: `name`."""
    incarnations: int = 1
    """How often it may be created; 1: it is never deleted."""
    spoils: bool = False
    """It may become unreadable (K-172)."""


@dataclass(frozen=True, slots=True)
class ImageAccountParams:
    """A service account for which an SA mode provider answers, or not."""

    name: str
    namespace: str = "ns"
    account: str = ""
    opens: tuple[str, ...] = ("r.test/a",)
    incarnations: int = 1
    fails: bool = False
    """The provider, or the token request, may fail (K-228)."""


@dataclass(frozen=True, slots=True)
class LoginParams:
    """A user name and password that a registry knows."""

    name: str = "alice"
    opens: tuple[str, ...] = ("r.test/a",)
    hashed: bool = True
    """False: hashing fails, so the hash is empty (K-226)."""


@dataclass(frozen=True, slots=True)
class ImageParams:
    """What the image side of a configuration may do."""

    gate: bool | None = None
    """KubeletEnsureSecretPulledImages; None: as the minor has it (K-200)."""
    policy: VerificationPolicy = "NeverVerifyPreloadedImages"
    """imagePullCredentialsVerificationPolicy (K-201)."""
    allowlist: tuple[str, ...] = ()
    """preloadedImagesVerificationAllowlist (K-203)."""
    contents: tuple[ContentParams, ...] = (ContentParams(),)
    containers: tuple[ContainerParams, ...] = ()
    """With pods and none given: one container per pod, with its first image."""
    secrets: tuple[ImageSecretParams, ...] = ()
    accounts: tuple[ImageAccountParams, ...] = ()
    logins: tuple[LoginParams, ...] = (LoginParams(),)
    node_login: str = ""
    """Login in the node's docker config; empty: no file."""
    public: tuple[str, ...] = ()
    """Repo names that anybody may pull."""
    revocable: tuple[str, ...] = ()
    """Logins and accounts that the registry may stop taking (K-252)."""
    secrets_limit: int = SECRETS_LIMIT
    """Smaller only so that few secrets reach it (Q-13)."""

    outages: bool = False
    """The registry may fail a pull."""
    crashes: bool = False
    """The kubelet restarts at any moment (K-249)."""
    blind_starts: bool = False
    """The runtime may not list its images when the kubelet starts."""
    disk_faults: tuple[str, ...] = ()
    """Of `full` (no writes) and `read-only` (no deletions either)."""
    corruption: bool = False
    """Record files may become unreadable."""
    collection: bool = False
    """The kubelet collects image garbage, and then records (K-250)."""
    early_stops: bool = False
    """Collection may end as soon as it freed enough, as it does under pressure."""
    inspect_faults: bool = False
    """The runtime may not answer what images are there."""
    refs_differ: bool = False
    """PullImage and ImageStatus give different refs for one image (B-20)."""
    pod_restarts: bool = True
    """A running container ends and is started anew."""

    def gate_at(self, minor: int) -> bool:
        """Return whether the gate is on (K-200)."""
        return minor >= GATE_ON_FROM if self.gate is None else self.gate

    def content_of(self, name: str) -> ContentParams:
        """Return the content that a name stands for."""
        return next(c for c in self.contents if name in c.names)

    def login(self, name: str) -> LoginParams:
        return next(each for each in self.logins if each.name == name)

    def secret(self, name: str) -> ImageSecretParams:
        return next(each for each in self.secrets if each.name == name)

    def account(self, name: str) -> ImageAccountParams:
        return next(each for each in self.accounts if each.name == name)
