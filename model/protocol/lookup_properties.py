"""What the lookup side promises, as properties of its machine.

Invariants I- and S- of the specification and the rules K- they rest on. Rows
are about the promises of the current line; `HOLDS_FROM` names those that an
older kubelet did not keep.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from pullproof.model.cache import registry_of
from pullproof.model.machine import LivenessProperty, Promise, Property, StateProperty, View
from pullproof.model.protocol import facts, issuer
from pullproof.model.protocol.answers import ANSWERS
from pullproof.model.protocol.context import GLOBAL, Context, reaches, repo_of
from pullproof.model.protocol.keyring_side import Tried
from pullproof.model.protocol.observed import (
    KUBELET,
    LOOKUPS,
    PROVIDER,
    TAKES,
    THIEF,
    Row,
    Seen,
    Watcher,
)
from pullproof.model.protocol.params import (
    API_AUDIENCE,
    PodParams,
    ProviderParams,
    start_problems,
)
from pullproof.model.protocol.promises import PROMISES
from pullproof.model.protocol.values import Account, Credential, Flight, IssuedToken, Pod, Token

HOLDS_FROM: Mapping[str, int] = MappingProxyType(
    {
        "K-005": 33,
        "K-084": 28,
        "I-06": 34,
        "I-07": 34,
        "I-34": 34,
        "K-117": 34,
    }
)
"""Kubernetes minor from which the kubelet's own rules keep a promise."""

NOTHING = Credential("static")
ACCEPTABLE = ("Image", "Registry", "Global")


def _is_plain(seen: Seen) -> bool:
    return facts.provider(seen).mode == "plain"


def _has_token(seen: Seen) -> bool:
    return facts.token(seen) is not None


def _always(_: Seen) -> bool:
    return True


def _is_bound(seen: Seen) -> bool:
    """Return whether the API server has the very account and pod of a token."""
    token: Token = seen["token"]
    account: Account = seen.view[f"account:{token.account}"]
    pod: Pod = seen.view[f"pod:{token.pod}"]
    return account.uid == token.account_uid and pod.remote == token.pod_uid


def _own_audience(seen: Seen) -> bool:
    audience = facts.provider(seen).token_audience
    if seen.kind == "token-request":
        return bool(seen["audiences"] == (audience,))
    token = facts.token(seen)
    return token is None or _is_plain(seen) or token.audience == audience


def _own_pod(seen: Seen) -> bool:
    if seen.kind == "token-request":
        return bool((seen["bound_pod"], seen["bound_uid"]) == (seen["pod"], seen["pod_local"]))
    token = facts.token(seen)
    return token is None or (token.pod, token.pod_uid) == (seen["pod"], seen["pod_local"])


def _own_account(seen: Seen) -> bool:
    if seen.kind == "token-request":
        return bool(seen["account"] == facts.pod(seen).account)
    token = facts.token(seen)
    return token is None or token.account == facts.pod(seen).account


def _cached_for_same(seen: Seen) -> bool:
    origin, who = seen["entry"].origin, facts.identity(seen)
    if who.coordinates is None:
        return True
    return (origin.coordinates, origin.annotations) == (who.coordinates, who.annotations)


def _cached_for_another(seen: Seen) -> bool:
    who = facts.identity(seen)
    others = {entry.origin.coordinates for entry in facts.cache(seen)} - {None, who.coordinates}
    return who.coordinates is not None and bool(others)


def _no_token_as_password(seen: Seen) -> bool:
    return facts.is_token_type(seen) or all(e.credential.kind != "token" for e in seen["auth"])


def _only_listed_annotations(seen: Seen) -> bool:
    provider = facts.provider(seen)
    allowed = {*provider.required, *provider.optional} if provider.mode == "sa" else set[str]()
    return {key for key, _ in facts.identity(seen).disclosed} <= allowed


def _annotations_to_hide(seen: Seen) -> bool:
    at = facts.live_account(seen)
    return at is not None and at.annotations != facts.identity(seen).disclosed


def _required_are_there(seen: Seen) -> bool:
    at = facts.live_account(seen)
    if at is None or _is_plain(seen) or facts.has_all_required(seen, at) or facts.is_raced(seen):
        return True
    return seen.kind == "contributed" and not seen["auth"]


def _account_where_required(seen: Seen) -> bool:
    provider = facts.provider(seen)
    if provider.mode == "plain" or not provider.require_account or facts.pod(seen).account:
        return True
    return seen.kind == "contributed" and not seen["auth"]


def _partitions_are_apart(seen: Seen) -> bool:
    is_accountless = not facts.pod(seen).account
    return _is_plain(seen) or is_accountless == (seen["entry"].origin.coordinates is None)


def _image_is_matched(seen: Seen) -> bool:
    return facts.provider(seen) in facts.providers_for(seen)


def _only_matching_keys(seen: Seen) -> bool:
    image = seen["image"]
    return all(
        facts.is_for(each, image) or (facts.is_hub(image) and facts.is_hub_key(each))
        for each in facts.tried(seen)
    )


def _keys_that_do_not_match(seen: Seen) -> bool:
    return any(
        not facts.is_for(Tried(entry.auth_key, entry.credential, ""), seen["image"])
        for each in seen["gathered"]
        for entry in each.auth
    )


def _of_this_provider(seen: Seen) -> bool:
    whose = seen["flight"].provider if seen.kind == "joined" else seen["entry"].origin.provider
    return bool(whose == seen["provider"])


def _kept_zero(seen: Seen) -> bool:
    if facts.expected_expiry(seen) is not None:
        return True
    return set(facts.cache(seen, after=True)) <= set(facts.cache(seen))


