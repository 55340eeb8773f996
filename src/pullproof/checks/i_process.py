"""Class I: the provider as a process.

The kubelet knows three things of a process: exit status, stdout, and, if it
failed, stderr (K-084). Slow, chatty or odd processes are fine; what counts is
that it ends, that it says why it failed, and that it needs nothing but its
request.
"""

import re
from dataclasses import replace
from pathlib import PurePosixPath

from pullproof.checks.check import Check
from pullproof.checks.evidence import (
    WORKLOAD_NEEDS,
    control,
    exchanged,
    exec_steps,
    find_exec,
    gives_wrongly,
    needs_declared,
    needs_workload,
    pairs,
    scenario,
    with_faults,
)
from pullproof.checks.facts import (
    BASELINE,
    broken_baseline,
    crash_trace,
    is_usable,
    kubelet_execs,
    reaction,
)
from pullproof.checks.plans import any_image, valid_step
from pullproof.model.draw import Draw
from pullproof.model.scenario import Edit, EditKind, ExecStep, Fault, FaultKind, Scenario, Stdin
from pullproof.model.setup import Feature, Setup
from pullproof.model.transcript import Ending, Exec, Transcript
from pullproof.model.verdict import PASS, Level, Verdict, fail, inconclusive, not_applicable

_GROUP = "process"
_ERROR_PATHS = (
    Fault(FaultKind.STATUS, "403"),
    Fault(FaultKind.STATUS, "500"),
    Fault(FaultKind.NOT_JSON),
    Fault(FaultKind.JSON_LIST),
)


def _propose_errors(check: str, setup: Setup, draw: Draw) -> Scenario:
    # All judges watch, so only I01 walks every path on its own.
    if needs_workload(setup) is None and Feature.EXCHANGE in setup.features:
        faults = _ERROR_PATHS if check == "I01" else _ERROR_PATHS[:2]
        return scenario(check, *with_faults(setup, draw, faults), label="error paths")
    # Whatever this is to a provider, it is an image name to the kubelet.
    step = valid_step(setup, draw, image=any_image(setup, draw))
    closed = replace(step, id="closed", stdin=Stdin.CLOSED)
    return scenario(check, step, closed, label="no request at all")


# I01: a signal is a breakdown in any case; a trace counts only if the exec
# failed (`crash_trace` knows only what a dying program prints).


def _judge_crash(setup: Setup, transcript: Transcript) -> Verdict:
    for exec in transcript.execs:
        if exec.ending is Ending.SIGNALED:
            return fail("S-17", f"it was ended by signal {exec.signal}", exec.step)
        if exec.ending is Ending.EXITED and exec.exit_code != 0:
            trace = crash_trace(exec.stderr)
            if trace is not None:
                return fail("S-17", f"it ended with a {trace} on stderr", exec.step)
    return PASS if transcript.execs else not_applicable("nothing was executed")


def _failed(transcript: Transcript) -> tuple[Exec, ...]:
    """Return the execs that ended by themselves, with a failure."""
    return tuple(
        exec for exec in transcript.execs if exec.ending is Ending.EXITED and exec.exit_code != 0
    )


def _judge_silent(setup: Setup, transcript: Transcript) -> Verdict:
    failed = _failed(transcript)
    for exec in failed:
        if not exec.stderr.strip():
            message = f"it exited with status {exec.exit_code} and nothing on stderr"
            return fail("K-084", message, exec.step)
    return PASS if failed else not_applicable("no exec failed")


_USAGE = re.compile(r"^\s*usage\b", re.IGNORECASE | re.MULTILINE)
_OPTION = re.compile(r"^\s+-{1,2}\w", re.MULTILINE)


def _judge_usage(setup: Setup, transcript: Transcript) -> Verdict:
    failed = _failed(transcript)
    for exec in failed:
        text = exec.stderr.decode("utf-8", "replace")
        if len(exec.stderr) > 1024 and _USAGE.search(text) and len(_OPTION.findall(text)) >= 2:
            message = f"the reason comes with {len(exec.stderr)} bytes of usage text"
            return fail("K-084", message, exec.step)
    return PASS if failed else not_applicable("no exec failed")


# I04: any outcome in time passes, even a credential after a late answer.


def _propose_hang(setup: Setup, draw: Draw) -> Scenario:
    faults = (Fault(FaultKind.HANG), Fault(FaultKind.DRIP, "200"))
    return scenario("I04", *with_faults(setup, draw, faults), label="the exchange hangs")


