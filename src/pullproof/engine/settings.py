"""From `pullproof.toml`, a kubelet configuration or command-line words to a `Setup`.

Everything a user can get wrong is found here, before anything runs, and
reported with file, line and field.
"""

import os
import shutil
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pullproof import schemas
from pullproof.adapters.config_files import load_config_files
from pullproof.engine.guess import guess_declined, guess_served, guess_workloads
from pullproof.engine.toml_lines import line_of, spell
from pullproof.model.config import read_config
from pullproof.model.durations import InvalidDuration, parse_duration
from pullproof.model.errors import Problem, UserError
from pullproof.model.images import InvalidImageName, repo_name
from pullproof.model.matching import is_image_allowed
from pullproof.model.provider import CacheType, EnvVar, ProviderConfig, TokenAttributes
from pullproof.model.setup import Feature, Identity, Policy, Setup, UnknownImage, Workload
from pullproof.model.versions import KubeletVersion, UnknownVersion

SETTINGS_NAME = "pullproof.toml"
_SECRET_WORDS = ("secret", "token", "passw", "credential", "apikey", "api_key", "access_key")


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the command line says; it wins over `pullproof.toml`."""

    kubernetes: str | None = None
    provider: str | None = None
    env: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    deadline_s: float | None = None
    ignore: tuple[str, ...] = ()


def load_settings(path: Path, overrides: Overrides = Overrides()) -> Setup:
    """Return the setup that the settings file at `path` describes.

    Raises:
        UserError: the file, or something it names, is not usable.
        ConfigErrors: the kubelet configuration it names would not be accepted.
    """
    document, text = _read_toml(path)
    _check_schema(document, path, text)
    reader = _Reader(path.resolve().parent, str(path), text)
    version = version_of(overrides.kubernetes or document.get("kubelet", {}).get("kubernetes"))
    kubelet = document.get("kubelet", {})
    if "config" in kubelet:
        if "provider" in document:
            raise reader.error(
                ("provider",), "give either [kubelet] config or [provider], not both"
            )
        config = select_provider(
            reader.here / kubelet["config"],
            overrides.provider or kubelet.get("provider"),
            version,
        )
        command = find_binary(reader.here / kubelet["bin-dir"], config.name)
    elif "provider" in document:
        config, command = reader.quick_provider(document["provider"])
    else:
        raise reader.error(
            (), "neither [kubelet] config and bin-dir nor [provider] command is given"
        )
    return reader.assemble(document, config, command, version, overrides)


def setup_from_config(
    config: Path, bin_dir: Path, overrides: Overrides = Overrides(), settings: Path | None = None
) -> Setup:
    """Return the setup for a provider of a real kubelet configuration.

    Raises:
        UserError, ConfigErrors: as `load_settings`.
    """
    document: dict[str, Any] = {}
    reader = _Reader(Path.cwd(), "", "")
    if settings is not None:
        document, text = _read_toml(settings)
        _check_schema(document, settings, text)
        reader = _Reader(settings.resolve().parent, str(settings), text)
    version = version_of(overrides.kubernetes or document.get("kubelet", {}).get("kubernetes"))
    name = overrides.provider or document.get("kubelet", {}).get("provider")
    provider = select_provider(config, name, version)
    return reader.assemble(
        document, provider, find_binary(bin_dir, provider.name), version, overrides
    )


def setup_from_words(
    command: Sequence[str],
    match_images: Sequence[str],
    audience: str | None = None,
    overrides: Overrides = Overrides(),
    settings: Path | None = None,
) -> Setup:
    """Return the setup for `-- ./provider arg…` on the command line."""
    document: dict[str, Any] = {}
    reader = _Reader(Path.cwd(), "", "")
    if settings is not None:
        document, text = _read_toml(settings)
        _check_schema(document, settings, text)
        reader = replace(reader, file=str(settings), text=text)
    words: dict[str, Any] = {"command": list(command), "match-images": list(match_images)}
    if audience is not None:
        words |= {"audience": audience}
        keys = sorted({key for key, _ in overrides.annotations})
        words |= {"optional-annotations": keys}
    provider, resolved = reader.quick_provider(words)
    version = version_of(overrides.kubernetes)
    return reader.assemble(document, provider, resolved, version, overrides)


def select_provider(path: Path, name: str | None, version: KubeletVersion) -> ProviderConfig:
    """Return the provider called `name` of the kubelet configuration at `path`."""
    providers = read_config(load_config_files(path, version), version)
    if name is None and len(providers) == 1:
        return providers[0]
    known = ", ".join(provider.name for provider in providers)
    if name is None:
        raise UserError(
            Problem(f"the configuration has several providers ({known}); choose one with --provider", str(path))
        )  # fmt: skip
    for provider in providers:
        if provider.name == name:
            return provider
    raise UserError(Problem(f"no provider {name!r}; the configuration has: {known}", str(path)))


def find_binary(bin_dir: Path, name: str) -> Path:
    """Return the provider's executable, looked up as the kubelet does.

    Raises:
        UserError: K-003 or K-004 would stop the kubelet.
    """
    if not bin_dir.is_dir():
        what = "is not a directory" if bin_dir.exists() else "did not exist"
        raise UserError(
            Problem(f"plugin binary directory {bin_dir} {what} (K-003)", field="bin-dir")
        )
    binary = bin_dir / name
    if not binary.exists():
        raise UserError(
            Problem(f"plugin binary executable {binary} did not exist (K-004)", field="bin-dir")
        )
    if binary.is_dir() or not os.access(binary, os.X_OK):
        reason = "is a directory" if binary.is_dir() else "has no execute permission"
        raise UserError(Problem(f"plugin binary {binary} {reason} (K-004)", field="bin-dir"))
    return binary.absolute()


def version_of(text: str | None) -> KubeletVersion:
    """Return the version named by `text`, or the default one.

    Raises:
        UserError: no Kubernetes version that the model knows.
    """
    if text is None:
        return KubeletVersion()
    try:
        return KubeletVersion.parse(text)
    except UnknownVersion as error:
        raise UserError(Problem(str(error), field="kubernetes")) from None


def _read_toml(path: Path) -> tuple[dict[str, Any], str]:
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise UserError(Problem(f"cannot read it: {error.strerror}", str(path))) from None
    except UnicodeDecodeError as error:
        raise UserError(Problem(f"not UTF-8 at byte {error.start}", str(path))) from None
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        raise UserError(Problem(f"not TOML: {error}", str(path))) from None


def _check_schema(document: Mapping[str, Any], path: Path, text: str) -> None:
    problems: list[Problem] = []
    for found in schemas.violations("pullproof-toml", document):
        where, message = [*found.path, *found.unknown[:1]], found.message
        if found.unknown:
            message = f"unknown key {found.unknown[0]!r}; known here: {', '.join(found.known)}"
        problems.append(Problem(message, str(path), line_of(text, where), spell(where)))
    if problems:
        raise UserError(*problems)


@dataclass(frozen=True, slots=True)
class _Reader:
    """One settings file being turned into a setup."""

    here: Path
    file: str
    text: str

    def error(self, where: Sequence[str | int], message: str) -> UserError:
        line = line_of(self.text, where) if where else None
        return UserError(Problem(message, self.file, line, spell(where)))

    def quick_provider(self, words: Mapping[str, Any]) -> tuple[ProviderConfig, Path]:
        items = [self._resolve(item) for item in words["command"]]
        command = self._executable(items[0])
        attributes = None
        if "audience" in words:
            attributes = TokenAttributes(
                words["audience"],
                words.get("require-service-account", True),
                CacheType(words.get("cache-type", "ServiceAccount")),
                tuple(words.get("required-annotations", ())),
                tuple(words.get("optional-annotations", ())),
            )
        duration = self._duration(
            ("provider", "default-cache-duration"), words.get("default-cache-duration", "0s")
        )
        return (
            ProviderConfig(
                name=words.get("name", Path(items[-1] if "python" in command.name and len(items) > 1 else items[0]).name),
                match_images=tuple(words["match-images"]),
                default_cache_duration_ns=duration,
                api_version=words.get("api-version", ProviderConfig("", (), 0).api_version),
                args=tuple(items[1:]),
                env=tuple(EnvVar(name, value) for name, value in words.get("env", {}).items()),
                token_attributes=attributes,
            ),
            command,
        )  # fmt: skip

    def _resolve(self, item: str) -> str:
        item = item.replace("${python}", sys.executable).replace("${here}", str(self.here))
        if item.startswith(("./", "../")):
            return str((self.here / item).absolute())
        return item

    def _executable(self, item: str) -> Path:
        where = ("provider", "command") if self.file else ()
        found = item if "/" in item else shutil.which(item)
        if found is None:
            raise self.error(
                where, f"no executable {item!r} in PATH; write ./{item} for a file beside this one"
            )
        path = Path(found) if Path(found).is_absolute() else self.here / found
        if not path.exists():
            raise self.error(where, f"no such file: {path}")
        if path.is_dir() or not os.access(path, os.X_OK):
            reason = "is a directory" if path.is_dir() else "has no execute permission (chmod +x)"
            raise self.error(where, f"{path} {reason}")
        return path.absolute()

    def _duration(self, where: Sequence[str | int], text: str) -> int:
        try:
            return parse_duration(text)
        except InvalidDuration as error:
            raise self.error(where, str(error)) from None

    def _image(self, where: Sequence[str | int], text: str) -> str:
        try:
            normal = repo_name(text)
        except InvalidImageName as error:
            raise self.error(where, str(error)) from None
        if normal != text:
            raise self.error(
                where, f"write the repo name a provider is given (K-070): {normal!r}, not {text!r}"
            )
        return text

    def assemble(
        self,
        document: Mapping[str, Any],
        provider: ProviderConfig,
        command: Path,
        version: KubeletVersion,
        overrides: Overrides,
    ) -> Setup:
        """Return the setup, with everything undeclared guessed or left out."""
        images = document.get("images", {})
        run = document.get("run", {})
        served = tuple(
            self._image(("images", "served", i), x) for i, x in enumerate(images.get("served", ()))
        )
        declined = tuple(
            self._image(("images", "declined", i), x)
            for i, x in enumerate(images.get("declined", ()))
        )
        declared = bool(served)
        for index, image in enumerate(served):
            if not is_image_allowed(provider.match_images, image):
                raise self.error(
                    ("images", "served", index),
                    f"no matchImages entry matches {image!r}, so the kubelet would never ask this provider (K-040)",
                )
        served = served or guess_served(provider.match_images)
        workloads = self._workloads(document.get("workload", ()), served, overrides)
        if provider.sa_mode and not workloads:
            workloads = guess_workloads(provider, served, overrides.annotations)
        policy = document.get("policy", {})
        base_env = dict(document.get("env", {}))
        base_env |= dict(overrides.env)
        deadline = (
            overrides.deadline_s
            or self._duration(("run", "deadline"), run.get("deadline", "60s")) / 1e9
        )
        if deadline <= 0:
            raise self.error(("run", "deadline"), "the deadline must be above zero")
        setup = Setup(
            provider=provider,
            command=(str(command),),
            version=version,
            identity=Identity(run.get("identity", self._guess_identity(provider, base_env))),
            served=served,
            declined=declined or guess_declined(provider.match_images),
            workloads=workloads,
            policy=Policy(
                owns=tuple(policy["owns"]) if "owns" in policy else None,
                unknown_image=UnknownImage(policy.get("unknown-image", "either")),
                max_stderr_bytes=policy.get("max-stderr-bytes", 64 * 1024),
                ignore=(*policy.get("ignore", ()), *overrides.ignore),
            ),
            declared=declared,
            base_env=tuple(base_env.items()),
            deadline_s=deadline,
            registry_port=run.get("registry-port", 0),
            secrets=_secrets(base_env, provider),
        )
        if setup.identity is Identity.PASS_THROUGH and not provider.sa_mode:
            raise self.error(
                ("run", "identity"), "pass-through needs service account tokens (an audience)"
            )
        return replace(setup, features=features(setup))  # fmt: skip

    def _guess_identity(self, provider: ProviderConfig, env: Mapping[str, str]) -> str:
        """Tokens mean workload identity, unless somebody says otherwise."""
        return "workload" if provider.sa_mode else "node"

    def _workloads(
        self, entries: Sequence[Mapping[str, Any]], served: tuple[str, ...], overrides: Overrides
    ) -> tuple[Workload, ...]:
        workloads: list[Workload] = []
        owner: dict[str, str] = {}
        for index, entry in enumerate(entries):
            name = entry["name"]
            if name in {workload.name for workload in workloads}:
                raise self.error(("workload", index, "name"), f"two workloads are called {name!r}")
            for place, image in enumerate(entry.get("images", ())):
                where = ("workload", index, "images", place)
                if image not in served:
                    raise self.error(where, f"{image!r} is not among images.served")
                if image in owner:
                    raise self.error(
                        where, f"{image!r} already belongs to workload {owner[image]!r}"
                    )
                owner[image] = name
            annotations = dict(entry.get("annotations", {})) | dict(overrides.annotations)
            workloads.append(
                Workload(
                    name=name,
                    namespace=entry.get("namespace", f"team-{name}"),
                    service_account=entry.get("service-account", "default"),
                    service_account_uid=_uid("serviceaccount", name),
                    pod=f"{name}-0",
                    pod_uid=_uid("pod", name),
                    annotations=tuple(sorted(annotations.items())),
                    images=tuple(entry.get("images", ())),
                )
            )
        return tuple(workloads)


def _uid(kind: str, name: str) -> str:
    import uuid

    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"pullproof:{kind}:{name}"))


def features(setup: Setup) -> frozenset[Feature]:
    """Return what checks may rely on, derived from the declarations."""
    texts = [value for _, value in setup.base_env]
    texts += [item.value for item in setup.provider.env]
    texts += setup.provider.args
    texts += [value for workload in setup.workloads for _, value in workload.annotations]
    talks = any("${exchange.url}" in text for text in texts)
    owners = [workload for workload in setup.workloads if workload.images]
    found = {
        Feature.TOKENS: setup.provider.sa_mode,
        Feature.EXCHANGE: talks and setup.identity is Identity.WORKLOAD,
        Feature.REGISTRY: bool(setup.served) and setup.identity is not Identity.NONE,
        Feature.TWO_WORKLOADS: len(owners) >= 2,
        Feature.DECLINED_IMAGES: bool(setup.declined),
        Feature.OWNS: setup.policy.owns is not None,
    }
    return frozenset(feature for feature, present in found.items() if present)


def looks_secret(name: str) -> bool:
    """Whether an environment variable of this name is likely to hold a secret."""
    return any(word in name.lower() for word in _SECRET_WORDS)


def _secrets(env: Mapping[str, str], provider: ProviderConfig) -> tuple[tuple[str, str], ...]:
    """Return the user's environment entries that look like secrets.

    Placeholders are none: the adapters know what they stand for.
    """
    entries = [*env.items(), *((item.name, item.value) for item in provider.env)]
    return tuple(
        (name, value)
        for name, value in entries
        if looks_secret(name) and len(value) >= 8 and "${" not in value
    )
