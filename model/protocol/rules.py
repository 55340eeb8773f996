"""Every decision of the protocol as a value that could be otherwise.

The machine is built from a `Rules` record and asks it wherever an
implementation could slip. The defaults are the rules of the current line;
`rules_for` sets what an older minor did otherwise; a mutant sets one or more
fields to a wrong value. So "drop a field from a key" and "what 1.33 did" are
the same kind of thing, and the list of mutants follows from this file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Literal

from pullproof.model.protocol.image_rules import ImageRules, image_rules_for
from pullproof.model.versions import KubeletVersion


def flag(rules: str, wrong: str, *, right: bool = True) -> Any:
    """Return a field that is `right`; `wrong` says what the other value does."""
    return choice(right, rules, (not right, wrong))


def choice(right: Any, rules: str, *wrong: tuple[Any, str]) -> Any:
    """Return a field with its right value and the wrong ones, each in words."""
    return field(default=right, metadata={"rules": tuple(rules.split()), "wrong": wrong})


@dataclass(frozen=True, slots=True)
class LookupRules:
    """The lookup side: tokens, providers, caches, keyring, exchange, registry."""

    # Which provider is asked, and with what (sections 2 and 3).
    match_images: Literal["any", "first", "none"] = choice(
        "any",
        "K-040 I-13",
        ("none", "every provider is asked for every image"),
        ("first", "only the first of matchImages counts"),
    )
    match_port: bool = flag("K-043 B-30", "the port of an image is ignored when matching")
    repo_name_only: bool = flag(
        "K-070 I-23", "the request and the keys carry the image as written, with its tag"
    )
    provider_order: Literal["config", "name"] = choice(
        "config", "K-005 B-03", ("name", "providers are visited in name order")
    )
    duplicate_names_refused: bool = flag(
        "K-031 B-04", "of two providers with one name the last wins silently"
    )
    v1_only: bool = flag(
        "K-034b I-12", "tokenAttributes are honoured for an older API version, too"
    )
    plain_has_token: bool = flag(
        "K-037 I-01", "a plain provider is given a token as well", right=False
    )
    plain_has_annotations: bool = flag(
        "K-037 I-01", "a plain provider is given the annotations", right=False
    )
    failed_exec_ignored: bool = flag(
        "K-084", "the answer of a provider that exited with an error is used"
    )

    # Who the lookup is for (section 5.3).
    require_account: bool = flag(
        "K-112 I-10", "a pod without account reaches a provider that requires one"
    )
    accountless_stays_so: bool = flag(
        "K-112 I-04", "a pod without account is given a token of some account"
    )
    account_is_live: bool = flag("K-113 I-36 K-143", "the account is read once and remembered")
    account_failure: Literal["none", "accountless", "cache"] = choice(
        "none",
        "K-113 K-116 I-36",
        ("accountless", "without its account object a pod counts as having none"),
        ("cache", "without the account object the cache is asked all the same"),
    )
    missing_annotation: Literal["none", "run", "accountless", "cache"] = choice(
        "none",
        "K-113 I-09 K-116",
        ("run", "a missing required annotation is left out"),
        ("accountless", "a missing required annotation makes the lookup one without account"),
        ("cache", "a missing required annotation still reads the cache"),
    )
    optional_is_optional: bool = flag(
        "K-114", "an optional annotation is treated as a required one"
    )
    annotations_sent: Literal["selected", "all", "none", "required"] = choice(
        "selected",
        "K-103 I-08",
        ("all", "all annotations of the account are disclosed"),
        ("none", "no annotations are sent"),
        ("required", "optional annotations are not sent"),
    )
    token_failure: Literal["none", "accountless", "cache", "tokenless"] = choice(
        "none",
        "K-115 K-116 I-18",
        ("accountless", "without a token the lookup becomes one without account"),
        ("cache", "without a token the cache is asked all the same"),
        ("tokenless", "without a token the provider is run for the account all the same"),
    )

    # Tokens (section 6).
    token_audience: Literal["own", "first", "api-server", "both"] = choice(
        "own",
        "K-140 I-02 S-15",
        ("first", "all providers get the audience of the first"),
        ("api-server", "the token opens the API server"),
        ("both", "the token has the API server's audience besides"),
    )
    token_bound: bool = flag("K-140 K-161 I-03 I-35", "the token is bound to no pod")
    token_account: Literal["own", "other"] = choice(
        "own", "K-140 I-04", ("other", "the token is asked for another account")
    )
    request_has_uid: bool = flag(
        "K-140 I-34 B-05", "the token request does not name the account's UID"
    )
    token_key_has_account: bool = flag("K-150", "tokens are kept without the account's name")
    token_key_has_audience: bool = flag("K-150 I-02", "tokens are kept without the audience")
    token_key_has_pod: bool = flag("K-150 I-03", "tokens are kept without the pod")
    token_key_has_pod_uid: bool = flag("K-150 I-03", "tokens are kept without the pod's UID")
    token_key_has_uid: bool = flag("K-150 B-05", "tokens are kept without the account's UID")
    token_key_symmetric: bool = flag("K-150 B-33 B-24", "tokens are stored under a key never read")
    token_refresh: Literal["early", "expired", "never", "always"] = choice(
        "early",
        "K-151 I-33",
        ("expired", "a token is refreshed only once it has expired"),
        ("never", "a token is never refreshed"),
        ("always", "each lookup takes a new token"),
    )
    refresh_failure: Literal["valid", "keep", "error"] = choice(
        "valid",
        "K-152 I-33",
        ("keep", "when a refresh fails the old token is used, expired or not"),
        ("error", "when a refresh fails a valid token is not used"),
    )
    token_failure_remembered: bool = flag(
        "K-152 B-27", "a failed token request is remembered", right=False
    )
    deleted_pods_evicted: bool = flag("K-153", "tokens of deleted pods are kept")

    # The API server (section 6.3).
    server_checks_grant: bool = flag("K-162 I-35", "any audience is granted to a node")
    server_honours_grant: bool = flag("K-162 B-10 B-11", "a granted audience is refused")
    server_checks_pod: bool = flag("K-161 I-35", "a token is minted for a pod that is gone")
    server_checks_pod_uid: bool = flag("K-161 I-35", "the pod's UID is not compared")
    server_checks_uid: bool = flag("K-164 I-34", "the account's UID is not compared")
    server_wants_bound: bool = flag("K-161 I-35", "a node may have unbound tokens")
    server_one_audience: bool = flag("K-162 I-35", "a node may ask for several audiences")

    # The cache (sections 5.1 and 5.2).
    key_has_base: bool = flag("K-101 I-13", "one cached response serves every image")
    key_has_account_part: bool = flag(
        "K-101 I-05 I-11", "the cache key says nothing of the account"
    )
    key_has_namespace: bool = flag("K-102 I-05", "the cache key lacks the namespace")
    key_has_name: bool = flag("K-102 I-05", "the cache key lacks the account's name")
    key_has_uid: bool = flag("K-102 I-05", "the cache key lacks the account's UID")
    key_has_annotation_names: bool = flag(
        "K-102 I-22", "the cache key lacks the names of annotations"
    )
    key_has_annotation_values: bool = flag(
        "K-102 I-05", "the cache key lacks the values of annotations"
    )
    key_annotations_selected: bool = flag(
        "K-103", "the cache key holds all annotations, not the selected ones"
    )
    key_has_token: Literal["by-type", "never", "always"] = choice(
        "by-type",
        "K-102 I-06 B-07",
        ("never", "cacheType Token is treated as ServiceAccount"),
        ("always", "cacheType ServiceAccount is treated as Token"),
    )
    key_injective: bool = flag("K-101 I-22 B-29", "the parts of a key are joined without lengths")
    cache_per_provider: bool = flag("K-100 I-15", "providers share one cache")
    cache_order: Literal["image-first", "global-first"] = choice(
        "image-first", "K-109", ("global-first", "the widest entry wins")
    )
    stored_under: Literal["answered", "wider", "global", "narrower"] = choice(
        "answered",
        "K-101 K-108",
        ("wider", "an Image answer is kept for the registry, a Registry answer for all"),
        ("global", "every answer is kept for all images"),
        ("narrower", "every answer is kept for its image only"),
    )
    expiry: Literal["exact", "early", "late", "never", "purge"] = choice(
        "exact",
        "K-106 I-16",
        ("early", "an entry is not served in its last tick"),
        ("late", "an entry is served a tick too long"),
        ("never", "entries do not expire"),
        ("purge", "entries expire at a purge only"),
    )
    zero_duration: Literal["once", "forever", "default"] = choice(
        "once",
        "K-105 I-17",
        ("forever", "cacheDuration 0 means for ever"),
        ("default", "cacheDuration 0 means the default"),
    )
    nil_duration: Literal["default", "forever", "once"] = choice(
        "default",
        "K-105 I-17",
        ("forever", "no cacheDuration means for ever"),
        ("once", "no cacheDuration means that nothing is kept"),
    )
    nil_default_zero: Literal["once", "forever"] = choice(
        "once", "K-105 I-17", ("forever", "a default of 0 means for ever")
    )
    negative_duration: Literal["past", "forever", "absolute"] = choice(
        "past",
        "K-105 I-16",
        ("forever", "a negative cacheDuration means for ever"),
        ("absolute", "the sign of cacheDuration is lost"),
    )
    expires_from: Literal["answer", "start"] = choice(
        "answer", "K-105", ("start", "the duration counts from the start of the exec")
    )
    purges: Literal["interval", "never", "all"] = choice(
        "interval",
        "K-110 B-02",
        ("never", "expired entries are dropped only when read"),
        ("all", "a purge drops entries that have not expired"),
    )
    overwrites: bool = flag("K-108", "an existing entry is not replaced by a newer answer")
    failures_cached: bool = flag("K-107 I-18", "a failure is kept as an empty answer", right=False)
    stale_on_failure: bool = flag("I-18", "a failure is answered from an old entry", right=False)
    empty_cached: bool = flag("K-107", "an empty answer is not kept")
    hit_coordinates: Literal["current", "none", "stored"] = choice(
        "current",
        "K-117",
        ("none", "a cache hit has no coordinates"),
        ("stored", "a cache hit has the coordinates of whoever filled it"),
    )
    exec_coordinates: bool = flag("K-117 B-06", "an exec's answer has no coordinates")
    accountless_coordinates: bool = flag(
        "K-118", "a lookup without account is given some account's coordinates", right=False
    )

    # Flights (section 5.4).
    flight_has_repo: bool = flag("K-120 I-24 K-122", "lookups of all images share an exec")
    flight_has_token: bool = flag("K-120 I-24", "lookups with different tokens share an exec")
    flight_has_annotations: bool = flag(
        "K-120 I-24", "lookups with different annotations share an exec"
    )
    flight_per_provider: bool = flag("K-120 I-15", "providers share one group of flights")
    collapses: bool = flag("K-120 K-121", "equal lookups each run the provider")
    followers_share_failure: bool = flag(
        "K-121", "a follower of a failed exec runs the provider again"
    )
    lock_during_exec: bool = flag(
        "B-02 K-124", "one exec blocks every other lookup of the provider", right=False
    )

    # The answer (section 4).
    checks_version: bool = flag("K-090 I-20 B-31", "any apiVersion is accepted")
    decodes_strictly: bool = flag("K-091 I-20", "unknown fields are accepted")
    checks_kind: bool = flag("K-092 I-20", "any kind is accepted")
    cache_key_type_required: bool = flag(
        "K-093 I-20 B-18", "a missing cacheKeyType counts as Image"
    )
    cache_key_type_known: bool = flag(
        "K-093 I-20 B-19", "cacheKeyType ServiceAccount is accepted, as Global"
    )
    refused_is_unused: bool = flag(
        "K-098 I-20", "auth of a refused answer is used, though not kept"
    )
    echo_guard: Literal["unless-token", "never", "always"] = choice(
        "unless-token",
        "K-094 I-07 B-07",
        ("never", "an echoed token is accepted as a password"),
        ("always", "the echo guard refuses pass-through with cacheType Token"),
    )
    echo_guard_first: bool = flag("K-094 I-07", "the echo guard looks after the answer was kept")
    echo_guard_uncached: bool = flag(
        "K-094", "the echo guard does not look at answers that are not kept"
    )
    secrets_in_logs: Literal["none", "decode", "failure", "token", "stdout"] = choice(
        "none",
        "K-085 K-091 I-19 B-13 B-14",
        ("decode", "a decode error quotes the answer"),
        ("failure", "a failed exec's stdout is logged"),
        ("token", "the token is logged as a field"),
        ("stdout", "accepted answers are logged"),
    )
    stderr_logged: bool = flag("K-084 B-15", "a failure is logged without the provider's stderr")

    # Keyring and pull (section 7).
    keys_match_image: bool = flag("K-132 I-14", "all keys of an answer are tried for any image")
    keyring_order: Literal["reverse", "forward", "arrival"] = choice(
        "reverse",
        "K-132",
        ("forward", "less specific keys come first"),
        ("arrival", "credentials are tried in the order of the providers"),
    )
    hub_fallback: Literal["last", "always", "any-image", "never"] = choice(
        "last",
        "K-137 I-38",
        ("always", "the hub's credential is tried though another matched"),
        ("any-image", "the hub's credential is tried for other registries"),
        ("never", "the hub's credential is used only where its key matches"),
    )
    union: Literal["all", "no-secrets", "no-file", "no-providers"] = choice(
        "all",
        "K-170 B-32",
        ("no-secrets", "pull secrets are left out"),
        ("no-file", "the node's docker config is left out"),
        ("no-providers", "providers are left out when a secret or file is there"),
    )
    union_order: Literal["secrets-first", "providers-first"] = choice(
        "secrets-first", "K-170", ("providers-first", "providers come before pull secrets")
    )
    union_complete: bool = flag("K-171", "providers are not asked when a pull secret matched")
    provider_failure: Literal["skip", "stop", "fail"] = choice(
        "skip",
        "K-098 K-136 I-21",
        ("stop", "after a failed provider no other is asked"),
        ("fail", "a failed provider fails the pull"),
    )
    bad_secret_fails: bool = flag("K-172", "an unreadable pull secret is passed over")
    anonymous_last: bool = flag(
        "K-180 S-18", "after all credentials were refused an anonymous pull is tried", right=False
    )
    tries_all: bool = flag("K-180", "only the first credential is tried")
    anonymous_alone: bool = flag("K-180", "without credentials there is no pull")

    # The provider, the exchange and the registry (S- invariants).
    provider_isolated: bool = flag("S-11", "the provider answers with what it last minted")
    provider_no_fallback: bool = flag(
        "S-08", "after a failed exchange the provider answers with the node's credential"
    )
    provider_duration: Literal["contained", "fixed", "absent"] = choice(
        "contained",
        "S-04",
        ("fixed", "the provider lets the answer be kept longer than its credential lives"),
        ("absent", "the provider leaves the duration out"),
    )
    provider_key: Literal["host", "wide", "no-port"] = choice(
        "host",
        "S-09",
        ("wide", "the provider's auth key covers every registry"),
        ("no-port", "the provider drops the port from its auth key"),
    )
    provider_fails_loudly: bool = flag(
        "S-13", "the provider reports a failed exchange as an empty success"
    )
    provider_destination: bool = flag("S-10", "the provider sends the token to another exchange")
    exchange_audience: Literal["exact", "any", "prefix"] = choice(
        "exact",
        "S-01 T-132",
        ("any", "the exchange does not check the audience"),
        ("prefix", "the exchange compares the beginning of the audience"),
    )
    exchange_issuer: bool = flag("S-02", "the exchange accepts any issuer's signature")
    exchange_reviews: bool = flag(
        "S-07 S-62", "an exchange that has a TokenReview goes by the signature alone"
    )
    exchange_retired_keys: bool = flag(
        "S-02 T-066", "the exchange keeps trusting keys that were withdrawn", right=False
    )
    exchange_expiry: Literal["checked", "late", "never"] = choice(
        "checked",
        "S-14 S-06",
        ("late", "the exchange accepts a token a tick too long"),
        ("never", "the exchange does not check expiry"),
    )
    exchange_life: Literal["contained", "fixed"] = choice(
        "contained", "S-03", ("fixed", "what is minted may outlive the token without bound")
    )
    exchange_scope: Literal["account", "all"] = choice(
        "account", "S-05 S-22", ("all", "what is minted opens every repository")
    )
    registry_scope: bool = flag("S-05", "the registry opens any repository to any credential")
    registry_expiry: bool = flag("S-06", "the registry takes expired credentials")


@dataclass(frozen=True, slots=True)
class Rules:
    """All decisions of one machine."""

    lookup: LookupRules = field(default_factory=LookupRules)
    image: ImageRules = field(default_factory=ImageRules)


def lookup_rules_for(minor: int) -> LookupRules:
    """Return the lookup rules of Kubernetes 1.`minor` (sections 5.5 and 10)."""
    version = KubeletVersion(minor)
    older: dict[str, Any] = {}
    if not version.keeps_config_order:
        older["provider_order"] = "name"  # K-005
    if not version.logs_stderr:
        older["stderr_logged"] = False  # K-084
    if not version.has_cache_type:
        older |= {
            "request_has_uid": False,  # K-140
            "token_key_has_uid": False,  # K-150
            "server_checks_uid": False,  # K-164
            "key_has_token": "never",  # K-102
            "echo_guard": "never",  # K-094
            "exec_coordinates": False,  # K-177
            "hit_coordinates": "none",
        }
    return replace(LookupRules(), **older)


def rules_for(minor: int) -> Rules:
    """Return the rules of Kubernetes 1.`minor`."""
    return Rules(lookup_rules_for(minor), image_rules_for(minor))


@dataclass(frozen=True, slots=True)
class Deviation:
    """One field of a rules record, set to one wrong value."""

    side: Literal["lookup", "image"]
    name: str
    value: Any
    prose: str
    rules: tuple[str, ...]

    @property
    def id(self) -> str:
        value = str(self.value).lower() if isinstance(self.value, bool) else str(self.value)
        side = "image/" if self.side == "image" else ""
        return f"{side}{self.name.replace('_', '-')}={value}"


def deviations(side: Literal["lookup", "image"], record: type[Any]) -> Iterator[Deviation]:
    """Yield every single wrong value of a rules record, in field order."""
    for each in fields(record):
        metadata = each.metadata or MappingProxyType({})
        for value, prose in metadata.get("wrong", ()):
            yield Deviation(side, each.name, value, prose, metadata["rules"])
