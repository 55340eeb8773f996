"""One entry of `providers` in a kubelet configuration, in internal form.

Whatever config version it was read from, this is what the kubelet works with
afterwards. Source: K-010 to K-037, section 1.3.
"""

from dataclasses import dataclass, field
from enum import StrEnum

PROTOCOL_GROUP = "credentialprovider.kubelet.k8s.io"
PROTOCOL_VERSIONS = ("v1alpha1", "v1beta1", "v1")
CONFIG_GROUP = "kubelet.config.k8s.io"


class CacheType(StrEnum):
    """`tokenAttributes.cacheType`, a config value (never a response value)."""

    SERVICE_ACCOUNT = "ServiceAccount"
    TOKEN = "Token"


class CacheKeyType(StrEnum):
    """`cacheKeyType`, a response value (K-093)."""

    IMAGE = "Image"
    REGISTRY = "Registry"
    GLOBAL = "Global"


@dataclass(frozen=True, slots=True)
class TokenAttributes:
    """The opt-in to service account tokens (K-037: SA mode needs an audience)."""

    service_account_token_audience: str
    require_service_account: bool
    cache_type: CacheType | None = CacheType.SERVICE_ACCOUNT
    """None only on 1.33, which has no such field."""
    required_annotation_keys: tuple[str, ...] = ()
    optional_annotation_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvVar:
    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """One configured provider."""

    name: str
    """File name of the executable inside the bin dir."""
    match_images: tuple[str, ...]
    default_cache_duration_ns: int
    api_version: str = f"{PROTOCOL_GROUP}/v1"
    """Group and version, sent in the request and demanded back (K-090)."""
    args: tuple[str, ...] = ()
    env: tuple[EnvVar, ...] = ()
    token_attributes: TokenAttributes | None = None

    @property
    def sa_mode(self) -> bool:
        """Whether lookups carry a service account token (K-037)."""
        return self.token_attributes is not None