def _kept_as_told(seen: Seen) -> bool:
    expires = facts.expected_expiry(seen)
    if expires is None:
        return True
    # A duration beyond any horizon is cut to keep values few.
    return any(
        entry.auth == seen["auth"] and entry.expires == expires
        for entry in facts.cache(seen, after=True)
    )


def _nothing_after_failure(seen: Seen) -> bool:
    if seen.kind == "failure-kept":
        return False
    return seen["via"] != "failure" or not seen["auth"]


def _acceptable(seen: Seen) -> bool:
    if seen.kind == "contributed":
        return seen["via"] != "refused" or not seen["auth"]
    answer = ANSWERS[seen["answer"]]
    return not answer.defect and answer.cache_key_type in ACCEPTABLE


def _failure_is_harmless(seen: Seen) -> bool:
    return not seen["by_provider"] if seen.kind == "lookup-failed" else not seen["last"]


def _flight_is_same(seen: Seen) -> bool:
    flight: Flight = seen["flight"]
    who = facts.identity(seen)
    same_request = (flight.token, flight.annotations) == (who.token, who.disclosed)
    return same_request and repo_of(flight.image) == repo_of(seen["image"])


def _not_expired(seen: Seen) -> bool:
    token = facts.token(seen)
    return token is None or token.expires >= seen["now"]


def _uid_as_read(seen: Seen) -> bool:
    token = facts.token(seen)
    if token is None:
        return True
    if seen.kind == "token-request":
        return bool(token.account_uid == seen["for_uid"])
    coordinates = facts.identity(seen).coordinates
    return coordinates is None or token.account_uid == coordinates.uid


def _minted_rightly(seen: Seen) -> bool:
    if seen["token"] is None:
        return True
    bound = bool(seen["bound_pod"]) and seen["bound_uid"] == seen["pod_remote"]
    return bound and bool(seen["granted"]) and len(seen["audiences"]) == 1


def _account_is_current(seen: Seen) -> bool:
    at = facts.live_account(seen)
    if at is None or _is_plain(seen) or facts.is_raced(seen):
        return True
    if seen.kind == "contributed":
        return seen["via"] != "refused" or not seen["auth"]
    who = facts.identity(seen)
    if who.coordinates is None or who.coordinates.uid != at.uid:
        return False
    return not facts.has_all_required(seen, at) or who.annotations == facts.selected(seen, at)


def _hub_only_last(seen: Seen) -> bool:
    image = seen["image"]
    astray = [t for t in facts.by_provider(seen) if not facts.is_for(t, image)]
    if not astray:
        return True
    fair = facts.is_hub(image) and all(facts.is_hub_key(each) for each in astray)
    return fair and len(astray) == len(facts.by_provider(seen))


def _uses_hub(seen: Seen) -> bool:
    return any(facts.is_hub_key(each) for each in facts.tried(seen))


