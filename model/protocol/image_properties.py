"""What the image side promises, as properties of its machine.

Invariants I-25 to I-32, I-37 and S-18, the rules K- they rest on, and A-01:
nobody gets a private image from the node who could not have pulled it. What
the kubelet does *not* promise, though many expect it, is in `image_promises`.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from pullproof.model.images import repo_name
from pullproof.model.machine import (
    LivenessProperty,
    Promise,
    Property,
    StateProperty,
    View,
)
from pullproof.model.protocol import image_facts as facts
from pullproof.model.protocol.drafting import Draft
from pullproof.model.protocol.image_outcomes import NEVER_MESSAGE, NEVER_PULL
from pullproof.model.protocol.image_params import ContainerParams, ContentParams
from pullproof.model.protocol.image_promises import PROMISES
from pullproof.model.protocol.image_pulls import ANONYMOUS
from pullproof.model.protocol.image_rules import image_rules_for
from pullproof.model.protocol.image_scene import Scene, opens
from pullproof.model.protocol.image_values import (
    ABSENT,
    HASH,
    IDLE,
    RUNNING,
    UP,
    WRITTEN,
    Entry,
    PulledRecord,
)
from pullproof.model.protocol.observed import Row, Seen, Watcher
from pullproof.model.protocol.params import Params
from pullproof.model.protocol.rules import Rules
from pullproof.model.protocol.values import Offered

HOLDS_FROM: Mapping[str, int] = MappingProxyType(
    {"I-25": 34, "I-37b": 34, "K-213": 34, "A-01": 34, "I-26": 34, "K-211a": 34, "K-211b": 35}
)
"""Kubernetes minor from which the kubelet's own rules keep a promise (K-177, K-211)."""

ENSURE = ("kubelet.ensures",)
RECORD = ("kubelet.records",)
PULL = ("runtime.pulls",)
START = ("kubelet.starts",)
WRITES = ENSURE + RECORD + START


def _anything(_: Seen) -> bool:
    return True


# Access.


def _is_kept_out(seen: Seen) -> bool:
    """Return whether a pod had to pull what others have proven."""
    is_kept = seen.kind == "checked" and bool(seen["pull"]) and bool(facts.proofs(seen))
    return is_kept and facts.needs_proof(seen) and not facts.is_proven(seen)


def _from_node(seen: Seen) -> bool:
    """Return whether a container was started without a pull of its own."""
    return seen.kind == "started" and bool(seen["via"] == "present")


def _is_sound(seen: Seen) -> bool:
    return not _from_node(seen) or not facts.needs_proof(seen) or facts.is_proven(seen)


def _has_accounts_only(seen: Seen) -> bool:
    found = facts.mine(seen)
    return bool(found) and all(each.source == "account" for each in found)


def _accounts_are_same(seen: Seen) -> bool:
    if not _from_node(seen) or not facts.needs_proof(seen) or not _has_accounts_only(seen):
        return True
    return facts.is_proven(seen)


def _has_namesake(seen: Seen) -> bool:
    names = {
        proof.where.name
        for proof in facts.proofs(seen)
        if proof.source == "account" and proof.where
    }
    mine = [each.coordinates.name for each in facts.mine(seen) if each.coordinates]
    return _is_kept_out(seen) and bool(names & set(mine)) and _has_accounts_only(seen)


def _names_are_apart(seen: Seen) -> bool:
    elsewhere = facts.is_proven(seen, any_name=True) and not facts.is_proven(seen)
    return not (_from_node(seen) and facts.needs_proof(seen) and elsewhere)


def _is_proven_elsewhere(seen: Seen) -> bool:
    return _is_kept_out(seen) and facts.is_proven(seen, any_name=True)


def _is_unproven_pull(seen: Seen) -> bool:
    """Return whether the kubelet pulled this very name and recorded nothing yet."""
    return facts.gate(seen) and facts.history(seen) == ("unrecorded", seen["image"])


def _verifies_pulled(seen: Seen) -> bool:
    policy = facts.image_params(seen).policy
    return policy in ("NeverVerifyPreloadedImages", "AlwaysVerify")


def _intent_protects(seen: Seen) -> bool:
    if not _from_node(seen) or not _verifies_pulled(seen) or not _is_unproven_pull(seen):
        return True
    return facts.is_proven(seen)


