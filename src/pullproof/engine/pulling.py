"""One pull, step by step: which provider is called and what comes of it.

    answer(Question(config, bin_dir, "registry.example/app", pod=Pod("ns")))

The model decides everything; only the provider itself is run for real, in the
world that `pullproof check` uses, so that nothing leaves this machine. Nothing
is cached before and nothing afterwards.

Source: K-002 to K-005, K-040, K-070 to K-072, K-080 to K-120, K-130 to K-137,
K-170 to K-182.
"""

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pullproof.adapters.config_files import load_config_files
from pullproof.engine.settings import features
from pullproof.engine.trial import Trial, run_once
from pullproof.model.config import ConfigErrors, read_config
from pullproof.model.docker_config import InvalidDockerConfig, read_docker_config
from pullproof.model.images import InvalidImageName, apply_default_tag, repo_name
from pullproof.model.keyring import Credential, Keyring, keyring_key, lookup_all
from pullproof.model.matching import matches
from pullproof.model.obstacles import (
    Obstacle,
    PatternReason,
    bin_dir_missing,
    binary_missing,
    binary_not_executable,
    config_refused,
    not_asked,
    not_matched,
    pattern_reason,
)
from pullproof.model.provide import Cache, Entry, Exec, Outcome, Pod, ServiceAccount, begin, finish
from pullproof.model.provider import ProviderConfig
from pullproof.model.reaction import Reaction
from pullproof.model.request import encode_request
from pullproof.model.response import AuthEntry
from pullproof.model.setup import Identity, Setup, Workload
from pullproof.model.versions import KubeletVersion

Pairs = tuple[tuple[str, str], ...]
STAND_IN_TOKEN = "token-of-the-pod"
"""In requests that are only shown."""
_MAX_NAMES = 8


@dataclass(frozen=True, slots=True)
class PullSecret:
    """One of the pod's imagePullSecrets."""

    name: str
    data: bytes = field(repr=False)
    wrapped: bool = True
    """A `.dockerconfigjson`, not a `.dockercfg`."""
    ignored: str = ""
    """Why the kubelet passes it over; empty if it does not."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which pull, on which kubelet."""

    config: Path
    bin_dir: Path
    image: str
    """As written in the pod."""
    pod: Pod
    version: KubeletVersion = field(default_factory=KubeletVersion)
    annotations: Pairs = ()
    """On the pod's service account."""
    token: str = field(default="", repr=False)
    """Given to the provider; empty: one of the embedded issuer."""
    pull_secrets: tuple[PullSecret, ...] = ()
    env: Pairs = field(default=(), repr=False)
    """The kubelet's own environment."""
    run: bool = True
    deadline_s: float = 60.0


@dataclass(frozen=True, slots=True)
class AuthView:
    """One entry of an answer or a pull secret."""

    auth_key: str
    keyring_key: str | None
    """None: the kubelet skips it (K-131)."""
    matches: bool
    """It is for the image at hand."""


@dataclass(frozen=True, slots=True)
class ProviderView:
    """What becomes of one provider in this pull."""

    config: ProviderConfig
    patterns: tuple[PatternReason, ...]
    obstacle: Obstacle | None = None
    """Why it is not called, or why its answer is of no use."""
    called: bool = False
    """The kubelet runs it (whether or not we did)."""
    exec: Exec | None = None
    stdin: bytes = field(default=b"", repr=False)
    trial: Trial | None = field(default=None, repr=False)
    """None: it was not run."""
    outcome: Outcome | None = None
    auth: tuple[AuthView, ...] = ()
    stored: Entry | None = None
    """What is remembered from now on; expiry counts from the pull."""

    @property
    def reaction(self) -> Reaction | None:
        return self.trial.reaction if self.trial else None


