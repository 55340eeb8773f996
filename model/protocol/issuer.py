"""The API server, the token issuer, the clock, and the kubelet's token manager.

Events here are what happens around a lookup: accounts, pods, secrets and
grants come and go, keys rotate, time passes, the kubelet restarts. The token
manager (K-150 to K-153) and the API server's checks (K-160 to K-164) are
functions that a lookup calls in its own step.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from pullproof.model.machine import Component, Effect, Event, View
from pullproof.model.protocol.context import Context
from pullproof.model.protocol.drafting import Draft
from pullproof.model.protocol.params import (
    API_AUDIENCE,
    AccountParams,
    PodParams,
    ProviderParams,
)
from pullproof.model.protocol.values import (
    Account,
    IssuedToken,
    Keys,
    Pod,
    PullSecret,
    Token,
    canonical,
    rename,
    renamed_set,
)


def components(context: Context) -> Iterator[Component]:
    """Yield what the API server, the issuer and the token manager remember."""
    params = context.params
    yield Component("clock", 0, "ticks since the start")
    for account in params.accounts:
        first = Account(account.uid(1), account.annotations[0])
        yield Component(f"account:{account.name}", first, "the service account object", rename)
    for pod in params.pods:
        first_pod = Pod(pod.uid(1), pod.uid(1))
        yield Component(f"pod:{pod.name}", first_pod, "the pod, here and at the server", rename)
    for secret in params.secrets:
        yield Component(f"secret:{secret.name}", PullSecret(f"{secret.name}.1"), "a pull secret")
    if params.api_faults:
        yield Component("api", "up", "up, no-tokens or down")
    if params.grants_change:
        for provider in params.providers:
            yield Component(
                f"grant:{provider.token_audience}", True, "nodes may ask for it (K-162)"
            )
    if params.key_rotation:
        yield Component("keys", Keys(), "signing keys: current, published, trusted")
    for slot in token_slots(context):
        yield Component(slot, (), "tokens the kubelet holds (K-150)", renamed_set)
    if not context.rules.account_is_live:
        for account in params.accounts:
            yield Component(f"remembered:{account.name}", None, "account as first read", rename)


def token_slots(context: Context) -> tuple[str, ...]:
    """Return the components of the token manager."""
    slots = {
        context.token_slot(pod, provider)
        for pod in context.params.pods
        for provider in context.providers
        if context.sends_tokens(provider) and context.account_of(pod) is not None
    }
    return tuple(sorted(slots))


# The token manager.


def reads(context: Context, pod: PodParams, provider: ProviderParams) -> tuple[str, ...]:
    """Return what finding out about a pod's account and token reads."""
    account = context.account_of(pod)
    if account is None or not context.sends_tokens(provider):
        shown = account is not None and context.rules.plain_has_annotations
        return (f"account:{account.name}",) if shown and account is not None else ()
    params = context.params
    names = [f"account:{account.name}", f"pod:{pod.name}", "clock"]
    names.append(context.token_slot(pod, provider))
    names += ["api"] * bool(params.api_faults) + ["keys"] * params.key_rotation
    if params.grants_change:
        names.append(f"grant:{asked_audience(context, provider)}")
    if not context.rules.account_is_live:
        names.append(f"remembered:{account.name}")
    if context.rules.token_account == "other":
        names.append(f"account:{_other_account(context, account).name}")
    known = {f"grant:{p.token_audience}" for p in params.providers}
    return tuple(n for n in names if not n.startswith("grant:") or n in known)


def writes(context: Context, pod: PodParams, provider: ProviderParams) -> tuple[str, ...]:
    """Return what it may write."""
    account = context.account_of(pod)
    if account is None or not context.sends_tokens(provider):
        return ()
    names = [context.token_slot(pod, provider)]
    if not context.rules.account_is_live:
        names.append(f"remembered:{account.name}")
    return tuple(names)


def asked_audience(context: Context, provider: ProviderParams) -> str:
    """Return the first audience the kubelet asks for (K-140)."""
    match context.rules.token_audience:
        case "first":
            return next(p.token_audience for p in context.providers if p.mode == "sa")
        case "api-server":
            return API_AUDIENCE
        case "own" | "both":
            return provider.token_audience


