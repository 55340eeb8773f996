"""The core's lookups: account, token, cache, exec, and what is kept (K-100…K-123)."""

from collections.abc import Iterator

from pullproof.model.protocol.core_params import NONE, Answers, CoreParams, KeyTypes, Mistake
from pullproof.model.protocol.core_records import decide
from pullproof.model.protocol.core_values import (
    Call,
    Credential,
    Entry,
    Key,
    Phase,
    State,
    Token,
)


def start(params: CoreParams, caller: int, image: int, down: bool, state: State) -> State | None:
    """A container's start looks credentials up (K-112…K-117)."""
    if state.calls[caller] is not None:
        return None
    secret = params.secret_of(caller)
    content = state.contents[secret] if params.records and secret != NONE else None
    call = Call(Phase.WAITING, image, content=content)
    account = params.account_of(caller)
    if account == NONE:
        if params.sa_mode and params.require_sa:
            if not params.wrong(Mistake.ACCOUNT_NOT_REQUIRED):
                return decide(params, caller, call, None, state)
            state = state.breaks("I-10")
    else:
        life, annotation = state.accounts[account]
        call = call._replace(account=account, life=life, annotation=annotation)
        if params.required and not annotation:
            if not params.wrong(Mistake.REQUIRED_NOT_CHECKED):
                return decide(params, caller, call, None, state)
            state = state.breaks("I-09")
        token, state = _token(params, caller, call, down, state)
        if token is None:
            return decide(params, caller, call, None, state)
        call = call._replace(token=token)
    return _look(params, caller, call, _purge(params, state))


def _token(
    params: CoreParams, caller: int, call: Call, down: bool, state: State
) -> tuple[Token | None, State]:
    """Return the pod's token, renewed if it is time (K-150…K-152)."""
    pod = params.callers[caller]
    if params.wrong(Mistake.TOKEN_WITHOUT_POD):
        pod = params.pods.index(call.account)
    by_uid = params.minor >= 34 and not params.wrong(Mistake.TOKEN_WITHOUT_UID)
    others = tuple(token for token in state.tokens if token.pod != pod)
    token = next((each for each in state.tokens if each.pod == pod), None)
    if token is not None and by_uid and token.life != call.life:
        token = None
    if token is None or state.now > token.issued + params.refresh:
        if not down:
            token = Token(pod, call.life, state.now)
            state = state._replace(tokens=tuple(sorted((*others, token))))
        elif token is None or (
            state.now > token.issued + params.life and not params.wrong(Mistake.EXPIRED_TOKEN_USED)
        ):
            return None, state
    if token.pod != params.callers[caller]:
        state = state.breaks("I-03")
    if state.now > token.issued + params.life:
        state = state.breaks("I-33")
    if token.life != call.life:
        state = state.breaks("I-36")
    return token, state


def _expired(params: CoreParams, entry: Entry, now: int) -> bool:
    """K-106: at its last tick an entry is still served."""
    return now >= entry.ends if params.wrong(Mistake.EXPIRY_EARLY) else now > entry.ends


def _purge(params: CoreParams, state: State) -> State:
    """K-110."""
    if state.now <= state.purged + params.purge:
        return state
    kept = tuple(entry for entry in state.cache if not _expired(params, entry, state.now))
    return state._replace(cache=kept, purged=state.now)


def _look(params: CoreParams, caller: int, call: Call, state: State) -> State:
    """Read the cache by image, registry, everything (K-109); else have an exec."""
    for type_ in KeyTypes:
        key = _key(params, call, type_)
        entry = next((each for each in state.cache if each.key == key), None)
        if entry is None:
            continue
        if _expired(params, entry, state.now) and not params.wrong(Mistake.EXPIRY_NOT_CHECKED):
            state = state._replace(cache=tuple(each for each in state.cache if each != entry))
            continue
        state = state.breaks(*_wrongly_served(params, call, entry, state.now))
        return decide(params, caller, call, entry.credential, state)
    return _join(params, caller, call, state)


