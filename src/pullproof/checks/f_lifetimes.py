"""Class F, first part: how long an answer may be cached.

What counts is the *effective* duration: a missing `cacheDuration` means the
configured default (K-105), so leaving it out is a statement too. A credential's
own life is taken from the exchange's records, never from the provider.
"""

from pullproof.checks.check import Check
from pullproof.checks.evidence import (
    SLACK_S,
    WORKLOAD_NEEDS,
    cache_s,
    control,
    exchanged,
    exec_step,
    exec_steps,
    find_exec,
    find_pull,
    needs_workload,
    pairs,
    scenario,
    token_life_s,
    used_mints,
    with_faults,
)
from pullproof.checks.facts import BASELINE, has_secret, response
from pullproof.model.draw import Draw
from pullproof.model.scenario import ExecStep, Fault, FaultKind, PullStep, Scenario
from pullproof.model.setup import Feature, Setup
from pullproof.model.transcript import Exec, Transcript
from pullproof.model.verdict import PASS, Level, Verdict, fail, not_applicable

_GROUP = "caching"
_REPLAY_S = 1000.0
"""Longer than any credential of the embedded exchange lives (900 s)."""
_UNIT_SLIP_S = 2.0
_LONG_LIFE_S = 600.0


def _life_s(setup: Setup, transcript: Transcript, exec: Exec) -> float | None:
    """Return the seconds left to the answered credential when the exec ended.

    None if the provider could not know them: not told, or not from this exchange.
    """
    lives = [
        minted.expires_wall_s - exec.expires_wall_s
        for minted in used_mints(setup, transcript, exec)
        if minted.expires_wall_s is not None and minted.announced
    ]
    return min(lives, default=None)


def _slack_s(exec: Exec) -> float:
    """A provider computes the remaining life before it ends: up to its run time earlier."""
    return exec.duration_s + SLACK_S


def _propose_baseline(check: str, setup: Setup, draw: Draw) -> Scenario:
    return scenario(check, exec_step(BASELINE, draw.choice(pairs(setup))))


# F01: odd but correct: null with a short default, "0s", negative, any shorter
# life, the exact remaining life (slack covers the rounding).


