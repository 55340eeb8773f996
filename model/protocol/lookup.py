"""The kubelet's lookup: who is asking, the cache, flights, and the answer.

One lookup walks through the providers that an image reaches. Consulting one
of them (sections 5.3 and 12) either ends at once (refused, or a cache hit) or
waits for an exec: its own, or one already running for the same image, token
and annotations. When the provider has answered, each waiter takes the answer
for itself: echo guard, acceptance, store. After the last provider the keyring
is assembled (`keyring_side`).

Events: `kubelet.looks-up` begins and consults the first provider,
`kubelet.consults` a further one, `kubelet.takes` an answer.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pullproof.model.machine import Component, Effect, Event, View
from pullproof.model.protocol import issuer, keyring_side
from pullproof.model.protocol.answers import ANSWERS, Answer
from pullproof.model.protocol.context import Context, repo_of
from pullproof.model.protocol.drafting import Draft
from pullproof.model.protocol.exchange import FAILED, SPARE_TICKS
from pullproof.model.protocol.params import AccountParams, PodParams, ProviderParams
from pullproof.model.protocol.values import (
    Account,
    AuthEntry,
    CacheEntry,
    Contribution,
    Coordinates,
    Flight,
    Identity,
    Lookup,
    Origin,
    Wait,
    canonical,
    rename,
    renamed_flights,
    renamed_set,
)

FOREVER = 10**6
"""A tick that never comes; only wrong rules store it."""
Pairs = tuple[tuple[str, str], ...]


def components(context: Context) -> Iterator[Component]:
    """Yield caches, flights and lookups."""
    if not context.starts:
        return
    slots = {context.cache_slot(p) for p in context.providers}
    for slot in sorted(slots):
        yield Component(slot, (), "responses a provider's cache holds (K-100)", renamed_set)
        if context.params.purge_ticks:
            yield Component(_purged(slot), 0, "tick of the cache's last purge (K-110)")
    for slot in sorted({context.flight_slot(p) for p in context.providers}):
        yield Component(slot, (), "execs and who waits for them (K-120)", renamed_flights)
    for pod in context.params.pods:
        yield Component(f"lookup:{pod.name}", None, "the pod's lookup under way", rename)
    if keyring_side.counts(context):
        yield Component("busy", 0, "number of lookups under way")


def _purged(slot: str) -> str:
    return slot.replace("cache", "purged", 1)


# Events and what they touch.


def events(context: Context) -> Iterator[Event]:
    """Yield all that the kubelet does for a lookup, and its restart."""
    if not context.starts:
        return
    for pod in context.params.pods:
        for image in pod.images:
            yield _start_event(context, pod, image, raced=False)
            account = context.account_of(pod)
            if account is not None and account.incarnations > 1 and context.chain(image):
                yield _start_event(context, pod, image, raced=True)
        later = {p.name: p for image in pod.images for p in context.chain(image)[1:]}
        for provider in later.values():
            yield _consult_event(context, pod, provider)
        every = {p.name: p for image in pod.images for p in context.chain(image)}
        for provider in every.values():
            yield _take_event(context, pod, provider)
    if context.params.restarts:
        yield _restart_event(context)


def _touched(
    context: Context, pod: PodParams, provider: ProviderParams | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what consulting a provider reads and writes."""
    reads = [f"lookup:{pod.name}", f"pod:{pod.name}", *keyring_side.reads(context, pod)]
    writes = [f"lookup:{pod.name}", *keyring_side.writes(context, pod)]
    if provider is not None:
        own = [context.cache_slot(provider), context.flight_slot(provider)]
        own += [_purged(own[0])] if context.params.purge_ticks else []
        reads += [*own, *issuer.reads(context, pod, provider)]
        writes += [*own, *issuer.writes(context, pod, provider)]
    return _unique(reads), _unique(writes)


