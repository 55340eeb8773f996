"""The core's pulls: must it pull, with whose credential, and what is recorded."""

from pullproof.model.protocol.core_params import NONE, Answers, CoreParams, Mistake
from pullproof.model.protocol.core_values import Call, Credential, Image, Phase, Record, State


def decide(
    params: CoreParams, caller: int, call: Call, offer: Credential | None, state: State
) -> State:
    """A lookup is over: use the image that is there, or pull it (K-210…K-212)."""
    idle = state.with_call(caller, None)
    if not params.records:
        return idle
    offered = offer is not None and offer.answer in (Answers.MINTED, Answers.ECHOED)
    must, idle = _must_pull(params, caller, call, offered, idle)
    if not must:
        return idle
    pulling = Call(Phase.PULLING, call.image, content=call.content, offered=offered)
    if offered:
        pulling = pulling._replace(account=call.account, life=call.life)
    if not params.wrong(Mistake.INTENT_AFTER_PULL):
        idle = _intend(call.image, idle)
    return idle.with_call(caller, pulling)


def _has_coordinates(params: CoreParams) -> bool:
    return params.minor >= 34 and not params.wrong(Mistake.NIL_SOURCE)


def _must_pull(
    params: CoreParams, caller: int, call: Call, offered: bool, state: State
) -> tuple[bool, State]:
    """K-220…K-231 under NeverVerifyPreloadedImages."""
    image = state.images[call.image]
    if not image.present:
        return True, state
    record = image.record
    if record is None:
        if image.intents or image.intent:
            return True, state
        return False, state.breaks("I-30") if image.fetched else state
    if record.everybody:
        return False, state
    if not record.accounts and not record.secrets:
        if params.wrong(Mistake.EMPTY_RECORD_OPENS):
            return False, state.breaks("I-31")
        return True, state
    own = params.secret_of(caller)
    if call.content is not None and any(
        content == call.content or secret == own for secret, content in record.secrets
    ):
        return False, _merge_secret(call.image, own, call.content, state)
    if offered and call.account != NONE and _has_coordinates(params):
        if (call.account, call.life) in record.accounts:
            return False, state
        if params.wrong(Mistake.RECORD_BY_NAME) and any(
            account == call.account for account, _ in record.accounts
        ):
            return False, state.breaks("I-26")
    return True, state


def _merge_secret(number: int, secret: int, content: int, state: State) -> State:
    """K-226, K-245: a new secret joins, a known one gets its new content."""
    image = state.images[number]
    record = image.record or Record()
    secrets = tuple(sorted({**dict(record.secrets), secret: content}.items()))
    return state.with_image(number, image._replace(record=record._replace(secrets=secrets)))


def _intend(number: int, state: State) -> State:
    image = state.images[number]
    return state.with_image(number, image._replace(intent=True, intents=image.intents + 1))


def _intent_ends(number: int, state: State) -> State:
    """K-248: the last pull takes the file away."""
    image = state.images[number]
    left = max(0, image.intents - 1)
    return state.with_image(number, image._replace(intents=left, intent=image.intent and left > 0))


def pull_ends(params: CoreParams, caller: int, by: str, state: State) -> State | None:
    """The runtime is done; `by` says whose credential got the image (K-180)."""
    call = state.calls[caller]
    if call is None or call.phase is not Phase.PULLING:
        return None
    secret = call.content is not None
    possible = {
        "nobody": True,
        "anybody": not secret and not call.offered and call.image in params.public,
        "secret": secret,
        "provider": call.offered,
    }
    if not possible[by]:
        return None
    if by == "nobody":
        if not params.wrong(Mistake.INTENT_AFTER_PULL):
            state = _intent_ends(call.image, state)
        return state.with_call(caller, None)
    pulled = Call(Phase.PULLED, call.image, by=by)
    if by == "secret":
        pulled = pulled._replace(content=call.content)
    if by == "provider":
        pulled = pulled._replace(account=call.account, life=call.life)
    return _arrives(call.image, state).with_call(caller, pulled)


def _arrives(number: int, state: State) -> State:
    return state.with_image(number, state.images[number]._replace(present=True, fetched=True))


def record(params: CoreParams, caller: int, state: State) -> State | None:
    """The pull is recorded under the credential's source (K-213, K-245)."""
    call = state.calls[caller]
    if call is None or call.phase is not Phase.PULLED:
        return None
    if params.wrong(Mistake.INTENT_AFTER_PULL):
        state = _intend(call.image, state)
    image = state.images[call.image]
    known = image.record or Record()
    from_account = call.by == "provider" and call.account != NONE
    if call.by == "secret":
        if known.everybody:
            state = state.with_image(call.image, image._replace(record=known))
        else:
            assert call.content is not None
            state = _merge_secret(call.image, params.secret_of(caller), call.content, state)
    elif from_account and _has_coordinates(params):
        if not known.everybody:
            accounts = known.accounts | {(call.account, call.life)}
            known = known._replace(accounts=accounts)
        state = state.with_image(call.image, image._replace(record=known))
    else:
        state = state.with_image(call.image, image._replace(record=Record(everybody=True)))
        if from_account:
            state = state.breaks("I-25")
    return _intent_ends(call.image, state).with_call(caller, None)


def restart(params: CoreParams, finish: bool, state: State) -> State | None:
    """A crash and the next start-up: memory is lost, records stay (K-249)."""
    if state.restarted == params.restarts:
        return None
    if finish:
        for call in state.calls:
            if call is not None and call.phase is Phase.PULLING:
                state = _arrives(call.image, state)
    images: list[Image] = []
    for image in state.images:
        image = image._replace(intents=0)
        if params.wrong(Mistake.INTENTS_FORGOTTEN):
            image = image._replace(intent=False)
        if image.intent and image.present:
            image = image._replace(intent=False, record=image.record or Record())
        images.append(image)
    return state._replace(
        restarted=state.restarted + 1,
        purged=state.now,
        tokens=(),
        cache=(),
        calls=(None,) * len(state.calls),
        images=tuple(images),
    )
