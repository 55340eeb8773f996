"""Mutants of the image side that a single wrong field does not make.

Known bugs (B-nn) and natural mistakes that need several wrong decisions at
once, and the reasons why some single ones cannot be told apart.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pullproof.model.protocol.mutant import Kind, Mutant


def _mutant(id: str, base: str, prose: str, kind: Kind = "combined", **image: Any) -> Mutant:
    return Mutant(id, base, prose, kind, image=MappingProxyType(image))


MUTANTS: tuple[Mutant, ...] = (
    _mutant(
        "B-06/node-wide-account",
        "B-06",
        "credentials of accounts have no source, so their images are everybody's",
        "historical",
        account_source=False,
    ),
    _mutant(
        "B-09/eager-lookup",
        "B-09",
        "providers are run before presence and gate are looked at",
        "historical",
        looks_up="eagerly",
    ),
    _mutant(
        "B-20/two-refs",
        "B-20",
        "records are written under one ref and read under another",
        "historical",
        record_ref="pull",
    ),
    _mutant(
        "B-21/naive-fix",
        "B-21",
        "a name that the record does not have counts as preloaded",
        "historical",
        unknown_name="preloaded",
        empty_mapping="open",
    ),
    _mutant("B-22/gate-off", "B-22", "the gate is silently off", "historical", gate="off"),
    _mutant(
        "B-22/policy-off",
        "B-22",
        "the policy is silently the widest",
        "historical",
        policy="never-verify",
    ),
    _mutant(
        "B-23/pulled-is-open",
        "B-23",
        "the default policy exempts what the kubelet pulled",
        "historical",
        preloaded_policy="inverted",
    ),
    _mutant(
        "B-25/self-comparison",
        "B-25",
        "UIDs are compared with themselves, for secrets and accounts",
        "historical",
        secret_match="self",
        account_match="self",
    ),
    _mutant(
        "B-26/stale-uid",
        "B-26",
        "a recreated account or secret counts as the old one",
        "historical",
        secret_match="no-uid",
        account_match="no-uid",
    ),
    _mutant(
        "B-28/nulls-refused",
        "B-28",
        "records that hold nulls do not decode, and what does not decode is not there",
        "historical",
        record_error="none",
    ),
    _mutant(
        "K-224/forgotten-accounts",
        "K-224",
        "an entry without secrets is empty, accounts or not; what is empty is open",
        identity_counts=False,
        empty_entry="open",
    ),
    _mutant(
        "I-25/secrets-node-wide",
        "I-25",
        "every pull is recorded as node-accessible",
        secret_source=False,
        account_source=False,
    ),
    _mutant(
        "I-28/errors-open",
        "I-28",
        "what cannot be read is not there: records and intents",
        record_error="none",
        intent_error="none",
    ),
    _mutant(
        "I-30/record-then-intent",
        "I-30",
        "the intent is written with the record, and a failed write takes it away",
        intent_order="after",
        write_error_keeps=False,
    ),
    _mutant(
        "I-30/memory-only",
        "I-30",
        "pulls under way are known in memory only, and not looked at after a start",
        intent_counts=False,
        converts=False,
    ),
    _mutant(
        "I-30/cleaned-at-start",
        "I-30",
        "a start sweeps the directory of intents",
        converts=False,
        unmatched_intents="go",
        intent_counts=False,
    ),
    _mutant(
        "I-31/converted-and-open",
        "I-31",
        "a converted intent leaves an empty record, and an empty record is open",
        empty_mapping="open",
        unknown_name="preloaded",
        empty_entry="open",
    ),
    _mutant(
        "I-31/nothing-recorded",
        "I-31",
        "an anonymous pull leaves an empty entry, and an empty entry is open",
        nil_is_node="nothing",
        empty_entry="open",
    ),
    _mutant(
        "I-27/by-digest",
        "I-27",
        "records are kept and read per image, whatever its names",
        record_key="ref",
        unknown_name="any-name",
    ),
    _mutant(
        "K-245/last-wins",
        "K-245",
        "a new proof replaces the entry",
        merge_secrets="replace",
        merge_accounts="replace",
        kinds_coexist=False,
        node_sticky=False,
    ),
    _mutant(
        "K-245/first-wins",
        "K-245",
        "an entry never changes",
        merge_secrets="keep",
        merge_accounts="keep",
        node_replaces=False,
    ),
    _mutant(
        "K-226/by-name",
        "K-226",
        "identities are compared by their names",
        secret_match="name",
        account_match="name",
    ),
    _mutant(
        "K-226/hash-only",
        "K-226",
        "secrets match by hash, and two missing hashes are equal",
        secret_match="none",
        empty_hash_counts=True,
    ),
    _mutant(
        "K-226/read-only",
        "K-226",
        "the check writes nothing, and hashes do not count",
        match_records="none",
        hash_counts=False,
    ),
    _mutant(
        "K-210/never-is-if-not-present",
        "K-210",
        "policy Never is treated as IfNotPresent",
        never_pulls=True,
    ),
    _mutant(
        "K-210/always-is-if-not-present",
        "K-210",
        "policy Always is treated as IfNotPresent, and present images are not verified",
        always_pulls=False,
        never_verifies=False,
    ),
    _mutant(
        "S-18/helpful-runtime",
        "S-18",
        "whatever fails is tried once more without credentials, and recorded for all",
        anonymous_last=True,
        records="last",
    ),
    _mutant(
        "K-213/last-offered",
        "K-213",
        "one credential is tried, another recorded",
        tries="first",
        records="last",
    ),
    _mutant(
        "K-250/eager-collection",
        "K-250",
        "collection drops every record it lists, fresh or not",
        collects="all",
        collects_by_time=False,
    ),
    _mutant(
        "K-248/leaky-counter",
        "K-248",
        "pulls that ended are still counted",
        failure_decrements=False,
        success_decrements=False,
    ),
)
"""Mutants of several fields, and the known bugs."""

_UNIQUE = "no two objects share a UID, so that comparing it is enough"
EQUIVALENT: Mapping[str, str] = MappingProxyType(
    {
        "secret-match=no-namespace": _UNIQUE,
        "account-match=no-namespace": _UNIQUE,
        "empty-entry=open": "no pull and no merge leaves an entry without credentials",
    }
)
"""Automatic mutants that no state tells apart, and why."""
