"""The core of the kubelet's image credentials as a small machine.

Cache keys, identities, tokens, flights and pull records, and nothing else.
It exists to be modelled twice: `model/formal/core.pml` says the same for spin,
in other words and with other data structures, and both must find the same
number of states and the same verdicts (`pullproof.explore.spin`).

What is abstracted, and why nothing is lost by it, is in model/formal/README.md.
"""

from collections.abc import Callable, Iterator
from typing import Any

from pullproof.model.machine import (
    Component,
    Effect,
    Event,
    Machine,
    Promise,
    StateProperty,
    View,
)
from pullproof.model.protocol.core_lookup import exec_ends, start, take
from pullproof.model.protocol.core_params import Answers, CoreParams, KeyTypes
from pullproof.model.protocol.core_records import (
    pull_ends,
    record,
    restart,
)
from pullproof.model.protocol.core_values import (
    Account,
    Call,
    Image,
    Phase,
    State,
)

Apply = Callable[[State], State | None]
Ready = Callable[[View], bool]
Row = tuple[str, str, tuple[str, ...], Ready, Apply]
PROMISES = {
    "I-03": "a token is bound to the pod whose image is pulled",
    "I-05": "a cached credential is served only to the account, life and annotation it is for",
    "I-06": "with cacheType Token it is served only for the token that it was obtained with",
    "I-07": "with cacheType ServiceAccount a token never becomes a cached password",
    "I-09": "without a required annotation there are no credentials",
    "I-10": "without a required service account there are no credentials",
    "I-11": "calls without service account have a part of the cache of their own",
    "I-16": "no credential is served after its expiry",
    "I-17": "a cacheDuration of 0 leaves nothing in the cache",
    "I-24": "an exec's result is shared only for the same image, token and annotation",
    "I-25": "credentials of a service account are never recorded as everybody's",
    "I-26": "access by a record of an account needs its namespace, name and UID",
    "I-30": "no image that the kubelet pulled passes for preloaded",
    "I-31": "an image pulled with unknown credentials is open to nobody",
    "I-33": "no token is used after its expiry",
    "I-36": "a token is for the account's present life",
}


def build_core(params: CoreParams) -> Machine:
    """Return the machine of one configuration."""
    state = _initial(params)
    names = tuple(state._fields)
    components = tuple(
        Component(_SHOWN.get(name, name), value, _MEANING[name])
        for name, value in zip(names, state, strict=True)
    )
    shown = tuple(component.name for component in components)

    def event(name: str, kind: str, args: tuple[str, ...], ready: Ready, apply: Apply) -> Event:
        on_view = _on_state(shown, ready, apply)
        return Event(name, kind, args, shown, shown, _RULES[kind], on_view)

    return Machine(
        params.name,
        components,
        tuple(event(*each) for each in _events(params)),
        tuple(_property(each, prose) for each, prose in PROMISES.items()),
        parameters=params.shown(),
    )


_SHOWN = {"broken": "ghost:broken"}
_MEANING = {
    "now": "tick of the clock",
    "restarted": "how often the kubelet has come back",
    "accounts": "service accounts at the API server",
    "contents": "contents of the pull secrets",
    "tokens": "the token manager: pod and UID to token",
    "purged": "tick of the cache's last purge",
    "cache": "the provider's cache",
    "calls": "what each caller is at",
    "images": "images on the node with their intents and records",
    "broken": "the invariants that the last step broke",
}
_RULES = {
    "clock.ticks": ("K-106", "K-110"),
    "account.recreated": ("K-253",),
    "account.annotated": ("K-103",),
    "secret.rotated": ("K-226",),
    "kubelet.starts": ("K-109", "K-112", "K-113", "K-115", "K-116", "K-120", "K-151", "K-152"),
    "provider.answers": ("K-121",),
    "kubelet.takes": ("K-094", "K-105", "K-117", "K-123"),
    "runtime.pulls": ("K-180", "K-248"),
    "kubelet.records": ("K-213", "K-245"),
    "kubelet.restarts": ("K-249",),
}


def _initial(params: CoreParams) -> State:
    return State(
        now=0,
        restarted=0,
        accounts=(Account(0, 0),) * params.accounts,
        contents=params.secrets,
        tokens=(),
        purged=0,
        cache=(),
        calls=(None,) * len(params.callers),
        images=tuple(
            Image(present=image in params.preloaded) for image in range(len(params.images))
        ),
        broken=(),
    )