@dataclass(frozen=True, slots=True)
class SecretView:
    """What a pull secret adds."""

    name: str
    ignored: str
    auth: tuple[AuthView, ...] = ()
    entries: tuple[AuthEntry, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the kubelet would do."""

    question: Question
    refused: tuple[Obstacle, ...] = ()
    """Why there is no kubelet, or no pull, at all."""
    repo_name: str = ""
    runtime_image: str = ""
    """What the container runtime is asked for (K-071)."""
    account: ServiceAccount | None = None
    files: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    providers: tuple[ProviderView, ...] = ()
    secrets: tuple[SecretView, ...] = ()
    offered: tuple[Credential, ...] = ()
    """In the order in which the runtime is given them; empty: anonymous."""

    @property
    def exit_code(self) -> int:
        """0: credentials were found (or, without a run, a provider is called)."""
        if self.refused:
            return 2
        was_run = any(view.trial for view in self.providers)
        would = any(view.called for view in self.providers) and not was_run
        return 0 if self.offered or (would and not self.question.run) else 1


def answer(question: Question, on_run: Callable[[str], None] = lambda name: None) -> Answer:
    """Return what a kubelet of the question's version would do.

    Args:
        on_run: Told the name of each provider before it is run.

    Raises:
        PullproofError: our own world did not come up.
    """
    found = Answer(question, account=_account(question))
    try:
        repo = repo_name(question.image)
    except InvalidImageName as error:
        hint = "write registry/path[:tag][@digest], the path in lower case"
        refused = Obstacle("image-invalid", f"no such image: {error.reason}", hint, "K-071")
        return replace(found, refused=(refused,))
    found = replace(found, repo_name=repo, runtime_image=apply_default_tag(question.image))
    found = _with_secrets(found)
    problems = _bin_dir(question.bin_dir)
    try:
        found = replace(found, files=load_config_files(question.config, question.version))
        configs = read_config(found.files, question.version)
    except ConfigErrors as errors:
        problems += tuple(config_refused(one, question.version) for one in errors.problems)
        return replace(found, refused=found.refused + problems)
    if not problems:
        problems = tuple(one for config in configs for one in _binary(question.bin_dir, config))
    found = replace(found, refused=found.refused + problems)
    views = tuple(_provider(found, config, on_run) for config in configs)
    return _with_offers(replace(found, providers=views))


def _account(question: Question) -> ServiceAccount | None:
    pod = question.pod
    if not pod.service_account:
        return None
    name = f"pullproof:{pod.namespace}/{pod.service_account}"
    return ServiceAccount(str(uuid.uuid5(uuid.NAMESPACE_URL, name)), question.annotations)


def _bin_dir(path: Path) -> tuple[Obstacle, ...]:
    if path.is_dir():
        return ()
    return (bin_dir_missing(str(path), is_file=path.exists()),)


def _binary(bin_dir: Path, config: ProviderConfig) -> tuple[Obstacle, ...]:
    """K-004: the first one that is missing ends the start, we tell all."""
    path = bin_dir / config.name
    if not config.name or not path.exists():
        names = [p.name for p in sorted(bin_dir.iterdir()) if p.is_file() and os.access(p, os.X_OK)]
        return (binary_missing(str(path), config.name, names[:_MAX_NAMES]),)
    if path.is_dir() or not os.access(path, os.X_OK):
        return (binary_not_executable(str(path), is_directory=path.is_dir()),)
    return ()


def _provider(found: Answer, config: ProviderConfig, on_run: Callable[[str], None]) -> ProviderView:
    question, repo = found.question, found.repo_name
    reasons = tuple(pattern_reason(one, repo, question.version) for one in config.match_images)
    view = ProviderView(config, reasons, not_matched(reasons, repo))
    if view.obstacle is not None:
        return view
    if not question.run or found.refused:
        token = question.token or STAND_IN_TOKEN
        return _begun(found, view, token)
    begun = _begun(found, view, STAND_IN_TOKEN)
    if begun.exec is None:
        return begun
    on_run(config.name)
    trial = run_once(_setup(found, config), repo, question.token)
    # Once more, with the token that it was given: it is in the keys (K-102).
    return _finished(found, _begun(found, view, trial.token or STAND_IN_TOKEN), trial)


def _begun(found: Answer, view: ProviderView, token: str) -> ProviderView:
    question = found.question
    step, _ = begin(
        view.config,
        Cache(last_purge_ns=0),
        0,
        found.repo_name,
        question.pod,
        found.account,
        token,
        question.version,
    )
    if isinstance(step, Outcome):
        why = not_asked(step.rule, view.config, question.pod, found.account)
        return replace(view, obstacle=why, outcome=step)
    stdin = encode_request(step.request, view.config.api_version)
    return replace(view, called=True, exec=step, stdin=stdin)


def _finished(found: Answer, view: ProviderView, trial: Trial) -> ProviderView:
    assert view.exec is not None
    version = found.question.version
    stdout = trial.stdout if trial.reaction.rule not in ("K-082", "K-084") else None
    outcome, cache = finish(view.config, Cache(last_purge_ns=0), 0, view.exec, stdout, version)
    auth = _auth_views(outcome.auth, found)
    stored = cache.entries[0] if cache.entries else None
    view = replace(view, trial=trial, outcome=outcome, auth=auth, stored=stored)
    return replace(view, obstacle=_of_no_use(found, view, trial.reaction))


def _of_no_use(found: Answer, view: ProviderView, reaction: Reaction) -> Obstacle | None:
    """Return why a provider that was called gives this pull nothing."""
    if not reaction.accepted:
        return Obstacle("answer-refused", reaction.sentence, _advice(view), reaction.rule)
    if not view.auth:
        sentence = "its answer is accepted and holds no credential"
        return Obstacle("no-credential", sentence, "that is its way to say: not mine", "K-105")
    if _external(found, (view,)).lookup(found.repo_name):
        return None
    keys = ", ".join(f"`{one.auth_key}`" for one in view.auth[:_MAX_NAMES])
    sentence = f"it answers, but none of its auth keys matches `{found.repo_name}`: {keys}"
    host = found.repo_name.partition("/")[0]
    return Obstacle("no-auth-key-matches", sentence, f"answer with the auth key `{host}`", "K-132")


def _advice(view: ProviderView) -> str:
    trial = view.trial
    if trial is not None and trial.reached:
        return "it wanted to talk to somebody outside, which this sandbox does not let it"
    return "pullproof check names the rule and a minimal case"


def _auth_views(entries: tuple[AuthEntry, ...], found: Answer) -> tuple[AuthView, ...]:
    strict = found.question.version.has_strict_colons
    views: list[AuthView] = []
    for entry in entries:
        key = keyring_key(entry.auth_key, strict_colons=strict)
        fits = key is not None and matches(key, found.repo_name, strict_colons=strict)
        views.append(AuthView(entry.auth_key, key, fits))
    return tuple(views)


def _with_secrets(found: Answer) -> Answer:
    views: list[SecretView] = []
    refused: list[Obstacle] = []
    for secret in found.question.pull_secrets:
        try:
            usable = not secret.ignored
            entries = read_docker_config(secret.data, wrapped=secret.wrapped) if usable else ()
        except InvalidDockerConfig as error:
            what = f"the pull fails: the pull secret {secret.name} is unusable ({error})"
            hint = "kubectl create secret docker-registry writes one that is not"
            refused.append(Obstacle("pull-secret-invalid", what, hint, "K-172"))
            continue
        views.append(SecretView(secret.name, secret.ignored, _auth_views(entries, found), entries))
    return replace(found, secrets=tuple(views), refused=(*found.refused, *refused))


def _external(found: Answer, views: tuple[ProviderView, ...]) -> Keyring:
    ring = Keyring(strict_colons=found.question.version.has_strict_colons)
    for view in views:
        if view.outcome is not None:
            ring = ring.add(view.config.name, view.outcome.auth)
    return ring


def _with_offers(found: Answer) -> Answer:
    """K-170: the pod's secrets first, then the providers; none hides another."""
    own = Keyring(strict_colons=found.question.version.has_strict_colons)
    for secret in found.secrets:
        own = own.add(f"pull secret {secret.name}", secret.entries)
    rings = (own, _external(found, found.providers))
    return replace(found, offered=lookup_all(rings, found.repo_name))


def _setup(found: Answer, config: ProviderConfig) -> Setup:
    question, pod = found.question, found.question.pod
    workloads: tuple[Workload, ...] = ()
    if config.sa_mode and found.account is not None:
        workload = Workload(
            name="pod",
            namespace=pod.namespace,
            service_account=pod.service_account,
            service_account_uid=found.account.uid,
            pod=pod.name,
            pod_uid=pod.uid,
            annotations=tuple(sorted(question.annotations)),
            images=(found.repo_name,),
        )
        workloads = (workload,)
    setup = Setup(
        provider=config,
        command=(str((question.bin_dir / config.name).absolute()),),
        version=question.version,
        identity=Identity.WORKLOAD if config.sa_mode else Identity.NODE,
        served=(found.repo_name,),
        workloads=workloads,
        base_env=question.env,
        deadline_s=question.deadline_s,
    )
    return replace(setup, features=features(setup))
