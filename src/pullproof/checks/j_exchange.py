"""Class J: what the exchange may say, and what a provider may make of it.

X-140: no credential without an accepted status and a credential in the reply.
Where an exec may work or fail as it likes (retries, a default for a missing
member, a lenient parser), both pass. Only the absence of a credential that
nobody gave is asked for here; how a failure is reported is judged in F and I.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from pullproof.checks.check import Check
from pullproof.checks.evidence import (
    WORKLOAD_NEEDS,
    control,
    exchanged,
    exec_step,
    exec_steps,
    given,
    needs_workload,
    own_records,
    pairs,
    scenario,
    with_faults,
)
from pullproof.checks.facts import BASELINE, crash, is_usable, step_credentials
from pullproof.checks.leak_search import canaries, describe
from pullproof.checks.leaks import PROVIDER_SECRETS, carried, strangers
from pullproof.model.draw import Draw
from pullproof.model.scenario import ExecStep, Fault, FaultKind, Scenario
from pullproof.model.setup import Feature, Setup
from pullproof.model.transcript import Actor, Exec, Transcript
from pullproof.model.verdict import PASS, Level, Verdict, fail, not_applicable

_GROUP = "exchange"
_MEMBER = "access_token"
_HUGE_BYTES = 32 * 1024 * 1024
_MAX_REQUESTS = 20

Propose = Callable[[Setup, Draw], Scenario]
Disturbed = tuple[tuple[ExecStep, Exec], ...]


def _disturbed(transcript: Transcript, is_it: Callable[[Fault], bool]) -> Disturbed:
    """Return the execs that met such a fault, from the first request to the last."""
    return tuple(
        (step, exec)
        for step, exec in exec_steps(transcript)
        if any(is_it(fault) and not fault.times for fault in step.exchange)
        and not step.edits
        and exchanged(transcript, step.id)
    )


def _gives_nothing(
    rule: str, is_it: Callable[[Fault], bool], what: str, *, empty_too: bool = False
) -> Callable[[Setup, Transcript], Verdict]:
    """Return a judge: under such a fault the image gets no credential.

    `empty_too`: nor one with an empty password.
    """

    def judge(setup: Setup, transcript: Transcript) -> Verdict:
        problem = control(setup, transcript)
        if problem is not None:
            return problem
        disturbed = _disturbed(transcript, is_it)
        for step, exec in disturbed:
            found = step_credentials(setup, transcript, step.id)
            if given(setup, transcript, exec) or (empty_too and found):
                which = "a credential" if given(setup, transcript, exec) else "an empty password"
                kinds = ", ".join(f"{f.kind.value} {f.arg}".strip() for f in step.exchange)
                return fail(rule, f"{what} ({kinds}), and the answer holds {which}", step.id)
        return PASS if disturbed else not_applicable("the exchange was not asked under this fault")

    return judge


def _with(check: str, faults: Iterable[Fault], label: str) -> Propose:
    fixed = tuple(faults)
    return lambda setup, draw: scenario(check, *with_faults(setup, draw, fixed), label=label)


# J01: an error status with the body of a success.


def _propose_status(setup: Setup, draw: Draw) -> Scenario:
    codes = ("401", draw.choice(("400", "403", "404")), draw.choice(("500", "502", "503", "429")))
    faults = tuple(Fault(FaultKind.STATUS_OK_BODY, code) for code in codes)
    return scenario("J01", *with_faults(setup, draw, faults), label="error status, good body")


def _is_bad_status(fault: Fault) -> bool:
    return fault.kind is FaultKind.STATUS_OK_BODY and fault.arg[:1] in ("4", "5")


# J02: a missing user name, type or expiry may be made up for; a missing
# credential cannot.

_NO_CREDENTIAL = (
    Fault(FaultKind.DROP_MEMBER, _MEMBER),
    Fault(FaultKind.NULL_MEMBER, _MEMBER),
    Fault(FaultKind.EMPTY_MEMBER, _MEMBER),
    Fault(FaultKind.JSON_NULL),
    Fault(FaultKind.JSON_LIST),
    Fault(FaultKind.ERROR_200),
    Fault(FaultKind.NOT_JSON),
    Fault(FaultKind.EMPTY_BODY),
)


def _judge_crash(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    disturbed = _disturbed(transcript, lambda fault: fault in _NO_CREDENTIAL)
    for step, exec in disturbed:
        broken = crash(exec)
        if broken is not None:
            kinds = ", ".join(f"{f.kind.value} {f.arg}".strip() for f in step.exchange)
            return fail("S-17", f"the reply was malformed ({kinds}): {broken}", step.id)
    return PASS if disturbed else not_applicable("the exchange was not asked under this fault")


# J05: also watched for, where the exchange hangs (I04).

_BROKEN = frozenset({FaultKind.RESET, FaultKind.CLOSE, FaultKind.HANG, FaultKind.DRIP})


# J06: working and refusing both pass unless it breaks down.


def _is_huge(fault: Fault) -> bool:
    return fault.kind is FaultKind.HUGE_BODY and not fault.times


def _judge_huge(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    disturbed = _disturbed(transcript, _is_huge)
    for step, exec in disturbed:
        broken = crash(exec)
        if broken is not None:
            return fail("S-71", f"given a reply of {_HUGE_BYTES} bytes, {broken}", step.id)
    return PASS if disturbed else not_applicable("the exchange was not asked under this fault")


def _judge_unbounded(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    disturbed = _disturbed(transcript, _is_huge)
    for step, _ in disturbed:
        if is_usable(setup, transcript, step.id):
            message = f"a reply of {_HUGE_BYTES} bytes was read to its end and used"
            return fail("X-145", message, step.id)
    return PASS if disturbed else not_applicable("the exchange was not asked under this fault")


# J04: following a redirect without the token (as 302 makes many clients do) is
# useless but harmless, and passes as long as nothing comes of it.


def _to_stranger(setup: Setup, transcript: Transcript, steps: frozenset[str]) -> Verdict | None:
    """Return the failure if a secret reached the canary during one of `steps`."""
    secrets = canaries(transcript, *PROVIDER_SECRETS)
    if Actor.CANARY not in strangers(setup):
        return None
    for record in own_records(transcript):
        if record.actor is not Actor.CANARY or record.step not in steps:
            continue
        found = carried(record, secrets)
        if found:
            return fail("S-65", f"{describe(found)} was sent on to another host", record.step)
    return None


def _judge_redirect(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    disturbed = _disturbed(transcript, lambda fault: fault.kind is FaultKind.REDIRECT)
    leak = _to_stranger(setup, transcript, frozenset(step.id for step, _ in disturbed))
    if leak is not None:
        return leak
    for step, exec in disturbed:
        if given(setup, transcript, exec):
            message = "the exchange answered with a redirect, and there was a credential"
            return fail("X-140", message, step.id)
    return PASS if disturbed else not_applicable("the exchange was not asked under this fault")


# J08, J09: what a retry minted in vain is lost on the way only if the reply
# was; so mints are counted where every reply arrives.


def _propose_mints(setup: Setup, draw: Draw) -> Scenario:
    base = exec_step(BASELINE, draw.choice(pairs(setup)))
    once = replace(base, id="busy-once", exchange=(Fault(FaultKind.UNAVAILABLE, times=1),))
    return scenario("J08", base, once, label="credentials minted per exec")


def _judge_mints(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    for step, _ in exec_steps(transcript):
        if any(fault.kind is not FaultKind.UNAVAILABLE for fault in step.exchange):
            continue
        records = transcript.during(step.id, Actor.EXCHANGE)
        minted = {record.minted for record in records if record.minted}
        if len(minted) > 1:
            message = f"{len(minted)} credentials were minted for one request"
            return fail("S-20", message, step.id)
    return PASS


def _judge_retries(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    busy = _disturbed(transcript, lambda fault: fault.kind is not FaultKind.DELAY)
    for step, _ in busy:
        count = len(transcript.during(step.id, Actor.EXCHANGE))
        if count > _MAX_REQUESTS:
            message = f"the exchange failed, and one exec asked it {count} times"
            return fail("S-71", message, step.id)
    return PASS if busy else not_applicable("the exchange did not fail")


# J10: only a provider that talks to the registry itself can fail here.


def _propose_realm(setup: Setup, draw: Draw) -> Scenario:
    base = exec_step(BASELINE, draw.choice(pairs(setup)))
    lured = replace(base, id="lured", registry=(Fault(FaultKind.CHALLENGE_REALM),))
    return scenario("J10", base, lured, label="the registry's challenge names another host")


def _judge_realm(setup: Setup, transcript: Transcript) -> Verdict:
    lured = frozenset(
        step.id
        for step, _ in exec_steps(transcript)
        if any(fault.kind is FaultKind.CHALLENGE_REALM for fault in step.registry)
        and transcript.during(step.id, Actor.REGISTRY)
    )
    if not lured:
        return not_applicable("the provider does not talk to the registry")
    leak = _to_stranger(setup, transcript, lured)
    return PASS if leak is None else replace(leak, rule="S-66")


CHECKS: tuple[Check, ...] = (
    Check(
        id="J01",
        title="A reply with an error status gives no credential",
        group=_GROUP,
        level=Level.MUST,
        rules=("X-140", "S-70"),
        defects=("D-J1",),
        propose=_propose_status,
        judge=_gives_nothing("X-140", _is_bad_status, "the exchange answered with an error status"),
        consequence="The workload gets a credential that the exchange has refused, or that is not "
        "valid.",
        hint="Look at the status first; only 200 carries a credential.",
        needs=WORKLOAD_NEEDS,
        examples=2,
        smoke=True,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="J02",
        title="A reply without a credential gives no credential",
        group=_GROUP,
        level=Level.MUST,
        rules=("X-140", "X-210", "S-70"),
        defects=("D-J2", "D-C9", "D-C8"),
        propose=_with("J02", _NO_CREDENTIAL, "replies without a credential"),
        judge=_gives_nothing(
            "X-140",
            lambda fault: fault in _NO_CREDENTIAL,
            "the exchange's reply held no credential",
            empty_too=True,
        ),
        consequence="Pulls are tried with an empty or meaningless password, and the kubelet caches "
        "it.",
        hint="Require access_token to be a non-empty text before you answer.",
        needs=WORKLOAD_NEEDS,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="J03",
        title="A malformed reply ends in an error message, not in a crash",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-17", "X-141"),
        defects=("D-J2", "D-I1"),
        propose=_with("J03", _NO_CREDENTIAL[::3], "malformed replies"),
        judge=_judge_crash,
        consequence="The kubelet log shows a stack trace instead of the exchange's failure.",
        hint="Check every member for presence and type before you use it.",
        needs=WORKLOAD_NEEDS,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="J04",
        title="Redirects of the exchange are not followed with the token",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-65", "S-10", "X-140"),
        defects=("D-J4",),
        propose=_with(
            "J04",
            (Fault(FaultKind.REDIRECT, code) for code in ("307", "308", "302", "303")),
            "redirect to another host",
        ),
        judge=_judge_redirect,
        consequence="Whoever can answer for the exchange once sends the token where he likes.",
        hint="Turn redirects off in the HTTP client.",
        needs=WORKLOAD_NEEDS,
        applies=needs_workload,
    ),
    Check(
        id="J05",
        title="A broken connection gives no credential",
        group=_GROUP,
        level=Level.MUST,
        rules=("X-140", "S-63"),
        defects=("D-J2", "D-G1"),
        propose=_with(
            "J05", (Fault(FaultKind.RESET), Fault(FaultKind.CLOSE)), "broken connections"
        ),
        judge=_gives_nothing(
            "X-140", lambda fault: fault.kind in _BROKEN, "the exchange gave no reply"
        ),
        consequence="The workload gets a credential that nobody gave it.",
        hint="Treat every transport error as a failure.",
        needs=WORKLOAD_NEEDS,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="J06",
        title="A huge reply does not break the provider down",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-71", "S-17"),
        defects=("D-J3",),
        propose=_with("J06", (Fault(FaultKind.HUGE_BODY, str(_HUGE_BYTES)),), "a reply of 32 MiB"),
        judge=_judge_huge,
        consequence="The node runs out of memory, or the exec out of time.",
        hint="Read at most some hundred kilobytes of a reply.",
        needs=WORKLOAD_NEEDS,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="J07",
        title="A huge reply is not read to its end",
        group=_GROUP,
        level=Level.ADVICE,
        rules=("X-145", "S-71"),
        defects=("D-J3",),
        propose=_with("J07", (Fault(FaultKind.HUGE_BODY, str(_HUGE_BYTES)),), "a reply of 32 MiB"),
        judge=_judge_unbounded,
        consequence="The size of the reply decides how much memory the node gives.",
        hint="Read at most some hundred kilobytes of a reply.",
        needs=WORKLOAD_NEEDS,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="J08",
        title="One request mints one credential",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-20", "S-71"),
        defects=("D-F7",),
        propose=_propose_mints,
        judge=_judge_mints,
        consequence="Live credentials pile up that nobody uses or revokes.",
        hint="Ask the exchange once; retry only if no reply came.",
        needs=WORKLOAD_NEEDS,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="J09",
        title="Retries are few",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-71", "X-146"),
        defects=("D-I4",),
        propose=_with(
            "J09", (Fault(FaultKind.UNAVAILABLE), Fault(FaultKind.RESET)), "a busy exchange"
        ),
        judge=_judge_retries,
        consequence="All nodes together keep a struggling exchange down.",
        hint="Retry two or three times with growing pauses, then fail: the kubelet asks again.",
        needs=WORKLOAD_NEEDS,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="J10",
        title="A challenge of the registry does not decide where secrets go",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-66", "S-10"),
        defects=("D-E6",),
        propose=_propose_realm,
        judge=_judge_realm,
        consequence="A registry, or whoever can answer for it, collects credentials.",
        hint="Accept a realm only on the registry's own host or on a configured one.",
        needs=WORKLOAD_NEEDS | {Feature.REGISTRY},
        applies=needs_workload,
    ),
    Check(
        id="J11",
        title="A number is not taken for a credential",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("X-210", "X-140"),
        defects=("D-J2",),
        propose=_with("J11", (Fault(FaultKind.NUMBER_MEMBER, _MEMBER),), "access_token is 42"),
        judge=_gives_nothing(
            "X-210",
            lambda fault: fault.kind is FaultKind.NUMBER_MEMBER and fault.arg == _MEMBER,
            "access_token was a number",
        ),
        consequence="Pulls are tried with a meaningless password.",
        hint="Require access_token to be a text.",
        needs=WORKLOAD_NEEDS,
        applies=needs_workload,
    ),
    Check(
        id="J12",
        title="Half a reply gives no credential",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("X-140", "S-70"),
        defects=("D-J2",),
        propose=_with("J12", (Fault(FaultKind.HALF_BODY),), "reply cut in half"),
        judge=_gives_nothing(
            "X-140",
            lambda fault: fault.kind is FaultKind.HALF_BODY,
            "the exchange's reply was cut short",
        ),
        consequence="Pulls are tried with a password that is cut short.",
        hint="Compare what came with Content-Length; do not pick members out of broken JSON.",
        needs=WORKLOAD_NEEDS,
        watches=True,
        applies=needs_workload,
    ),
)
