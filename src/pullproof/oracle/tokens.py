"""Comparison of the token manager: what is handed out again, asked for, forgotten.

Where chance decides whether a token is refreshed (K-151), nobody can compare;
scenarios step over those seconds. How often chance says yes is tested apart.

Source: K-150 to K-154.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple, TypeAlias

from pullproof.model.token_manager import (
    CLEANUP_NS,
    MAX_JITTER_S,
    SECOND_NS,
    HeldToken,
    TokenManager,
    TokenRequest,
    refresh_after_ns,
    token_key,
    wants_refresh,
)
from pullproof.model.versions import KubeletVersion
from pullproof.oracle.comparison import Comparison, Context, JsonMap
from pullproof.oracle.mutation import pick

_ACCOUNTS = ("puller", "other", 'od"d')
_AUDIENCES = (("registry.example",), ("other.example",), ("a", "b"), ("é\x00",))
_SECONDS = (None, None, 3600, 600)
_GRANTED = (3600, 3600, 3600, 600, 601, 45, 86400, 100_000, 200_000, None)
_WAITS_S = (1, 59, 60, 61, 600, 2880, 3600)


@dataclass(frozen=True, slots=True)
class Get:
    """Somebody needs a token, and what the API server would answer."""

    request: TokenRequest
    token: str
    granted_s: int | None
    life_ns: int
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """A pod is gone."""

    uid: str


@dataclass(frozen=True, slots=True)
class Advance:
    nanoseconds: int


Step: TypeAlias = Get | Delete | Advance


class TokenScenario(NamedTuple):
    steps: tuple[Step, ...]


class _Run:
    """A token manager of the model in the course of time."""

    def __init__(self, version: KubeletVersion) -> None:
        self.manager = TokenManager(version)
        self.now_ns = 0
        self.was_chance = False

    def perform(self, step: Step) -> tuple[object, ...]:
        found: tuple[object, ...] = (False, "", "")
        match step:
            case Get():
                found = self._get(step)
            case Delete():
                self.manager = self.manager.without_pod(step.uid)
            case Advance():
                self._advance(step.nanoseconds)
        return (*found, tuple(sorted(each.key for each in self.manager.held)))

    def _get(self, step: Get) -> tuple[object, ...]:
        def fetch(key: str) -> HeldToken | str:
            if step.fails:
                return "no token today"
            expires = self.now_ns + step.life_ns
            return HeldToken(key, step.request.pod_uid, step.token, expires, step.granted_s)

        self.was_chance |= self.is_chance(step.request)
        self.manager, given = self.manager.get(step.request, self.now_ns, fetch)
        return given.asked, given.token, given.error

    def _advance(self, nanoseconds: int) -> None:
        before, self.now_ns = self.now_ns, self.now_ns + nanoseconds
        last_cleanup = self.now_ns // CLEANUP_NS * CLEANUP_NS
        if last_cleanup > before:
            self.manager = self.manager.cleaned(last_cleanup)

    def held(self, request: TokenRequest) -> HeldToken | None:
        key = token_key(request, self.manager.version)
        return next((each for each in self.manager.held if each.key == key), None)

    def is_chance(self, request: TokenRequest) -> bool:
        held = self.held(request)
        return held is not None and wants_refresh(held, self.now_ns) is None


def _request(rng: Random) -> TokenRequest:
    pod = pick(rng, ("p", "q"))
    return TokenRequest(
        pick(rng, ("ns-a", "ns-b")),
        pick(rng, _ACCOUNTS),
        pick(rng, _AUDIENCES),
        pod,
        f"{pod}-{pick(rng, '12')}",
        pick(rng, ("uid-1", "uid-2")),
        pick(rng, _SECONDS),
    )


def _edge(rng: Random, run: _Run) -> int:
    """Return how long it is until shortly before or after something changes."""
    if not run.manager.held or rng.random() < 0.3:
        return pick(rng, _WAITS_S) * SECOND_NS
    held = pick(rng, run.manager.held)
    refresh = refresh_after_ns(held)
    edges = [held.expires_ns, held.expires_ns + 1, held.expires_ns - 1]
    if refresh is not None:
        edges += [refresh - MAX_JITTER_S * SECOND_NS, refresh + 1, refresh + SECOND_NS]
    return max(1, pick(rng, edges) - run.now_ns)


def _scenario(rng: Random, seeds: Sequence[TokenScenario]) -> TokenScenario:
    run = _Run(KubeletVersion())
    requests = [_request(rng) for _ in range(1 + int(rng.random() * 3))]
    steps: list[Step] = []

    def add(step: Step) -> None:
        steps.append(step)
        run.perform(step)

    for serial in range(3 + int(rng.random() * 20)):
        kind = rng.random()
        if kind < 0.45:
            request = pick(rng, requests)
            held = run.held(request)
            if held is not None and run.is_chance(request):
                after = refresh_after_ns(held)
                add(Advance((after or 0) + 1 - run.now_ns))
            granted = pick(rng, _GRANTED)
            life = (granted or 3600) * SECOND_NS
            if rng.random() < 0.15:
                life += pick(rng, (-SECOND_NS, SECOND_NS, 1, -life, 3600 * SECOND_NS))
            add(Get(request, f"token-{serial}", granted, life, rng.random() < 0.25))
        elif kind < 0.55:
            add(Delete(pick(rng, requests).pod_uid))
        else:
            add(Advance(_edge(rng, run)))
    return TokenScenario(tuple(steps))


def _ask(value: TokenScenario, context: Context) -> JsonMap:
    return {"steps": [ask_step(step) for step in value.steps]}


def ask_step(step: Step) -> JsonMap:
    """Return a step as the oracle reads it."""
    match step:
        case Get():
            request = step.request
            return {
                "do": "get",
                "namespace": request.namespace,
                "account": request.account,
                "audiences": list(request.audiences),
                "seconds": request.seconds,
                "pod": request.pod,
                "podUID": request.pod_uid,
                "uid": request.account_uid,
                "fails": step.fails,
                "token": step.token,
                "granted": step.granted_s,
                "life": step.life_ns,
            }
        case Delete():
            return {"do": "delete", "podUID": step.uid}
        case Advance():
            return {"do": "advance", "nanoseconds": step.nanoseconds}


def _model(value: TokenScenario, context: Context) -> object:
    run = _Run(context.version)
    return [run.perform(step) for step in value.steps]


def _real(value: TokenScenario, real: JsonMap, context: Context) -> object:
    return [
        (step["asked"], step.get("token", ""), step.get("error", ""), tuple(step["keys"]))
        for step in real["steps"]
    ]


def _explain(value: TokenScenario, context: Context) -> str:
    run = _Run(context.version)
    for step in value.steps:
        run.perform(step)
    return "K-151: chance decides when a token is refreshed" if run.was_chance else ""


def _smaller(value: TokenScenario) -> Iterator[TokenScenario]:
    steps = value.steps
    width = len(steps) // 2
    while width:
        for start in range(0, len(steps), width):
            yield TokenScenario(steps[:start] + steps[start + width :])
        width //= 2


def _is_given(answer: Any) -> bool:
    return any(step[1] for step in answer)


COMPARISONS: tuple[Comparison[Any], ...] = (
    Comparison(
        "tokens", ("K-140", "K-150", "K-151", "K-152", "K-153"),
        _scenario, _ask, _model, _real, _smaller, explain=_explain, is_positive=_is_given,
    ),
)  # fmt: skip
