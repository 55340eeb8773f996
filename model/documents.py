"""The wire documents as typed values, for people who want types.

These models are a convenience and not the judge: what the kubelet accepts is
decided by `judge_response` and `read_config`, on bytes. Where a model and the
kubelet differ, the difference is listed in the twin test with its reason
(duplicate members and the version peek cannot be seen after parsing).

Wire names are camel case; values read and write them by alias. Responses and
configurations refuse unknown members, as the kubelet does. Requests ignore
them: a newer kubelet may send a member that no provider knows yet (D-B5).

Source: section 1.3, K-012, K-075 to K-079, K-093, K-095, K-096.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic.alias_generators import to_camel

from pullproof.model.durations import parse_duration
from pullproof.model.provider import PROTOCOL_GROUP, CacheKeyType, CacheType


def _duration(text: str) -> str:
    parse_duration(text)
    return text


def _absent(value: Any) -> Any:
    """Return what Go makes of null: the empty text."""
    return "" if value is None else value


def _no_members(value: Any) -> Any:
    return {} if value is None else value


def _no_items(value: Any) -> Any:
    return [] if value is None else value


GoDuration = Annotated[str, AfterValidator(_duration)]
"""Text that Go's `time.ParseDuration` takes."""
Text = Annotated[str, BeforeValidator(_absent)]
Strings = Annotated[list[str], BeforeValidator(_no_items)]
Secret = Annotated[SecretStr, BeforeValidator(_absent)]


class _Document(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,  # I-19: inputs may be secrets
    )


class _Request(_Document):
    model_config = ConfigDict(extra="ignore")

    kind: Literal["CredentialProviderRequest"]
    image: str


class RequestV1Alpha1(_Request):
    api_version: Literal["credentialprovider.kubelet.k8s.io/v1alpha1"]


class RequestV1Beta1(_Request):
    api_version: Literal["credentialprovider.kubelet.k8s.io/v1beta1"]


class RequestV1(_Request):
    api_version: Literal["credentialprovider.kubelet.k8s.io/v1"]
    service_account_token: SecretStr = SecretStr("")
    service_account_annotations: dict[str, str] = {}


class AuthConfig(_Document):
    """One credential of a response; both texts may be empty (K-096)."""

    username: Text = ""
    password: Secret = SecretStr("")


Entry = Annotated[AuthConfig, BeforeValidator(_no_members)]


class _Response(_Document):
    kind: Literal["CredentialProviderResponse"]
    cache_key_type: Annotated[CacheKeyType, Field(strict=False)]
    cache_duration: GoDuration | None = None
    auth: Annotated[dict[str, Entry], BeforeValidator(_no_members)] = {}


class ResponseV1Alpha1(_Response):
    api_version: Literal["credentialprovider.kubelet.k8s.io/v1alpha1"]


class ResponseV1Beta1(_Response):
    api_version: Literal["credentialprovider.kubelet.k8s.io/v1beta1"]


class ResponseV1(_Response):
    api_version: Literal["credentialprovider.kubelet.k8s.io/v1"]


class EnvVar(_Document):
    """Added to the provider's environment; not checked by the kubelet (Q-02)."""

    name: Text = ""
    value: Text = ""


class TokenAttributes(_Document):
    """The opt-in to service account tokens (K-012, K-034)."""

    service_account_token_audience: Annotated[str, Field(min_length=1)]
    cache_type: Annotated[CacheType, Field(strict=False)]
    require_service_account: bool
    required_service_account_annotation_keys: Strings = []
    optional_service_account_annotation_keys: Strings = []


def _file_name(text: str) -> str:
    if text in (".", "..") or "/" in text or " " in text:
        raise ValueError("is no plain file name")  # K-030a to K-030d
    return text


def _not_negative(text: str) -> str:
    if parse_duration(text) < 0:
        raise ValueError("must not be negative")
    return text


class Provider(_Document):
    """One provider of a configuration before v1, and what v1 shares with it."""

    name: Annotated[str, AfterValidator(_file_name)]
    match_images: Annotated[list[str], Field(min_length=1)]
    default_cache_duration: Annotated[GoDuration, AfterValidator(_not_negative)]
    api_version: Literal[
        "credentialprovider.kubelet.k8s.io/v1alpha1",
        "credentialprovider.kubelet.k8s.io/v1beta1",
        "credentialprovider.kubelet.k8s.io/v1",
    ]
    args: Strings = []
    env: Annotated[list[EnvVar], BeforeValidator(_no_items)] = []


class ProviderV1(Provider):
    token_attributes: TokenAttributes | None = None


class _Config(_Document):
    kind: Literal["CredentialProviderConfig"]


class ConfigV1Alpha1(_Config):
    api_version: Literal["kubelet.config.k8s.io/v1alpha1"]
    providers: Annotated[list[Provider], Field(min_length=1)]


class ConfigV1Beta1(_Config):
    api_version: Literal["kubelet.config.k8s.io/v1beta1"]
    providers: Annotated[list[Provider], Field(min_length=1)]


class ConfigV1(_Config):
    api_version: Literal["kubelet.config.k8s.io/v1"]
    providers: Annotated[list[ProviderV1], Field(min_length=1)]


REQUESTS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        f"{PROTOCOL_GROUP}/v1alpha1": RequestV1Alpha1,
        f"{PROTOCOL_GROUP}/v1beta1": RequestV1Beta1,
        f"{PROTOCOL_GROUP}/v1": RequestV1,
    }
)
RESPONSES: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        f"{PROTOCOL_GROUP}/v1alpha1": ResponseV1Alpha1,
        f"{PROTOCOL_GROUP}/v1beta1": ResponseV1Beta1,
        f"{PROTOCOL_GROUP}/v1": ResponseV1,
    }
)
CONFIGS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "kubelet.config.k8s.io/v1alpha1": ConfigV1Alpha1,
        "kubelet.config.k8s.io/v1beta1": ConfigV1Beta1,
        "kubelet.config.k8s.io/v1": ConfigV1,
    }
)
