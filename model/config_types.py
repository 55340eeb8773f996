"""The configuration's types, per config version and Kubernetes minor, as tables.

Source: K-010 to K-012, K-024, section 1.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pullproof.model.provider import CONFIG_GROUP
from pullproof.model.versions import KubeletVersion

CONFIG_KIND = "CredentialProviderConfig"
OTHER_KINDS: Mapping[str, tuple[str, ...]] = {
    "kubelet.config.k8s.io/v1beta1": ("KubeletConfiguration", "SerializedNodeConfigSource"),
    "credentialprovider.kubelet.k8s.io/v1alpha1": (
        "CredentialProviderRequest",
        "CredentialProviderResponse",
    ),
    "credentialprovider.kubelet.k8s.io/v1beta1": (
        "CredentialProviderRequest",
        "CredentialProviderResponse",
    ),
    "credentialprovider.kubelet.k8s.io/v1": (
        "CredentialProviderRequest",
        "CredentialProviderResponse",
    ),
}
"""What else the kubelet's decoder knows, and then refuses as the wrong kind."""


@dataclass(frozen=True, slots=True)
class Scalar:
    go_type: str
    json_type: str


@dataclass(frozen=True, slots=True)
class Duration:
    go_type: str = "string"
    """What Go says it wanted: a duration is read as a text first."""


@dataclass(frozen=True, slots=True)
class ListOf:
    item: "Scalar | Struct"

    @property
    def go_type(self) -> str:
        return f"[]{self.item.go_type}"


@dataclass(frozen=True, slots=True)
class Struct:
    name: str
    package: str
    fields: "Mapping[str, Type]"

    @property
    def go_type(self) -> str:
        return f"{self.package}.{self.name}"


Type = Scalar | Duration | ListOf | Struct

_STRING = Scalar("string", "string")
_BOOL = Scalar("bool", "bool")
_STRINGS = ListOf(_STRING)


def config_type(config_version: str, version: KubeletVersion) -> Struct:
    """Return the type behind `kubelet.config.k8s.io/<config_version>`.

    Source: K-012, K-024.
    """
    env = Struct("ExecEnvVar", config_version, {"name": _STRING, "value": _STRING})
    fields: dict[str, Type] = {
        "name": _STRING,
        "matchImages": _STRINGS,
        "defaultCacheDuration": Duration(),
        "apiVersion": _STRING,
        "args": _STRINGS,
        "env": ListOf(env),
    }
    if config_version == "v1" and version.has_token_attributes:
        fields["tokenAttributes"] = _token_attributes(version)
    provider = Struct("CredentialProvider", config_version, fields)
    return Struct(
        CONFIG_KIND,
        config_version,
        {"kind": _STRING, "apiVersion": _STRING, "providers": ListOf(provider)},
    )


def _token_attributes(version: KubeletVersion) -> Struct:
    fields: dict[str, Type] = {
        "serviceAccountTokenAudience": _STRING,
        "requireServiceAccount": _BOOL,
        "requiredServiceAccountAnnotationKeys": _STRINGS,
        "optionalServiceAccountAnnotationKeys": _STRINGS,
    }
    if version.has_cache_type:
        fields["cacheType"] = Scalar("v1.ServiceAccountTokenCacheType", "string")
    return Struct("ServiceAccountTokenAttributes", "v1", fields)


def api_versions(version: KubeletVersion) -> tuple[str, ...]:
    """Return what `apiVersion` of a configuration may be, newest last (K-011)."""
    return tuple(f"{CONFIG_GROUP}/{served}" for served in version.api_versions)