def _is_nobodys(seen: Seen) -> bool:
    record = seen["record"]
    if not isinstance(record, PulledRecord) or facts.image_params(seen).refs_differ:
        return False
    entry = facts.entry(seen)
    is_open = not record.mapping or (entry is not None and entry.is_empty)
    return is_open and not facts.is_exempt_image(seen)


def _is_same_decision(seen: Seen) -> bool:
    """Return whether nothing but an exemption or the record opened an image."""
    if seen["pull"] or facts.image_params(seen).refs_differ or facts.is_unreadable(seen):
        return True
    return facts.is_exempt_image(seen) or facts.is_recorded(seen)


def _uses_exempt(seen: Seen) -> bool:
    return facts.is_unreadable(seen) or not facts.is_exempt_image(seen) or not seen["pull"]


def _uses_recorded(seen: Seen) -> bool:
    if facts.image_params(seen).refs_differ or facts.is_unreadable(seen):
        return True
    return not (seen["pull"] and facts.is_recorded(seen))


def _pulls_what_is_there(seen: Seen) -> bool:
    """Return whether a pull began though the image was there, and for all."""
    is_here = facts.container(seen).pull == "IfNotPresent" and facts.is_present(seen)
    record = seen.view[f"record:{facts.ref(seen)}"]
    entry = record.get(facts.key(seen)) if isinstance(record, PulledRecord) else None
    is_open = not facts.gate(seen) or (entry is not None and entry.node)
    return is_here and is_open and not facts.image_params(seen).refs_differ


ACCESS: tuple[Row, ...] = (
    Row(
        "A-01",
        "Where proof is asked for, a present image is used only by pods whose credentials "
        "have pulled it by that name.",
        "K-213 K-220 K-226 K-227 K-243 B-21 B-22 B-23",
        ENSURE,
        ("started", "checked"),
        _is_sound,
        _is_kept_out,
    ),
    Row(
        "I-26",
        "Access through an account needs equal UID, namespace and name.",
        "K-227 K-253",
        ENSURE,
        ("started", "checked"),
        _accounts_are_same,
        _has_namesake,
    ),
    Row(
        "I-27",
        "Access proven for one name does not extend to another name of the same image.",
        "K-243",
        ENSURE,
        ("started", "checked"),
        _names_are_apart,
        _is_proven_elsewhere,
    ),
    Row(
        "I-28",
        "Records that cannot be read lead to verification, never to access.",
        "K-221 K-223",
        ENSURE,
        ("checked",),
        lambda seen: (
            not facts.is_unreadable(seen)
            or facts.image_params(seen).refs_differ
            or bool(seen["pull"])
        ),
        facts.is_unreadable,
    ),
    Row(
        "I-30b",
        "While a pull of a name is not recorded, that name opens nothing unproven.",
        "K-212 K-221 K-247 K-249",
        ENSURE,
        ("started", "checked"),
        _intent_protects,
        lambda seen: seen.kind == "checked" and _is_unproven_pull(seen) and bool(seen["pull"]),
    ),
    Row(
        "I-31",
        "An image pulled under unknown credentials is nobody's without verification.",
        "K-246 K-224",
        ENSURE,
        ("checked",),
        lambda seen: not _is_nobodys(seen) or bool(seen["pull"]),
        _is_nobodys,
    ),
    Row(
        "K-229",
        "Nothing but an exempting policy or the record opens a present image.",
        "K-220 K-222 K-223 K-224 K-226 K-227 K-229",
        ENSURE,
        ("checked",),
        _is_same_decision,
        lambda seen: bool(seen["pull"]),
    ),
    Row(
        "K-202",
        "What the policy exempts is used without proof.",
        "K-201 K-202 K-204 K-205 K-222",
        ENSURE,
        ("checked",),
        _uses_exempt,
        lambda seen: facts.is_exempt_image(seen) and not facts.is_recorded(seen),
    ),
    Row(
        "K-226",
        "What the record proves is used without a pull.",
        "K-214 K-224 K-226 K-227",
        ENSURE,
        ("checked",),
        _uses_recorded,
        lambda seen: facts.is_recorded(seen) and not facts.is_exempt_image(seen),
    ),
    Row(
        "K-214",
        "With IfNotPresent, what is there for all is not pulled.",
        "K-200 K-210 K-214 K-224 K-071",
        ENSURE,
        ("pulling", "started"),
        lambda seen: seen.kind == "started" or not _pulls_what_is_there(seen),
        lambda seen: seen.kind == "started" and _pulls_what_is_there(seen),
    ),
)


