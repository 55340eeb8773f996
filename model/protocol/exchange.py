"""The provider as a box, the exchange it asks, and the registry.

`provider.answers` ends one exec with one of the provider's named answers. An
answer of source `exchange` presents the token that is in the request; what
the exchange makes of it is decided here, by the conjuncts of T-132 and T-066.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pullproof.model.cache import registry_of
from pullproof.model.machine import Component, Effect, Event, View
from pullproof.model.protocol.answers import ANSWERS, Answer
from pullproof.model.protocol.context import Context, repo_of
from pullproof.model.protocol.drafting import Draft
from pullproof.model.protocol.params import ProviderParams
from pullproof.model.protocol.values import (
    NEVER,
    AuthEntry,
    Credential,
    Flight,
    Keys,
    Token,
    canonical,
    rename,
)

EVERYTHING = ("*",)
FAILED = "failed"
"""Outcome of a flight whose exec failed (K-084)."""
FORGED_KEY = -1
OTHER_HOST = "other.test"
SPARE_TICKS = 100
"""Longer than any horizon: a life without bound."""


def components(context: Context) -> Iterator[Component]:
    """Yield what providers and thieves remember."""
    if context.params.thief:
        yield Component("stolen", None, "a token somebody copied", rename)
    if not context.rules.provider_isolated:
        for provider in context.providers:
            yield Component(f"memo:{provider.name}", None, "what the provider last minted", rename)


# The exchange.


def accepts(context: Context, token: Token, audience: str, keys: Keys, now: int) -> bool:
    """Return whether the exchange for `audience` believes a token.

    Source: S-01, S-02, S-06, S-14.
    """
    rules = context.rules
    claimed = token.audience.split("+")
    match rules.exchange_audience:
        case "exact":
            audience_fits = audience in claimed
        case "prefix":
            audience_fits = any(audience.startswith(a) or a.startswith(audience) for a in claimed)
        case "any":
            audience_fits = True
    trusted = (0, 1) if rules.exchange_retired_keys else keys.trusted
    signed = token.key in trusted or (token.key == FORGED_KEY and not rules.exchange_issuer)
    late = {"checked": 0, "late": 1, "never": SPARE_TICKS}[rules.exchange_expiry]
    return audience_fits and signed and now <= token.expires + late


def mint(
    context: Context, draft: Draft, token: Token, provider: ProviderParams, by: str
) -> Credential | None:
    """Return what the provider's exchange gives for a token; None: refused."""
    params, rules, now = context.params, context.rules, draft["clock"]
    audience = provider.token_audience
    keys = draft.get("keys", Keys())
    draft.saw("token-sent", audience=audience, token=token, by=by)
    is_gone = params.review and rules.exchange_reviews and not is_bound(draft, token)
    if is_gone or not accepts(context, token, audience, keys, now):
        draft.saw("exchange-refused", audience=audience, token=token, now=now)
        return None
    expires = min(now + params.credential_ticks, token.expires + params.excess_ticks)
    if rules.exchange_life == "fixed":
        expires = now + SPARE_TICKS
    opens = params.account(token.account).opens if token.account else ()
    if rules.exchange_scope == "all":
        opens = EVERYTHING
    made = Credential("minted", token, opens, expires)
    draft.saw(
        "minted",
        audience=audience,
        token=token,
        trusted=keys.trusted,
        now=now,
        by=by,
        credential=made,
    )
    return made


def is_bound(draft: Draft, token: Token) -> bool:
    """Return whether a TokenReview finds the account and the pod of a token.

    Source: S-07, S-62.
    """
    if token.account and draft[f"account:{token.account}"].uid != token.account_uid:
        return False
    return not token.pod or draft[f"pod:{token.pod}"].remote == token.pod_uid


def _reviewed(context: Context) -> tuple[str, ...]:
    """Return what a TokenReview may look at."""
    params = context.params
    if not params.review:
        return ()
    names = [f"account:{account.name}" for account in params.accounts]
    return (*names, *(f"pod:{pod.name}" for pod in params.pods))


# The provider.


@dataclass(frozen=True, slots=True)
class _Output:
    """What a box writes: credential or none, and how."""

    credential: Credential | None
    answer: Answer