INVARIANTS: tuple[Row, ...] = (
    Row(
        "I-01",
        "A provider without tokenAttributes never receives a token or annotations.",
        "I-01 K-012 K-037 K-076",
        LOOKUPS,
        ("exec",),
        lambda seen: (
            not _is_plain(seen)
            or (facts.identity(seen).token is None and not facts.identity(seen).disclosed)
        ),
        lambda seen: _is_plain(seen) and bool(facts.pod(seen).account),
    ),
    Row(
        "I-02",
        "A token handed to a provider has exactly the audience configured for that provider.",
        "I-02 K-140",
        LOOKUPS,
        ("token-request", "exec", "joined"),
        _own_audience,
        lambda seen: seen.kind == "exec" and _has_token(seen),
    ),
    Row(
        "I-03",
        "The token is bound to the pod whose image is being pulled.",
        "I-03 K-140 K-141",
        LOOKUPS,
        ("token-request", "exec", "joined"),
        _own_pod,
        lambda seen: seen.kind == "exec" and _has_token(seen),
    ),
    Row(
        "I-04",
        "The token belongs to the pod's own service account.",
        "I-04 K-140",
        LOOKUPS,
        ("token-request", "exec", "joined"),
        _own_account,
        lambda seen: seen.kind == "exec" and _has_token(seen) and len(seen.params.accounts) > 1,
    ),
    Row(
        "I-05",
        "Credentials cached for one service account and its selected annotations are served to "
        "no other.",
        "I-05 K-101 K-102",
        LOOKUPS,
        ("served",),
        _cached_for_same,
        _cached_for_another,
    ),
    Row(
        "I-06",
        "With cacheType Token a cached credential is served only to the token it came from.",
        "I-06 K-102",
        LOOKUPS,
        ("served",),
        lambda seen: (
            not facts.is_token_type(seen)
            or seen["entry"].origin.token == facts.identity(seen).token
        ),
        lambda seen: facts.is_token_type(seen) and _has_token(seen),
    ),
    Row(
        "I-07",
        "With cacheType ServiceAccount a token never becomes a password.",
        "I-07 K-094",
        KUBELET,
        ("accepted", "contributed", "refused"),
        lambda seen: seen.kind == "refused" or _no_token_as_password(seen),
        lambda seen: seen.kind == "refused" and seen["rule"] == "K-094",
    ),
    Row(
        "I-08",
        "Only annotation keys listed for the provider are disclosed.",
        "I-08 K-103 K-113 K-114",
        LOOKUPS,
        ("exec",),
        _only_listed_annotations,
        _annotations_to_hide,
    ),
    Row(
        "I-09",
        "Without a required annotation the provider is not run and nothing is served.",
        "I-09 K-113 K-116",
        LOOKUPS,
        ("exec", "joined", "contributed"),
        _required_are_there,
        lambda seen: (
            (at := facts.live_account(seen)) is not None
            and bool(at.uid)
            and not facts.has_all_required(seen, at)
        ),
    ),
    Row(
        "I-10",
        "A provider that requires a service account is not run for a pod without one.",
        "I-10 K-112",
        LOOKUPS,
        ("exec", "joined", "contributed"),
        _account_where_required,
        lambda seen: (
            not _is_plain(seen)
            and facts.provider(seen).require_account
            and not facts.pod(seen).account
        ),
    ),
    Row(
        "I-11",
        "Lookups without service account share no cached credential with any that has one.",
        "I-11 K-101",
        LOOKUPS,
        ("served",),
        _partitions_are_apart,
        lambda seen: not _is_plain(seen) and not facts.pod(seen).account,
    ),
    Row(
        "I-12",
        "Requests of v1alpha1 and v1beta1 never carry service account data.",
        "I-12 K-012 K-034b",
        LOOKUPS,
        ("exec",),
        lambda seen: (
            seen["api_version"] == "v1"
            or (facts.identity(seen).token is None and not facts.identity(seen).disclosed)
        ),
        lambda seen: seen["api_version"] != "v1",
    ),
    Row(
        "I-13",
        "A provider is not run, and its cache not read, for an image none of its matchImages cover.",
        "I-13 K-040",
        LOOKUPS,
        ("exec", "joined", "served"),
        _image_is_matched,
        lambda seen: len(facts.providers_for(seen)) < len(seen.params.providers),
    ),
    Row(
        "I-14",
        "A credential goes to the runtime only for images its auth key covers.",
        "I-14 K-132 K-135",
        KUBELET,
        ("offered",),
        _only_matching_keys,
        _keys_that_do_not_match,
    ),
    Row(
        "I-15",
        "Caches and flights of providers are independent.",
        "I-15 K-100 K-120",
        LOOKUPS,
        ("served", "joined"),
        _of_this_provider,
        lambda seen: len(facts.providers_for(seen)) > 1,
    ),
    Row(
        "I-16",
        "No credential is served after its expiry.",
        "I-16 K-106",
        LOOKUPS,
        ("served", "exec"),
        lambda seen: seen.kind == "exec" or seen["now"] <= seen["entry"].expires,
        lambda seen: (
            seen.kind == "exec" and any(e.expires < seen["now"] for e in facts.cache(seen))
        ),
    ),
    Row(
        "I-17",
        "cacheDuration 0, or none with a default of 0, leaves nothing in the cache.",
        "I-17 K-105",
        TAKES,
        ("accepted",),
        _kept_zero,
        lambda seen: facts.expected_expiry(seen) is None,
    ),
    Row(
        "I-18",
        "A failure is not cached and never yields an earlier answer.",
        "I-18 K-098 K-107",
        TAKES,
        ("contributed", "failure-kept"),
        _nothing_after_failure,
        lambda seen: (
            seen.kind == "contributed" and seen["via"] == "failure" and bool(facts.cache(seen))
        ),
    ),
    Row(
        "I-19",
        "No token, password or answer reaches the log.",
        "I-19 K-085 K-091",
        TAKES,
        ("logged",),
        lambda seen: not seen["secret"],
        lambda seen: seen["what"] == "refused",
    ),
    Row(
        "I-20",
        "An answer is accepted whole or not at all.",
        "I-20 K-084 K-090 K-091 K-092 K-093",
        TAKES,
        ("accepted", "contributed", "refused"),
        lambda seen: seen.kind == "refused" or _acceptable(seen),
        lambda seen: seen.kind == "refused" and seen["rule"] != "K-094",
    ),
    Row(
        "I-21",
        "A provider's failure neither fails the pull nor silences other sources.",
        "I-21 K-098 K-136",
        TAKES,
        ("contributed", "lookup-failed"),
        _failure_is_harmless,
        lambda seen: (
            seen.kind == "contributed"
            and seen["via"] == "failure"
            and len(facts.providers_for(seen)) > 1
        ),
    ),
    Row(
        "I-22",
        "Different annotations never share a cache key.",
        "I-22 K-101 K-102",
        LOOKUPS,
        ("served",),
        lambda seen: seen["entry"].origin.annotations == facts.identity(seen).annotations,
        lambda seen: any(
            entry.origin.annotations != facts.identity(seen).annotations
            for entry in facts.cache(seen)
        ),
    ),
    Row(
        "I-23",
        "What a provider is asked does not depend on tag or digest.",
        "I-23 K-070",
        LOOKUPS,
        ("exec",),
        lambda seen: bool(seen["sent"] == repo_of(seen["image"])),
        lambda seen: bool(seen["image"] != repo_of(seen["image"])),
    ),
    Row(
        "I-24",
        "An exec in flight is shared only for the same repo name, token and annotations.",
        "I-24 K-120 K-121",
        LOOKUPS,
        ("joined", "exec"),
        lambda seen: seen.kind == "exec" or _flight_is_same(seen),
        lambda seen: (
            seen.kind == "exec" and any(not flight.outcome for flight in facts.flights(seen))
        ),
    ),
    Row(
        "I-33",
        "A token is never used past its expiry.",
        "I-33 K-152",
        LOOKUPS,
        ("exec", "joined", "token-reused", "refused-lookup"),
        lambda seen: seen.kind == "refused-lookup" or _not_expired(seen),
        lambda seen: seen.kind == "exec" and _has_token(seen) and seen["now"] > 0,
    ),
    Row(
        "I-34",
        "For a recreated service account a token request fails rather than minting for the new "
        "UID, and no token of the old one is used.",
        "I-34 K-164 K-150",
        LOOKUPS,
        ("token-request", "exec", "joined"),
        _uid_as_read,
        lambda seen: seen.kind == "token-request" and seen["for_uid"] != seen["account_uid"],
    ),
    Row(
        "I-35",
        "A node gets only pod-bound tokens, for pods that are there, for granted audiences.",
        "I-35 K-161 K-162",
        (*LOOKUPS, "node.asks"),
        ("token-request",),
        _minted_rightly,
        lambda seen: seen["pod_remote"] != seen["pod_local"] or not seen["granted"],
    ),
    Row(
        "I-36",
        "A change of the service account or its annotations takes effect at the next lookup, "
        "before any cache is read.",
        "I-36 K-116",
        LOOKUPS,
        ("exec", "joined", "served", "contributed"),
        _account_is_current,
        lambda seen: (
            seen.kind == "contributed" and seen["via"] == "refused" and bool(facts.cache(seen))
        ),
    ),
    Row(
        "I-38",
        "The hub's credential is used for hub images only, and only when nothing else matched.",
        "I-38 K-137",
        KUBELET,
        ("offered",),
        _hub_only_last,
        _uses_hub,
    ),
)


