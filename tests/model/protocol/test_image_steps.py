"""EnsureImageExists and its aftermath, event by event."""

from dataclasses import replace
from typing import Any

import pytest

from pullproof.model.machine import ImpossibleEvent
from pullproof.model.protocol import image_scopes as scopes
from pullproof.model.protocol.build import build
from pullproof.model.protocol.image_params import (
    ContentParams,
    ImageAccountParams,
    ImageParams,
    PullPolicy,
)
from pullproof.model.protocol.image_scopes import DIGEST, SHORT, A, B, config, pod, secret
from pullproof.model.protocol.image_values import Entry, PulledRecord, Unreadable
from pullproof.model.protocol.params import AccountParams, Params, PodParams, ProviderParams
from tests.model.protocol.walks import Walk

WHEN_HERE = (ContentParams("x", (A,), (A,)),)


def walk(params: Params, *names: str) -> Walk:
    return Walk(build(params)).do(*names)


def ensures(name: str, image: str = A) -> str:
    return f"kubelet.ensures({name}, {image})"


def pulls(name: str, image: str = A) -> tuple[str, str, str]:
    return (
        ensures(name, image),
        f"runtime.pulls({name}, {image})",
        f"kubelet.records({name}, {image})",
    )


def entry(found: Walk, repo: str = "r.test/a") -> Entry | None:
    record = found.state["record:x"]
    return record.get(repo) if isinstance(record, PulledRecord) else None


def outcome(found: Walk) -> str:
    """Return what the last step came to."""
    kinds = {each.kind: each for each in found.last.observations}
    for kind in ("pulling", "started", "failed"):
        if kind in kinds:
            return str(kinds[kind].get("error") or kind)
    return ""


def is_proven(name: str) -> str:
    return "s-a" if name == "proven" else "s-b"


@pytest.mark.rule("K-214")
@pytest.mark.parametrize(
    ("policy", "situation", "result"),
    [
        ("Always", "absent", "pulling"),
        ("Always", "proven", "pulling"),
        ("Always", "unproven", "pulling"),
        ("IfNotPresent", "absent", "pulling"),
        ("IfNotPresent", "proven", "started"),
        ("IfNotPresent", "unproven", "pulling"),
        ("Never", "absent", "ErrImageNeverPull"),
        ("Never", "proven", "started"),
        ("Never", "unproven", "ErrImageNeverPull"),
    ],
)
def test_policy_presence_and_proof_decide(policy: PullPolicy, situation: str, result: str) -> None:
    name = is_proven(situation)
    params = config(
        "table",
        containers=(pod("first", A, "s-a"), pod("second", A, name, pull=policy)),
        secrets=(secret("s-a"), secret("s-b", "bob")),
    )
    before = () if situation == "absent" else pulls("first")
    assert outcome(walk(params, *before, ensures("second"))) == result


@pytest.mark.rule("K-210")
def test_an_inaccessible_image_and_an_absent_one_give_one_message() -> None:
    params = config(
        "never",
        containers=(pod("first", A, "s-a"), pod("second", A, "s-b", pull="Never")),
        secrets=(secret("s-a"), secret("s-b", "bob")),
    )
    absent = walk(params, ensures("second")).one("failed")
    inaccessible = walk(params, *pulls("first"), ensures("second")).one("failed")
    assert absent == inaccessible


@pytest.mark.rule("K-200")
@pytest.mark.parametrize(("minor", "result"), [(33, "started"), (34, "started"), (35, "pulling")])
def test_the_gate_is_on_from_135_on(minor: int, result: str) -> None:
    params = replace(scopes.SECRETS, minor=minor)
    assert outcome(walk(params, *pulls("pod-a"), ensures("pod-b"))) == result


@pytest.mark.rule("K-200")
def test_with_the_gate_off_nothing_is_written() -> None:
    found = walk(scopes.GATE_OFF, *pulls("pod-a"))
    assert (found.state["record:x"], found.state[f"intent:{A}"]) == (None, "")