def _names(step: ExecStep) -> str:
    return ", ".join(fault.kind.value for fault in step.exchange)


def _judge_hang(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    hung = [(s, e) for s, e in exec_steps(transcript) if s.exchange and exchanged(transcript, s.id)]
    for step, exec in hung:
        if exec.ending is Ending.TIMED_OUT:
            limit = step.deadline_s or setup.deadline_s
            return fail(
                "K-082",
                f"the exchange was disturbed ({_names(step)}), and {limit:g} s after its start "
                "the provider was still there",
                step.id,
            )
    return PASS if hung else not_applicable("the exchange was not asked while it hung")


# I05: K-082 waits for the end of stdout, not of the process. Some seconds of
# a helper that is just ending pass.

_LINGER_S = 5.0


def _judge_linger(setup: Setup, transcript: Transcript) -> Verdict:
    for exec in transcript.execs:
        late = exec.duration_s - exec.exit_after_s
        if exec.exit_after_s > 0 and late > _LINGER_S:
            return fail(
                "K-082",
                f"the provider had gone, but something it had started kept stdout or stderr open "
                f"for {late:.0f} s more",
                exec.step,
            )
    return PASS if transcript.execs else not_applicable("nothing was executed")


# I06: four at once, together in one sandbox (files in HOME collide) or apart
# (ports, sockets, abstract locks collide). Waiting for each other is fine.


def _propose_concurrent(setup: Setup, draw: Draw) -> Scenario:
    base = valid_step(setup, draw)
    wants: list[tuple[str | None, str]] = [(w.name, image) for w, image in pairs(setup)]
    if not setup.provider.sa_mode or not wants:
        wants = [(base.workload, base.image)]

    def step(id: str, number: int) -> ExecStep:
        workload, image = wants[number % len(wants)]
        return replace(base, id=f"{id}-{number + 1}", workload=workload, image=image)

    alone = [step("alone", number) for number in range(min(len(wants), 4))]
    one = [replace(step("one-sandbox", n), group="one", sandbox="shared") for n in range(4)]
    own = [replace(step("own-sandbox", n), group="own") for n in range(4)]
    return scenario("I06", *alone, *one, *own, label="four at once, in one sandbox and apart")


def _judge_concurrent(setup: Setup, transcript: Transcript) -> Verdict:
    steps = [step for step, _ in exec_steps(transcript)]
    alone = [s for s in steps if not s.group]
    together = [s for s in steps if s.group]
    works = {(s.workload, s.image) for s in alone if is_usable(setup, transcript, s.id)}
    # Only what works alone can be asked to work in company.
    tried = [s for s in together if (s.workload, s.image) in works]
    if len(together) < 2 or not tried:
        return inconclusive("no exec works alone, so there is nothing to compare with")
    for step in tried:
        if not is_usable(setup, transcript, step.id):
            return fail(
                "K-124",
                "of several execs at once one got no usable answer: "
                f"{reaction(setup, transcript.exec(step.id)).sentence}; alone it does",
                step.id,
            )
    return PASS


# I07: systemd starts a kubelet without HOME. Variables that the author set for
# the kubelet or the provider are left alone.


def _removable(setup: Setup) -> tuple[str, ...]:
    given = {name for name, _ in setup.base_env} | {item.name for item in setup.provider.env}
    return tuple(name for name in ("HOME", "TMPDIR") if name not in given)


def _needs_removable(setup: Setup) -> str | None:
    missing = needs_declared(setup)
    if missing is not None:
        return missing
    return None if _removable(setup) else "HOME and TMPDIR are set by the author"


def _propose_bare(setup: Setup, draw: Draw) -> Scenario:
    base = valid_step(setup, draw)
    steps = tuple(
        replace(base, id=f"without-{name.lower()}", unset_env=(name,)) for name in _removable(setup)
    )
    return scenario("I07", base, *steps, label="without HOME or TMPDIR")


def _judge_bare(setup: Setup, transcript: Transcript) -> Verdict:
    if find_exec(transcript, BASELINE) is None:
        return inconclusive("the undisturbed exec is missing")
    broken = broken_baseline(setup, transcript)
    if broken is not None:
        return broken
    tried = [step for step, _ in exec_steps(transcript) if step.unset_env]
    for step in tried:
        if not is_usable(setup, transcript, step.id):
            names = " and ".join(step.unset_env)
            return fail(
                "K-083",
                f"without {names} in the environment there is no usable answer: "
                f"{reaction(setup, transcript.exec(step.id)).sentence}",
                step.id,
            )
    return PASS if tried else not_applicable("no variable was taken away")


# I08: one byte may stay behind, the final newline of a reader that knows where
# JSON ends.


def _judge_unread(setup: Setup, transcript: Transcript) -> Verdict:
    asked = [e for e in kubelet_execs(setup, transcript) if e.succeeded and e.stdin]
    for exec in asked:
        if exec.stdin_unread > 1:
            message = f"it ended without reading {exec.stdin_unread} bytes of its request"
            return fail("K-075", message, exec.step)
    return PASS if asked else not_applicable("no request was answered")


# I09, I10: the marker is a file name that nothing else can produce. A provider
# may use the text in any other way, also as a part of a file name.

_MARKER = "pullproof-was-here"
_BAITS = (
    f"$(touch {_MARKER})",
    f"`touch {_MARKER}`",
    f";touch {_MARKER};",
    f"'; touch {_MARKER}; '",
    f'"; touch {_MARKER}; "',
    f"x|touch {_MARKER}",
    f"x\ntouch {_MARKER}\n",
    f"x&&touch {_MARKER}",
)


def _judge_expansion(setup: Setup, transcript: Transcript) -> Verdict:
    for exec in transcript.execs:
        if any(PurePosixPath(file.path).name == _MARKER for file in exec.files):
            return fail("S-12", "a shell command inside a text of the request was run", exec.step)
    return PASS if transcript.execs else not_applicable("nothing was executed")


def _annotation_keys(setup: Setup) -> tuple[str, ...]:
    attributes = setup.provider.token_attributes
    if attributes is None or not setup.workloads:
        return ()
    return attributes.required_annotation_keys + attributes.optional_annotation_keys


def _needs_annotations(setup: Setup) -> str | None:
    return None if _annotation_keys(setup) else "the kubelet sends no annotation to this provider"


def _propose_bait(setup: Setup, draw: Draw) -> Scenario:
    base = valid_step(setup, draw, image=any_image(setup, draw))
    start = draw.integer(0, len(_BAITS) - 1)
    chosen = (_BAITS[start:] + _BAITS[:start])[:4]
    steps = tuple(
        replace(
            base,
            id=f"bait-{number}",
            annotations=tuple((key, bait) for key in sorted(set(_annotation_keys(setup)))),
        )
        for number, bait in enumerate(chosen, 1)
    )
    return scenario("I09", *steps, label="shell commands in annotations")


def _propose_image_bait(setup: Setup, draw: Draw) -> Scenario:
    base = valid_step(setup, draw, image=any_image(setup, draw))
    start = draw.integer(0, len(_BAITS) - 1)
    chosen = (_BAITS[start:] + _BAITS[:start])[:4]

    def step(number: int, bait: str) -> ExecStep:
        text = f"{base.image}{bait}".replace("\\", "\\\\").replace('"', '\\"')
        value = '"' + text.replace("\n", "\\n") + '"'
        return replace(base, id=f"bait-{number}", edits=(Edit(EditKind.SET, "image", value),))

    steps = tuple(step(number, bait) for number, bait in enumerate(chosen, 1))
    return scenario("I10", *steps, label="shell commands in the image name")


# I11: a killed process cannot tidy up its output, a failed one can.


def _judge_both(setup: Setup, transcript: Transcript) -> Verdict:
    failed = _failed(transcript)
    for exec in failed:
        if exec.stdout.strip():
            return fail(
                "S-13",
                f"it exited with status {exec.exit_code} and left {len(exec.stdout)} bytes on "
                "stdout, which the kubelet throws away",
                exec.step,
            )
    return PASS if failed else not_applicable("no exec failed")


# I12: HOME is a provider's own; the working directory is the kubelet's (K-080),
# and what stays in TMPDIR grows with every exec.


def _judge_litter(setup: Setup, transcript: Transcript) -> Verdict:
    # In a group the file may be that of an exec that is still running.
    ended = [
        exec
        for step, exec in exec_steps(transcript)
        if exec.ending is Ending.EXITED and not exec.core_dumped and not step.group
    ]
    for exec in ended:
        for file in exec.files:
            if file.path.startswith(("cwd/", "tmp/")) and not file.path.endswith(_MARKER):
                return fail("S-12", f"it left {file.path} behind", exec.step)
    return PASS if ended else not_applicable("nothing ended by itself")


def _judge_flood(setup: Setup, transcript: Transcript) -> Verdict:
    limit = setup.policy.max_stderr_bytes
    for exec in transcript.execs:
        if exec.stdout_truncated:
            return fail("K-081", "stdout was longer than the harness keeps", exec.step)
        if not exec.succeeded and (exec.stderr_truncated or len(exec.stderr) > limit):
            message = f"it failed with more than {limit} bytes on stderr, all for the kubelet log"
            return fail("K-084", message, exec.step)
    return PASS if transcript.execs else not_applicable("nothing was executed")


def _judge_orphans(setup: Setup, transcript: Transcript) -> Verdict:
    ended = [exec for exec in transcript.execs if exec.ending is Ending.EXITED]
    for exec in ended:
        if exec.left_behind:
            message = f"{exec.left_behind} processes were still there after it had ended"
            return fail("K-082", message, exec.step)
    return PASS if ended else not_applicable("nothing ended by itself")


# I15: only the first request hangs. Whoever retries gets the workload's own
# credential; whoever turns to another identity finds that one working.


def _propose_stall(setup: Setup, draw: Draw) -> Scenario:
    faults = (Fault(FaultKind.HANG, times=1),)
    return scenario("I15", *with_faults(setup, draw, faults), label="one request hangs")


def _judge_stall(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    kinds = {FaultKind.HANG, FaultKind.DRIP}
    hung = [
        (step, exec)
        for step, exec in exec_steps(transcript)
        if any(fault.kind in kinds for fault in step.exchange) and exchanged(transcript, step.id)
    ]
    for step, exec in hung:
        if gives_wrongly(setup, transcript, exec):
            message = "the exchange did not answer, and a credential came from elsewhere"
            return fail("S-63", message, step.id)
    return PASS if hung else not_applicable("the exchange was not asked while it hung")


CHECKS: tuple[Check, ...] = (
    Check(
        id="I01",
        title="No input and no failure of the exchange makes the provider crash",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-17", "K-084"),
        defects=("D-I1", "D-J2", "D-G2"),
        propose=lambda setup, draw: _propose_errors("I01", setup, draw),
        judge=_judge_crash,
        consequence="A stack trace fills the kubelet log and hides the reason.",
        hint="Catch the error where it happens, print one line, and exit with status 1.",
        smoke=True,
        watches=True,
    ),
    Check(
        id="I02",
        title="A failure comes with a reason on stderr",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("K-084", "S-13"),
        defects=("D-I2",),
        propose=lambda setup, draw: _propose_errors("I02", setup, draw),
        judge=_judge_silent,
        consequence="The kubelet logs `exit status 1:` and nobody knows why.",
        hint="Print the reason on stderr; a log file alone does not help.",
        watches=True,
    ),
    Check(
        id="I03",
        title="A failure does not print the whole usage text",
        group=_GROUP,
        level=Level.ADVICE,
        rules=("K-084",),
        defects=("D-I3",),
        propose=lambda setup, draw: _propose_errors("I03", setup, draw),
        judge=_judge_usage,
        consequence="Each failing pull adds a kilobyte of flags to the kubelet log.",
        hint="Print usage only if the command line is wrong (cobra: SilenceUsage).",
        watches=True,
    ),
    Check(
        id="I04",
        title="The provider ends in time when the exchange does not answer",
        group=_GROUP,
        level=Level.MUST,
        rules=("K-082", "X-146", "S-17"),
        defects=("D-I4",),
        propose=_propose_hang,
        judge=_judge_hang,
        consequence="The kubelet kills the provider after a minute and logs no reason.",
        hint="Bound the whole exec, retries and body included, well below 60 s.",
        needs=WORKLOAD_NEEDS,
        slow=True,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="I05",
        title="Nothing keeps stdout open after the provider has ended",
        group=_GROUP,
        level=Level.MUST,
        rules=("K-082",),
        defects=("D-I5", "D-I4"),
        propose=lambda setup, draw: _propose_errors("I05", setup, draw),
        judge=_judge_linger,
        consequence="The kubelet waits for the end of stdout, up to a minute and beyond.",
        hint="Give background helpers /dev/null as stdin, stdout and stderr, or wait for them.",
        watches=True,
    ),
    Check(
        id="I06",
        title="Several execs at once all work",
        group=_GROUP,
        level=Level.MUST,
        rules=("K-124", "K-122"),
        defects=("D-I6",),
        propose=_propose_concurrent,
        judge=_judge_concurrent,
        consequence="When a node starts many pods, some pulls get no credential.",
        hint="Do not use fixed file names, ports or locks that fail; write files atomically.",
        examples=2,
        flaky_by_nature=True,
        applies=needs_declared,
    ),
    Check(
        id="I07",
        title="The provider needs neither HOME nor TMPDIR",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("K-083",),
        defects=("D-I7",),
        propose=_propose_bare,
        judge=_judge_bare,
        consequence="A kubelet started by systemd has no HOME: no pull gets a credential.",
        hint="Do without, or fall back to a fixed directory.",
        applies=_needs_removable,
    ),
    Check(
        id="I08",
        title="The request is read before the provider ends",
        group=_GROUP,
        level=Level.ADVICE,
        rules=("K-075",),
        defects=("D-I8",),
        propose=lambda setup, draw: scenario("I08", valid_step(setup, draw)),
        judge=_judge_unread,
        consequence="Harmless with the kubelet; other clients stop with a broken pipe.",
        hint="Read stdin to its end, even if the answer does not depend on it.",
        watches=True,
        applies=needs_declared,
    ),
    Check(
        id="I09",
        title="Annotations are never run as shell commands",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-12", "X-144"),
        defects=("D-I9",),
        propose=_propose_bait,
        judge=_judge_expansion,
        consequence="Whoever may edit a service account runs commands as root on the node.",
        hint="Pass texts as arguments of an exec, never inside a `sh -c` string.",
        needs=frozenset({Feature.TOKENS}),
        examples=2,
        watches=True,
        applies=_needs_annotations,
    ),
    Check(
        id="I10",
        title="Image names are never run as shell commands",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-12", "K-070"),
        defects=("D-I9", "D-D6"),
        propose=_propose_image_bait,
        judge=_judge_expansion,
        consequence="The kubelet's own checks stop such names; other clients have none.",
        hint="Pass texts as arguments of an exec, never inside a `sh -c` string.",
        examples=2,
    ),
    Check(
        id="I11",
        title="A failing provider leaves stdout empty",
        group=_GROUP,
        level=Level.ADVICE,
        rules=("S-13", "K-084"),
        defects=("D-C6",),
        propose=lambda setup, draw: _propose_errors("I11", setup, draw),
        judge=_judge_both,
        consequence="The kubelet throws the answer away, so one of the two is a mistake.",
        hint="Print the response last, and only with status 0.",
        watches=True,
    ),
    Check(
        id="I12",
        title="No file stays in the working directory or in TMPDIR",
        group=_GROUP,
        level=Level.ADVICE,
        rules=("S-12", "K-080"),
        defects=("D-H2", "D-I7"),
        propose=lambda setup, draw: _propose_errors("I12", setup, draw),
        judge=_judge_litter,
        consequence="Files pile up on the node with every pull.",
        hint="Remove temporary files; keep state in a directory of the provider's own.",
        watches=True,
    ),
    Check(
        id="I13",
        title="Output stays within reason",
        group=_GROUP,
        level=Level.ADVICE,
        rules=("K-081", "K-084"),
        defects=("D-I3", "D-J3"),
        propose=lambda setup, draw: _propose_errors("I13", setup, draw),
        judge=_judge_flood,
        consequence="The kubelet keeps all of it in memory, and logs the stderr of failures.",
        hint="Bound what you print.",
        watches=True,
    ),
    Check(
        id="I14",
        title="No process outlives the provider",
        group=_GROUP,
        level=Level.ADVICE,
        rules=("K-082",),
        defects=("D-I5",),
        propose=lambda setup, draw: _propose_errors("I14", setup, draw),
        judge=_judge_orphans,
        consequence="Helpers pile up on the node, holding what they have inherited.",
        hint="Wait for children, or end them, before you exit.",
        watches=True,
    ),
    Check(
        id="I15",
        title="Waiting in vain for the exchange does not lead to another identity",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-63", "S-08", "X-140"),
        defects=("D-G1",),
        propose=_propose_stall,
        judge=_judge_stall,
        consequence="A slow exchange is enough to give a workload the node's rights.",
        hint="Treat a timeout as a failure: retry, or exit with a non-zero status.",
        needs=WORKLOAD_NEEDS,
        slow=True,
        watches=True,
        applies=needs_workload,
    ),
)