def token_for(
    context: Context, draft: Draft, pod: PodParams, provider: ProviderParams, uid: str
) -> Token | None:
    """Return a token for a pod, from memory or from the API server.

    Args:
        uid: Of the account as just read.

    Source: K-140, K-150 to K-152.
    """
    rules, now = context.rules, draft["clock"]
    account = context.account_of(pod)
    if account is None:
        raise AssertionError("no token is made for a pod without account (K-144)")
    slot = context.token_slot(pod, provider)
    key = _token_key(context, draft, pod, provider, account, uid)
    issued: tuple[IssuedToken, ...] = draft[slot]
    held = next((each for each in issued if each.key == key), None)
    if held is not None and held.token is None:
        return None
    if held is not None and held.token is not None and not _wants_refresh(context, held.token, now):
        draft.saw("token-reused", pod=pod.name, provider=provider.name, token=held.token, now=now)
        return held.token
    fresh = _request(context, draft, pod, provider, account, uid)
    if fresh is not None:
        stored_key = key if rules.token_key_symmetric else (*key, "as answered")
        _keep(context, draft, slot, IssuedToken(stored_key, fresh))
        return fresh
    if held is None or held.token is None:
        if rules.token_failure_remembered:
            _keep(context, draft, slot, IssuedToken(key, None))
        return None
    if rules.refresh_failure == "keep":
        return held.token
    if rules.refresh_failure == "valid" and held.token.expires >= now:
        return held.token
    return None


def _token_key(
    context: Context,
    draft: Draft,
    pod: PodParams,
    provider: ProviderParams,
    account: AccountParams,
    uid: str,
) -> tuple[str, ...]:
    rules = context.rules
    parts = {
        account.name: rules.token_key_has_account,
        provider.token_audience: rules.token_key_has_audience,
        pod.name: rules.token_key_has_pod,
        draft[f"pod:{pod.name}"].local: rules.token_key_has_pod_uid and rules.token_key_has_pod,
        uid: rules.token_key_has_uid,
    }
    return tuple(part for part, is_in in parts.items() if is_in)


def _keep(context: Context, draft: Draft, slot: str, new: IssuedToken) -> None:
    # In a component of one pod and one audience an entry under another key is
    # one that no later lookup can reach: UIDs do not come back.
    exclusive = slot.count(":") == 2
    others = () if exclusive else tuple(old for old in draft[slot] if old.key != new.key)
    draft[slot] = canonical((*others, new))


def _wants_refresh(context: Context, token: Token, now: int) -> bool:
    match context.rules.token_refresh:
        case "never":
            return False
        case "always":
            return True
        case "expired":
            return now > token.expires
        case "early":
            # The last tick stands for the last fifth of the life (K-151).
            return now > token.expires - 1


def _request(
    context: Context,
    draft: Draft,
    pod: PodParams,
    provider: ProviderParams,
    account: AccountParams,
    uid: str,
) -> Token | None:
    """Ask the API server for a token (K-140); None if it refuses."""
    rules = context.rules
    if rules.token_account == "other":
        account = _other_account(context, account)
    audiences = [asked_audience(context, provider)]
    if rules.token_audience == "both":
        audiences.append(API_AUDIENCE)
    pod_uid = draft[f"pod:{pod.name}"].local
    asked: dict[str, Any] = {
        "account": account.name,
        "uid": uid if rules.request_has_uid else "",
        "audiences": tuple(audiences),
        "bound_pod": pod.name if rules.token_bound else "",
        "bound_uid": pod_uid if rules.token_bound else "",
    }
    return _submit(context, draft, asked, pod=pod.name, provider=provider.name, for_uid=uid)


def _submit(context: Context, draft: Draft, asked: dict[str, Any], **by: Any) -> Token | None:
    """Put a token request to the API server (K-160 to K-164)."""
    problem = _refusal(context, draft, asked)
    live = draft[f"account:{asked['account']}"]
    state = draft[f"pod:{by['pod']}"]
    token = None
    if not problem:
        token = Token(
            asked["account"],
            live.uid,
            asked["bound_pod"],
            asked["bound_uid"],
            "+".join(asked["audiences"]),
            draft.get("keys", Keys()).current,
            draft["clock"] + context.params.token_ticks,
        )
    draft.saw(
        "token-request",
        token=token,
        problem=problem,
        granted=all(_is_granted(draft, audience) for audience in asked["audiences"]),
        pod_remote=state.remote,
        pod_local=state.local,
        account_uid=live.uid,
        **asked,
        **by,
    )
    return token


