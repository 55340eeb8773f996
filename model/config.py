"""A kubelet's credential provider configuration: read, merged and checked.

    files = (("credential-provider.yaml", data),)
    providers = read_config(files, KubeletVersion.parse("1.34"))

Source: K-010 to K-037.
"""

import hashlib
from collections.abc import Sequence

from pullproof.model.config_decode import Decoded, decode_file
from pullproof.model.config_problem import ConfigErrors, ConfigProblem
from pullproof.model.config_validate import (
    DEFAULT_VERSION,
    RawProvider,
    RawTokenAttributes,
    validate,
)
from pullproof.model.goquote import quote
from pullproof.model.provider import CacheType, EnvVar, ProviderConfig, TokenAttributes
from pullproof.model.versions import KubeletVersion

__all__ = [
    "ConfigErrors",
    "ConfigProblem",
    "RawProvider",
    "RawTokenAttributes",
    "config_hash",
    "read_config",
    "validate",
]


def read_config(
    files: Sequence[tuple[str, bytes]],
    version: KubeletVersion = DEFAULT_VERSION,
    *,
    sa_tokens: bool | None = None,
) -> tuple[ProviderConfig, ...]:
    """Return the providers of all `files`, in file order and then list order.

    Args:
        files: Name and content, in the order of K-021.
        version: The kubelet that reads them.
        sa_tokens: Whether service account tokens are on; by default what the
            version has.

    `${...}` in `matchImages`, `env` values and the audience is kept as text.

    Raises:
        ConfigErrors: the kubelet would not start.

    Source: K-005, K-022 to K-037.
    """
    raw = [
        _provider(decoded, f"providers[{index}]")
        for decoded in [decode_file(name, data, version) for name, data in files]
        for index in range(decoded.lengths.get("providers", 0))
    ]
    if version.has_config_directory:
        _refuse_duplicates(raw)
    problems = validate(raw, version, sa_tokens=sa_tokens)
    if problems:
        raise ConfigErrors(problems, _validation_message(problems))
    return tuple(_finished(provider) for provider in raw)


def config_hash(files: Sequence[tuple[str, bytes]]) -> str:
    """Return the hash that the kubelet publishes for these files.

    >>> config_hash([("a.yaml", b"a: 1\\n")])[:18]
    'sha256:e51e4aae900'

    Source: K-027. A length before each file keeps different splits apart (B-29).
    """
    digest = hashlib.sha256()
    for _, data in files:
        digest.update(len(data).to_bytes(8, "big") + data)
    return f"sha256:{digest.hexdigest()}"


def _provider(decoded: Decoded, path: str) -> RawProvider:
    duration = decoded.values.get(f"{path}.defaultCacheDuration")
    assert duration is None or isinstance(duration, int)
    env = f"{path}.env"
    return RawProvider(
        name=decoded.text(f"{path}.name"),
        match_images=decoded.texts(f"{path}.matchImages"),
        default_cache_duration_ns=duration,
        api_version=decoded.text(f"{path}.apiVersion"),
        args=decoded.texts(f"{path}.args"),
        env=tuple(
            EnvVar(decoded.text(f"{env}[{i}].name"), decoded.text(f"{env}[{i}].value"))
            for i in range(decoded.lengths.get(env, 0))
        ),
        token_attributes=_token_attributes(decoded, f"{path}.tokenAttributes"),
        place=decoded.place,
        path=path,
    )


def _token_attributes(decoded: Decoded, path: str) -> RawTokenAttributes | None:
    if path not in decoded.lengths:
        return None
    require = decoded.values.get(f"{path}.requireServiceAccount")
    assert require is None or isinstance(require, bool)
    return RawTokenAttributes(
        audience=decoded.text(f"{path}.serviceAccountTokenAudience"),
        cache_type=decoded.text(f"{path}.cacheType"),
        require_service_account=require,
        required_keys=decoded.texts(f"{path}.requiredServiceAccountAnnotationKeys"),
        optional_keys=decoded.texts(f"{path}.optionalServiceAccountAnnotationKeys"),
    )


def _refuse_duplicates(providers: Sequence[RawProvider]) -> None:
    """K-026: while merging, and so before any other check; older kubelets
    leave it to validation."""
    seen: set[str] = set()
    for provider in providers:
        if provider.name in seen:
            message = (
                f"duplicate provider name {quote(provider.name)} found in configuration file(s)"
            )
            field = f"{provider.path}.name"
            raise ConfigErrors([provider.place.problem(field, message, "K-026")], message)
        seen.add(provider.name)


def _validation_message(problems: Sequence[ConfigProblem]) -> str:
    messages = list(dict.fromkeys(problem.message for problem in problems))
    joined = messages[0] if len(messages) == 1 else f"[{', '.join(messages)}]"
    return f"failed to validate credential provider config: {joined}"


def _finished(raw: RawProvider) -> ProviderConfig:
    assert raw.default_cache_duration_ns is not None  # K-033c
    return ProviderConfig(
        name=raw.name,
        match_images=raw.match_images,
        default_cache_duration_ns=raw.default_cache_duration_ns,
        api_version=raw.api_version,
        args=raw.args,
        env=raw.env,
        token_attributes=_finished_attributes(raw.token_attributes),
    )


def _finished_attributes(raw: RawTokenAttributes | None) -> TokenAttributes | None:
    if raw is None:
        return None
    assert raw.require_service_account is not None  # K-034d
    return TokenAttributes(
        service_account_token_audience=raw.audience,
        require_service_account=raw.require_service_account,
        cache_type=CacheType(raw.cache_type) if raw.cache_type else None,
        required_annotation_keys=raw.required_keys,
        optional_annotation_keys=raw.optional_keys,
    )
