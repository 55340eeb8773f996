"""Pulled records: what is proven, how proofs are merged, what they open.

Pure functions of values; the machine and its tests use the same ones. What is
a file, a lock or a counter is the machine's business.

Source: K-213, K-220 to K-231, K-243 to K-246.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pullproof.model.images import repo_name
from pullproof.model.protocol.image_params import ImageParams
from pullproof.model.protocol.image_policies import requires_verification, untagged
from pullproof.model.protocol.image_rules import ImageRules
from pullproof.model.protocol.image_values import (
    HASH,
    Entry,
    PulledRecord,
    RecordedAccount,
    RecordedSecret,
    RecordFile,
    Unreadable,
)
from pullproof.model.protocol.values import Coordinates, Offered

NOBODY = Coordinates("", "", "")
NODE_ENTRY = Entry(node=True)


def record_key(rules: ImageRules, image: str) -> str:
    """Return the key of an image's entry (K-243)."""
    match rules.record_key:
        case "repo":
            return repo_name(image)
        case "as-written":
            return untagged(image)
        case "image":
            return image
        case "ref":
            return "*"


# What a pull proves (K-213).


def entry_of(rules: ImageRules, used: Offered | None) -> Entry:
    """Return what is recorded of a pull with one credential, or with none."""
    if used is None or used.source in ("none", "node"):
        anonymous = used is None or used.source == "none"
        if rules.nil_is_node == "nothing" or (anonymous and rules.nil_is_node != "node"):
            return Entry()
        return NODE_ENTRY
    where = used.coordinates or NOBODY
    if used.source == "secret":
        return Entry(secrets=(recorded_secret(rules, used),)) if rules.secret_source else NODE_ENTRY
    if not rules.account_source:
        return NODE_ENTRY
    extra = f"{HASH}{where.name}" if rules.material == "account-hash" else ""
    return Entry(accounts=(RecordedAccount(where, extra),))


def recorded_secret(rules: ImageRules, used: Offered) -> RecordedSecret:
    """Return a pull secret as a record has it (K-242)."""
    text = used.hash.removeprefix(HASH) if rules.material == "password" else used.hash
    return RecordedSecret(used.coordinates or NOBODY, text)


def entry_of_all(rules: ImageRules, offered: tuple[Offered, ...], used: Offered | None) -> Entry:
    """Return what is recorded, depending on which credentials the rules record."""
    match rules.records:
        case "used":
            return entry_of(rules, used)
        case "first":
            return entry_of(rules, offered[0] if offered else None)
        case "last":
            return entry_of(rules, offered[-1] if offered else None)
        case "offered":
            found = [entry_of(rules, each) for each in offered] or [entry_of(rules, None)]
            return Entry(
                any(entry.node for entry in found),
                _sorted_secrets(s for entry in found for s in entry.secrets),
                _sorted_accounts(a for entry in found for a in entry.accounts),
            )


# Merging (K-245, K-246).


def written(
    rules: ImageRules, before: RecordFile, key: str, proof: Entry | None
) -> tuple[PulledRecord, bool]:
    """Return the record after a proof was added, and whether it is to be written.

    Args:
        before: An unreadable file counts as none, and is lost.
        proof: None: pulled under unknown circumstances (K-246).
    """
    if before is None or isinstance(before, Unreadable):
        record = PulledRecord()
        return (record if proof is None else record.put(key, proof)), True
    after = merged(rules, before, key, proof)
    return after, after != before or rules.time_unchanged == "update"


def merged(rules: ImageRules, record: PulledRecord, key: str, proof: Entry | None) -> PulledRecord:
    """Return a record with one more proof (K-245)."""
    if proof is None or proof.is_empty:
        clears = rules.merge_nil == "clear" and record.get(key) is not None
        return record.put(key, Entry()) if clears else record
    entry = record.get(key)
    if entry is None:
        match rules.merge_new_name:
            case "add":
                return record.put(key, proof)
            case "replace":
                return PulledRecord(((key, proof),))
            case "ignore":
                return record
    if entry.node:
        return record if rules.node_sticky else record.put(key, proof)
    if proof.node:
        return record.put(key, NODE_ENTRY) if rules.node_replaces else record
    return record.put(key, _merged_entry(rules, entry, proof))


