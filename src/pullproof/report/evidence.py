"""What happened in a transcript, masked and in order, for people and for files."""

from dataclasses import dataclass

from pullproof.model.reaction import react
from pullproof.model.scenario import ExecStep, PullStep
from pullproof.model.setup import Setup
from pullproof.model.transcript import Ending, Exec, Pull, Received, Transcript
from pullproof.report.mask import mask, printable, show_bytes


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of a scenario as it is shown: no secret, no address, no time."""

    id: str
    what: str
    request: str = ""
    stdout: str = ""
    stderr: str = ""
    ended: str = ""
    kubelet: str = ""
    """One sentence: what the kubelet does with it."""
    seen: tuple[str, ...] = ()
    """Requests at the emulators and files written, one line each."""


def views(setup: Setup, transcript: Transcript) -> tuple[StepView, ...]:
    """Return a view of each step that was performed, in scenario order."""
    execs = {item.step: item for item in transcript.execs}
    pulls = {item.step: item for item in transcript.pulls}
    out: list[StepView] = []
    for step in transcript.scenario.steps:
        if isinstance(step, ExecStep) and step.id in execs:
            out.append(_exec_view(setup, transcript, step, execs[step.id]))
        elif isinstance(step, PullStep) and step.id in pulls:
            out.append(_pull_view(transcript, step, pulls[step.id]))
    return tuple(out)


def _exec_view(setup: Setup, transcript: Transcript, step: ExecStep, run: Exec) -> StepView:
    seen = [_request_line(transcript, item) for item in transcript.received if item.step == step.id]
    seen += [
        f"file {printable(mask(item.path, transcript))} mode {item.mode:04o} ({item.size} bytes)"
        for item in run.files
    ]
    if run.left_behind:
        seen.append(f"{run.left_behind} process(es) left behind")
    return StepView(
        id=step.id,
        what=_describe(setup, step),
        request=show_bytes(run.stdin, transcript),
        stdout=show_bytes(run.stdout, transcript),
        stderr=show_bytes(run.stderr, transcript),
        ended=ending(run),
        kubelet=printable(mask(react(setup, run).sentence, transcript)),
        seen=tuple(seen),
    )


def _describe(setup: Setup, step: ExecStep) -> str:
    parts = [f"exec for {printable(step.image)}"]
    if setup.provider.sa_mode:
        who = f"workload {step.workload}" if step.workload else "no service account"
        parts.append(f"{who}, token {step.token.value}" if step.workload else who)
    parts += [
        f"{fault.kind.value} {fault.arg}".strip() + " at the exchange" for fault in step.exchange
    ]
    parts += [f"request edited: {edit.kind.value} {edit.path}".strip() for edit in step.edits]
    if step.sandbox:
        parts.append(f"sandbox {step.sandbox}")
    if step.group:
        parts.append("at the same time as the rest of its group")
    return ", ".join(parts)


def ending(run: Exec) -> str:
    """Return how the exec ended, without times."""
    if run.ending is Ending.NOT_STARTED:
        return f"not started: {run.start_error}"
    if run.ending is Ending.TIMED_OUT:
        return "still running at the deadline"
    if run.ending is Ending.SIGNALED:
        return f"killed by signal {run.signal}"
    cut = " (stdout cut short)" if run.stdout_truncated else ""
    return f"exit status {run.exit_code}{cut}"


def _request_line(transcript: Transcript, item: Received) -> str:
    target = printable(mask(item.target, transcript))
    if len(target) > 160:
        target = target[:159] + "…"
    status = str(item.status) if item.status else "no answer"
    extra = f" token {item.token_verdict}" if item.token_verdict else ""
    fault = f" fault {item.fault}" if item.fault else ""
    mint = " minted a credential" if item.minted else ""
    return f"{item.actor.value}: {item.method} {target} -> {status}{extra}{mint}{fault}"


def _pull_view(transcript: Transcript, step: PullStep, pull: Pull) -> StepView:
    lines = tuple(
        f"tried key {printable(mask(item.auth_key, transcript))!r}: "
        + ("opened" if item.opened else f"refused with {item.status}")
        for item in pull.attempts
    )
    how = "as a cache hit" if step.cached else "with the response"
    return StepView(
        id=step.id,
        what=f"pull of {printable(step.image)} {how} of step {step.exec}",
        ended=("opened" if pull.opened else "not opened")
        + ("" if pull.attempts else " (anonymous: no credential fitted)"),
        kubelet=printable(mask(pull.detail, transcript)),
        seen=lines,
    )