def _unique(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _start_event(context: Context, pod: PodParams, image: str, *, raced: bool) -> Event:
    chain = context.chain(image)
    reads, writes = _touched(context, pod, chain[0] if chain else None)
    account = context.account_of(pod)
    if raced and account is not None:
        reads = _unique([*reads, f"account:{account.name}"])
        writes = _unique([*writes, f"account:{account.name}"])

    def apply(view: View) -> Effect | None:
        if view[f"lookup:{pod.name}"] is not None or not view[f"pod:{pod.name}"].local:
            return None
        if keyring_side.counts(context) and view["busy"] >= context.params.parallel:
            return None
        if view.get(f"offers:{pod.name}") is not None:
            return None  # the image side has not taken the last result yet
        draft = Draft(view)
        if raced and not _races(draft, account):
            return None
        if keyring_side.counts(context):
            draft["busy"] = draft["busy"] + 1
        lookup = Lookup(image)
        if not chain or not _providers_wanted(context, draft, pod, image):
            keyring_side.finish(context, draft, pod, lookup)
            return draft.effect()
        if _is_locked(context, draft, chain[0]):
            return None
        read_before = view[f"account:{account.name}"] if raced and account is not None else None
        _consult(context, draft, pod, lookup, chain[0], read_before)
        return draft.effect()

    kind = "kubelet.looks-up-while-recreated" if raced else "kubelet.looks-up"
    name = f"{kind}({pod.name},{image})"
    rules = ("K-164",) if raced else ("K-112", "K-170")
    return Event(name, kind, (pod.name, image), reads, writes, rules, apply)


def _races(draft: Draft, account: AccountParams | None) -> bool:
    """Recreate the account between its GET and the token request, if it may be."""
    if account is None:
        return False
    new = issuer.recreated(account, draft[f"account:{account.name}"])
    if new is None:
        return False
    draft[f"account:{account.name}"] = new
    return True


def _providers_wanted(context: Context, draft: Draft, pod: PodParams, image: str) -> bool:
    """Return whether providers are asked although a pull secret matched (K-171)."""
    if context.rules.union_complete:
        return True
    return not any(
        draft[f"secret:{name}"].uid
        and keyring_side.auth_key_matches(context.params.secret(name).auth_key, repo_of(image))
        for name in pod.secrets
    )


def _consult_event(context: Context, pod: PodParams, provider: ProviderParams) -> Event:
    reads, writes = _touched(context, pod, provider)

    def apply(view: View) -> Effect | None:
        lookup: Lookup | None = view[f"lookup:{pod.name}"]
        if lookup is None or lookup.wait is not None:
            return None
        if context.chain(lookup.image)[lookup.provider] != provider:
            return None
        draft = Draft(view)
        if _is_locked(context, draft, provider):
            return None
        _consult(context, draft, pod, lookup, provider, None)
        return draft.effect()

    args = (pod.name, provider.name)
    name = f"kubelet.consults({','.join(args)})"
    return Event(name, "kubelet.consults", args, reads, writes, ("K-130",), apply)


def _is_locked(context: Context, draft: Draft, provider: ProviderParams) -> bool:
    running = any(not flight.outcome for flight in draft[context.flight_slot(provider)])
    return context.rules.lock_during_exec and running


def _take_event(context: Context, pod: PodParams, provider: ProviderParams) -> Event:
    cache = context.cache_slot(provider)
    reads = [f"lookup:{pod.name}", context.flight_slot(provider), cache]
    reads += keyring_side.reads(context, pod)
    if not context.rules.followers_share_failure:
        reads.append(f"pod:{pod.name}")
    writes = [f"lookup:{pod.name}", context.flight_slot(provider), cache]
    writes += keyring_side.writes(context, pod)

    def apply(view: View) -> Effect | None:
        lookup: Lookup | None = view[f"lookup:{pod.name}"]
        if lookup is None or lookup.wait is None:
            return None
        if context.chain(lookup.image)[lookup.provider] != provider:
            return None
        flight = _landed(view[context.flight_slot(provider)], pod.name)
        if flight is None:
            return None
        draft = Draft(view)
        _take(context, draft, pod, lookup, provider, flight, lookup.wait)
        return draft.effect()

    args = (pod.name, provider.name)
    name = f"kubelet.takes({','.join(args)})"
    rules = ("K-123", "K-094", "K-105")
    return Event(name, "kubelet.takes", args, _unique(reads), _unique(writes), rules, apply)


def _landed(flights: tuple[Flight, ...], pod: str) -> Flight | None:
    return next((f for f in flights if f.outcome and pod in f.waiters), None)


def _restart_event(context: Context) -> Event:
    fresh = {c.name: c.initial for c in components(context)}
    fresh |= dict.fromkeys(issuer.token_slots(context), ())
    names = tuple(fresh)
    clocked = tuple(n for n in names if n.startswith("purged"))

    def apply(view: View) -> Effect | None:
        if all(view[name] == fresh[name] for name in names):
            return None
        draft = Draft(view)
        for name in names:
            draft[name] = view["clock"] if name in clocked else fresh[name]
        return draft.effect()

    reads = (*names, "clock")
    return Event("kubelet.restarts()", "kubelet.restarts", (), reads, names, ("K-100",), apply)


# Consulting one provider (K-112 to K-118).


def _consult(
    context: Context,
    draft: Draft,
    pod: PodParams,
    lookup: Lookup,
    provider: ProviderParams,
    read_before: Account | None,
) -> None:
    identity = _identify(context, draft, pod, provider, read_before)
    if isinstance(identity, str):
        draft.saw("refused-lookup", pod=pod.name, provider=provider.name, rule=identity)
        stale = _despite(context, draft, pod, provider, lookup.image, identity)
        _contribute(context, draft, pod, lookup, provider, stale, None, "refused")
        return
    entry = _from_cache(context, draft, provider, lookup.image, identity)
    if entry is not None:
        coordinates = _hit_coordinates(context, entry, identity)
        draft.saw(
            "served",
            pod=pod.name,
            provider=provider.name,
            image=lookup.image,
            entry=entry,
            identity=identity,
            now=draft["clock"],
        )
        _contribute(context, draft, pod, lookup, provider, entry.auth, coordinates, "cache")
        return
    _exec(context, draft, pod, lookup, provider, identity)


def _identify(
    context: Context,
    draft: Draft,
    pod: PodParams,
    provider: ProviderParams,
    read_before: Account | None,
) -> Identity | str:
    """Return for whom the provider is asked, or the rule that says it is not."""
    rules = context.rules
    account = context.account_of(pod)
    accountless = Identity()
    if provider.mode == "plain" and not rules.plain_has_token:
        if rules.plain_has_annotations and account is not None:
            name = f"account:{account.name}"
            return Identity(disclosed=draft.get(name, Account("")).annotations)
        return accountless
    if account is None:
        if provider.mode == "sa" and provider.require_account and rules.require_account:
            return "K-112"
        return _maybe_with_coordinates(context, accountless)
    live = _read_account(context, draft, account) if read_before is None else read_before
    draft.saw("account-read", account=account.name, uid=live.uid, pod=pod.name)
    if not live.uid:
        return accountless if rules.account_failure == "accountless" else "K-113"
    selected = _selected(context, provider, live.annotations)
    if selected is None:
        return accountless if rules.missing_annotation == "accountless" else "K-113 annotation"
    token = issuer.token_for(context, draft, pod, provider, live.uid)
    if token is None and rules.token_failure == "accountless":
        return accountless
    if token is None and rules.token_failure != "tokenless":
        return "K-115"
    key = context.account_key(provider, account, live.uid, selected, live.annotations, token)
    coordinates = Coordinates(account.namespace, account.kubernetes_name, live.uid)
    if provider.mode == "plain":
        return Identity(None, (), (), token, ())
    disclosed = _disclosed(context, provider, selected, live.annotations)
    return Identity(coordinates, selected, disclosed, token, key)


def _maybe_with_coordinates(context: Context, accountless: Identity) -> Identity:
    accounts = context.params.accounts
    if not context.rules.accountless_coordinates or not accounts:
        return accountless
    first = accounts[0]
    wrong = Coordinates(first.namespace, first.kubernetes_name, first.uid(1))
    return replace(accountless, coordinates=wrong)


def _read_account(context: Context, draft: Draft, account: AccountParams) -> Account:
    """Return the account as the kubelet sees it (K-113, K-143)."""
    if draft.get("api", "up") == "down":
        return Account("")
    live: Account = draft[f"account:{account.name}"]
    if context.rules.account_is_live:
        return live
    remembered: Account | None = draft[f"remembered:{account.name}"]
    if remembered is None and live.uid:
        draft[f"remembered:{account.name}"] = live
    return remembered or live


def _selected(context: Context, provider: ProviderParams, annotations: Pairs) -> Pairs | None:
    """Return the annotations of K-103; None: a required one is missing."""
    rules, there = context.rules, dict(annotations)
    required = provider.required
    if not rules.optional_is_optional:
        required += provider.optional
    if any(key not in there for key in required) and rules.missing_annotation != "run":
        return None
    wanted = {*provider.required, *provider.optional} & set(there)
    return tuple(sorted((key, there[key]) for key in wanted))


def _disclosed(
    context: Context, provider: ProviderParams, selected: Pairs, everything: Pairs
) -> Pairs:
    match context.rules.annotations_sent:
        case "selected":
            return selected
        case "all":
            return everything
        case "none":
            return ()
        case "required":
            return tuple(pair for pair in selected if pair[0] in provider.required)


def _despite(
    context: Context, draft: Draft, pod: PodParams, provider: ProviderParams, image: str, rule: str
) -> tuple[AuthEntry, ...]:
    """Return what a wrong kubelet serves from its cache after a refusal (K-116)."""
    rules = context.rules
    asked = {
        "K-113": rules.account_failure == "cache",
        "K-113 annotation": rules.missing_annotation == "cache",
        "K-115": rules.token_failure == "cache",
    }
    account = context.account_of(pod)
    if not asked.get(rule, False) or account is None:
        return ()
    for entry in draft[context.cache_slot(provider)]:
        owner = entry.origin.coordinates
        if owner is not None and owner.name == account.kubernetes_name:
            return tuple(entry.auth)
    return ()


def _hit_coordinates(context: Context, entry: CacheEntry, identity: Identity) -> Coordinates | None:
    match context.rules.hit_coordinates:
        case "current":
            return identity.coordinates
        case "stored":
            return entry.origin.coordinates
        case "none":
            return None


# The cache (K-100 to K-111).


def _from_cache(
    context: Context, draft: Draft, provider: ProviderParams, image: str, identity: Identity
) -> CacheEntry | None:
    """Return the entry that serves this lookup; drop what is found expired."""
    slot, now = context.cache_slot(provider), draft["clock"]
    _purge(context, draft, slot)
    for base in context.bases(image):
        key = context.cache_key(base, identity)
        entries: tuple[CacheEntry, ...] = draft[slot]
        found = next((entry for entry in entries if entry.key == key), None)
        if found is None:
            continue
        if not _is_expired(context, found, now):
            return found
        if not context.rules.stale_on_failure:
            draft[slot] = tuple(entry for entry in draft[slot] if entry != found)
    return None


def _is_expired(context: Context, entry: CacheEntry, now: int) -> bool:
    match context.rules.expiry:
        case "exact":
            return now > entry.expires  # K-106
        case "early":
            return now >= entry.expires
        case "late":
            return now > entry.expires + 1
        case "never" | "purge":
            return False


def _purge(context: Context, draft: Draft, slot: str) -> None:
    """Drop expired entries if the last time was long ago (K-110)."""
    params, rules, now = context.params, context.rules, draft["clock"]
    if not params.purge_ticks or now <= draft[_purged(slot)] + params.purge_ticks:
        return
    draft[_purged(slot)] = now
    draft.saw("purged", slot=slot, now=now)
    if rules.purges == "never":
        return
    kept = () if rules.purges == "all" else draft[slot]
    is_checked = rules.expiry != "never"
    draft[slot] = tuple(e for e in kept if not (is_checked and now > e.expires))


# Flights (K-120 to K-123).


def _exec(
    context: Context,
    draft: Draft,
    pod: PodParams,
    lookup: Lookup,
    provider: ProviderParams,
    identity: Identity,
) -> None:
    slot = context.flight_slot(provider)
    started = draft["clock"] if context.rules.expires_from == "start" else 0
    draft[f"lookup:{pod.name}"] = replace(lookup, wait=Wait(identity, started))
    key = context.flight_key(provider, lookup.image, identity)
    seen: dict[str, Any] = {
        "pod": pod.name,
        "pod_local": draft[f"pod:{pod.name}"].local,
        "provider": provider.name,
        "image": lookup.image,
        "identity": identity,
        "now": draft["clock"],
    }
    joinable = [f for f in draft[slot] if f.key == key and not f.outcome]
    if joinable and context.rules.collapses:
        flight = joinable[0]
        leader, *followers = flight.waiters
        joined = replace(flight, waiters=(leader, *sorted([*followers, pod.name])))
        draft[slot] = canonical(joined if f == flight else f for f in draft[slot])
        draft.saw("joined", flight=flight, **seen)
        return
    sent = context.name_of(lookup.image)
    flight = Flight(key, provider.name, sent, identity.token, identity.disclosed, (pod.name,))
    draft[slot] = canonical((*draft[slot], flight))
    draft.saw("exec", sent=sent, api_version=provider.api_version, **seen)


# Taking an answer (K-090 to K-098, K-105).


def _take(
    context: Context,
    draft: Draft,
    pod: PodParams,
    lookup: Lookup,
    provider: ProviderParams,
    flight: Flight,
    wait: Wait,
) -> None:
    _leave(context, draft, provider, flight, pod.name)
    rules, identity = context.rules, wait.identity
    if flight.outcome == FAILED:
        is_follower = flight.waiters[0] != pod.name
        if is_follower and not rules.followers_share_failure:
            _exec(context, draft, pod, replace(lookup, wait=None), provider, identity)
            return
        _log(context, draft, provider, "exec-failed", stderr=rules.stderr_logged)
        _fail(context, draft, pod, lookup, provider, identity)
        return
    answer = ANSWERS[flight.outcome]
    refused = _refusal(context, answer)
    echoes = _echoes(context, provider, identity, flight)
    if not refused and echoes and not rules.echo_guard_first:
        _store(context, draft, provider, lookup, flight, wait, answer)
    if echoes and not (not rules.echo_guard_uncached and flight.keep_ticks == 0):
        refused = refused or "K-094"
    if refused:
        draft.saw("refused", pod=pod.name, provider=provider.name, answer=answer.name, rule=refused)
        what = "exec-failed" if refused == "K-084" else "refused"
        _log(context, draft, provider, what, stderr=rules.stderr_logged)
        if rules.refused_is_unused:
            _fail(context, draft, pod, lookup, provider, identity)
            return
        _contribute(
            context, draft, pod, lookup, provider, flight.auth, identity.coordinates, "refused"
        )
        return
    draft.saw(
        "accepted",
        pod=pod.name,
        provider=provider.name,
        image=lookup.image,
        answer=answer.name,
        identity=identity,
        auth=flight.auth,
        keep_ticks=flight.keep_ticks,
        default_ticks=provider.default_ticks,
        now=draft["clock"],
    )
    _log(context, draft, provider, "accepted")
    _store(context, draft, provider, lookup, flight, wait, answer)
    coordinates = identity.coordinates if rules.exec_coordinates else None
    _contribute(context, draft, pod, lookup, provider, flight.auth, coordinates, "exec")


def _leave(
    context: Context, draft: Draft, provider: ProviderParams, flight: Flight, pod: str
) -> None:
    """Take a pod out of a landed flight; the last one clears it away."""
    slot = context.flight_slot(provider)
    rest = tuple(waiter for waiter in flight.waiters if waiter != pod)
    others = tuple(each for each in draft[slot] if each != flight)
    # A landed flight has no leader any more: canonical order of those left.
    left = (replace(flight, waiters=("", *(w for w in rest if w))),) if any(rest) else ()
    draft[slot] = canonical(others + left)


def _refusal(context: Context, answer: Answer) -> str:
    """Return the rule that refuses an answer, in the order of the checks."""
    rules = context.rules
    if answer.defect == "exit" and not rules.failed_exec_ignored:
        pass
    elif answer.defect == "exit":
        return "K-084"
    if answer.defect == "version" and rules.checks_version:
        return "K-090"
    if answer.defect == "unknown-field" and rules.decodes_strictly:
        return "K-091"
    if answer.defect == "kind" and rules.checks_kind:
        return "K-092"
    if answer.cache_key_type == "" and rules.cache_key_type_required:
        return "K-093"
    if answer.cache_key_type == "ServiceAccount" and rules.cache_key_type_known:
        return "K-093"
    return ""


def _echoes(context: Context, provider: ProviderParams, identity: Identity, flight: Flight) -> bool:
    """Return whether the echo guard objects (K-094)."""
    guard = context.rules.echo_guard
    if identity.token is None or guard == "never":
        return False
    if guard == "unless-token" and context.is_token_type_configured(provider):
        return False
    return any(
        entry.credential.kind == "token" and entry.credential.token == identity.token
        for entry in flight.auth
    )


def _store(
    context: Context,
    draft: Draft,
    provider: ProviderParams,
    lookup: Lookup,
    flight: Flight,
    wait: Wait,
    answer: Answer,
) -> None:
    """Keep an answer as K-105 says."""
    rules = context.rules
    if not flight.auth and not rules.empty_cached:
        return
    now = wait.started if rules.expires_from == "start" else draft["clock"]
    expires = _expiry(context, provider, flight.keep_ticks, now)
    if expires is None:
        return
    kind = answer.cache_key_type
    kind = {"": "Image", "ServiceAccount": "Global"}.get(kind, kind)
    base = context.base_for(kind, lookup.image)
    scope = context.scope(kind, repo_of(lookup.image))
    _put(context, draft, provider, base, scope, wait.identity, flight.auth, expires)


def _put(
    context: Context,
    draft: Draft,
    provider: ProviderParams,
    base: str,
    scope: str,
    identity: Identity,
    auth: tuple[AuthEntry, ...],
    expires: int,
) -> None:
    slot = context.cache_slot(provider)
    key = context.cache_key(base, identity)
    if not context.rules.overwrites and any(entry.key == key for entry in draft[slot]):
        return
    by_token = context.is_token_type_configured(provider)
    origin = Origin(
        provider.name,
        identity.coordinates,
        identity.annotations,
        identity.token if by_token else None,
    )
    entry = CacheEntry(key, auth, expires, scope, origin)
    others = tuple(each for each in draft[slot] if each.key != key)
    draft[slot] = canonical((*others, entry))


def _expiry(context: Context, provider: ProviderParams, ticks: int | None, now: int) -> int | None:
    """Return the last tick an answer is served; None: it is not kept (K-105)."""
    rules, default = context.rules, provider.default_ticks
    if ticks == 0 and rules.zero_duration == "forever":
        return FOREVER
    if ticks == 0 and rules.zero_duration == "default":
        ticks = None
    if ticks is None:
        if rules.nil_duration == "forever":
            return FOREVER
        if rules.nil_duration == "once":
            return None
        if default == 0:
            return FOREVER if rules.nil_default_zero == "forever" else None
        return now + default
    if ticks < 0 and rules.negative_duration == "forever":
        return FOREVER
    if ticks < 0 and rules.negative_duration == "absolute":
        ticks = -ticks
    if ticks == 0:
        return None
    return now + min(ticks, SPARE_TICKS)


def _fail(
    context: Context,
    draft: Draft,
    pod: PodParams,
    lookup: Lookup,
    provider: ProviderParams,
    identity: Identity,
) -> None:
    """Go on after a failed or refused exec (K-098)."""
    rules = context.rules
    if rules.failures_cached:
        name = repo_of(lookup.image)
        _put(
            context,
            draft,
            provider,
            context.name_of(lookup.image),
            name,
            identity,
            (),
            draft["clock"] + 1,
        )
        draft.saw("failure-kept", provider=provider.name)
    stale: tuple[AuthEntry, ...] = ()
    if rules.stale_on_failure:
        stale = next((e.auth for e in draft[context.cache_slot(provider)]), ())
    if rules.provider_failure == "fail":
        keyring_side.finish(context, draft, pod, lookup, failed=True)
        return
    if rules.provider_failure == "stop":
        _contribute(context, draft, pod, lookup, provider, stale, None, "failure", last=True)
        return
    _contribute(context, draft, pod, lookup, provider, stale, None, "failure")


def _contribute(
    context: Context,
    draft: Draft,
    pod: PodParams,
    lookup: Lookup,
    provider: ProviderParams,
    auth: tuple[AuthEntry, ...],
    coordinates: Coordinates | None,
    via: str,
    *,
    last: bool = False,
) -> None:
    """Add what a provider gave, and go on to the next or to the end."""
    draft.saw(
        "contributed",
        pod=pod.name,
        provider=provider.name,
        image=lookup.image,
        auth=auth,
        coordinates=coordinates,
        via=via,
        last=last,
    )
    gathered = lookup.gathered
    if auth:
        gathered += (Contribution(provider.name, auth, coordinates),)
    following = lookup.provider + 1
    lookup = Lookup(lookup.image, following, None, gathered)
    if last or following >= len(context.chain(lookup.image)):
        keyring_side.finish(context, draft, pod, lookup)
    else:
        draft[f"lookup:{pod.name}"] = lookup


def _log(
    context: Context, draft: Draft, provider: ProviderParams, what: str, *, stderr: bool = False
) -> None:
    """Say what reaches the log, and whether a secret is in it (K-085, I-19)."""
    leak = context.rules.secrets_in_logs
    leaks = {
        "decode": what == "refused",
        "failure": what == "exec-failed",
        "token": context.sends_tokens(provider),
        "stdout": what == "accepted",
    }
    draft.saw(
        "logged", provider=provider.name, what=what, stderr=stderr, secret=leaks.get(leak, False)
    )