def _key(params: CoreParams, call: Call, type_: KeyTypes) -> Key:
    """K-101, K-102."""
    registry = params.images[call.image]
    base = {
        KeyTypes.IMAGE: f"image {call.image}",
        KeyTypes.REGISTRY: f"registry {registry}",
        KeyTypes.GLOBAL: "<global>",
    }[type_]
    if call.account == NONE or params.wrong(Mistake.KEY_WITHOUT_ACCOUNT):
        return Key(base)
    both = Mistake.KEY_WITHOUT_UID_AND_NAMESPACE
    # A UID is one life of one account, so it tells accounts apart by itself.
    uid = (call.account, call.life)
    namespace: int | None = call.account
    if params.wrong(Mistake.KEY_WITHOUT_UID, both):
        uid = (NONE, NONE)
    if params.wrong(Mistake.KEY_WITHOUT_NAMESPACE, both):
        namespace = None
    annotation = 0 if params.wrong(Mistake.KEY_WITHOUT_ANNOTATION) else call.annotation
    per_token = _per_token(params) and not params.wrong(Mistake.KEY_WITHOUT_TOKEN)
    return Key(base, True, namespace, uid, annotation, call.token if per_token else None)


def _per_token(params: CoreParams) -> bool:
    return params.per_token and params.minor >= 34


def _wrongly_served(params: CoreParams, call: Call, entry: Entry, now: int) -> Iterator[str]:
    held = entry.credential
    if held.answer is Answers.EMPTY:
        return
    if (held.account == NONE) != (call.account == NONE):
        yield "I-11"
    elif call.account != NONE:
        if held.identity != call.identity:
            yield "I-05"
        if _per_token(params) and held.token != call.token:
            yield "I-06"
    if now > entry.ends:
        yield "I-16"


def _join(params: CoreParams, caller: int, call: Call, state: State) -> State:
    """Wait for an exec with the same flight key, or start one (K-120)."""

    def flight(of: Call) -> tuple[object, ...]:
        if params.wrong(Mistake.FLIGHT_BY_IMAGE):
            return (of.image,)
        token = None if params.wrong(Mistake.FLIGHT_WITHOUT_TOKEN) else of.token
        return of.image, of.account == NONE, of.annotation, token

    for leader, other in enumerate(state.calls):
        if (
            other is not None
            and other.phase is Phase.WAITING
            and other.leader == leader
            and flight(other) == flight(call)
        ):
            if (other.token, other.annotation) != (call.token, call.annotation):
                state = state.breaks("I-24")
            return state.with_call(caller, call._replace(leader=leader))
    return state.with_call(caller, call._replace(leader=caller))


def exec_ends(
    params: CoreParams, caller: int, answer: Answers, type_: KeyTypes, state: State
) -> State | None:
    """An exec ends; whoever waits for it has the result (K-121)."""
    own = state.calls[caller]
    if own is None or own.phase is not Phase.WAITING or own.leader != caller:
        return None
    if answer is Answers.ECHOED and own.token is None:
        return None
    result = Credential(answer)
    if answer in (Answers.MINTED, Answers.ECHOED):
        keeps_token = answer is Answers.ECHOED or _per_token(params)
        result = Credential(answer, *own.identity, own.token if keeps_token else None)
    for waiting, call in enumerate(state.calls):
        if call is not None and call.phase is Phase.WAITING and call.leader == caller:
            landed = call._replace(
                phase=Phase.ANSWERED, leader=NONE, result=result, key_type=int(type_)
            )
            state = state.with_call(waiting, landed)
    return state


def take(params: CoreParams, caller: int, state: State) -> State | None:
    """Each caller does the rest for itself: guard, store, offer (K-117, K-123)."""
    call = state.calls[caller]
    if call is None or call.phase is not Phase.ANSWERED or call.result is None:
        return None
    result = call.result
    if _is_refused_echo(params, call, result):
        return decide(params, caller, call, None, state)
    if result.answer is not Answers.FAILED:
        state = _store(params, call, result, state)
    return decide(params, caller, call, result, state)


def _is_refused_echo(params: CoreParams, call: Call, result: Credential) -> bool:
    """K-094: only the caller's own token is looked for."""
    if params.minor < 34 or params.per_token or params.wrong(Mistake.NO_ECHO_GUARD):
        return False
    return result.answer is Answers.ECHOED and call.token is not None and result.token == call.token


def _store(params: CoreParams, call: Call, result: Credential, state: State) -> State:
    """K-105, K-108."""
    lasts = params.lasts
    if lasts == 0:
        if not params.wrong(Mistake.ZERO_IS_STORED):
            return state
        state, lasts = state.breaks("I-17"), 1
    if result.answer is Answers.ECHOED and not _per_token(params):
        state = state.breaks("I-07")
    key = _key(params, call, KeyTypes(call.key_type))
    kept = [entry for entry in state.cache if entry.key != key]
    kept.append(Entry(key, state.now + lasts, result))
    return state._replace(cache=tuple(sorted(kept, key=lambda entry: repr(entry.key))))