def _judge_life(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    judged = False
    for step, exec in exec_steps(transcript):
        answer = response(setup, exec)
        life = _life_s(setup, transcript, exec)
        if answer is None or life is None:
            continue
        judged = True
        kept = cache_s(setup, answer)
        if kept > life + _slack_s(exec):
            how = "cacheDuration" if answer.cache_duration_ns is not None else "the default (null)"
            return fail(
                "S-04",
                f"{how} keeps the answer for {kept:.0f} s, but the exchange said that the "
                f"credential lives {life:.0f} s more",
                step.id,
            )
    return PASS if judged else not_applicable("no answer holds a credential of known life")


# F02: the same with a real pull, for providers whose password is not literally
# what the exchange minted. An answer that is not kept that long has passed.


def _propose_replay(setup: Setup, draw: Draw) -> Scenario:
    pair = draw.choice(pairs(setup))
    return scenario(
        "F02",
        exec_step(BASELINE, pair),
        PullStep("now", pair[1], BASELINE),
        PullStep("later", pair[1], BASELINE, cached=True, wait_s=_REPLAY_S),
        label=f"pull again {_REPLAY_S:.0f} s later",
    )


def _judge_replay(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    now, later = find_pull(transcript, "now"), find_pull(transcript, "later")
    exec = find_exec(transcript, BASELINE)
    answer = response(setup, exec) if exec is not None else None
    if exec is None or answer is None or now is None or later is None or not now.opened:
        return not_applicable("the fresh credential opened nothing, so its age proves nothing")
    if cache_s(setup, answer) <= _REPLAY_S + _slack_s(exec) or later.opened:
        return PASS
    return fail(
        "S-04",
        f"the answer is cached for {cache_s(setup, answer):.0f} s, but {_REPLAY_S:.0f} s later "
        "the registry refused the credential",
        "later",
    )


# F03: the exchange says clearly that the credential is dead or nearly so.


def _faults(kind: FaultKind, *args: str) -> tuple[Fault, ...]:
    return tuple(Fault(kind, arg) for arg in args)


_SHORT = (Fault(FaultKind.EXPIRED_CREDENTIAL), *_faults(FaultKind.EXPIRES_IN, "1", "30"))
# 0 and -1 mean "for ever" or "unknown" to some servers: only the bound of
# unknown lives is asked for.
_UNKNOWN = (
    Fault(FaultKind.DROP_MEMBER, "expires_in"),
    *_faults(FaultKind.EXPIRES_IN, "null", "0", "-1", '"300"'),
)
_HUGE = _faults(FaultKind.EXPIRES_IN, "99999999999", "9223372036854775807", "1e30")


def _told_s(step: ExecStep) -> float | None:
    """Return the life that the step's fault makes the exchange announce."""
    for fault in step.exchange:
        if fault.kind is FaultKind.EXPIRED_CREDENTIAL:
            return 0.0
        if fault.kind is FaultKind.EXPIRES_IN and fault.arg.isdecimal():
            return float(fault.arg)
    return None


def _propose_short(setup: Setup, draw: Draw) -> Scenario:
    return scenario("F03", *with_faults(setup, draw, _SHORT), label="credential (almost) expired")


def _judge_short(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    judged = False
    for step, exec in exec_steps(transcript):
        told = _told_s(step)
        if told is None or not exchanged(transcript, step.id):
            continue
        judged = True
        answer = response(setup, exec)
        # No credential, or an error, is a fine answer to a dead credential.
        if answer is None or not has_secret(answer):
            continue
        kept = cache_s(setup, answer)
        if kept > told + _slack_s(exec):
            return fail(
                "S-04",
                f"the exchange said that the credential lives {told:.0f} s, "
                f"and the kubelet would keep it for {kept:.0f} s",
                step.id,
            )
    return PASS if judged else not_applicable("the exchange was not asked")


# F04: a provider that is not told may use any bound of its own up to the life
# of the token, or cache nothing.


def _propose_unknown(setup: Setup, draw: Draw) -> Scenario:
    return scenario("F04", *with_faults(setup, draw, _UNKNOWN), label="life not told")


def _judge_unknown(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    judged = False
    for step, exec in exec_steps(transcript):
        answer, token_life = response(setup, exec), token_life_s(exec)
        if not step.exchange or not exchanged(transcript, step.id) or token_life is None:
            continue
        judged = True
        if answer is None or not has_secret(answer):
            continue
        kept = cache_s(setup, answer)
        if kept > max(token_life, 300.0) + _slack_s(exec):
            return fail(
                "X-213",
                "the exchange did not say how long the credential lives, and the kubelet would "
                f"keep it for {kept:.0f} s, longer than the token that it was made from",
                step.id,
            )
    return PASS if judged else not_applicable("the exchange was not asked")


# F05: whatever number comes in, what goes out is a Go duration or a failure.


def _propose_huge(setup: Setup, draw: Draw) -> Scenario:
    return scenario("F05", *with_faults(setup, draw, _HUGE), label="huge expires_in")


def _judge_huge(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    judged = False
    for step, exec in exec_steps(transcript):
        if not step.exchange or not exchanged(transcript, step.id):
            continue
        judged = True
        if exec.succeeded and response(setup, exec) is None:
            return fail(
                "K-095",
                "given a huge expires_in, the provider printed an answer that the kubelet refuses",
                step.id,
            )
    return PASS if judged else not_applicable("the exchange was not asked")


# F06 to F08 are advice: each is allowed, and each has a price.


def _judge_margin(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    exec = transcript.exec(BASELINE)
    answer, life = response(setup, exec), _life_s(setup, transcript, exec)
    if answer is None or life is None or life < _LONG_LIFE_S:
        return not_applicable("the answer holds no credential of a known, long life")
    if cache_s(setup, answer) > life - 1.0:
        return fail(
            "S-56",
            f"the answer is cached for the whole remaining life of the credential ({life:.0f} s)",
            BASELINE,
        )
    return PASS


def _judge_unit_slip(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    exec = transcript.exec(BASELINE)
    answer, life = response(setup, exec), _life_s(setup, transcript, exec)
    if answer is None or life is None or life < _LONG_LIFE_S:
        return not_applicable("the answer holds no credential of a known, long life")
    kept = cache_s(setup, answer)
    if 0 < kept <= _UNIT_SLIP_S:
        return fail(
            "K-095",
            f"the credential lives {life:.0f} s and is cached for {kept:.6g} s: a slip of units?",
            BASELINE,
        )
    return PASS


def _judge_left_out(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    exec = transcript.exec(BASELINE)
    answer, life = response(setup, exec), _life_s(setup, transcript, exec)
    if answer is None or life is None:
        return not_applicable("the answer holds no credential of a known life")
    if answer.cache_duration_ns is None:
        return fail(
            "K-105",
            f"the exchange said that the credential lives {life:.0f} s, and the answer does not",
            BASELINE,
        )
    return PASS


CHECKS: tuple[Check, ...] = (
    Check(
        id="F01",
        title="An answer is cached no longer than its credential lives",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-04", "K-105", "S-56", "I-16"),
        defects=("D-F3", "D-F2", "D-F8"),
        propose=lambda setup, draw: _propose_baseline("F01", setup, draw),
        judge=_judge_life,
        consequence="The kubelet goes on using a dead credential, and pulls fail with 401.",
        hint="Set cacheDuration to the remaining life from the exchange's answer, less a margin; "
        "null means the configured default, not `as long as valid`.",
        needs=WORKLOAD_NEEDS,
        examples=2,
        smoke=True,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="F02",
        title="A cached credential still opens the image at the end of its cache life",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-04", "S-56", "K-106"),
        defects=("D-F3", "D-F2"),
        propose=_propose_replay,
        judge=_judge_replay,
        consequence="Pulls from the cache fail with 401 until the entry expires.",
        hint="Derive cacheDuration from the expiry of the credential that you answer with, "
        "not from that of another one.",
        needs=WORKLOAD_NEEDS | {Feature.REGISTRY},
        applies=needs_workload,
    ),
    Check(
        id="F03",
        title="A credential that is dead or nearly so is not cached beyond that",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-04", "S-56", "K-105"),
        defects=("D-F2", "D-F3"),
        propose=_propose_short,
        judge=_judge_short,
        consequence="The kubelet serves a dead credential for up to its default cache duration.",
        hint="If the remaining life is zero or less, fail, or answer with cacheDuration `0s`; "
        "never leave the field out.",
        needs=WORKLOAD_NEEDS,
        applies=needs_workload,
    ),
    Check(
        id="F04",
        title="A credential of unknown life is cached no longer than its token lives",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("X-213", "K-105", "S-04"),
        defects=("D-F2",),
        propose=_propose_unknown,
        judge=_judge_unknown,
        consequence="A credential whose life nobody stated is kept for the kubelet's default, "
        "often 12 h.",
        hint="Read an absent or unusable expires_in as `unknown` and answer with `0s` or a few "
        "minutes.",
        needs=WORKLOAD_NEEDS,
        applies=needs_workload,
    ),
    Check(
        id="F05",
        title="A huge lifetime still becomes a duration that the kubelet can read",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("K-095", "K-091"),
        defects=("D-F9",),
        propose=_propose_huge,
        judge=_judge_huge,
        consequence="The kubelet drops the whole answer, with a decode error that names no cause.",
        hint="Cap the lifetime (a day is plenty) before you format it.",
        needs=WORKLOAD_NEEDS,
        applies=needs_workload,
    ),
    Check(
        id="F06",
        title="Caching ends some time before the credential does",
        group=_GROUP,
        level=Level.ADVICE,
        rules=("S-56", "S-04"),
        defects=("D-F1",),
        propose=lambda setup, draw: _propose_baseline("F06", setup, draw),
        judge=_judge_margin,
        consequence="A pull that starts just before expiry fails halfway through.",
        hint="Take a margin off the remaining life, for instance a tenth or one minute.",
        needs=WORKLOAD_NEEDS,
        applies=needs_workload,
    ),
    Check(
        id="F07",
        title="A long-lived credential is not cached for an instant only",
        group=_GROUP,
        level=Level.ADVICE,
        rules=("K-095", "K-105"),
        defects=("D-F4",),
        propose=lambda setup, draw: _propose_baseline("F07", setup, draw),
        judge=_judge_unit_slip,
        consequence="Every pull runs the provider and asks the exchange again.",
        hint="Check the unit: Go durations are written like `15m0s`; if nothing is to be cached, "
        "say `0s`.",
        needs=WORKLOAD_NEEDS,
        applies=needs_workload,
    ),
    Check(
        id="F08",
        title="A known lifetime is passed on as cacheDuration",
        group=_GROUP,
        level=Level.ADVICE,
        rules=("K-105", "S-04"),
        defects=("D-F8",),
        propose=lambda setup, draw: _propose_baseline("F08", setup, draw),
        judge=_judge_left_out,
        consequence="The node's default decides, which knows nothing of this credential.",
        hint="Answer with a cacheDuration derived from the exchange's expires_in.",
        needs=WORKLOAD_NEEDS,
        applies=needs_workload,
    ),
)