# Errors and the pull.


def _is_here(seen: Seen) -> bool:
    return seen["error"] == NEVER_PULL and facts.is_present(seen)


def _lookup_failed(seen: Seen) -> bool:
    return bool(seen["mine"].failed)


def _tries_in_order(seen: Seen) -> bool:
    offered, tried, used = seen["offered"], seen["tried"], seen["used"]
    if not offered:
        return bool(tried == (ANONYMOUS,))
    rest: tuple[Offered, ...] = offered[: len(tried)]
    if tried != rest:
        return False
    return bool(used == tried[-1]) if used else len(tried) == len(offered)


def _needs_no_lookup(seen: Seen) -> bool:
    if not _from_node(seen) or not facts.gate(seen):
        return False
    entry = facts.entry(seen)
    return facts.is_exempt_image(seen) or (entry is not None and entry.node)


PULLS: tuple[Row, ...] = (
    Row(
        "I-29",
        "With policy Never, an image that may not be used looks like an absent one.",
        "K-210",
        ENSURE,
        ("failed",),
        lambda seen: seen["error"] != NEVER_PULL or seen["message"] == NEVER_MESSAGE,
        _is_here,
    ),
    Row(
        "I-30",
        "A pull begins only when its intent is on disk.",
        "K-212",
        ENSURE,
        ("pulling",),
        lambda seen: bool(seen["durable"]) or not facts.gate(seen),
        facts.gate,
    ),
    Row(
        "K-210a",
        "With policy Always, no container starts without a pull.",
        "K-210",
        ENSURE,
        ("started", "pulling"),
        lambda seen: not (_from_node(seen) and facts.container(seen).pull == "Always"),
        lambda seen: (
            seen.kind == "pulling"
            and facts.container(seen).pull == "Always"
            and facts.is_present(seen)
        ),
    ),
    Row(
        "K-210b",
        "With policy Never, nothing is pulled.",
        "K-210",
        ENSURE,
        ("pulling", "failed"),
        lambda seen: seen.kind == "failed" or facts.container(seen).pull != "Never",
        lambda seen: seen.kind == "failed" and facts.container(seen).pull == "Never",
    ),
    Row(
        "K-210c",
        "When the runtime does not say what is there, nothing is pulled or started.",
        "K-210",
        ("kubelet.cannot-inspect",),
        ("pulling", "started-blindly", "not-inspected"),
        lambda seen: seen.kind == "not-inspected",
        _anything,
    ),
    Row(
        "K-211a",
        "With the gate off, no credentials are looked up for a present image.",
        "K-211 B-09",
        ENSURE,
        ("started",),
        lambda seen: facts.gate(seen) or not _from_node(seen) or not seen.others("looked-up"),
        lambda seen: not facts.gate(seen) and _from_node(seen),
    ),
    Row(
        "K-211b",
        "No credentials are looked up for a present image that needs none.",
        "K-211 K-224",
        ENSURE,
        ("started",),
        lambda seen: not _needs_no_lookup(seen) or not seen.others("looked-up"),
        _needs_no_lookup,
    ),
    Row(
        "K-225",
        "When the lookup fails, the container does.",
        "K-225 K-172",
        ENSURE,
        ("looked-up",),
        lambda seen: not (_lookup_failed(seen) and seen.others("started", "pulling")),
        _lookup_failed,
    ),
    Row(
        "K-183",
        "Nothing is pulled during back-off.",
        "K-183",
        ENSURE,
        ("pulling", "failed"),
        lambda seen: seen.kind == "failed" or not seen["backing_off"],
        lambda seen: seen.kind == "failed" and "BackOff" in seen["error"],
    ),
    Row(
        "K-180/pull",
        "Credentials are tried in order until one succeeds; none means one anonymous pull.",
        "K-180 K-181 K-182",
        PULL,
        ("attempted",),
        _tries_in_order,
        lambda seen: len(seen["offered"]) > 1 and len(seen["tried"]) > 1,
    ),
    Row(
        "S-18/pull",
        "No anonymous pull follows a refused credential.",
        "S-18 K-180",
        PULL,
        ("attempted",),
        lambda seen: not seen["offered"] or ANONYMOUS not in seen["tried"],
        lambda seen: bool(seen["offered"]) and seen["public"] and seen["used"] is None,
    ),
)


