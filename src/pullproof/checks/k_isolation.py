"""Isolation of workloads, end to end: what one gets, another never does.

The kubelet keeps cached answers of different service accounts apart (I-05);
what it cannot see is what a provider keeps in files of its own. So pairs of
execs run in one sandbox, as on one node, and answers are tried with real pulls.

Odd but correct: private state, even the same account's own credential; refusing
what another workload owns; answering it with a credential that opens nothing
there; refusing everything while the exchange is down.
"""

from collections.abc import Callable
from dataclasses import replace

from pullproof.checks.check import Check
from pullproof.checks.evidence import (
    WORKLOAD_NEEDS,
    control,
    exec_step,
    exec_steps,
    find_exec,
    find_pull,
    given,
    gives_wrongly,
    needs_two_owners,
    needs_workload,
    pairs,
    passwords,
    scenario,
    two_owners,
)
from pullproof.checks.facts import BASELINE, is_usable, response
from pullproof.checks.leak_search import holds
from pullproof.model.draw import Draw
from pullproof.model.scenario import ExecStep, Fault, FaultKind, PullStep, Scenario, TokenKind
from pullproof.model.setup import Feature, Setup
from pullproof.model.transcript import Actor, Exec, Pull, Transcript
from pullproof.model.verdict import PASS, Level, Verdict, fail, inconclusive, not_applicable

_GROUP = "isolation"
_NODE = "node"
"""Name of the sandbox that the execs of a scenario share."""
_NEEDS = frozenset({Feature.TOKENS, Feature.TWO_WORKLOADS})
_HINT = (
    "Keep no credential between execs (the kubelet caches); or key it by a hash of the whole "
    "token, and by nothing less."
)
_CONSEQUENCE = "One workload pulls images that belong to another."
_DOWN = (
    Fault(FaultKind.STATUS, "500"),
    Fault(FaultKind.RESET),
    Fault(FaultKind.UNAVAILABLE),
)

Judge = Callable[[Setup, Transcript], Verdict]


def _subject(setup: Setup, step: ExecStep) -> str:
    return "" if step.workload is None else setup.workload(step.workload).subject


def _of(setup: Setup, transcript: Transcript, subject: str) -> frozenset[str]:
    """Return the secrets that belong to an account: what was minted for it, its tokens."""
    execs = transcript.scenario.execs
    steps = {step.id for step in execs if _subject(setup, step) == subject}
    minted = {item.password for item in transcript.minted if item.step in steps}
    return frozenset(minted | {exec.token for exec in transcript.execs if exec.step in steps})


def _foreign(setup: Setup, transcript: Transcript, step: ExecStep, exec: Exec) -> bool:
    """Return whether another account's secret is in the answer of an exec."""
    subject = _subject(setup, step)
    others = {_subject(setup, other) for other in transcript.scenario.execs} - {subject, ""}
    own = _of(setup, transcript, subject)
    given = passwords(response(setup, exec))
    return any(
        holds(password.encode("utf-8", "replace"), value)
        for other in sorted(others)
        for value in _of(setup, transcript, other) - own
        for password in given
    )


def _needs_control(setup: Setup, transcript: Transcript, step: str = BASELINE) -> Verdict | None:
    """Whether the exchange was asked plays no part where canaries or pulls are the evidence."""
    return control(setup, transcript, step, exchange=False)


def _no_foreign(rule: str) -> Judge:
    """Return a judge: no answer holds a secret of another workload of the scenario."""

    def judge(setup: Setup, transcript: Transcript) -> Verdict:
        problem = _needs_control(setup, transcript)
        if problem is not None:
            return problem
        tried = exec_steps(transcript)
        for step, exec in tried:
            if _foreign(setup, transcript, step, exec):
                whose = f"workload {step.workload}" if step.workload else "a pod without account"
                message = f"the answer for {whose} holds a credential of another workload"
                return fail(rule, message, step.id)
        several = len({_subject(setup, step) for step, _ in tried}) > 1
        return PASS if several else not_applicable("only one workload took part")

    return judge


# K01: the positive control of this class, and a check of its own: what the
# exchange minted for this exec must open the image it was minted for.