def _act(
    context: Context, draft: Draft, provider: ProviderParams, flight: Flight, answer: Answer
) -> _Output | None:
    """Return the box's output; None: it exits with an error."""
    rules, now = context.rules, draft["clock"]
    match answer.source:
        case "fail":
            return None
        case "none":
            return _Output(None, answer)
        case "node":
            expires = now + context.params.credential_ticks
            return _Output(Credential("node", None, EVERYTHING, expires, provider.name), answer)
        case "echo":
            return _Output(_as_password(context, flight), answer)
        case "exchange" | "outage":
            pass
    memo = f"memo:{provider.name}"
    if not rules.provider_isolated and draft[memo] is not None:
        return _Output(draft[memo], answer)
    made = None
    if answer.source == "exchange" and flight.token is not None:
        made = mint(context, draft, flight.token, _exchange_of(context, provider), provider.name)
    if made is not None:
        if not rules.provider_isolated:
            draft[memo] = made
        return _Output(made, answer)
    if not rules.provider_no_fallback:
        node = Credential("node", None, EVERYTHING, now + 1, provider.name)
        return _Output(node, replace(answer, duration="short"))
    if not rules.provider_fails_loudly:
        return _Output(None, replace(answer, duration="short"))
    return None


def _exchange_of(context: Context, provider: ProviderParams) -> ProviderParams:
    if context.rules.provider_destination:
        return provider
    providers = context.providers
    return providers[(providers.index(provider) + 1) % len(providers)]


def _as_password(context: Context, flight: Flight) -> Credential:
    token = flight.token
    if token is None:
        raise AssertionError("an answer that needs a token has one")
    opens = context.params.account(token.account).opens
    return Credential("token", token, opens, token.expires)


def _auth_keys(context: Context, answer: Answer, image: str) -> tuple[str, ...]:
    shape = answer.auth_key
    if shape == "host" and answer.source in ("exchange", "outage"):
        shape = context.rules.provider_key
    repo_name = repo_of(image)
    host = registry_of(repo_name)
    match shape:
        case "host":
            return (host,)
        case "repo":
            return (repo_name,)
        case "wide":
            return ("*.test", host)
        case "other":
            return (OTHER_HOST,)
        case "both":
            return tuple(sorted({host, OTHER_HOST, *_other_hosts(context, host)}))
        case "hub":
            return ("index.docker.io",)
        case "no-port":
            return (host.partition(":")[0],)
        case "prefix":
            # The path of a sibling without its last character.
            return (repo_name[:-1],) if not repo_name[:-1].endswith("/") else (repo_name,)


def _other_hosts(context: Context, host: str) -> set[str]:
    images = (image for pod in context.params.pods for image in pod.images)
    return {registry_of(repo_of(image)) for image in images} - {host}


def _keep_ticks(
    context: Context, provider: ProviderParams, output: _Output, now: int
) -> int | None:
    """Return cacheDuration; None: the member is absent (S-04)."""
    answer, credential = output.answer, output.credential
    left = None
    if credential is not None and credential.expires != NEVER:
        left = max(0, credential.expires - now)
    from_exchange = answer.source == "exchange" and credential is not None
    if from_exchange and context.rules.provider_duration == "fixed":
        return SPARE_TICKS
    if from_exchange and context.rules.provider_duration == "absent":
        return None
    match answer.duration:
        case "zero":
            return 0
        case "nil":
            # A compliant provider leaves it out only if the default is safe.
            return None if left is None or provider.default_ticks <= left else 0
        case "contained":
            return left if left is not None else 1
        case "short":
            return 1 if left is None or answer.fault else min(1, left)
        case "long":
            return SPARE_TICKS
        case "negative":
            return -1


def _answer(
    context: Context, provider: ProviderParams, leader: str, answer: Answer
) -> Callable[[View], Effect | None]:
    slot = context.flight_slot(provider)

    def apply(view: View) -> Effect | None:
        flight = running(view[slot], provider.name, leader)
        if flight is None or not _may(answer, flight):
            return None
        draft = Draft(view)
        now = draft["clock"]
        output = _act(context, draft, provider, flight, answer)
        if output is None:
            landed = replace(flight, outcome=FAILED)
        else:
            auth: tuple[AuthEntry, ...] = ()
            if output.credential is not None:
                made = output.credential
                keys = _auth_keys(context, output.answer, flight.image)
                auth = tuple(AuthEntry(key, made) for key in keys)
            ticks = _keep_ticks(context, provider, output, now)
            landed = replace(flight, outcome=answer.name, auth=auth, keep_ticks=ticks)
        draft[slot] = canonical(landed if each == flight else each for each in view[slot])
        draft.saw(
            "answered",
            provider=provider.name,
            answer=answer.name,
            fault=answer.fault,
            source=answer.source,
            failed=landed.outcome == FAILED,
            image=flight.image,
            token=flight.token,
            auth=landed.auth,
            keep_ticks=landed.keep_ticks,
            default_ticks=provider.default_ticks,
            now=now,
        )
        return draft.effect()

    return apply