@pytest.mark.rule("K-211")
@pytest.mark.parametrize(
    ("minor", "gate", "looks_up"),
    [(33, False, True), (34, False, False), (34, True, True), (35, True, False)],
)
def test_credentials_of_a_present_open_image_are_looked_up_by_old_kubelets(
    minor: int, gate: bool, looks_up: bool
) -> None:
    params = replace(
        config("lazy", contents=WHEN_HERE, containers=(pod("pod-a"),), gate=gate), minor=minor
    )
    found = walk(params, f"node.preloads({A})", ensures("pod-a"))
    assert bool(found.seen("looked-up")) is looks_up
    assert outcome(found) == "started"


@pytest.mark.rule("K-212")
def test_intent_pull_and_record_follow_each_other() -> None:
    found = walk(scopes.SECRETS, ensures("pod-a"))
    assert (found.state[f"intent:{A}"], found.state[f"counter:{A}"]) == ("written", 1)
    assert found.state["cri:x"] == ()
    found.do(f"runtime.pulls(pod-a, {A})")
    assert (found.state["cri:x"], found.state["record:x"]) == ((A,), None)
    found.do(f"kubelet.records(pod-a, {A})")
    assert (found.state[f"intent:{A}"], found.state[f"counter:{A}"]) == ("", 0)
    made = entry(found)
    assert made is not None
    assert [each.where.name for each in made.secrets] == ["s-a"]
    assert not found.broken


@pytest.mark.rule("K-212")
def test_without_an_intent_there_is_no_pull() -> None:
    found = walk(scopes.CRASHES, "disk.turns(full)", ensures("pod-a"))
    assert "intent" in outcome(found)
    assert found.state["container:pod-a"].stage == "idle"


@pytest.mark.rule("K-247")
def test_a_record_that_cannot_be_written_leaves_intent_and_counter() -> None:
    ensure, pull, record = pulls("pod-a")
    found = walk(scopes.CRASHES, ensure, pull, "disk.turns(full)", record)
    assert outcome(found) == "started"
    assert (found.state[f"intent:{A}"], found.state[f"counter:{A}"]) == ("written", 1)
    assert outcome(found.do("disk.turns(ok)", ensures("pod-b"))) == "pulling"


@pytest.mark.rule("K-248")
def test_parallel_pulls_share_an_intent_until_the_last_ends() -> None:
    found = walk(scopes.SECRETS, ensures("pod-a"), ensures("pod-b"))
    assert found.state[f"counter:{A}"] == 2
    found.do(f"runtime.pulls(pod-b, {A})", f"kubelet.records(pod-b, {A})")
    assert (found.state[f"intent:{A}"], found.state[f"counter:{A}"]) == ("written", 1)
    found.do(f"runtime.pulls(pod-a, {A})", f"kubelet.records(pod-a, {A})")
    assert found.state[f"intent:{A}"] == ""


@pytest.mark.rule("K-183")
def test_a_pull_backs_off_after_its_credentials_were_looked_up() -> None:
    found = walk(scopes.SECRETS, *pulls("pod-b"), ensures("pod-b"))
    assert outcome(found) == "ErrImagePullBackOff"
    assert found.seen("looked-up")
    assert outcome(found.do("back-off.ends(pod-b)", ensures("pod-b"))) == "pulling"


@pytest.mark.rule("K-180")
@pytest.mark.rule("S-18")
@pytest.mark.parametrize(
    ("secrets", "public", "tried", "used"),
    [
        ((), True, ["none"], "none"),
        ((), False, ["none"], None),
        (("s-b",), True, ["secret"], None),
        (("s-b", "s-a"), False, ["secret", "secret"], "secret"),
        (("s-a", "s-b"), False, ["secret"], "secret"),
    ],
)
def test_credentials_are_tried_in_order_and_nothing_after_them(
    secrets: tuple[str, ...], public: bool, tried: list[str], used: str | None
) -> None:
    params = config(
        "tries",
        containers=(pod("pod-a", A, *secrets),),
        secrets=(secret("s-a"), secret("s-b", "bob")),
        public=("r.test/a",) if public else (),
    )
    seen = walk(params, ensures("pod-a"), f"runtime.pulls(pod-a, {A})").one("attempted")
    assert [each.source for each in seen["tried"]] == tried
    assert (seen["used"].source if seen["used"] else None) == used


@pytest.mark.rule("K-225")
@pytest.mark.rule("K-172")
def test_an_unreadable_secret_fails_the_container() -> None:
    found = walk(scopes.PUBLIC, "secret.spoilt(s-b)", ensures("pod-b"))
    assert outcome(found) == "ErrLookup"