def _propose_opens(setup: Setup, draw: Draw) -> Scenario:
    pair = draw.choice(pairs(setup))
    return scenario(
        "K01",
        exec_step(BASELINE, pair),
        PullStep("own", pair[1], BASELINE),
        label="a workload pulls its own image",
    )


def _is_derived(transcript: Transcript, pull: Pull) -> bool:
    """Whether a password wraps the minted one, or came from a further exchange."""
    if transcript.during(BASELINE, Actor.REGISTRY, Actor.OTHER_REGISTRY, Actor.PROXY):
        return True
    minted = {item.password for item in transcript.minted if item.step == BASELINE}
    return any(
        attempt.password not in minted
        and any(holds(attempt.password.encode("utf-8", "replace"), value) for value in minted)
        for attempt in pull.attempts
    )


def _judge_opens(setup: Setup, transcript: Transcript) -> Verdict:
    exec, pull = find_exec(transcript, BASELINE), find_pull(transcript, "own")
    if exec is None or pull is None:
        return inconclusive("a step to compare with is missing")
    if not any(item.step == BASELINE and item.subject != "node" for item in transcript.minted):
        return not_applicable("nothing was minted, so the registry cannot know the credential")
    if response(setup, exec) is None or not passwords(response(setup, exec)):
        return inconclusive("the provider gave no credential", BASELINE)
    if pull.opened:
        return PASS
    if not pull.attempts:
        message = "no auth key of the answer matches the image, so the pull was anonymous"
    elif _is_derived(transcript, pull):
        # A registry that reads it in this form may well exist; ours does not.
        return inconclusive("the password was made from the minted one in a way of its own")
    else:
        message = (
            f"the registry refused all {len(pull.attempts)} credentials of the answer, though the "
            "exchange had just minted one for this image"
        )
    return fail("S-57", message, BASELINE)


# K02: the credential tried is whatever A's answer gives for B's image, also if
# A asked for that image itself. B's own success shows that the image can be had.


def _propose_others(setup: Setup, draw: Draw) -> Scenario:
    a, b = two_owners(setup, draw)
    return scenario(
        "K02",
        exec_step(BASELINE, a),
        exec_step("owner", b),
        exec_step("trespass", a, b[1]),
        PullStep("own", a[1], BASELINE),
        PullStep("owner-pull", b[1], "owner"),
        PullStep("cached-pull", b[1], BASELINE, cached=True),
        PullStep("trespass-pull", b[1], "trespass"),
        label="a workload asks for another one's image",
    )


def _judge_others(setup: Setup, transcript: Transcript) -> Verdict:
    problem = _needs_control(setup, transcript) or _needs_control(setup, transcript, "owner")
    if problem is not None:
        return problem
    opened = {pull.step: pull.opened for pull in transcript.pulls}
    if not (opened.get("own") and opened.get("owner-pull")):
        return inconclusive("the owners cannot pull their own images")
    tried = [step for step in ("cached-pull", "trespass-pull") if step in opened]
    for step in tried:
        if opened[step]:
            return fail(
                "S-57",
                "an answer for one workload opened the image of another one",
                BASELINE if step == "cached-pull" else "trespass",
            )
    return PASS if tried else inconclusive("a step to compare with is missing")


# K03: B has no earlier success in this sandbox, so it has nothing to live on.


def _propose_down(setup: Setup, draw: Draw) -> Scenario:
    a, b = two_owners(setup, draw)
    first = replace(exec_step(BASELINE, a), sandbox=_NODE)
    later = tuple(
        replace(
            exec_step(f"down-{number}", b, image), sandbox=_NODE, exchange=(draw.choice(_DOWN),)
        )
        for number, image in enumerate((b[1], a[1]), 1)
    )
    return scenario("K03", first, *later, label="the exchange goes down after the first workload")