# Records.


def _entries(seen: Seen, which: str) -> dict[str, Entry]:
    record = seen[which]
    return dict(record.mapping) if isinstance(record, PulledRecord) else {}


def _has_source(seen: Seen) -> bool:
    return seen["cause"] in ("secret", "account")


def _entry(seen: Seen, which: str) -> Entry:
    return _entries(seen, which).get(facts.key(seen), Entry())


def _is_narrow(seen: Seen) -> bool:
    """Return whether a pull with a source opened the image to nobody else."""
    if not _has_source(seen) or _entry(seen, "before").node:
        return True
    before = _entries(seen, "before")
    return not any(
        entry.node and not before.get(key, Entry()).node
        for key, entry in _entries(seen, "after").items()
    )


def _node_is_kept(seen: Seen) -> bool:
    after = _entries(seen, "after")
    return all(
        after.get(key, Entry()).node
        for key, entry in _entries(seen, "before").items()
        if entry.node
    )


def _node_is_earned(seen: Seen) -> bool:
    before = _entries(seen, "before")
    fresh = [
        key
        for key, entry in _entries(seen, "after").items()
        if entry.node and not before.get(key, Entry()).node
    ]
    return not fresh or seen["cause"] in facts.NODE_SOURCES


def _proof_is_there(seen: Seen) -> bool:
    """Return whether exactly what pulled is new in the record (K-213)."""
    used: Offered | None = seen["credential"]
    if used is None:
        return True
    before, after = _entry(seen, "before"), _entry(seen, "after")
    if used.source in facts.NODE_SOURCES:
        return after.node
    if before.node:
        return True
    new_secrets = {(s.where, s.hash) for s in after.secrets} - {
        (s.where, s.hash) for s in before.secrets
    }
    new_accounts = {a.where for a in after.accounts} - {a.where for a in before.accounts}
    if used.source == "secret":
        mine = (used.coordinates, used.hash)
        there = mine in {(s.where, s.hash) for s in after.secrets}
        return there and new_secrets <= {mine} and not new_accounts
    there = used.coordinates in {account.where for account in after.accounts}
    return there and new_accounts <= {used.coordinates} and not new_secrets


def _nothing_is_lost(seen: Seen) -> bool:
    """Return whether what was proven is still (K-245)."""
    after = _entries(seen, "after")
    credential: Offered | None = seen["credential"]
    renewed = {credential.coordinates if credential else None}
    for key, entry in _entries(seen, "before").items():
        now = after.get(key)
        if now is None:
            return False
        if now.node:
            continue
        kept = {(s.where, s.hash) for s in now.secrets}
        lost = {s.where for s in entry.secrets if (s.where, s.hash) not in kept}
        if lost - renewed or not set(entry.accounts) <= set(now.accounts):
            return False
    return True


def _holds_no_secret(seen: Seen) -> bool:
    return all(
        all(s.hash == "" or s.hash.startswith(HASH) for s in entry.secrets)
        and not any(account.extra for account in entry.accounts)
        for entry in _entries(seen, "after").values()
    )


def _match_is_added(seen: Seen) -> bool:
    """Return whether a secret that matched is then in the record (K-226)."""
    if not _is_match(seen) or seen.view.get("disk", "ok") != "ok":
        return True
    first = next(facts.matching(seen))[0]
    after = seen.after(f"record:{facts.ref(seen)}")
    entry = after.get(facts.key(seen)) if isinstance(after, PulledRecord) else None
    if entry is None or not facts.has_room(seen):
        return entry is not None
    return (first.coordinates, first.hash) in {(s.where, s.hash) for s in entry.secrets}


def _is_match(seen: Seen) -> bool:
    entry = facts.entry(seen)
    if seen["pull"] or entry is None or entry.node or facts.is_exempt_image(seen):
        return False
    return not facts.image_params(seen).refs_differ and any(True for _ in facts.matching(seen))


def _is_new_match(seen: Seen) -> bool:
    entry = facts.entry(seen)
    if not _is_match(seen) or entry is None:
        return False
    first = next(facts.matching(seen))[0]
    return (first.coordinates, first.hash) not in {(s.where, s.hash) for s in entry.secrets}