def _merged_entry(rules: ImageRules, entry: Entry, proof: Entry) -> Entry:
    # A proof with both kinds is none that the kubelet makes: secrets win.
    if proof.secrets:
        secrets = _merged_secrets(rules, entry.secrets, proof.secrets)
        return Entry(False, secrets, entry.accounts if rules.kinds_coexist else ())
    match rules.merge_accounts:
        case "union":
            accounts = _sorted_accounts((*entry.accounts, *proof.accounts))
        case "replace":
            accounts = proof.accounts
        case "keep":
            accounts = entry.accounts or proof.accounts
    return Entry(False, entry.secrets if rules.kinds_coexist else (), accounts)


def _merged_secrets(
    rules: ImageRules, old: tuple[RecordedSecret, ...], new: tuple[RecordedSecret, ...]
) -> tuple[RecordedSecret, ...]:
    match rules.merge_secrets:
        case "union":
            return _sorted_secrets((*old, *new))
        case "replace":
            return new
        case "keep":
            known = {secret.where for secret in old}
            return _sorted_secrets((*old, *(s for s in new if s.where in known or not old)))
        case "first-hash":
            return _sorted_secrets((*new, *old))


def _sorted_secrets(secrets: Iterable[RecordedSecret]) -> tuple[RecordedSecret, ...]:
    """Return secrets by coordinates, the last hash of each, in the kubelet's order."""
    by_place = {secret.where: secret for secret in secrets}
    return tuple(by_place[where] for where in sorted(by_place, key=_order))


def _sorted_accounts(accounts: Iterable[RecordedAccount]) -> tuple[RecordedAccount, ...]:
    by_place = {account.where: account for account in accounts}
    return tuple(by_place[where] for where in sorted(by_place, key=_order))


def _order(where: Coordinates) -> tuple[str, str, str]:
    return (where.namespace, where.name, where.uid)


# What a record opens (K-220 to K-231).


@dataclass(frozen=True, slots=True)
class Evidence:
    """What MustAttemptImagePull reads under its locks (K-221)."""

    record: RecordFile = None
    counter: int = 0
    intent: Literal["", "written", "corrupt"] = ""


class LookupFailed(Exception):
    """The pod's credentials could not be looked up (K-225)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to pull, why, and what the check itself adds to the record."""

    pull: bool
    rule: str
    """Of the specification."""
    basis: Literal["", "policy", "node", "hash", "coordinates", "account", "mistake"] = ""
    """What opened the image; empty: nothing did."""
    adds: RecordedSecret | None = None


def must_pull(
    params: ImageParams,
    rules: ImageRules,
    image: str,
    evidence: Evidence,
    credentials: Callable[[], tuple[Offered, ...]],
) -> Decision:
    """Return whether a present image must be pulled for a pod.

    Args:
        credentials: Looks the pod's credentials up, when they are asked for.

    Raises:
        LookupFailed: from `credentials`; the container fails.
    """
    record = evidence.record
    if isinstance(record, Unreadable):
        if rules.record_error == "verify":
            return Decision(True, "K-221")
        if rules.record_error == "open":
            return Decision(False, "K-221", "mistake")
        record = None
    pulled = _pulled_by_kubelet(rules, evidence, record)
    if pulled is None:
        return Decision(True, "K-221")
    if rules.preloaded_policy == "recorded" and record is not None:
        pulled = any(not entry.is_empty for _, entry in record.mapping)
    if not requires_verification(params, rules, image, pulled):
        return Decision(False, "K-222", "policy")
    if record is None:
        opens = rules.unrecorded == "open" and pulled
        return Decision(not opens, "K-223", "mistake" if opens else "")
    entry = _entry_for(params, rules, image, record)
    if isinstance(entry, Decision):
        return entry
    if entry.node and rules.node_counts:
        return Decision(False, "K-224", "node")
    if entry.is_empty:
        opens = rules.empty_entry == "open"
        return Decision(not opens, "K-224", "mistake" if opens else "")
    if not rules.identity_counts:
        return Decision(False, "K-226", "mistake")
    return _compare(params, rules, entry, credentials())


