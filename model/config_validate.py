"""The kubelet's checks on a decoded configuration, all of them reported.

Source: K-029 to K-037, section 1.5; pkg/credentialprovider/plugin of 1.34.2
and 1.33.6, as measured.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pullproof.model.config_keys import qualified_name_problems
from pullproof.model.config_problem import ConfigProblem, Place
from pullproof.model.durations import format_duration
from pullproof.model.gocase import to_lower
from pullproof.model.gojson import encode_string
from pullproof.model.goquote import quote
from pullproof.model.gourl import InvalidURL
from pullproof.model.matching import parse_schemeless
from pullproof.model.matching_reasons import pattern_hint
from pullproof.model.provider import PROTOCOL_GROUP, CacheType, EnvVar
from pullproof.model.versions import KubeletVersion

DEFAULT_VERSION = KubeletVersion()
TOKEN_API_VERSION = f"{PROTOCOL_GROUP}/v1"
_CACHE_TYPES = tuple(sorted(CacheType))
_PLACEHOLDER = re.compile(r"\$\{[a-z.]+\}")
_STAND_IN = "127.0.0.1:1"
_NOWHERE = Place("", {})


@dataclass(frozen=True, slots=True)
class RawTokenAttributes:
    """`tokenAttributes` as decoded: nothing is required yet."""

    audience: str = ""
    cache_type: str = ""
    require_service_account: bool | None = None
    required_keys: tuple[str, ...] = ()
    optional_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RawProvider:
    """One provider as decoded: nothing is required yet."""

    name: str = ""
    match_images: tuple[str, ...] = ()
    default_cache_duration_ns: int | None = None
    api_version: str = ""
    args: tuple[str, ...] = ()
    env: tuple[EnvVar, ...] = ()
    token_attributes: RawTokenAttributes | None = None
    place: Place = _NOWHERE
    path: str = "providers[0]"
    """Where in its file it stands."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A failed check, before it is known where in the file it belongs."""

    field: str
    """Below the provider: `tokenAttributes.cacheType`."""
    message: str
    """What follows the kubelet's path."""
    rule: str
    hint: str = ""
    at: str = ""
    """What of the field: an index, `[0]`."""


@dataclass(frozen=True, slots=True)
class _Context:
    version: KubeletVersion
    sa_tokens: bool

    @property
    def is_terse(self) -> bool:
        """1.34 took the field's name out of messages that repeated it, and shows
        values as JSON."""
        return self.version.has_cache_type

    def required(self, field: str) -> str:
        return "Required value" if self.is_terse else f"Required value: {field} is required"

    def shown_list(self, texts: Sequence[str]) -> str:
        if self.is_terse:
            return f"[{','.join(encode_string(text) for text in texts)}]"
        return f"[]string{{{', '.join(quote(text) for text in texts)}}}"

    @property
    def protocol_versions(self) -> tuple[str, ...]:
        return tuple(sorted(f"{PROTOCOL_GROUP}/{v}" for v in self.version.api_versions))


def validate(
    providers: Sequence[RawProvider],
    version: KubeletVersion = DEFAULT_VERSION,
    *,
    sa_tokens: bool | None = None,
) -> tuple[ConfigProblem, ...]:
    """Return everything a kubelet of this `version` finds wrong, in its order.

    Args:
        providers: All of them, merged.
        version: Decides messages, served protocol versions and `cacheType`.
        sa_tokens: Gate KubeletServiceAccountTokenForCredentialProviders; by
            default what the version has (K-034a).

    `${...}` in `matchImages` stands for a host with a port, or for what an
    adapter puts there; for the check of the pattern it counts as `127.0.0.1:1`.

    Source: K-029 to K-036.
    """
    if not providers:
        message = "providers: Required value: at least 1 item in plugins is required"
        return (ConfigProblem("", None, "providers", message, "K-029"),)
    gate = version.sa_tokens_on_by_default if sa_tokens is None else sa_tokens
    context = _Context(version, gate)
    problems: list[ConfigProblem] = []
    seen: set[str] = set()
    for provider in providers:
        found = [*_names(provider, seen), *_of_provider(provider, context)]
        problems += (_placed(provider, one) for one in found)
        seen.add(provider.name)
    return tuple(problems)


def _placed(provider: RawProvider, found: _Found) -> ConfigProblem:
    field = f"{provider.path}.{found.field}{found.at}"
    message = f"providers.{found.field}: {found.message}"
    return provider.place.problem(field, message, found.rule, found.hint)


def _of_provider(provider: RawProvider, context: _Context) -> Iterator[_Found]:
    for check in _CHECKS:
        yield from check(provider, context)
    attributes = provider.token_attributes
    if attributes is not None:
        for token_check in _TOKEN_CHECKS:
            yield from token_check(provider, attributes, context)


_NAME_RULES: tuple[tuple[str, Callable[[str], bool], str], ...] = (
    ("K-030a", lambda name: "/" in name, "provider name cannot contain '/'"),
    ("K-030b", lambda name: " " in name, "provider name cannot contain spaces"),
    ("K-030c", lambda name: name == ".", "provider name cannot be '.'"),
    ("K-030c", lambda name: name == "..", "provider name cannot be '..'"),
)


def _names(provider: RawProvider, seen: set[str]) -> Iterator[_Found]:
    for rule, is_bad, detail in _NAME_RULES:
        if is_bad(provider.name):
            yield _Found("name", f"Invalid value: {quote(provider.name)}: {detail}", rule)
    if provider.name in seen:
        yield _Found("name", f"Duplicate value: {quote(provider.name)}", "K-031")