RECORDS: tuple[Row, ...] = (
    Row(
        "I-25",
        "A pull with a secret or an account is never recorded as node-accessible.",
        "K-213 K-177 B-06",
        RECORD,
        ("recorded",),
        _is_narrow,
        _has_source,
    ),
    Row(
        "I-32",
        "Records hold no more than a hash of a pull secret, and nothing of an account.",
        "K-213 K-242",
        WRITES,
        ("recorded",),
        _holds_no_secret,
        _has_source,
    ),
    Row(
        "I-37a",
        "What is node-accessible stays so.",
        "K-245",
        WRITES,
        ("recorded",),
        _node_is_kept,
        lambda seen: (
            _entry(seen, "before").node and seen["cause"] in ("secret", "account", "unknown")
        ),
    ),
    Row(
        "I-37b",
        "Only a successful pull without source makes an image node-accessible.",
        "K-213 K-245 K-249",
        WRITES,
        ("recorded",),
        _node_is_earned,
        lambda seen: seen["cause"] not in facts.NODE_SOURCES,
    ),
    Row(
        "K-213",
        "Exactly the credential that pulled is recorded.",
        "K-213 K-245 K-246",
        WRITES,
        ("recorded",),
        _proof_is_there,
        lambda seen: seen["credential"] is not None,
    ),
    Row(
        "K-245",
        "Recording a proof takes away no other.",
        "K-245 K-249",
        WRITES,
        ("recorded",),
        _nothing_is_lost,
        lambda seen: any(not entry.is_empty for entry in _entries(seen, "before").values()),
    ),
    Row(
        "K-226b",
        "A secret that matched is recorded, while there is room.",
        "K-226",
        ENSURE,
        ("checked",),
        _match_is_added,
        _is_new_match,
    ),
)


# Intents (K-247 to K-249) and collection (K-250).


def _intent_goes_last(seen: Seen) -> bool:
    image = seen["image"]
    if not facts.gate(seen) or seen.view.get("disk", "ok") != "ok":
        return True
    before, after = seen.view[f"intent:{image}"], seen.after(f"intent:{image}")
    is_last = seen.view[f"counter:{image}"] <= 1
    return bool(after == ABSENT) if is_last else bool(after == before)


def _is_not_last(seen: Seen) -> bool:
    return facts.gate(seen) and bool(seen.view[f"counter:{seen['image']}"] > 1)


def _is_unwritten(seen: Seen) -> bool:
    has_faults = seen.view.get("disk", "ok") != "ok"
    is_pulled = seen.kind == "started" and facts.gate(seen)
    return has_faults and is_pulled and not seen.others("recorded")


def _intent_stays(seen: Seen) -> bool:
    image = seen["image"]
    names = (f"intent:{image}", f"counter:{image}")
    return not _is_unwritten(seen) or all(seen.after(n) == seen.view[n] for n in names)


def _is_converted(seen: Seen) -> bool:
    image, ref = seen["image"], seen["ref"]
    intent, record = seen.after(f"intent:{image}"), seen.after(f"record:{ref}")
    if not seen["listed"]:
        return bool(intent == WRITTEN)
    if not seen["writable"]:
        return bool(intent == WRITTEN) or isinstance(seen.view[f"record:{ref}"], PulledRecord)
    if intent != ABSENT or not isinstance(record, PulledRecord):
        return False
    before = seen.view[f"record:{ref}"]
    return record == (before if isinstance(before, PulledRecord) else PulledRecord())


def _is_written_anew(seen: Seen) -> bool:
    return (
        bool(seen["before"] != seen["after"]) and seen.view.get(f"gc:{seen['ref']}") == "unlisted"
    )


BOOKS: tuple[Row, ...] = (
    Row(
        "K-248",
        "The last of the pulls of a name takes its intent along, and no other does.",
        "K-248",
        RECORD,
        ("started", "failed"),
        _intent_goes_last,
        _is_not_last,
    ),
    Row(
        "K-247",
        "A pull whose record cannot be written leaves its intent.",
        "K-247",
        RECORD,
        ("started",),
        _intent_stays,
        _is_unwritten,
    ),
    Row(
        "K-249",
        "At start an intent of a listed image becomes a record of nobody; others stay.",
        "K-249 K-246",
        START,
        ("intent-found",),
        _is_converted,
        lambda seen: bool(seen["listed"]),
    ),
    Row(
        "K-250a",
        "Collection passes over no image that is there and not in use.",
        "K-250",
        ("gc.lists",),
        ("unlisted",),
        lambda seen: not seen["present"] or seen["used"] or facts.image_params(seen).refs_differ,
        _anything,
    ),
    Row(
        "K-250b",
        "A record that changes during collection is not dropped by it.",
        "K-250",
        WRITES,
        ("recorded",),
        lambda seen: not _is_written_anew(seen) or seen.after(f"gc:{seen['ref']}") == "idle",
        _is_written_anew,
    ),
)
ROWS: tuple[Row, ...] = ACCESS + PULLS + RECORDS + BOOKS


