"""Judges that many checks share, each made for one rule.

All of them read every exec besides the baseline, so that they go on working
when a scenario is made smaller.
"""

from collections.abc import Callable

from pullproof.checks.check import Judge
from pullproof.checks.facts import (
    BASELINE,
    breakdown,
    broken_baseline,
    crash,
    is_cut,
    is_usable,
    kubelet_execs,
    reaction,
    refusal,
    variants,
    was_run,
)
from pullproof.model.response import Refusal
from pullproof.model.setup import Setup
from pullproof.model.transcript import Exec, Transcript
from pullproof.model.verdict import PASS, Verdict, fail, inconclusive, not_applicable


def outcome(setup: Setup, exec: Exec) -> str:
    """Return what came of `exec`, as one clause that holds no secret."""
    if exec.succeeded:
        return reaction(setup, exec).sentence
    return breakdown(exec) or f"it exited with status {exec.exit_code} and a reason on stderr"


def same_answer(rule: str, what: str) -> Judge:
    """Return a judge: each variation must be answered as well as the baseline.

    `what` says how the variation differs, after "the same request".
    """

    def judge(setup: Setup, transcript: Transcript) -> Verdict:
        broken = broken_baseline(setup, transcript)
        if broken is not None:
            return broken
        for exec in variants(transcript):
            if not is_cut(exec) and not is_usable(setup, transcript, exec.step):
                return fail(
                    rule,
                    f"the same request {what} ({exec.step}) got no usable answer: "
                    f"{outcome(setup, exec)}; the kubelet's own spelling was answered",
                    exec.step,
                )
        return PASS if variants(transcript) else not_applicable("no variation was sent")

    return judge


def broken_already(transcript: Transcript) -> Verdict | None:
    """Return inconclusive if the provider breaks down on the kubelet's own request.

    A breakdown that needs no bad input says nothing about bad input.
    """
    if not was_run(transcript, BASELINE):
        return None
    reason = crash(transcript.exec(BASELINE))
    if reason is None:
        return None
    return inconclusive(f"already on the kubelet's own request {reason}", BASELINE)


def survives(rule: str, what: str, *, odd_success: bool = False) -> Judge:
    """Return a judge: bad input must end in an answer or in a clean refusal.

    Any answer the kubelet accepts will do: what it never sends, a provider may
    read as leniently as it likes. `odd_success` also lets status 0 with a
    stdout pass that the kubelet would refuse.
    """

    def judge(setup: Setup, transcript: Transcript) -> Verdict:
        broken = broken_already(transcript)
        if broken is not None:
            return broken
        for exec in variants(transcript):
            reason = breakdown(exec)
            if reason is None and exec.succeeded and not odd_success and not is_cut(exec):
                found = reaction(setup, exec)
                if not found.accepted:
                    reason = f"it reported success, but: {found.sentence}"
            if reason is not None:
                return fail(rule, f"given {what} ({exec.step}), {reason}", exec.step)
        return PASS if variants(transcript) else not_applicable("no such input was sent")

    return judge


def refuses(rule: str, what: str) -> Judge:
    """Return a judge: the input should be refused, and cleanly (advice only)."""

    def judge(setup: Setup, transcript: Transcript) -> Verdict:
        broken = broken_baseline(setup, transcript)
        if broken is not None:
            return broken
        for exec in variants(transcript):
            reason = breakdown(exec)
            if reason is None and is_usable(setup, transcript, exec.step):
                reason = "it answered as if nothing were wrong"
            if reason is not None:
                return fail(rule, f"given {what} ({exec.step}), {reason}", exec.step)
        return PASS if variants(transcript) else not_applicable("no such input was sent")

    return judge


def never_refused_as(rule: str, is_it: Callable[[Exec, Refusal], bool]) -> Judge:
    """Return a judge: no answer to a kubelet's request is refused in one certain way.

    It reads every exec whose request a kubelet can send and that reported
    success: whatever went wrong inside, a provider that fails says so by its
    exit status (K-084), and what it prints with status 0 must be a response.
    """

    def judge(setup: Setup, transcript: Transcript) -> Verdict:
        answered = [exec for exec in kubelet_execs(setup, transcript) if exec.succeeded]
        whole = [exec for exec in answered if not is_cut(exec)]
        for exec in whole:
            found = refusal(setup, exec)
            if found is not None and is_it(exec, found):
                return fail(rule, f"the kubelet drops the answer: {found.detail}", exec.step)
        return PASS if whole else not_applicable("no answer with exit status 0 was seen")

    return judge