# End to end.


def _contained(seen: Seen) -> bool:
    if seen["fault"] or seen["source"] not in ("exchange", "outage") or not seen["auth"]:
        return True
    ticks = seen["keep_ticks"]
    kept = seen["default_ticks"] if ticks is None else ticks
    expires = seen["auth"][0].credential.expires
    return bool(kept == 0 or (kept > 0 and seen["now"] + kept <= expires))


def _within_account(seen: Seen) -> bool:
    credential = seen["credential"]
    token = credential.token
    return set(credential.opens) <= set(seen.params.account(token.account).opens)


def _same_registry(seen: Seen) -> bool:
    if seen["fault"] or seen["source"] not in ("exchange", "outage", "echo"):
        return True
    host = registry_of(repo_of(seen["image"]))
    repo_names = {repo_of(image) for pod in seen.params.pods for image in pod.images}
    foreign = [name for name in repo_names if registry_of(name) != host]
    keys = [Tried(entry.auth_key, entry.credential, "") for entry in seen["auth"]]
    return not any(facts.is_for(key, name) for key in keys for name in foreign)


def _own_taint(seen: Seen) -> bool:
    if seen.kind == "answered":
        return seen["fault"] or all(
            entry.credential.token in (None, seen["token"]) for entry in seen["auth"]
        )
    owners = {t.credential.token.account for t in facts.tried(seen) if t.credential.token}
    return owners <= {facts.pod(seen).account}


def _fails_visibly(seen: Seen) -> bool:
    if seen["fault"] or seen["source"] not in ("exchange", "outage"):
        return True
    return bool(seen["failed"] or seen["auth"])


def _in_scope(seen: Seen) -> bool:
    used = seen["used"]
    repo_name = repo_of(seen["image"])
    return used is None or "*" in used.credential.opens or repo_name in used.credential.opens


def _in_time(seen: Seen) -> bool:
    if seen.kind == "minted":
        return bool(seen["now"] <= seen["token"].expires)
    used = seen["used"]
    return used is None or used.credential.expires < 0 or seen["now"] <= used.credential.expires


def _refused_for_time(seen: Seen) -> bool:
    if seen.kind == "exchange-refused":
        return bool(seen["now"] > seen["token"].expires)
    return seen.kind == "pulled" and any(
        0 <= each.credential.expires < seen["now"] for each in facts.tried(seen)
    )