def _pulled_by_kubelet(
    rules: ImageRules, evidence: Evidence, record: PulledRecord | None
) -> bool | None:
    """Return K-221's pulledByKubelet, or None if it cannot be read."""
    if record is not None:
        return True
    if rules.counter_counts and evidence.counter > 0:
        return True
    if not rules.intent_counts:
        return False
    if evidence.intent == "corrupt":
        return None if rules.intent_error == "verify" else False
    return evidence.intent == "written"


def _entry_for(
    params: ImageParams, rules: ImageRules, image: str, record: PulledRecord
) -> Entry | Decision:
    if not record.mapping and rules.empty_mapping == "open":
        return Decision(False, "K-246", "mistake")
    entry = record.get(record_key(rules, image))
    if entry is not None:
        return entry
    if rules.unknown_name == "any-name" and record.mapping:
        return record.mapping[0][1]
    if rules.unknown_name == "preloaded" and not requires_verification(params, rules, image, False):
        return Decision(False, "K-223", "mistake")
    return Decision(True, "K-223")


def _compare(
    params: ImageParams, rules: ImageRules, entry: Entry, offered: tuple[Offered, ...]
) -> Decision:
    """Return what the pod's credentials open (K-226, K-227, K-231)."""
    has_room = len(entry.secrets) < params.secrets_limit or rules.limit == "never"
    for mine in offered:
        if mine.source != "secret":
            continue
        secret = recorded_secret(rules, mine)
        for known in entry.secrets:
            found = _compare_secrets(rules, secret, known, has_room)
            if found is not None:
                return found
    mine_at = next((o.coordinates for o in offered if o.source == "account"), None)
    if mine_at is not None and _has_account(rules, mine_at, entry.accounts):
        return Decision(False, "K-227", "account")
    return Decision(True, "K-229")


def _compare_secrets(
    rules: ImageRules, mine: RecordedSecret, known: RecordedSecret, has_room: bool
) -> Decision | None:
    same_place = _is_same(rules.secret_match, mine.where, known.where)
    same_hash = mine.hash == known.hash and bool(mine.hash or rules.empty_hash_counts)
    if rules.limit == "hashes" and not has_room:
        same_hash = False
    if same_hash and rules.hash_counts:
        adds = mine.where != known.where and has_room and rules.match_records in ("both", "hash")
        return Decision(False, "K-226", "hash", mine if adds else None)
    if same_place and has_room:
        adds = rules.match_records in ("both", "coordinates")
        return Decision(False, "K-226", "coordinates", mine if adds else None)
    return None


def _has_account(rules: ImageRules, mine: Coordinates, known: tuple[RecordedAccount, ...]) -> bool:
    if rules.account_match == "any":
        return bool(known)
    return any(_is_same(rules.account_match, mine, account.where) for account in known)


_BLANKS: Mapping[str, tuple[str, ...]] = {
    "all": (),
    "no-uid": ("uid",),
    "no-namespace": ("namespace",),
    "name": ("namespace", "uid"),
}


def _is_same(how: str, mine: Coordinates, known: Coordinates) -> bool:
    if how == "none":
        return False
    if how == "self":
        return mine == mine  # noqa: PLR0124
    blanks = dict.fromkeys(_BLANKS[how], "")
    return replace(mine, **blanks) == replace(known, **blanks)