@pytest.mark.rule("K-226")
def test_a_rotated_secret_keeps_access_and_is_recorded() -> None:
    found = walk(
        scopes.RECREATED, *pulls("pod-a"), "container.ends(pod-a)", "secret.rotated(s-a, bob)"
    )
    assert outcome(found.do(ensures("pod-a"))) == "started"
    made = entry(found)
    assert made is not None
    assert [each.hash for each in made.secrets] == ["sha256:bob"]


@pytest.mark.rule("K-253")
@pytest.mark.parametrize(
    ("rotation", "result"), [((), "started"), (("secret.rotated(s-a, bob)",), "pulling")]
)
def test_a_recreated_secret_is_another_unless_it_holds_the_same(
    rotation: tuple[str, ...], result: str
) -> None:
    found = walk(
        scopes.RECREATED,
        *pulls("pod-a"),
        "container.ends(pod-a)",
        *rotation,
        "secret.recreated(s-a)",
        ensures("pod-a"),
    )
    assert outcome(found) == result


@pytest.mark.rule("K-253")
def test_a_recreated_account_pulls_again() -> None:
    found = walk(scopes.ACCOUNTS, *pulls("pod-a"), "container.ends(pod-a)")
    assert outcome(found.do(ensures("pod-a"))) == "started"
    found.do("container.ends(pod-a)", "account.recreated(sa-a)")
    assert outcome(found.do(ensures("pod-a"))) == "pulling"


@pytest.mark.rule("K-228")
def test_an_account_without_an_answer_proves_nothing() -> None:
    found = walk(scopes.ACCOUNTS, *pulls("pod-a"), "container.ends(pod-a)", "provider.turns(sa-a)")
    assert outcome(found.do(ensures("pod-a"))) == "pulling"


@pytest.mark.rule("K-177")
@pytest.mark.rule("I-25")
def test_133_records_an_accounts_image_for_everybody() -> None:
    found = walk(scopes.ACCOUNTS_33, *pulls("pod-a"))
    assert entry(found) == Entry(node=True)
    assert "I-25" in found.broken
    found.do(ensures("pod-b"))
    assert outcome(found) == "started"
    assert "A-01" in found.broken


@pytest.mark.rule("K-243")
@pytest.mark.rule("I-27")
def test_proof_of_one_name_is_none_of_another() -> None:
    found = walk(scopes.ALIASES, *pulls("pod-a"), f"node.preloads({B})")
    assert outcome(found.do(ensures("pod-b", B))) == "pulling"


@pytest.mark.rule("K-249")
def test_a_crash_between_pull_and_record_leaves_a_record_of_nobody() -> None:
    ensure, pull, _ = pulls("pod-a")
    found = walk(scopes.SECRETS, ensure, pull, "kubelet.crashes()")
    with pytest.raises(ImpossibleEvent):
        found.do(ensures("pod-b"))
    found.do(f"kubelet.starts({A})")
    assert (found.state["record:x"], found.state[f"intent:{A}"]) == (PulledRecord(), "")
    assert outcome(found.do(ensures("pod-b"))) == "pulling"


@pytest.mark.rule("K-249")
def test_an_intent_of_an_absent_image_stays() -> None:
    found = walk(scopes.SECRETS, ensures("pod-a"), "kubelet.crashes()", f"kubelet.starts({A})")
    assert (found.state["record:x"], found.state[f"intent:{A}"]) == (None, "written")


@pytest.mark.rule("K-221")
def test_a_spoilt_record_asks_for_a_pull_and_is_then_written_anew() -> None:
    found = walk(scopes.CORRUPTED, *pulls("pod-a"), "record.spoilt(x)")
    assert found.state["record:x"] == Unreadable()
    assert outcome(found.do(ensures("pod-b"))) == "pulling"
    found.do("container.ends(pod-a)", *pulls("pod-a"))
    assert entry(found) is not None


@pytest.mark.rule("K-250")
def test_collection_drops_the_record_of_a_removed_image() -> None:
    found = walk(scopes.COLLECTED, *pulls("pod-a"), "container.ends(pod-a)", "runtime.removes(x)")
    found.do("gc.lists(x)", "gc.drops(x)")
    assert found.state["record:x"] is None
    assert not found.seen("dropped")[0]["present"]