END_TO_END: tuple[Row, ...] = (
    Row(
        "S-01",
        "An exchange mints only for tokens whose audience is its own.",
        "S-01 T-132",
        PROVIDER + THIEF,
        ("minted", "exchange-refused"),
        lambda seen: seen.kind != "minted" or seen["audience"] in seen["token"].audience.split("+"),
        lambda seen: seen.kind == "exchange-refused" and seen["audience"] != seen["token"].audience,
    ),
    Row(
        "S-02",
        "An exchange mints only for tokens signed by keys of the configured issuer that are "
        "still published.",
        "S-02",
        PROVIDER + THIEF,
        ("minted", "exchange-refused"),
        lambda seen: seen.kind != "minted" or seen["token"].key in seen["trusted"],
        lambda seen: seen.kind == "exchange-refused" and seen["token"].key < 0,
    ),
    Row(
        "S-03",
        "What is minted outlives its token by no more than the configuration says.",
        "S-03",
        PROVIDER + THIEF,
        ("minted",),
        lambda seen: seen["credential"].expires <= seen["token"].expires + seen.params.excess_ticks,
        _always,
    ),
    Row(
        "S-04",
        "A compliant answer is kept no longer than its credential lives.",
        "S-04 K-105",
        PROVIDER,
        ("answered",),
        _contained,
        lambda seen: seen["source"] == "exchange" and bool(seen["auth"]) and not seen["fault"],
    ),
    Row(
        "S-05",
        "A minted credential opens what its account may pull and nothing else.",
        "S-05 S-22",
        PROVIDER + THIEF,
        ("minted",),
        _within_account,
        _always,
    ),
    Row(
        "R-05",
        "The registry opens a repository only to a credential that covers it.",
        "S-05",
        KUBELET,
        ("pulled",),
        _in_scope,
        lambda seen: any(
            "*" not in t.credential.opens and repo_of(seen["image"]) not in t.credential.opens
            for t in facts.tried(seen)
        ),
    ),
    Row(
        "S-06",
        "A token works at the exchange, and a credential at the registry, until it expires.",
        "S-06 S-14",
        PROVIDER + THIEF + KUBELET,
        ("minted", "pulled", "exchange-refused"),
        lambda seen: seen.kind == "exchange-refused" or _in_time(seen),
        _refused_for_time,
    ),
    Row(
        "S-07",
        "An exchange that asks for a TokenReview mints for no token whose pod or account has gone.",
        "S-07",
        PROVIDER + THIEF,
        ("minted", "exchange-refused"),
        lambda seen: not seen.params.review or seen.kind != "minted" or _is_bound(seen),
        lambda seen: seen.params.review and not _is_bound(seen),
    ),
    Row(
        "S-08",
        "A failed workload identity never turns into the node's.",
        "S-08",
        PROVIDER,
        ("answered",),
        lambda seen: (
            seen["fault"]
            or seen["token"] is None
            or all(entry.credential.kind != "node" for entry in seen["auth"])
        ),
        lambda seen: seen["source"] in ("exchange", "outage") and seen["failed"],
    ),
    Row(
        "S-09",
        "The auth keys of a compliant answer cover no other registry.",
        "S-09",
        PROVIDER,
        ("answered",),
        _same_registry,
        lambda seen: (
            seen["source"] == "exchange"
            and bool(seen["auth"])
            and len({registry_of(repo_of(i)) for p in seen.params.pods for i in p.images}) > 1
        ),
    ),
    Row(
        "S-10",
        "A provider sends its token to its own exchange only.",
        "S-10",
        PROVIDER,
        ("token-sent",),
        lambda seen: bool(seen["audience"] == seen.params.provider(seen["by"]).token_audience),
        lambda seen: len(seen.params.providers) > 1,
    ),
    Row(
        "S-11",
        "Credentials of one account never reach another, not through the provider either.",
        "S-11",
        PROVIDER + KUBELET,
        ("answered", "offered"),
        _own_taint,
        lambda seen: (
            seen.kind == "offered"
            and len(seen.params.accounts) > 1
            and any(each.credential.token for each in facts.tried(seen))
        ),
    ),
    Row(
        "S-13",
        "A credential that could not be had is a failure, not an empty success.",
        "S-13",
        PROVIDER,
        ("answered",),
        _fails_visibly,
        lambda seen: seen["source"] in ("exchange", "outage") and seen["failed"],
    ),
    Row(
        "S-15",
        "No provider is given a token that opens the API server.",
        "S-15",
        LOOKUPS,
        ("exec", "token-request"),
        lambda seen: (
            (token := facts.token(seen)) is None or API_AUDIENCE not in token.audience.split("+")
        ),
        _has_token,
    ),
    Row(
        "S-18",
        "A pull that was given a credential never goes on as anonymous.",
        "S-18 K-180",
        KUBELET,
        ("pulled",),
        lambda seen: not (seen["anonymous"] and facts.tried(seen)),
        lambda seen: seen["outcome"] == "refused" and bool(facts.tried(seen)),
    ),
)


# Rules of behaviour that the invariants rest on.


def _provider_rank(seen: Seen) -> list[int]:
    names = [provider.name for provider in seen.params.providers]
    return [names.index(each.provider) for each in seen["gathered"]]


def _none_narrower(seen: Seen) -> bool:
    entry = seen["entry"]
    in_range = entry.scope in _scopes(seen)
    return not in_range or all(
        facts.width(seen, entry) <= facts.width(seen, each) for each in facts.fitting(seen)
    )


def _scopes(seen: Seen) -> tuple[str, ...]:
    repo_name = repo_of(seen["image"])
    return (repo_name, registry_of(repo_name), GLOBAL)


def _exactly_selected(seen: Seen) -> bool:
    at = facts.live_account(seen)
    if at is None or _is_plain(seen) or facts.is_raced(seen):
        return True
    return facts.identity(seen).disclosed == facts.selected(seen, at)


def _account_gives_coordinates(seen: Seen) -> bool:
    if _is_plain(seen) or not facts.pod(seen).account or not seen["auth"]:
        return True
    owner = facts.account(seen)
    where = seen["coordinates"]
    return (
        owner is not None
        and where is not None
        and (where.namespace, where.name) == (owner.namespace, owner.kubernetes_name)
    )


def _no_equal_flight(seen: Seen) -> bool:
    who = facts.identity(seen)
    wanted = (repo_of(seen["image"]), who.token, who.disclosed)
    return not any(
        not flight.outcome
        and flight.provider == seen["provider"]
        and (repo_of(flight.image), flight.token, flight.annotations) == wanted
        for flight in facts.flights(seen)
    )


def _keys_descend(seen: Seen) -> bool:
    keys = [each.auth_key for each in facts.by_provider(seen) if not facts.is_hub_key(each)]
    return keys == sorted(keys, key=str.encode, reverse=True)


def _everything_that_matches(seen: Seen) -> bool:
    image = seen["image"]
    expected: Counter[str] = Counter()
    for name in facts.pod(seen).secrets:
        secret = seen.view[f"secret:{name}"]
        key = Tried(seen.params.secret(name).auth_key, NOTHING, "")
        if secret.uid and secret.valid and facts.is_for(key, image):
            expected[f"secret:{name}"] += 1
    if seen.params.node_file and facts.is_for(Tried(seen.params.node_file, NOTHING, ""), image):
        expected["file"] += 1
    for each in seen["gathered"]:
        for entry in each.auth:
            if facts.is_for(Tried(entry.auth_key, entry.credential, ""), image):
                expected[each.provider] += 1
    found = Counter(each.origin for each in facts.tried(seen))
    return all(found[origin] >= count for origin, count in expected.items())


