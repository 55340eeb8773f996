"""One pull, asked of the kubelet's own code: `pullproof pull --oracle`.

The providers are not run again: the kubelet's code is given the answers that
were recorded, and what it makes of them is compared with the model.

Source: K-022 to K-037, K-070 to K-072, K-100 to K-137, K-172, K-182.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, cast

from pullproof.model.config import ConfigErrors, read_config
from pullproof.model.docker_config import InvalidDockerConfig, read_docker_config
from pullproof.model.durations import format_duration
from pullproof.model.images import InvalidImageName, repo_name
from pullproof.model.keyring import Keyring
from pullproof.model.provide import Pod, ServiceAccount
from pullproof.model.provider import CONFIG_GROUP, ProviderConfig
from pullproof.model.versions import KubeletVersion
from pullproof.oracle import config
from pullproof.oracle.client import Oracle
from pullproof.oracle.comparison import Context, decoded, encoded
from pullproof.oracle.config import Files
from pullproof.oracle.reference import Event, ReferenceKubelet
from pullproof.oracle.releases import RELEASES
from pullproof.oracle.scenarios import ask_step, observed
from pullproof.oracle.steps import Account, Lookup, Step

GATES = {"KubeletEnsureSecretPulledImages": True}
"""Without it no kubelet says whose a credential is; it decides nothing else."""


@dataclass(frozen=True, slots=True)
class Execution:
    """A provider that was called, or would be."""

    provider: str
    stdin: bytes = field(repr=False)
    stdout: bytes | None = field(repr=False)
    """None: it failed (K-084), or was not run."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """A pull as the model sees it."""

    minor: int
    image: str
    files: tuple[tuple[str, bytes], ...] = field(repr=False)
    """Of the configuration; none: it could not even be read."""
    pod: Pod
    account: ServiceAccount | None
    token: str = field(repr=False)
    executions: tuple[Execution, ...]
    offered: tuple[tuple[str, str], ...] = field(repr=False)
    """Username and password in the order in which the runtime gets them."""
    secrets: tuple[tuple[bytes, bool], ...] = field(default=(), repr=False)
    """Content of each usable pull secret, and whether it is a `.dockerconfigjson`."""
    was_run: bool = True


@dataclass(frozen=True, slots=True)
class _Compared:
    what: str
    model: object
    kubelet: object

    def plain(self) -> dict[str, Any]:
        agrees = self.model == self.kubelet
        told = {"model": "", "kubelet": ""}
        if not agrees:
            told = {"model": repr(self.model), "kubelet": repr(self.kubelet)}
        return {"what": self.what, "agrees": agrees, **told}


def compare(pulled: Pulled, oracle: Oracle | None = None) -> dict[str, Any]:
    """Return what was compared and whether it agrees, as plain JSON values.

    Raises:
        OracleUnavailable: there is no oracle for the minor here.
        OracleDied: it does not answer.
    """
    if oracle is None:
        with Oracle(pulled.minor, gates=GATES) as own:
            return compare(pulled, own)
    compared = [one.plain() for one in _compared(pulled, oracle)]
    return {
        "release": RELEASES[pulled.minor],
        "agrees": all(one["agrees"] for one in compared),
        "compared": compared,
    }


def _compared(pulled: Pulled, oracle: Oracle) -> list[_Compared]:
    version = KubeletVersion(pulled.minor)
    found = [_image(pulled, oracle)]
    if pulled.secrets:
        found.append(_secrets(pulled, oracle, version))
    if not pulled.files:
        return found
    found.append(_config(pulled, oracle, version))
    try:
        configs = read_config(pulled.files, version)
        repo = repo_name(pulled.image)
    except (ConfigErrors, InvalidImageName):
        return found
    return found + _pull(pulled, oracle, version, configs, repo)


def _image(pulled: Pulled, oracle: Oracle) -> _Compared:
    (real,) = oracle.ask("image", [{"text": encoded(pulled.image)}])
    told = decoded(real["error"] if "error" in real else real["repo"])
    try:
        return _Compared("the image's repo name", repo_name(pulled.image), told)
    except InvalidImageName as error:
        return _Compared("the image's repo name", str(error), told)


def _config(pulled: Pulled, oracle: Oracle, version: KubeletVersion) -> _Compared:
    (comparison,) = config.COMPARISONS
    context = Context(version, str(oracle.hello["directory"]))
    files = tuple(
        (PurePath(name).name, data.decode("utf-8", "surrogateescape"))
        for name, data in pulled.files
    )
    value = Files(files, version.sa_tokens_on_by_default)
    (real,) = oracle.ask("config", [comparison.ask(value, context)])
    model = comparison.model(value, context)
    return _Compared("the configuration", model, comparison.real(value, real, context))


def _secrets(pulled: Pulled, oracle: Oracle, version: KubeletVersion) -> _Compared:
    """Compare which credentials the pull secrets give, and in which order."""
    inputs = [{"data": encoded(data), "json": wrapped} for data, wrapped in pulled.secrets]
    answers = oracle.ask("dockerConfig", inputs)
    what = "the pull secrets"
    try:
        repo = repo_name(pulled.image)
        ring = Keyring(strict_colons=version.has_strict_colons)
        for data, wrapped in pulled.secrets:
            ring = ring.add("", read_docker_config(data, wrapped=wrapped))
    except InvalidDockerConfig:
        return _Compared(what, True, any("error" in one for one in answers))
    except InvalidImageName:
        return _Compared(what, False, any("error" in one for one in answers))
    adds = [one.get("entries", []) for one in answers]
    (real,) = oracle.ask("keyring", [{"adds": adds, "images": [encoded(repo)]}])
    kubelet = [(decoded(one["username"]), decoded(one["password"])) for one in real["found"][0]]
    mine = [(one.username, one.password) for one in ring.lookup(repo)]
    # Entries of one secret that become one key come in any order.
    return _Compared(what, sorted(mine), sorted(kubelet))


def _pull(
    pulled: Pulled,
    oracle: Oracle,
    version: KubeletVersion,
    configs: Sequence[ProviderConfig],
    repo: str,
) -> list[_Compared]:
    steps = _steps(pulled, repo)
    reference = ReferenceKubelet(configs, version)
    seen = [reference.perform(step) for step in steps]
    text = pulled.files[0][1] if len(pulled.files) == 1 else merged(configs, version)
    question = {"config": encoded(text), "steps": [ask_step(step) for step in steps]}
    (answer,) = oracle.ask("scenario", [question])
    real = observed(answer)
    if not isinstance(real, tuple):
        return [_Compared("the start of the kubelet", "", real)]
    real_seen, real_cached = cast("tuple[list[list[Event]], list[Event]]", real)
    mine, kubelet = seen[-1], real_seen[-1]
    sent = sorted((one.provider, one.stdin) for one in pulled.executions)
    found = [
        _Compared("tokens requested", _named("token", mine), _named("token", kubelet)),
        _Compared("providers called and their requests", sent, _sent(kubelet)),
    ]
    if pulled.was_run:
        offered = list(pulled.offered)[len(pulled.offered) - _count(mine) :]
        found += [
            _Compared("credentials found", _named("done", mine), _named("done", kubelet)),
            _Compared("their order", offered, _offered(kubelet)),
            _Compared("what is cached", reference.cached(), real_cached),
        ]
    return found


def _steps(pulled: Pulled, repo: str) -> list[Step]:
    pod, account = pulled.pod, pulled.account
    steps: list[Step] = []
    if account is not None:
        steps.append(
            Account(
                pod.namespace, pod.service_account, account.uid, account.annotations, pulled.token
            )
        )
    answers = tuple((one.provider, one.stdout) for one in pulled.executions)
    steps.append(Lookup(1, pod.namespace, pod.name, pod.uid, pod.service_account, repo, answers))
    return steps


def _named(name: str, events: Sequence[Event]) -> list[Event]:
    return sorted((event for event in events if event[0] == name), key=repr)


def _sent(events: Sequence[Event]) -> list[tuple[object, ...]]:
    return sorted((event[1:] for event in events if event[0] == "exec"), key=repr)


def _offered(events: Sequence[Event]) -> list[tuple[str, str]]:
    credentials: Any = next((event[2] for event in events if event[0] == "done"), ())
    return [(one[0], one[1]) for one in credentials]


def _count(events: Sequence[Event]) -> int:
    return len(_offered(events))


def merged(configs: Sequence[ProviderConfig], version: KubeletVersion) -> bytes:
    """Return the configurations of a directory as one file; they were compared before."""
    document = {
        "apiVersion": f"{CONFIG_GROUP}/{version.api_versions[-1]}",
        "kind": "CredentialProviderConfig",
        "providers": [_provider(one) for one in configs],
    }
    return json.dumps(document).encode("utf-8", "surrogateescape")


def _provider(one: ProviderConfig) -> dict[str, Any]:
    item: dict[str, Any] = {
        "name": one.name,
        "matchImages": list(one.match_images),
        "defaultCacheDuration": format_duration(one.default_cache_duration_ns),
        "apiVersion": one.api_version,
        "args": list(one.args),
        "env": [{"name": variable.name, "value": variable.value} for variable in one.env],
    }
    attributes = one.token_attributes
    if attributes is not None:
        item["tokenAttributes"] = {
            "serviceAccountTokenAudience": attributes.service_account_token_audience,
            "requireServiceAccount": attributes.require_service_account,
            "requiredServiceAccountAnnotationKeys": list(attributes.required_annotation_keys),
            "optionalServiceAccountAnnotationKeys": list(attributes.optional_annotation_keys),
        }
        if attributes.cache_type:
            item["tokenAttributes"]["cacheType"] = str(attributes.cache_type)
    return item