def running(flights: tuple[Flight, ...], provider: str, leader: str) -> Flight | None:
    """Return the exec of `provider` that runs for a leader's lookup."""
    for flight in flights:
        if not flight.outcome and flight.provider == provider and flight.waiters[0] == leader:
            return flight
    return None


def _may(answer: Answer, flight: Flight) -> bool:
    """Return whether a provider could give this answer to this request."""
    if answer.needs_token:
        return flight.token is not None
    # S-08: with a token in the request, the node's credential is a fault.
    return answer.source != "node" or flight.token is None or answer.fault


def events(context: Context) -> Iterator[Event]:
    """Yield the ends of execs, and what a thief does with a token."""
    params = context.params
    if not context.starts:
        return
    for provider in context.providers:
        for pod in params.pods:
            if not any(provider in context.chain(image) for image in pod.images):
                continue
            for name in provider.answers:
                yield _answer_event(context, provider, pod.name, ANSWERS[name])
    if params.thief:
        yield from _thief_events(context)


def _answer_event(context: Context, provider: ProviderParams, leader: str, answer: Answer) -> Event:
    slot = context.flight_slot(provider)
    reads = [slot, "clock"]
    reads += ["keys"] if context.params.key_rotation else []
    reads += _reviewed(context)
    writes = [slot]
    if not context.rules.provider_isolated:
        reads.append(f"memo:{provider.name}")
        writes.append(f"memo:{provider.name}")
    args = (provider.name, leader, answer.name)
    return Event(
        f"provider.answers({','.join(args)})",
        "provider.answers",
        args,
        tuple(reads),
        tuple(writes),
        ("K-084", "K-090"),
        _answer(context, provider, leader, answer),
    )


# The thief.


def _thief_events(context: Context) -> Iterator[Event]:
    extra = (*(("keys",) if context.params.key_rotation else ()), *_reviewed(context))
    senders = [provider for provider in context.providers if context.sends_tokens(provider)]
    for provider in senders:
        slot = context.flight_slot(provider)
        name = f"thief.copies({provider.name})"
        reads = (slot, "stolen")
        yield Event(
            name, "thief.copies", (provider.name,), reads, ("stolen",), ("S-06",), _steal(slot)
        )
        for kind, variant in (("thief.presents", ""), ("thief.forges", "forged")):
            yield Event(
                f"{kind}({provider.name})",
                kind,
                (provider.name,),
                ("stolen", "clock", *extra),
                (),
                ("S-01", "S-02", "S-06"),
                _present(context, provider, variant),
            )


def _steal(slot: str) -> Callable[[View], Effect | None]:
    def apply(view: View) -> Effect | None:
        tokens = [flight.token for flight in view[slot] if flight.token is not None]
        if not tokens or view["stolen"] == tokens[0]:
            return None
        return Effect((("stolen", tokens[0]),))

    return apply


def _present(
    context: Context, provider: ProviderParams, variant: str
) -> Callable[[View], Effect | None]:
    def apply(view: View) -> Effect | None:
        token = view["stolen"]
        if token is None:
            return None
        if variant == "forged":
            token = replace(token, key=FORGED_KEY, audience=provider.token_audience)
        draft = Draft(view)
        mint(context, draft, token, provider, "thief")
        return draft.effect()

    return apply


# The registry.


def opens(context: Context, credential: Credential, repo_name: str, now: int) -> bool:
    """Return whether the registry lets a credential pull a repository now."""
    rules = context.rules
    in_scope = repo_name in credential.opens or credential.opens == EVERYTHING
    in_time = credential.expires in (NEVER,) or now <= credential.expires
    return (in_scope or not rules.registry_scope) and (in_time or not rules.registry_expiry)