def _members_in_order(seen: Seen) -> bool:
    ranks = [_member_rank(each) for each in facts.tried(seen)]
    return ranks == sorted(ranks)


def _member_rank(each: Tried) -> int:
    return 0 if each.origin.startswith("secret:") else 1 if each.origin == "file" else 2


def _all_were_asked(seen: Seen) -> bool:
    if seen.event.kind != "kubelet.looks-up" or not facts.providers_for(seen):
        return True
    return bool(seen.others("contributed"))


def _pull_succeeds_if_it_can(seen: Seen) -> bool:
    repo_name = repo_of(seen["image"])
    could = any(facts.opens_now(each, repo_name, seen["now"]) for each in facts.tried(seen))
    could = could or (not facts.tried(seen) and seen["public"])
    return not could or seen["outcome"] == "ok"


RULES: tuple[Row, ...] = (
    Row(
        "K-005",
        "Providers are visited in the order of the configuration.",
        "K-005 K-130 B-03",
        KUBELET,
        ("offered",),
        lambda seen: _provider_rank(seen) == sorted(_provider_rank(seen)),
        lambda seen: len(seen["gathered"]) > 1,
    ),
    Row(
        "K-084",
        "The log of a failed exec has the provider's stderr.",
        "K-084 B-15",
        TAKES,
        ("logged",),
        lambda seen: seen["what"] != "exec-failed" or bool(seen["stderr"]),
        lambda seen: seen["what"] == "exec-failed",
    ),
    Row(
        "K-094",
        "Pass-through is accepted where cacheType is Token.",
        "K-094",
        TAKES,
        ("refused", "accepted"),
        lambda seen: (
            seen.kind == "accepted" or seen["rule"] != "K-094" or not facts.is_token_type(seen)
        ),
        lambda seen: (
            seen.kind == "accepted"
            and any(entry.credential.kind == "token" for entry in seen["auth"])
        ),
    ),
    Row(
        "K-101",
        "An answer is served within the scope of its cacheKeyType only.",
        "K-101 K-109",
        LOOKUPS,
        ("served",),
        lambda seen: seen["entry"].scope in _scopes(seen),
        lambda seen: seen["entry"].scope != repo_of(seen["image"]),
    ),
    Row(
        "K-103",
        "A request carries exactly the selected annotations.",
        "K-103 K-076 K-114",
        LOOKUPS,
        ("exec",),
        _exactly_selected,
        lambda seen: bool(facts.identity(seen).disclosed),
    ),
    Row(
        "K-105",
        "An accepted answer is kept for exactly as long as it says.",
        "K-105 K-107 K-108",
        TAKES,
        ("accepted",),
        _kept_as_told,
        lambda seen: seen["keep_ticks"] is not None and seen["keep_ticks"] < 0,
    ),
    Row(
        "K-106",
        "While a fitting entry has not expired the provider is not run.",
        "K-106 K-109",
        LOOKUPS,
        ("exec", "joined", "served"),
        lambda seen: seen.kind == "served" or not any(facts.fitting(seen)),
        lambda seen: seen.kind == "served" and seen["entry"].expires == seen["now"],
    ),
    Row(
        "K-109",
        "The narrowest fitting entry is served.",
        "K-109",
        LOOKUPS,
        ("served",),
        _none_narrower,
        lambda seen: len({entry.scope for entry in facts.fitting(seen)}) > 1,
    ),
    Row(
        "K-110",
        "A purge leaves no expired entry.",
        "K-110 B-02",
        LOOKUPS,
        ("purged",),
        lambda seen: all(entry.expires >= seen["now"] for entry in seen.after(seen["slot"])),
        lambda seen: any(entry.expires < seen["now"] for entry in seen.view[seen["slot"]]),
    ),
    Row(
        "K-114",
        "A lookup is refused for annotations only if a required one is missing.",
        "K-113 K-114",
        LOOKUPS,
        ("refused-lookup", "exec"),
        lambda seen: (
            seen.kind == "exec"
            or seen["rule"] != "K-113 annotation"
            or (at := facts.live_account(seen)) is None
            or not facts.has_all_required(seen, at)
        ),
        lambda seen: (
            seen.kind == "exec"
            and not _is_plain(seen)
            and len(facts.identity(seen).annotations) < len(facts.provider(seen).optional)
        ),
    ),
    Row(
        "K-115",
        "A provider in SA mode is never run for an account without its token.",
        "K-115 K-116",
        LOOKUPS,
        ("exec", "joined", "refused-lookup"),
        lambda seen: (
            seen.kind == "refused-lookup"
            or _is_plain(seen)
            or not facts.pod(seen).account
            or _has_token(seen)
        ),
        lambda seen: seen.kind == "refused-lookup" and seen["rule"] == "K-115",
    ),
    Row(
        "K-117",
        "Credentials of an SA lookup carry the coordinates of the account.",
        "K-117 K-175 K-177 B-06",
        KUBELET,
        ("contributed",),
        _account_gives_coordinates,
        lambda seen: not _is_plain(seen) and bool(facts.pod(seen).account) and bool(seen["auth"]),
    ),
    Row(
        "K-118",
        "Credentials of plain and SA-less lookups carry no coordinates.",
        "K-118 K-175",
        KUBELET,
        ("contributed",),
        lambda seen: (
            seen["coordinates"] is None or not (_is_plain(seen) or not facts.pod(seen).account)
        ),
        lambda seen: bool(seen["auth"]) and (_is_plain(seen) or not facts.pod(seen).account),
    ),
    Row(
        "K-120",
        "Equal lookups in flight run the provider once.",
        "K-120 K-121",
        LOOKUPS,
        ("exec", "joined"),
        lambda seen: seen.kind == "joined" or _no_equal_flight(seen),
        lambda seen: seen.kind == "joined",
    ),
    Row(
        "K-121",
        "Followers share the leader's failure.",
        "K-121",
        TAKES,
        ("exec", "contributed"),
        lambda seen: seen.kind == "contributed",
        lambda seen: (
            seen.kind == "contributed"
            and seen["via"] == "failure"
            and any(flight.waiters[0] == "" for flight in facts.flights(seen))
        ),
    ),
    Row(
        "K-132",
        "Within one keyring more specific keys come first.",
        "K-132",
        KUBELET,
        ("offered",),
        _keys_descend,
        lambda seen: len({each.auth_key for each in facts.by_provider(seen)}) > 1,
    ),
    Row(
        "K-137",
        "A hub image gets the hub's credential when nothing else matched.",
        "K-137",
        KUBELET,
        ("offered",),
        lambda seen: (
            not facts.is_hub(seen["image"])
            or bool(facts.tried(seen))
            or not any(
                entry.auth_key == "index.docker.io"
                for each in seen["gathered"]
                for entry in each.auth
            )
        ),
        _uses_hub,
    ),
    Row(
        "K-150",
        "A fresh token in memory is used again.",
        "K-150 K-151 B-33 B-24",
        LOOKUPS,
        ("token-request", "token-reused"),
        lambda seen: (
            seen.kind == "token-reused"
            or facts.is_raced(seen)
            or not any(
                token.expires > seen.view["clock"]
                for token in facts.held_tokens(seen, seen["provider"])
            )
        ),
        lambda seen: seen.kind == "token-reused",
    ),
    Row(
        "K-151",
        "A token near its end is refreshed before it is used again.",
        "K-151",
        LOOKUPS,
        ("token-reused", "token-request"),
        lambda seen: seen.kind == "token-request" or seen["token"].expires > seen["now"],
        lambda seen: (
            seen.kind == "token-request"
            and any(
                token.expires == seen.view["clock"]
                for token in facts.held_tokens(seen, seen["provider"])
            )
        ),
    ),
    Row(
        "K-152",
        "A lookup ends for want of a token only if a request failed and none in memory is valid.",
        "K-152 B-27",
        LOOKUPS,
        ("refused-lookup", "exec"),
        lambda seen: (
            seen.kind == "exec"
            or seen["rule"] != "K-115"
            or (
                bool(seen.others("token-request"))
                and (
                    facts.is_raced(seen)
                    or not any(
                        token.expires >= seen.view["clock"]
                        for token in facts.held_tokens(seen, seen["provider"])
                    )
                )
            )
        ),
        lambda seen: (
            seen.kind == "exec" and any(each["problem"] for each in seen.others("token-request"))
        ),
    ),
    Row(
        "K-162",
        "The API server does not refuse an audience that is granted.",
        "K-162 B-10 B-11",
        (*LOOKUPS, "node.asks"),
        ("token-request",),
        lambda seen: (
            seen["problem"] != "K-162" or not seen["granted"] or len(seen["audiences"]) > 1
        ),
        lambda seen: bool(seen["granted"]) and seen["token"] is not None,
    ),
    Row(
        "K-170",
        "Pull secrets, node file and providers all contribute what matches.",
        "K-170 K-172 B-32",
        KUBELET,
        ("offered",),
        _everything_that_matches,
        lambda seen: len({_member_rank(each) for each in facts.tried(seen)}) > 1,
    ),
    Row(
        "K-170b",
        "Pull secrets come first, then the node file, then providers.",
        "K-170",
        KUBELET,
        ("offered",),
        _members_in_order,
        lambda seen: len({_member_rank(each) for each in facts.tried(seen)}) > 1,
    ),
    Row(
        "K-171",
        "Providers are asked also when a pull secret matches.",
        "K-171 K-040",
        ("kubelet.looks-up",),
        ("offered",),
        _all_were_asked,
        lambda seen: bool(seen["secrets"]) and bool(facts.providers_for(seen)),
    ),
    Row(
        "K-172",
        "An unreadable pull secret fails the lookup.",
        "K-172",
        KUBELET,
        ("offered", "lookup-failed"),
        lambda seen: (
            seen.kind == "lookup-failed"
            or all(seen.view[f"secret:{name}"].valid for name in facts.pod(seen).secrets)
        ),
        lambda seen: seen.kind == "lookup-failed",
    ),
    Row(
        "K-180",
        "Credentials are tried until one opens the repository; without any the pull is anonymous.",
        "K-180",
        KUBELET,
        ("pulled",),
        _pull_succeeds_if_it_can,
        lambda seen: seen["used"] is not None and facts.tried(seen)[0] != seen["used"],
    ),
)