def _refusal(context: Context, draft: Draft, asked: dict[str, Any]) -> str:
    """Return the rule by which the API server refuses; empty if it does not."""
    rules = context.rules
    if draft.get("api", "up") != "up":
        return "K-152"
    live = draft[f"account:{asked['account']}"]
    if not live.uid:
        return "K-165"
    if rules.server_wants_bound and not asked["bound_pod"]:
        return "K-161"
    if asked["bound_pod"]:
        remote = draft[f"pod:{asked['bound_pod']}"].remote
        if rules.server_checks_pod and not remote:
            return "K-161"
        if rules.server_checks_pod_uid and remote and remote != asked["bound_uid"]:
            return "K-161"
    if rules.server_one_audience and len(asked["audiences"]) > 1:
        return "K-162"
    if rules.server_checks_grant and not all(_is_granted(draft, a) for a in asked["audiences"]):
        return "K-162"
    if not rules.server_honours_grant:
        return "K-162"
    if rules.server_checks_uid and asked["uid"] and asked["uid"] != live.uid:
        return "K-164"
    return ""


def _is_granted(draft: Draft, audience: str) -> bool:
    return bool(draft.get(f"grant:{audience}", True))


def _other_account(context: Context, account: AccountParams) -> AccountParams:
    accounts = context.params.accounts
    return accounts[(accounts.index(account) + 1) % len(accounts)]


# Events.


def events(context: Context) -> Iterator[Event]:
    """Yield what happens at the API server, to the keys, to time and the kubelet."""
    params = context.params
    yield Event(
        "clock.advances()", "clock.advances", (), ("clock",), ("clock",), (), _tick(context)
    )
    for account in params.accounts:
        yield from _account_events(account)
    for pod in params.pods:
        yield from _pod_events(context, pod)
    for secret in params.secrets:
        for change in secret.changes:
            yield _on(
                f"secret:{secret.name}", f"secret.{change}", secret.name, "K-172", _SECRET[change]
            )
    for fault in ("up", *params.api_faults) if params.api_faults else ():
        yield _on("api", "api.becomes", fault, "K-143", _becomes(fault))
    if params.grants_change:
        for provider in params.providers:
            name = provider.token_audience
            yield _on(f"grant:{name}", "grant.changes", name, "K-162", lambda granted: not granted)
    if params.rogue_node:
        yield from _rogue_events(context)
    if params.key_rotation:
        for kind, key_change in _KEYS.items():
            yield _on("keys", kind, "", "T-066", key_change)


# A node that asks for what it should not have.

_ROGUE: dict[str, dict[str, Any]] = {
    "unbound": {"bound_pod": "", "bound_uid": ""},
    "two-audiences": {"more": (API_AUDIENCE,)},
    "foreign-uid": {"bound_uid": "nobody.1"},
    "no-uid": {"uid": ""},
}
"""What is otherwise in a rogue node's token request."""


def _rogue_events(context: Context) -> Iterator[Event]:
    """Yield token requests of a node under somebody else's control (I-35)."""
    for provider in context.providers:
        for pod in context.params.pods:
            if provider.mode == "sa" and pod.account:
                for variant in _ROGUE:
                    yield _rogue_event(context, pod, provider, variant)


def _rogue_event(context: Context, pod: PodParams, provider: ProviderParams, variant: str) -> Event:
    changed = dict(_ROGUE[variant])
    where = f"account:{pod.account}"

    def apply(view: View) -> Effect:
        draft = Draft(view)
        asked = {
            "account": pod.account,
            "uid": view[where].uid,
            "audiences": (provider.token_audience, *changed.get("more", ())),
            "bound_pod": pod.name,
            "bound_uid": view[f"pod:{pod.name}"].local,
        }
        asked |= {name: value for name, value in changed.items() if name != "more"}
        _submit(
            context, draft, asked, pod=pod.name, provider=provider.name, for_uid=view[where].uid
        )
        return draft.effect()

    reads = [*reads_of_request(context, pod, provider)]
    args = (pod.name, provider.name, variant)
    name = f"node.asks({','.join(args)})"
    return Event(name, "node.asks", args, tuple(reads), (), ("I-35", "K-161", "K-162"), apply)


def reads_of_request(context: Context, pod: PodParams, provider: ProviderParams) -> tuple[str, ...]:
    """Return what the API server looks at for a token request."""
    params = context.params
    names = [f"account:{pod.account}", f"pod:{pod.name}", "clock"]
    names += ["api"] * bool(params.api_faults) + ["keys"] * params.key_rotation
    names += [f"grant:{provider.token_audience}"] * params.grants_change
    return tuple(names)