def _api_version(provider: RawProvider, context: _Context) -> Iterator[_Found]:
    if not provider.api_version:
        yield _Found("apiVersion", context.required("apiVersion"), "K-032")
    elif provider.api_version not in context.protocol_versions:
        known = ", ".join(quote(name) for name in context.protocol_versions)
        value = quote(provider.api_version)
        message = f"Unsupported value: {value}: supported values: {known}"
        yield _Found("apiVersion", message, "K-032")


def _match_images(provider: RawProvider, context: _Context) -> Iterator[_Found]:
    if not provider.match_images:
        message = "Required value: at least 1 item in matchImages is required"
        yield _Found("matchImages", message, "K-033a")
    for index, pattern in enumerate(provider.match_images):
        try:
            readable = _PLACEHOLDER.sub(_STAND_IN, pattern)
            parse_schemeless(readable, strict_colons=context.version.has_strict_colons)
        except InvalidURL as error:
            message = f"Invalid value: {quote(pattern)}: match image is invalid: {error}"
            hint = pattern_hint(pattern)
            yield _Found("matchImages", message, "K-033b", hint, f"[{index}]")


def _default_cache_duration(provider: RawProvider, context: _Context) -> Iterator[_Found]:
    field, duration = "defaultCacheDuration", provider.default_cache_duration_ns
    if duration is None:
        yield _Found(field, context.required(field), "K-033c")
    elif duration < 0:
        detail = "must be greater than or equal to 0"
        text = format_duration(duration)
        shown = quote(text) if context.is_terse else text
        detail = detail if context.is_terse else f"{field} {detail}"
        yield _Found(field, f"Invalid value: {shown}: {detail}", "K-033d")


def _gate(
    provider: RawProvider, attributes: RawTokenAttributes, context: _Context
) -> Iterator[_Found]:
    if not context.sa_tokens:
        yield _Found(
            "tokenAttributes",
            "Forbidden: tokenAttributes is not supported when "
            "KubeletServiceAccountTokenForCredentialProviders feature gate is disabled",
            "K-034a",
        )


def _audience(
    provider: RawProvider, attributes: RawTokenAttributes, context: _Context
) -> Iterator[_Found]:
    if not attributes.audience:
        name = "serviceAccountTokenAudience"
        yield _Found(f"tokenAttributes.{name}", context.required(name), "K-034c")


def _require_service_account(
    provider: RawProvider, attributes: RawTokenAttributes, context: _Context
) -> Iterator[_Found]:
    if attributes.require_service_account is None:
        name = "requireServiceAccount"
        yield _Found(f"tokenAttributes.{name}", context.required(name), "K-034d")


def _token_api_version(
    provider: RawProvider, attributes: RawTokenAttributes, context: _Context
) -> Iterator[_Found]:
    if provider.api_version != TOKEN_API_VERSION:
        message = (
            f"Forbidden: tokenAttributes is only supported for {TOKEN_API_VERSION} API version"
        )
        yield _Found("tokenAttributes", message, "K-034b")


def _required_without_account(
    provider: RawProvider, attributes: RawTokenAttributes, context: _Context
) -> Iterator[_Found]:
    if attributes.require_service_account is False and attributes.required_keys:
        name = "requiredServiceAccountAnnotationKeys"
        message = f"Forbidden: requireServiceAccount cannot be false when {name} is set"
        yield _Found(f"tokenAttributes.{name}", message, "K-034e")


def _annotation_keys(
    provider: RawProvider, attributes: RawTokenAttributes, context: _Context
) -> Iterator[_Found]:
    required, optional = attributes.required_keys, attributes.optional_keys
    yield from _key_list("requiredServiceAccountAnnotationKeys", required, context)
    yield from _key_list("optionalServiceAccountAnnotationKeys", optional, context)
    both = sorted(set(required) & set(optional), key=lambda key: key.encode("utf-8"))
    if both:
        shown = context.shown_list(both)
        message = f"Invalid value: {shown}: annotation keys cannot be both required and optional"
        yield _Found("tokenAttributes", message, "K-034h")


def _key_list(name: str, keys: tuple[str, ...], context: _Context) -> Iterator[_Found]:
    field = f"tokenAttributes.{name}"
    seen: set[str] = set()
    for index, key in enumerate(keys):
        at = f"[{index}]"
        for problem in qualified_name_problems(to_lower(key), context.version):
            yield _Found(field, f"Invalid value: {quote(key)}: {problem}", "K-034f", "", at)
        if key in seen:
            yield _Found(field, f"Duplicate value: {quote(key)}", "K-034g", "", at)
        seen.add(key)


def _cache_type(
    provider: RawProvider, attributes: RawTokenAttributes, context: _Context
) -> Iterator[_Found]:
    field, value = "tokenAttributes.cacheType", attributes.cache_type
    if not context.version.has_cache_type or value in _CACHE_TYPES:
        return
    if not value:
        message = (
            "Required value: cacheType is required to be set when tokenAttributes is specified. "
            f"Supported values are: {', '.join(_CACHE_TYPES)}"
        )
    else:
        known = ", ".join(quote(name) for name in _CACHE_TYPES)
        message = f"Unsupported value: {encode_string(value)}: supported values: {known}"
    yield _Found(field, message, "K-034i" if not value else "K-034j")


# The order is the kubelet's, and with it the order of its message.
_CHECKS: tuple[Callable[[RawProvider, _Context], Iterator[_Found]], ...] = (
    _api_version,
    _match_images,
    _default_cache_duration,
)
_TOKEN_CHECKS: tuple[
    Callable[[RawProvider, RawTokenAttributes, _Context], Iterator[_Found]], ...
] = (
    _gate,
    _audience,
    _require_service_account,
    _token_api_version,
    _required_without_account,
    _annotation_keys,
    _cache_type,
)