def _judge_down(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    tried = [(s, e) for s, e in exec_steps(transcript) if s.exchange and s.id != BASELINE]
    for step, exec in tried:
        if given(setup, transcript, exec):
            return fail(
                "S-60",
                f"the exchange was down, and workload {step.workload} still got a credential, "
                "right after another workload had been there",
                step.id,
            )
    return PASS if tried else not_applicable("no second workload took part")


# K04: shapes may differ between workloads, never between a fresh and a used
# node; durations and minted values may.


def _propose_order(setup: Setup, draw: Draw) -> Scenario:
    a, b = two_owners(setup, draw)
    used = tuple(
        replace(exec_step(id, pair), sandbox=_NODE)
        for id, pair in ((BASELINE, a), ("second", b), ("third", a), ("fourth", b))
    )
    return scenario("K04", *used, exec_step("fresh", b), label="A, B, A, B on one node")


def _shape(setup: Setup, exec: Exec) -> tuple[str, frozenset[str]] | None:
    answer = response(setup, exec)
    if answer is None:
        return None
    return answer.cache_key_type.value, frozenset(entry.auth_key for entry in answer.auth)


def _judge_used(setup: Setup, transcript: Transcript) -> Verdict:
    problem = _needs_control(setup, transcript) or _needs_control(setup, transcript, "fresh")
    if problem is not None:
        return problem
    fresh = next((s for s, _ in exec_steps(transcript) if s.id == "fresh"), None)
    tried = [
        (step, exec)
        for step, exec in exec_steps(transcript)
        if step.sandbox and fresh is not None and step.workload == fresh.workload
    ]
    for step, exec in tried:
        if _shape(setup, exec) != _shape(setup, transcript.exec("fresh")):
            return fail(
                "S-21",
                f"on a node that another workload has used, workload {step.workload} gets another "
                "kind of answer than on a fresh one",
                step.id,
            )
    return PASS if tried else inconclusive("a step to compare with is missing")


# K05: the memo keyed by image or registry, which only the same image shows.


def _propose_same_image(setup: Setup, draw: Draw) -> Scenario:
    a, b = two_owners(setup, draw)
    image = draw.choice((a[1], b[1]))
    return scenario(
        "K05",
        replace(exec_step(BASELINE, a), sandbox=_NODE),
        replace(exec_step("first", a, image), sandbox=_NODE),
        replace(exec_step("second", b, image), sandbox=_NODE),
        label="two workloads ask for one image on one node",
    )


# K06: both at once on one node.


def _propose_at_once(setup: Setup, draw: Draw) -> Scenario:
    a, b = two_owners(setup, draw)
    together = tuple(
        replace(exec_step(f"{id}-{number}", pair), sandbox=_NODE, group="together")
        for number in (1, 2)
        for id, pair in (("one", a), ("two", b))
    )
    return scenario("K06", exec_step(BASELINE, a), *together, label="two workloads at once")


# K07: a memory keyed by what an unverified token says of itself.

_REPLAYED = (TokenKind.WRONG_KEY, TokenKind.EXPIRED, TokenKind.OTHER_CLUSTER, TokenKind.TAMPERED)


def _propose_replay(setup: Setup, draw: Draw) -> Scenario:
    base = replace(exec_step(BASELINE, draw.choice(pairs(setup))), sandbox=_NODE)
    bad = (replace(base, id=f"token-{kind.value}", token=kind) for kind in _REPLAYED)
    return scenario("K07", base, *bad, label="bad tokens after a good one on one node")


def _judge_replay(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    tried = [(s, e) for s, e in exec_steps(transcript) if s.token in _REPLAYED]
    for step, exec in tried:
        if gives_wrongly(setup, transcript, exec):
            return fail(
                "S-61",
                f"a token of the kind `{step.token.value}` got a credential on a node where a good "
                "token of the same account had been used",
                step.id,
            )
    return PASS if tried else not_applicable("no bad token was sent")


# K08: without a token there is nobody to whom a kept credential could belong.


def _propose_nobody(setup: Setup, draw: Draw) -> Scenario:
    attributes = setup.provider.token_attributes
    required = attributes is not None and attributes.require_service_account
    base = replace(exec_step(BASELINE, draw.choice(pairs(setup))), sandbox=_NODE)
    nobody = replace(base, id="nobody", token=TokenKind.EMPTY)
    if not required:
        nobody = replace(nobody, workload=None, token=TokenKind.ABSENT)
    return scenario("K08", base, nobody, label="no token after a workload on one node")


def _judge_nobody(setup: Setup, transcript: Transcript) -> Verdict:
    problem = _needs_control(setup, transcript)
    if problem is not None:
        return problem
    kept = {m.password for m in transcript.minted if m.step == BASELINE and m.subject != "node"}
    kept |= {transcript.exec(BASELINE).token}
    # A kept token is as good: with it, the exchange mints anew for its subject.
    owners = {m.subject for m in transcript.minted if m.step == BASELINE and m.subject != "node"}
    kept |= {m.password for m in transcript.minted if m.subject in owners}
    tried = [(s, e) for s, e in exec_steps(transcript) if s.id != BASELINE and not e.token]
    for step, exec in tried:
        found = passwords(response(setup, exec))
        if any(holds(password.encode("utf-8", "replace"), v) for password in found for v in kept):
            message = "a request without a token got the credential of an earlier workload"
            return fail("S-60", message, step.id)
    return PASS if tried else not_applicable("no request without a token was sent")


# K09: annotations are chosen by whoever may edit a service account.


def _needs_annotations(setup: Setup) -> str | None:
    missing = needs_two_owners(setup)
    if missing is not None:
        return missing
    kinds = {workload.annotations for workload in setup.workloads}
    return None if len(kinds) > 1 else "the workloads have the same annotations"


def _propose_annotations(setup: Setup, draw: Draw) -> Scenario:
    a, b = two_owners(setup, draw)
    ways = ((BASELINE, "posing", a, b), ("owner", "posing-back", b, a))
    execs: list[ExecStep] = []
    pulls: list[PullStep] = []
    for own, posing, owner, other in ways:
        pose = exec_step(posing, other, owner[1])
        execs += [exec_step(own, owner), replace(pose, annotations=owner[0].annotations)]
        pulls += [PullStep(f"{own}-pull", owner[1], own)]
        pulls += [PullStep(f"{posing}-pull", owner[1], posing)]
    label = "each workload with the annotations of the other"
    return scenario("K09", *execs, *pulls, label=label)


def _judge_annotations(setup: Setup, transcript: Transcript) -> Verdict:
    opened = {pull.step: pull.opened for pull in transcript.pulls}
    tried = [
        posing
        for own, posing in ((BASELINE, "posing"), ("owner", "posing-back"))
        if opened.get(f"{own}-pull") and f"{posing}-pull" in opened
    ]
    if not tried:
        return inconclusive("no owner can pull its own image")
    for posing in tried:
        if opened[f"{posing}-pull"]:
            message = "copying another workload's annotations was enough to open its image"
            return fail("S-11", message, posing)
    return PASS


# K10: after every mix, the own credential still opens the own image.


def _propose_after(setup: Setup, draw: Draw) -> Scenario:
    a, b = two_owners(setup, draw)
    return scenario(
        "K10",
        exec_step(BASELINE, b),
        replace(exec_step("first", a), sandbox=_NODE),
        replace(exec_step("second", b), sandbox=_NODE),
        PullStep("fresh-pull", b[1], BASELINE),
        PullStep("used-pull", b[1], "second"),
        label="the second workload's pull on a used node",
    )


def _judge_after(setup: Setup, transcript: Transcript) -> Verdict:
    problem = _needs_control(setup, transcript)
    if problem is not None:
        return problem
    fresh, used = find_pull(transcript, "fresh-pull"), find_pull(transcript, "used-pull")
    if fresh is None or used is None or not fresh.opened:
        return inconclusive("the workload cannot pull its own image on a fresh node")
    if used.opened:
        return PASS
    if not is_usable(setup, transcript, "second"):
        message = "after another workload's exec there is no usable answer any more"
    else:
        message = "after another workload's exec the answer does not open the own image any more"
    return fail("S-11", message, "second")


def _isolation(setup: Setup) -> str | None:
    return needs_workload(setup) or needs_two_owners(setup)


CHECKS: tuple[Check, ...] = (
    Check(
        id="K01",
        title="A workload's credential opens the workload's image",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-57", "K-132", "K-180"),
        defects=("D-H5", "D-D1", "D-C9"),
        propose=_propose_opens,
        judge=_judge_opens,
        consequence="The registry refuses the pull, though exchange and registry agree.",
        hint="Check that the password is the credential (not the user name, not cut, not encoded "
        "again) and that the auth key matches host, port and path of the image.",
        needs=WORKLOAD_NEEDS | {Feature.REGISTRY},
        examples=2,
        smoke=True,
        applies=needs_workload,
    ),
    Check(
        id="K02",
        title="A workload's credential does not open another workload's image",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-57", "S-11", "S-05"),
        defects=("D-G1", "D-D7"),
        propose=_propose_others,
        judge=_judge_others,
        consequence=_CONSEQUENCE,
        hint="Answer with what was minted for the token of this request, and with nothing wider.",
        needs=_NEEDS | {Feature.REGISTRY},
        examples=2,
        smoke=True,
        applies=needs_two_owners,
    ),
    Check(
        id="K03",
        title="When the exchange is down, nobody lives on another workload's credential",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-60", "S-11", "I-18"),
        defects=("D-G1", "D-F10"),
        propose=_propose_down,
        judge=_judge_down,
        consequence=_CONSEQUENCE,
        hint=_HINT,
        needs=WORKLOAD_NEEDS | _NEEDS,
        examples=2,
        smoke=True,
        applies=_isolation,
    ),
    Check(
        id="K04",
        title="Workloads that take turns on a node get only what is their own",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-11", "S-60"),
        defects=("D-G1", "D-F10"),
        propose=_propose_order,
        judge=_no_foreign("S-11"),
        consequence=_CONSEQUENCE,
        hint=_HINT,
        needs=_NEEDS,
        watches=True,
        applies=needs_two_owners,
    ),
    Check(
        id="K05",
        title="Two workloads that ask for one image get two credentials",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-60", "S-11"),
        defects=("D-G1", "D-F10"),
        propose=_propose_same_image,
        judge=_no_foreign("S-60"),
        consequence=_CONSEQUENCE,
        hint=_HINT,
        needs=_NEEDS,
        examples=2,
        smoke=True,
        applies=needs_two_owners,
    ),
    Check(
        id="K06",
        title="Workloads at the same time get only what is their own",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-11", "K-124"),
        defects=("D-I6", "D-G1"),
        propose=_propose_at_once,
        judge=_no_foreign("S-11"),
        consequence=_CONSEQUENCE,
        hint="Do not pass tokens or credentials through files with fixed names.",
        needs=_NEEDS,
        examples=3,
        flaky_by_nature=True,
        applies=needs_two_owners,
    ),
    Check(
        id="K07",
        title="A kept credential is not handed out for a bad token",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-61", "S-16", "S-06"),
        defects=("D-G1", "D-F10"),
        propose=_propose_replay,
        judge=_judge_replay,
        consequence="A forged or expired token is as good as a real one, as long as the memory "
        "lasts.",
        hint=_HINT,
        needs=WORKLOAD_NEEDS,
        applies=needs_workload,
    ),
    Check(
        id="K08",
        title="Without a token nobody gets what a workload left behind",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-60", "I-11"),
        defects=("D-G1", "D-G3"),
        propose=_propose_nobody,
        judge=_judge_nobody,
        consequence="Pods without a service account pull as the workload that was there before.",
        hint=_HINT,
        needs=WORKLOAD_NEEDS,
        applies=needs_workload,
    ),
    Check(
        id="K09",
        title="Annotations do not decide who a workload is",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-11", "X-144", "S-16"),
        defects=("D-E5", "D-G5"),
        propose=_propose_annotations,
        judge=_judge_annotations,
        consequence="Whoever may annotate a service account pulls as any other.",
        hint="Take the identity from the exchanged token; let annotations choose only among what "
        "that identity may have.",
        needs=_NEEDS | {Feature.REGISTRY},
        applies=_needs_annotations,
    ),
    Check(
        id="K10",
        title="A used node serves the next workload as well as a fresh one",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-11", "S-21"),
        defects=("D-F10", "D-I7"),
        propose=_propose_after,
        judge=_judge_after,
        consequence="Which pod pulls first decides who can pull at all.",
        hint=_HINT,
        needs=_NEEDS | {Feature.REGISTRY},
        examples=2,
        applies=needs_two_owners,
    ),
    Check(
        id="K11",
        title="What a node has seen does not change the kind of answer",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-21", "S-60"),
        defects=("D-F10",),
        propose=lambda setup, draw: replace(_propose_order(setup, draw), check="K11"),
        judge=_judge_used,
        consequence="Answers depend on the order of pulls, and so do errors.",
        hint=_HINT,
        needs=_NEEDS,
        applies=needs_two_owners,
    ),
)