# What the kubelet does not promise: each confirmed with its own code.


def strangers(*names: str, params: Params) -> Walk:
    """Return a walk whose last event lets somebody in who never proved it."""
    found = walk(params, *names)
    assert outcome(found) == "started"
    assert found.one("started")["via"] == "present"
    return found


@pytest.mark.rule("K-221")
def test_a_digest_is_open_while_the_pull_of_its_tag_is_not_recorded() -> None:
    ensure, pull, _ = pulls("pod-a")
    found = strangers(ensure, pull, ensures("pod-b", DIGEST), params=scopes.DIGESTS)
    assert found.broken == ["P-57"]


@pytest.mark.rule("K-249")
@pytest.mark.rule("K-248")
def test_a_strangers_failed_pull_opens_what_was_not_converted() -> None:
    params = replace(
        scopes.SPELLINGS,
        image=replace(
            scopes.SPELLINGS.image or ImageParams(),
            containers=(pod("pod-a", SHORT, "s-a"), pod("pod-b", SHORT, "s-b")),
        ),
    )
    ensure, pull, _ = pulls("pod-a", SHORT)
    before = (ensure, pull, "kubelet.crashes()", f"kubelet.starts({SHORT})")
    assert outcome(walk(params, *before, ensures("pod-b", SHORT))) == "pulling"
    attempt = (*pulls("pod-b", SHORT), ensures("pod-b", SHORT))
    found = strangers(*before, *attempt, params=params)
    assert set(found.broken) >= {"P-55", "P-58"}


@pytest.mark.rule("K-250")
@pytest.mark.parametrize("kind", ["in use", "not looked at", "pulled again"])
def test_collection_forgets_images_that_are_there(kind: str) -> None:
    between = {
        "in use": ("gc.lists(x)", "gc.drops(x)"),
        "not looked at": ("container.ends(pod-a)", "gc.stops-early(x)", "gc.drops(x)"),
        "pulled again": (
            "container.ends(pod-a)",
            "runtime.removes(x)",
            "gc.lists(x)",
            *pulls("pod-a"),
            "gc.drops(x)",
        ),
    }[kind]
    found = strangers(*pulls("pod-a"), *between, ensures("pod-b"), params=scopes.COLLECTED)
    assert set(found.broken) == {"P-59", "P-60"}


# With the lookup side in one machine.

JOINED = Params(
    "joined",
    37,
    providers=(ProviderParams("p", "sa", answers=("image-once", "fails")),),
    accounts=(AccountParams("sa-x", incarnations=2), AccountParams("sa-y", opens=("r.test/b",))),
    pods=(PodParams("pod-a", "sa-x", (A,)), PodParams("pod-b", "sa-y", (A,))),
    horizon=0,
    purge_ticks=0,
    image=ImageParams(),
)


def test_a_pull_waits_for_the_lookup_and_uses_up_what_it_gave() -> None:
    found = Walk(build(JOINED))
    with pytest.raises(ImpossibleEvent):
        found.do(ensures("pod-a"))
    names = [event.name for event in found.machine.events if event.kind == "kubelet.looks-up"]
    found.do(next(name for name in names if "pod-a" in name))
    found.do(_possible(found, "provider.answers", "image-once"))
    found.do(_possible(found, "kubelet.takes", ""))
    assert found.state["offers:pod-a"].credentials[0].source == "account"
    found.do(*pulls("pod-a"))
    assert found.state["offers:pod-a"] is None
    made = entry(found)
    assert made is not None
    assert [each.where.uid for each in made.accounts] == ["sa-x.1"]
    assert not [each for each in found.broken if not each.startswith("P-")]


def _possible(found: Walk, kind: str, text: str) -> str:
    for event in found.machine.events:
        if event.kind == kind and text in event.name:
            view: dict[str, Any] = {each: found.state[each] for each in event.reads}
            if event.apply(view) is not None:
                return event.name
    raise AssertionError(f"no {kind} is possible")


def test_accounts_have_credentials_of_their_own() -> None:
    account = ImageAccountParams("sa-a")
    params = config("own", containers=(pod("pod-a", account="sa-a"),), accounts=(account,))
    seen = walk(params, ensures("pod-a")).one("pulling")
    assert [each.coordinates.uid for each in seen["credentials"]] == ["sa-a.1"]
