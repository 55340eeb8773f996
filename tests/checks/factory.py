"""Synthetic setups and transcripts for testing judges without processes.

`perform` plays a scenario against a function instead of a program: it gets the
step and returns an `Answer`. `correct` is the answer of a well-behaved
provider; tests change single steps of it.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pullproof.adapters.lookups import Lookup, lookup
from pullproof.model.provider import CacheType, ProviderConfig, TokenAttributes
from pullproof.model.scenario import ExecStep, PullStep, Scenario, TokenKind
from pullproof.model.setup import Feature, Identity, Policy, Setup, UnknownImage, Workload
from pullproof.model.transcript import (
    Ending,
    Exec,
    Minted,
    Pull,
    Received,
    Secret,
    Transcript,
)

T = TypeVar("T")

V1 = "credentialprovider.kubelet.k8s.io/v1"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLW9mLWEtdG9rZW4"
PASSWORD = "minted-password-0001"
NAMES = (
    ("registry.host", "127.0.0.1:5001"),
    ("other.host", "127.0.0.1:5002"),
    ("exchange.url", "http://127.0.0.1:5003/exchange"),
    ("exchange.audience", "registry.example"),
    ("issuer.url", "http://127.0.0.1:5004"),
    ("node.url", "http://127.0.0.1:5005/node"),
    ("canary.url", "http://127.0.0.1:5006"),
    ("proxy.url", "http://127.0.0.1:5007"),
)


class FirstDraw:
    """The simplest choice, always."""

    def choice(self, options: Sequence[T]) -> T:
        return options[0]

    def integer(self, low: int, high: int) -> int:
        return low

    def text(self, alphabet: str, min_size: int, max_size: int) -> str:
        return alphabet[0] * min_size


class RandomDraw:
    """Seeded choices."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def choice(self, options: Sequence[T]) -> T:
        return self._random.choice(options)

    def integer(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def text(self, alphabet: str, min_size: int, max_size: int) -> str:
        size = self._random.randint(min_size, max_size)
        return "".join(self._random.choice(alphabet) for _ in range(size))


WORKLOADS = tuple(
    Workload(
        name=name,
        namespace=f"team-{name}",
        service_account="puller",
        service_account_uid=f"uid-sa-{name}",
        pod=f"pod-{name}",
        pod_uid=f"uid-pod-{name}",
        annotations=(("example.com/role", name),),
        images=(f"registry.example/team-{name}/app",),
    )
    for name in ("a", "b")
)

SA_PROVIDER = ProviderConfig(
    name="provider",
    match_images=("registry.example", "elsewhere.example"),
    default_cache_duration_ns=0,
    token_attributes=TokenAttributes(
        service_account_token_audience="registry.example",
        require_service_account=True,
        cache_type=CacheType.SERVICE_ACCOUNT,
        required_annotation_keys=("example.com/role",),
    ),
)
PLAIN_PROVIDER = replace(SA_PROVIDER, token_attributes=None)


def make_setup(**changes: Any) -> Setup:
    """Return a declared SA-mode setup with two workloads, changed as told."""
    base = Setup(
        provider=SA_PROVIDER,
        command=("/opt/bin/provider",),
        served=tuple(image for workload in WORKLOADS for image in workload.images),
        declined=("elsewhere.example/foo/bar",),
        workloads=WORKLOADS,
        policy=Policy(owns=("registry.example",), unknown_image=UnknownImage.EITHER),
        features=frozenset(Feature),
    )
    return replace(base, **changes)


def plain_setup(**changes: Any) -> Setup:
    """Return a plain-mode setup: no tokens, one node credential."""
    features = frozenset(Feature) - {Feature.TOKENS, Feature.TWO_WORKLOADS}
    base = make_setup(
        provider=PLAIN_PROVIDER, identity=Identity.NODE, workloads=(), features=features
    )
    return replace(base, **changes)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider of a test does in one exec."""

    stdout: bytes = b""
    stderr: bytes = b""
    exit_code: int | None = 0
    ending: Ending = Ending.EXITED
    signal: int | None = None
    duration_s: float = 0.05
    received: tuple[Received, ...] = ()
    minted: tuple[Minted, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """More fields of `Exec`."""


Provider = Callable[[ExecStep], Answer]


def document(
    auth: Mapping[str, tuple[str, str]] | None = None,
    *,
    cache_key_type: str = "Image",
    cache_duration: str | None = "5m0s",
    api_version: str = V1,
    **more: Any,
) -> bytes:
    """Return a response as bytes; `auth` maps keys to (username, password)."""
    value: dict[str, Any] = {
        "kind": "CredentialProviderResponse",
        "apiVersion": api_version,
        "cacheKeyType": cache_key_type,
    }
    if cache_duration is not None:
        value["cacheDuration"] = cache_duration
    if auth is not None:
        value["auth"] = {k: {"username": u, "password": p} for k, (u, p) in auth.items()}
    value.update(more)
    return json.dumps(value).encode()


def answer(image: str, *, password: str = PASSWORD, **more: Any) -> Answer:
    """Return the answer with one credential for exactly `image`."""
    return Answer(document({image: ("user", password)}, **more))


def empty(**more: Any) -> Answer:
    """Return the empty answer for an image the provider does not know."""
    return Answer(document({}, **more))


def refusal(reason: str = "refused: bad request", exit_code: int = 1) -> Answer:
    """Return a clean refusal."""
    return Answer(stderr=reason.encode() + b"\n", exit_code=exit_code)


def host_of(image: str) -> str:
    return image.split("/", 1)[0]


def resolve(text: str) -> str:
    for name, value in NAMES:
        text = text.replace("${" + name + "}", value)
    return text


def correct(setup: Setup) -> Provider:
    """Return a provider that serves the served images and nothing else.

    It refuses what is not the kubelet's request (any edit that may break the
    document) and answers an unknown image with empty auth.
    """
    served = {resolve(image) for image in setup.served}
    harmless = {"pretty", "no-newline", "reverse", "add", "pad", "duplicate"}

    def play(step: ExecStep) -> Answer:
        if any(edit.kind not in harmless for edit in step.edits) or step.stdin == "closed":
            return refusal()
        if step.token not in {TokenKind.VALID, TokenKind.VALID_ES256, TokenKind.VALID_TYP_JWT}:
            return refusal("the token was refused")
        image = resolve(step.image)
        return answer(image) if image in served else empty()

    return play


def request_of(setup: Setup, step: ExecStep) -> Lookup:
    """Return the bytes that really go to stdin for `step`, edits included."""
    return lookup(setup, step, dict(NAMES), lambda kind, workload: TOKEN)


def exec_of(setup: Setup, step: ExecStep, given: Answer) -> Exec:
    asked = request_of(setup, step)
    return Exec(
        step=step.id,
        argv=setup.command,
        env=setup.base_env,
        cwd="/",
        stdin=asked.stdin,
        stdout=given.stdout,
        stderr=given.stderr,
        ending=given.ending,
        exit_code=given.exit_code,
        signal=given.signal,
        duration_s=given.duration_s,
        exit_after_s=given.duration_s,
        token=asked.token,
        **dict(given.extra),
    )


def perform(
    setup: Setup,
    scenario: Scenario,
    provider: Provider | None = None,
    *,
    pulls: Mapping[str, Pull] | None = None,
    secrets: tuple[Secret, ...] = (),
    **answers: Answer,
) -> Transcript:
    """Return the transcript of `scenario` against `provider`.

    Step ids given as keyword arguments are answered by those instead; `-` in
    a step id is written `_`.
    """
    play = provider or correct(setup)
    execs: list[Exec] = []
    received: list[Received] = []
    minted: list[Minted] = []
    known_pulls: list[Pull] = []
    for step in scenario.steps:
        if isinstance(step, PullStep):
            default = Pull(step.id, resolve(step.image), (), opened=True)
            known_pulls.append((pulls or {}).get(step.id, default))
            continue
        given = answers.get(step.id.replace("-", "_")) or play(step)
        execs.append(exec_of(setup, step, given))
        received += [replace(item, step=step.id) for item in given.received]
        minted += [replace(item, step=step.id) for item in given.minted]
    return Transcript(
        scenario=scenario,
        execs=tuple(execs),
        received=tuple(received),
        minted=tuple(minted),
        pulls=tuple(known_pulls),
        secrets=secrets,
        names=NAMES,
    )