# Over states.


def _states(context: Context) -> Iterator[StateProperty]:
    params = context.params
    yield StateProperty(
        "K-034",
        Promise.ALWAYS,
        "A kubelet whose configuration is refused never looks anything up.",
        ("K-031", "K-032", "K-034"),
        (),
        lambda _: not start_problems(params) or not context.starts,
    )
    yield StateProperty(
        "K-034/sometimes",
        Promise.SOMETIMES,
        "There is a configuration to refuse.",
        ("K-031", "K-032", "K-034"),
        (),
        lambda _: bool(start_problems(params)),
    )
    if not context.starts:
        return
    shared = {context.flight_slot(p) for p in context.providers if _is_shared(context, p)}
    if shared:
        yield StateProperty(
            "K-124/sometimes",
            Promise.SOMETIMES,
            "Two execs of one provider run at once.",
            ("K-120", "K-124", "B-02"),
            tuple(sorted(shared)),
            _two_running,
        )
    for pod in params.pods:
        for provider in context.providers:
            slot = f"tokens:{pod.name}:{provider.name}"
            if slot in issuer.token_slots(context):
                yield from _no_token_of_gone_pod(pod, slot)


def _is_shared(context: Context, provider: ProviderParams) -> bool:
    """Return whether two execs of a provider can run at once."""
    askers = [
        pod
        for pod in context.params.pods
        if any(provider in context.chain(image) for image in pod.images)
    ]
    return min(len(askers), context.params.parallel) > 1


