"""What the image side does, decision by decision.

Correct by default for the current line; `image_rules_for` sets what an older
minor does otherwise, and a mutant is another value. Facts are those of
Kubernetes 1.33.6, 1.34.2, 1.35.4, 1.36.3 and 1.37.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal


def _flag(rules: str, wrong: str, *, right: bool = True) -> Any:
    """Return a field that is `right`; `wrong` says what the other value does."""
    return _choice(right, rules, (not right, wrong))


def _choice(right: Any, rules: str, *wrong: tuple[Any, str]) -> Any:
    """Return a field with its right value and the wrong ones, each in words."""
    return field(default=right, metadata={"rules": tuple(rules.split()), "wrong": wrong})


@dataclass(frozen=True, slots=True)
class ImageRules:
    """Correct by default; a mutant is another value."""

    # EnsureImageExists (section 8.2).
    gate: Literal["configured", "off"] = _choice(
        "configured", "K-200 B-22", ("off", "the gate is silently off")
    )
    always_pulls: bool = _flag("K-210 K-214", "policy Always uses a present image")
    never_pulls: bool = _flag("K-210 K-214", "policy Never pulls what is missing", right=False)
    never_verifies: bool = _flag("K-210 K-214", "policy Never uses what is there, proven or not")
    never_message: Literal["same", "inaccessible"] = _choice(
        "same", "K-210 I-29", ("inaccessible", "the error tells that the image is there")
    )
    default_tag: bool = _flag("K-210 K-071", "presence is asked for the name without default tag")
    inspect_error: Literal["fail", "absent", "present"] = _choice(
        "fail",
        "K-210",
        ("absent", "when the runtime cannot say what is there, the image is pulled"),
        ("present", "when the runtime cannot say what is there, the container is started"),
    )
    looks_up: Literal["lazily", "before-check", "eagerly"] = _choice(
        "lazily",
        "K-211 B-09",
        ("before-check", "credentials are looked up before records are read"),
        ("eagerly", "credentials are looked up even with the gate off"),
    )
    lookup_error: Literal["fail", "no-credentials", "open"] = _choice(
        "fail",
        "K-225 K-172",
        ("no-credentials", "a failed lookup counts as one without credentials"),
        ("open", "a failed lookup lets the pod use a present image"),
    )

    # MustAttemptImagePull (section 8.3).
    record_error: Literal["verify", "none", "open"] = _choice(
        "verify",
        "K-221 I-28",
        ("none", "an unreadable record counts as no record"),
        ("open", "an unreadable record opens the image"),
    )
    intent_error: Literal["verify", "none"] = _choice(
        "verify", "K-221 I-28", ("none", "an unreadable intent counts as no intent")
    )
    intent_counts: bool = _flag("K-221 I-30", "only the counter in memory tells of pulls under way")
    counter_counts: bool = _flag("K-221", "only the intent file tells of pulls under way")
    policy: Literal["configured", "never-verify", "preloaded"] = _choice(
        "configured",
        "K-201 K-202 B-22 B-23",
        ("never-verify", "whatever is configured, nothing is verified"),
        ("preloaded", "whatever is configured, preloaded images are exempt"),
    )
    preloaded_policy: Literal["pulled", "always", "inverted", "recorded"] = _choice(
        "pulled",
        "K-202",
        ("always", "preloaded images are verified, too"),
        ("inverted", "preloaded images are verified, pulled ones are not"),
        ("recorded", "only images with a proven credential count as pulled"),
    )
    allowlist_policy: Literal["listed", "unlisted", "preloaded"] = _choice(
        "listed",
        "K-202 K-205",
        ("unlisted", "listed images are verified, others are not"),
        ("preloaded", "a listed image that the kubelet pulled is verified"),
    )
    allowlist_name: Literal["untagged", "as-written"] = _choice(
        "untagged", "K-204", ("as-written", "an exact entry does not cover a tag")
    )
    allowlist_prefix: Literal["segment", "text"] = _choice(
        "segment", "K-204", ("text", "a wildcard entry covers longer segments")
    )
    unrecorded: Literal["verify", "open"] = _choice(
        "verify", "K-223 I-30", ("open", "an image with an intent but no record is open")
    )
    unknown_name: Literal["verify", "preloaded", "any-name"] = _choice(
        "verify",
        "K-223 I-27 B-21",
        ("preloaded", "a name that the record does not have counts as preloaded"),
        ("any-name", "a name that the record does not have gets another name's entry"),
    )
    empty_mapping: Literal["verify", "open"] = _choice(
        "verify", "K-246 I-31", ("open", "a record without names is open to all")
    )
    empty_entry: Literal["verify", "open"] = _choice(
        "verify", "K-224 I-31", ("open", "an entry without credentials is open to all")
    )
    node_counts: bool = _flag("K-224", "a node-accessible entry opens nothing")
    identity_counts: bool = _flag("K-226 K-227", "any recorded credential opens the image to all")
    hash_counts: bool = _flag("K-226", "secrets match by coordinates only")
    empty_hash_counts: bool = _flag("K-226", "two empty hashes are equal", right=False)
    secret_match: Literal["all", "no-uid", "no-namespace", "name", "none", "self"] = _choice(
        "all",
        "K-226 K-253",
        ("no-uid", "secrets are compared without UID"),
        ("no-namespace", "secrets are compared without namespace"),
        ("name", "secrets are compared by name only"),
        ("none", "secrets match by hash only"),
        ("self", "a secret is compared with itself"),
    )
    limit: Literal["coordinates", "never", "hashes"] = _choice(
        "coordinates",
        "K-226 Q-13",
        ("never", "the limit on recorded secrets is not kept"),
        ("hashes", "at the limit hashes do not match either"),
    )
    match_records: Literal["both", "hash", "coordinates", "none"] = _choice(
        "both",
        "K-226",
        ("hash", "a new hash at known coordinates is not recorded"),
        ("coordinates", "new coordinates of a known hash are not recorded"),
        ("none", "a match records nothing"),
    )
    account_match: Literal["all", "no-uid", "no-namespace", "name", "any", "none", "self"] = (
        _choice(
            "all",
            "K-227 K-253 I-26",
            ("no-uid", "accounts are compared without UID"),
            ("no-namespace", "accounts are compared without namespace"),
            ("name", "accounts are compared by name only"),
            ("any", "any account matches a recorded one"),
            ("none", "accounts never match"),
            ("self", "an account is compared with itself"),
        )
    )
    account_must_answer: bool = _flag(
        "K-228", "the pod's account counts though no provider answered for it"
    )

    # The pull (sections 7.2 and 8.2).
    intent_order: Literal["before", "after", "never"] = _choice(
        "before",
        "K-212 I-30",
        ("after", "the intent is written after the pull"),
        ("never", "no intent is written"),
    )
    intent_error_aborts: bool = _flag("K-212 I-30", "a pull goes on without its intent")
    back_off: bool = _flag("K-183", "back-off is not kept")
    tries: Literal["until-success", "first", "all"] = _choice(
        "until-success",
        "K-180",
        ("first", "only the first credential is tried"),
        ("all", "credentials are tried on after a success"),
    )
    anonymous_last: bool = _flag(
        "K-180 S-18", "after all credentials were refused an anonymous pull is tried", right=False
    )
    anonymous_alone: bool = _flag("K-180", "without credentials there is no pull")
    records: Literal["used", "first", "last", "offered"] = _choice(
        "used",
        "K-213",
        ("first", "the first credential is recorded, used or not"),
        ("last", "the last credential is recorded, used or not"),
        ("offered", "all credentials are recorded, used or not"),
    )
    secret_source: bool = _flag("K-213 I-25", "a secret's pull is recorded as node-accessible")
    account_source: bool = _flag(
        "K-213 K-177 I-25 B-06", "an account's pull is recorded as node-accessible"
    )
    nil_is_node: Literal["node", "nothing", "unless-anonymous"] = _choice(
        "node",
        "K-213",
        ("nothing", "a pull without source is recorded for nobody"),
        ("unless-anonymous", "an anonymous pull is recorded for nobody"),
    )
    failure_records: bool = _flag(
        "K-213 I-37", "a failed pull is recorded as node-accessible", right=False
    )
    record_key: Literal["repo", "as-written", "image", "ref"] = _choice(
        "as-written",
        "K-243 I-27",
        ("image", "entries are kept by name with tag"),
        ("ref", "entries are kept for all names of the image"),
    )
    record_ref: Literal["status", "pull"] = _choice(
        "status", "K-254 B-20", ("pull", "records are kept under another ref than they are read")
    )
    material: Literal["hash", "password", "account-hash"] = _choice(
        "hash",
        "K-213 K-242 I-32",
        ("password", "records hold the password of a pull secret"),
        ("account-hash", "records hold a hash of an account's credential"),
    )

    # Merging into a record (K-245).
    merge_nil: Literal["nothing", "clear"] = _choice(
        "nothing", "K-245 K-249", ("clear", "a pull under unknown credentials clears the entry")
    )
    merge_new_name: Literal["add", "replace", "ignore"] = _choice(
        "add",
        "K-245",
        ("replace", "a new name replaces all others"),
        ("ignore", "a new name is not recorded"),
    )
    node_sticky: bool = _flag("K-245 I-37", "a later secret narrows a node-accessible entry")
    node_replaces: bool = _flag("K-245", "a node-accessible pull does not widen an entry")
    merge_secrets: Literal["union", "replace", "keep", "first-hash"] = _choice(
        "union",
        "K-245",
        ("replace", "a new secret replaces the others"),
        ("keep", "a second secret is not recorded"),
        ("first-hash", "the hash of known coordinates is not updated"),
    )
    merge_accounts: Literal["union", "replace", "keep"] = _choice(
        "union",
        "K-245",
        ("replace", "a new account replaces the others"),
        ("keep", "a second account is not recorded"),
    )
    kinds_coexist: bool = _flag("K-245", "secrets and accounts replace each other")
    time_unchanged: Literal["keep", "update"] = _choice("keep", "K-245")

    # Intents and counters (section 8.4).
    write_error_keeps: bool = _flag("K-247 I-30", "a record that was not written takes its intent")
    counter: Literal["counted", "flag"] = _choice(
        "counted", "K-248", ("flag", "the first of parallel pulls to end takes the intent")
    )
    failure_decrements: bool = _flag("K-248", "a failed pull leaves its intent")
    success_decrements: bool = _flag("K-248", "a recorded pull leaves its intent")
    failure_forgets: bool = _choice(True, "K-248")

    # Start (K-249).
    converts: bool = _flag("K-249", "intents are not converted at start")
    converted_as: Literal["nobody", "node"] = _choice(
        "nobody", "K-249 I-31", ("node", "a converted intent is node-accessible")
    )
    conversion_overwrites: bool = _flag(
        "K-249", "a converted intent replaces a record", right=False
    )
    unmatched_intents: Literal["stay", "go"] = _choice(
        "stay", "K-249 I-30", ("go", "intents of absent images are dropped at start")
    )
    conversion_order: Literal["record-first", "intent-first"] = _choice(
        "record-first", "K-249 I-30", ("intent-first", "the intent goes before the record is there")
    )
    conversion_names: Literal["as-written", "canonical"] = _choice("as-written", "K-249 Q-14")

    # Garbage collection (K-250).
    collects: Literal["absent", "all", "never"] = _choice(
        "absent",
        "K-250",
        ("all", "records of present images are dropped"),
        ("never", "records are never dropped"),
    )
    collects_by_time: bool = _flag("K-250", "a record written during collection is dropped")
    collection_list: Literal["looked-at", "complete"] = _choice("looked-at", "K-250")


REPAIRS: Mapping[str, Any] = MappingProxyType(
    {
        "failure_forgets": False,  # a failed pull leaves intents of earlier ones
        "conversion_names": "canonical",  # short and untagged names are converted, too
        "collection_list": "complete",  # images that collection did not look at are listed
        "time_unchanged": "update",  # a pull that adds nothing still dates its record
    }
)
"""Values better than the kubelet's: with them the P- properties on records hold."""


def image_rules_for(minor: int) -> ImageRules:
    """Return the rules of Kubernetes 1.`minor`."""
    older: dict[str, Any] = {}
    if minor < 36:
        older |= {"record_key": "repo", "allowlist_name": "as-written"}
    if minor < 35:
        older["looks_up"] = "before-check"
    if minor < 34:
        older["account_source"] = False
    if minor == 33:
        older["looks_up"] = "eagerly"  # B-09; nothing before looked up so early
    return replace(ImageRules(), **older)