# Liveness.


def _liveness(scene: Scene) -> Iterator[Property]:
    for container in scene.containers:
        if scene.alone and container.pull != "Never" and _can_pull(scene, container):
            yield from _starts(scene, container)
    for content in scene.contents:
        if scene.image.collection and scene.image.gate_at(scene.params.minor):
            yield from _drops(scene, content)


def _can_pull(scene: Scene, container: ContainerParams) -> bool:
    """Return whether some credential that a container may have opens its image."""
    image, repo = scene.image, repo_name(container.image)
    logins = [name for each in container.secrets for name in image.secret(each).logins]
    logins += [image.node_login] if image.node_login else []
    opened = [each for name in logins for each in image.login(name).opens]
    opened += image.account(container.account).opens if container.account else ()
    return repo in opened or (not logins and not container.account and repo in image.public)


def _starts(scene: Scene, container: ContainerParams) -> Iterator[Property]:
    """Yield that a pod with good credentials can get its container started."""
    own, back_off = f"container:{container.pod}", f"back-off:{container.pod}"
    repo, public = repo_name(container.image), scene.image.public
    sources = (*scene.sources(container), *scene.registry)

    def given(view: View) -> bool:
        if view[own] != IDLE or view[back_off] or view["kubelet"] != UP:
            return False
        if any(view[name] != "ok" for name in scene.disk):
            return False
        offers = truth.offers(Draft(view), container)
        revoked = view.get("registry", ())
        if offers.failed:
            return False
        if not offers.credentials:
            return repo in public
        return any(opens(each, repo, revoked) for each in offers.credentials)

    truth = Scene(scene.params, image_rules_for(scene.params.minor))
    reads = ("kubelet", own, back_off, *scene.disk, *sources)
    rules = ("K-180", "K-210", "K-214")
    prose = f"With a credential that opens it, {container.pod} can have its image and start."
    by = ("kubelet.ensures", "runtime.pulls", "kubelet.records")
    name = f"L-50/{container.pod}"
    yield LivenessProperty(name, prose, rules, reads, given, lambda v: v[own] == RUNNING, by, 3)
    yield StateProperty(
        f"{name}/sometimes",
        Promise.SOMETIMES,
        f"{container.pod} is there to be started, with everything in order.",
        rules,
        reads,
        given,
    )


def _drops(scene: Scene, content: ContentParams) -> Iterator[Property]:
    """Yield that records of removed images can be got rid of."""
    names, record, own = f"cri:{content.ref}", f"record:{content.ref}", f"gc:{content.ref}"

    def given(view: View) -> bool:
        is_leftover = not view[names] and isinstance(view[record], PulledRecord)
        calm = view["kubelet"] == UP and all(view[name] == "ok" for name in scene.disk)
        return is_leftover and calm

    name, rules = f"L-51/{content.ref}", ("K-250",)
    reads = (names, record, own, "kubelet", *scene.disk)
    prose = f"The record of {content.ref} can be dropped once the image is gone."
    by = ("gc.lists", "gc.drops")
    yield LivenessProperty(name, prose, rules, reads, given, lambda v: v[record] is None, by, 2)
    yield StateProperty(
        f"{name}/sometimes",
        Promise.SOMETIMES,
        f"{content.ref} is gone, and its record is there.",
        rules,
        reads,
        given,
    )


def properties(params: Params, rules: Rules) -> tuple[Property, ...]:
    """Return what the image side of one configuration promises, and what not."""
    watcher = Watcher(params)
    found: list[Property] = []
    for row in (*ROWS, *PROMISES):
        found += row.properties(watcher)
    found += _liveness(Scene(params, rules.image))
    return tuple(found)