def _two_running(view: View) -> bool:
    return any(sum(not flight.outcome for flight in flights) > 1 for flights in view.values())


def _no_token_of_gone_pod(pod: PodParams, slot: str) -> Iterator[StateProperty]:
    if pod.incarnations < 2:
        return
    where = f"pod:{pod.name}"
    reads = (where, slot)

    def holds(view: View) -> bool:
        issued: tuple[IssuedToken, ...] = view[slot]
        local = view[where].local
        return all(i.token is None or i.token.pod_uid in ("", local) for i in issued)

    rules = ("K-153",)
    prose = f"The kubelet keeps no token of a {pod.name} that is gone."
    yield StateProperty(f"K-153/{slot}", Promise.ALWAYS, prose, rules, reads, holds)
    yield StateProperty(
        f"K-153/{slot}/sometimes",
        Promise.SOMETIMES,
        f"A {pod.name} has gone, after tokens were made.",
        rules,
        reads,
        lambda view: view[where].born > 1,
    )


# Liveness.


def can_be_pulled(context: Context, pod: PodParams) -> bool:
    """Return whether this configuration means the pod's images to be pulled."""
    params = context.params
    if not params.results or params.image is not None or start_problems(params):
        return False
    return all(_has_way(context, pod, image) for image in pod.images)


def _has_way(context: Context, pod: PodParams, image: str) -> bool:
    params, repo_name = context.params, repo_of(image)
    providers = [p for p in params.providers if reaches(p.patterns, repo_name)]
    opened = params.account(pod.account).opens if pod.account else ()
    for provider in providers:
        answers = [ANSWERS[name] for name in provider.answers]
        # One that answers wrongly, emptily or with too little can be in the way.
        if any(answer.fault or answer.source == "none" for answer in answers):
            return False
        if any(answer.auth_key not in ("host", "both", "hub") for answer in answers):
            return False
        if any(answer.needs_token for answer in answers) and repo_name not in opened:
            return False
    if providers:
        return any(_gives(pod, provider) for provider in providers)
    return repo_name in params.public and not pod.secrets and not params.node_file


def _gives(pod: PodParams, provider: ProviderParams) -> bool:
    sources = {ANSWERS[name].source for name in provider.answers}
    is_sa = provider.mode == "sa" and bool(pod.account)
    return bool(sources & ({"exchange", "echo"} if is_sa else {"node"}))


def _liveness(context: Context) -> Iterator[Property]:
    for pod in context.params.pods:
        if can_be_pulled(context, pod):
            yield from _can_pull(context, pod)


def _can_pull(context: Context, pod: PodParams) -> Iterator[Property]:
    params = context.params
    lookups = [f"lookup:{other.name}" for other in params.pods]
    reads = [*lookups, f"pod:{pod.name}", f"result:{pod.name}", "clock"]
    reads += [f"account:{pod.account}"] if pod.account else []
    reads += ["api"] if params.api_faults else []
    grants = [f"grant:{p.token_audience}" for p in params.providers if params.grants_change]
    secrets = [f"secret:{name}" for name in pod.secrets]
    keys = ["keys"] if params.key_rotation else []
    required = {key for provider in params.providers for key in provider.required}

    def given(view: View) -> bool:
        account = view[f"account:{pod.account}"] if pod.account else None
        return (
            all(view[name] is None for name in lookups)
            and bool(view[f"pod:{pod.name}"].local)
            and view[f"pod:{pod.name}"].local == view[f"pod:{pod.name}"].remote
            and view[f"result:{pod.name}"] == ""
            and view.get("api", "up") == "up"
            and all(view[name] for name in grants)
            and all(view[name].valid for name in secrets)
            and all(view[name].current in view[name].trusted for name in keys)
            and (account is None or bool(account.uid))
            and (account is None or required <= {key for key, _ in account.annotations})
        )

    name, rules = f"L-01:{pod.name}", ("K-130", "K-170", "K-180")
    components = tuple(dict.fromkeys([*reads, *grants, *secrets, *keys]))
    yield LivenessProperty(
        name,
        f"From rest, with everything in order, {pod.name} can have pulled its image.",
        rules,
        components,
        given,
        lambda view: view[f"result:{pod.name}"] == "ok",
        ("kubelet.looks-up", "kubelet.consults", "provider.answers", "kubelet.takes"),
        3 * max(1, len(params.providers)) + 1,
    )
    yield StateProperty(
        f"{name}/sometimes",
        Promise.SOMETIMES,
        f"{pod.name} is there to pull, with everything in order.",
        rules,
        components,
        given,
    )


def properties(context: Context) -> tuple[Property, ...]:
    """Return what the lookup side of one configuration promises."""
    watcher = Watcher(context.params)
    found: list[Property] = []
    for row in (*INVARIANTS, *END_TO_END, *RULES, *PROMISES):
        found += row.properties(watcher)
    found += _states(context)
    found += _liveness(context) if context.starts else ()
    return tuple(found)