def _on_state(
    names: tuple[str, ...], ready: Ready, apply: Apply
) -> Callable[[View], Effect | None]:
    def on_view(view: View) -> Effect | None:
        if not ready(view):
            return None
        values = [view[name] for name in names]
        values[-1] = ()  # what the step before broke
        after = apply(State._make(values))
        if after is None:
            return None
        if after.broken:
            after = after._replace(broken=tuple(sorted(set(after.broken))))
        return Effect(tuple(zip(names, after, strict=True)))

    return on_view


def _always(view: View) -> bool:
    return True


def _when(caller: int, phase: Phase | None) -> Ready:
    """Refuse early: most events are about a caller at one point of its way."""

    def ready(view: View) -> bool:
        call: Call | None = view["calls"][caller]
        return (call.phase if call is not None else None) is phase

    return ready


def _property(id_: str, prose: str) -> StateProperty:
    def holds(view: View) -> bool:
        return id_ not in view["ghost:broken"]

    return StateProperty(id_, Promise.ALWAYS, prose, (id_,), ("ghost:broken",), holds)


# --- what may happen ----------------------------------------------------------


def _row(kind: str, ready: Ready, apply: Apply, *args: object) -> Row:
    words = tuple(str(arg) for arg in args)
    return f"{kind}({', '.join(words)})" if words else kind, kind, words, ready, apply


def _events(params: CoreParams) -> Iterator[Row]:
    yield _row("clock.ticks", _always, _bind(_tick, params))
    for account in range(params.accounts):
        yield _row("account.recreated", _always, _bind(_recreate, params, account), account)
        for value in range(params.annotations):
            apply = _bind(_annotate, account, value)
            yield _row("account.annotated", _always, apply, account, value)
    for secret in range(len(params.secrets)):
        yield _row("secret.rotated", _always, _bind(_rotate, params, secret), secret)
    for caller in range(len(params.callers)):
        yield from _caller_events(params, caller)
    if params.restarts:
        for finish in (False, True):
            words = ("the pulls end",) if finish else ()
            yield _row("kubelet.restarts", _always, _bind(restart, params, finish), *words)


def _caller_events(params: CoreParams, caller: int) -> Iterator[Row]:
    for image in range(len(params.images)):
        for down in (False, True)[: 1 + params.faults]:
            words = (caller, image, "token requests fail") if down else (caller, image)
            apply = _bind(start, params, caller, image, down)
            yield _row("kubelet.starts", _when(caller, None), apply, *words)
    for answer in params.answers:
        types = list(params.key_types) if answer is not Answers.FAILED else [KeyTypes.IMAGE]
        for type_ in types:
            apply = _bind(exec_ends, params, caller, answer, type_)
            ready = _when(caller, Phase.WAITING)
            yield _row("provider.answers", ready, apply, caller, answer.name, type_.name)
    yield _row("kubelet.takes", _when(caller, Phase.ANSWERED), _bind(take, params, caller), caller)
    if params.records:
        for by in ("nobody", "anybody", "secret", "provider"):
            apply = _bind(pull_ends, params, caller, by)
            yield _row("runtime.pulls", _when(caller, Phase.PULLING), apply, caller, by)
        apply = _bind(record, params, caller)
        yield _row("kubelet.records", _when(caller, Phase.PULLED), apply, caller)


def _bind(function: Callable[..., State | None], *args: Any) -> Apply:
    return lambda state: function(*args, state)


def _tick(params: CoreParams, state: State) -> State | None:
    return state._replace(now=state.now + 1) if state.now < params.horizon else None


def _recreate(params: CoreParams, account: int, state: State) -> State | None:
    it = state.accounts[account]
    if it.life + 1 == params.uids:
        return None
    return state.with_account(account, it._replace(life=it.life + 1))


def _annotate(account: int, value: int, state: State) -> State | None:
    it = state.accounts[account]
    return None if it.annotation == value else state.with_account(account, Account(it.life, value))


def _rotate(params: CoreParams, secret: int, state: State) -> State | None:
    content = state.contents[secret] + 1
    if content >= params.contents:
        return None
    contents = list(state.contents)
    contents[secret] = content
    return state._replace(contents=tuple(contents))