Change = Callable[[Any], Any]
"""The new value of one component; None: not possible now."""


def _on(component: str, kind: str, argument: str, rule: str, change: Change) -> Event:
    """Return an event that changes one component."""

    def apply(view: View) -> Effect | None:
        value = change(view[component])
        if value is None or value == view[component]:
            return None
        return Effect(((component, value),))

    args = (argument,) if argument else ()
    name = f"{kind}({argument})"
    return Event(name, kind, args, (component,), (component,), (rule,), apply)


def _tick(context: Context) -> Callable[[View], Effect | None]:
    horizon = context.params.horizon
    return lambda view: Effect((("clock", view["clock"] + 1),)) if view["clock"] < horizon else None


def _account_events(account: AccountParams) -> Iterator[Event]:
    where = f"account:{account.name}"
    if len(account.annotations) > 1:
        for number, annotations in enumerate(account.annotations):
            kind = "account.annotated"
            argument = f"{account.name},{number}"
            change = _annotate(annotations)
            yield _on(where, kind, argument, "K-103", change)
    if account.incarnations > 1:
        yield _on(where, "account.deleted", account.name, "K-116", _delete_account)
        yield _on(where, "account.created", account.name, "K-253", _create_account(account))


def _annotate(annotations: tuple[tuple[str, str], ...]) -> Change:
    return lambda old: replace(old, annotations=annotations) if old.uid else None


def _delete_account(old: Account) -> Account | None:
    return replace(old, uid="", annotations=()) if old.uid else None


def _create_account(account: AccountParams) -> Change:
    def create(old: Account) -> Account | None:
        if old.uid or old.born >= account.incarnations:
            return None
        return Account(account.uid(old.born + 1), account.annotations[0], old.born + 1)

    return create


def recreated(account: AccountParams, old: Account) -> Account | None:
    """Return the account deleted and created again at once, if it may be."""
    gone = _delete_account(old)
    return None if gone is None else _create_account(account)(gone)


def _pod_events(context: Context, pod: PodParams) -> Iterator[Event]:
    if pod.incarnations < 2:
        return
    where = f"pod:{pod.name}"
    yield _on(where, "pod.deleted", pod.name, "K-161", _delete_pod)
    yield _on(where, "pod.created", pod.name, "K-161", _create_pod(pod))
    slots = tuple(slot for slot in token_slots(context) if slot.startswith(f"tokens:{pod.name}:"))
    evicts = slots if context.rules.deleted_pods_evicted else ()

    def sync(view: View) -> Effect | None:
        old: Pod = view[where]
        if old.local == old.remote:
            return None
        draft = Draft(view)
        draft[where] = replace(old, local=old.remote)
        for slot in evicts:
            draft[slot] = ()  # K-153
        return draft.effect()

    touched = (where, *evicts)
    name = f"kubelet.syncs-pod({pod.name})"
    yield Event(name, "kubelet.syncs-pod", (pod.name,), touched, touched, ("K-153",), sync)


def _delete_pod(old: Pod) -> Pod | None:
    return replace(old, remote="") if old.remote else None


def _create_pod(pod: PodParams) -> Change:
    def create(old: Pod) -> Pod | None:
        if old.remote or old.born >= pod.incarnations:
            return None
        return Pod(old.local, pod.uid(old.born + 1), old.born + 1)

    return create


def _rotate_secret(old: PullSecret) -> PullSecret | None:
    return replace(old, version=1 - old.version, valid=True) if old.uid else None


def _delete_secret(old: PullSecret) -> PullSecret | None:
    return replace(old, uid="", version=0, valid=True) if old.uid else None


def _spoil_secret(old: PullSecret) -> PullSecret | None:
    return replace(old, valid=not old.valid) if old.uid else None


_SECRET: dict[str, Change] = {
    "rotated": _rotate_secret,
    "deleted": _delete_secret,
    "spoiled": _spoil_secret,
}


def _becomes(state: str) -> Change:
    return lambda _: state


def _rotate(keys: Keys) -> Keys | None:
    return Keys(1, (0, 1), keys.trusted) if keys.current == 0 else None


def _withdraw(keys: Keys) -> Keys | None:
    return replace(keys, published=(1,)) if keys.published == (0, 1) else None


def _fetch(keys: Keys) -> Keys:
    return replace(keys, trusted=keys.published)


_KEYS: dict[str, Change] = {
    "issuer.rotates": _rotate,
    "issuer.withdraws": _withdraw,
    "exchange.fetches-keys": _fetch,
}
