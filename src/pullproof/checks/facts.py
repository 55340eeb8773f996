"""What judges ask a transcript, answered once.

Everything the kubelet would do comes from `pullproof.model`; this module only
puts those answers next to a transcript's parts. Nothing in here knows what a
check expects.
"""

import re
from functools import lru_cache

from pullproof.checks.hosts import is_sent
from pullproof.model.keyring import Credential, Keyring
from pullproof.model.reaction import Reaction, react
from pullproof.model.response import Refusal, Response
from pullproof.model.scenario import LEGAL_TOKENS, ExecStep, Stdin, TokenKind
from pullproof.model.setup import Identity, Setup
from pullproof.model.transcript import Ending, Exec, Transcript
from pullproof.model.verdict import Verdict, inconclusive

BASELINE = "baseline"
"""Id of the step that runs the kubelet's own request, where a plan has one."""

_CRASHES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.MULTILINE))
    for name, pattern in (
        ("Python traceback", r"^[ \t]*Traceback \(most recent call last\):"),
        # Loggers print stacks without this header; only a dying program prints it.
        ("Go panic", r"^goroutine \d+ (gp=\S+ m=\S+ (mp=\S+ )?)?\[[^\]\n]+\]:"),
        ("Rust panic", r"^thread '[^'\n]*'(?: \(\d+\))? (?:has overflowed|panicked at)"),
        ("Java exception", r'^Exception in thread "'),
        ("Java stack", r"^[ \t]+at [\w.$/<>@]+\([\w$]+\.(?:java|kt|scala):\d+\)"),
        ("Node.js stack", r"^Node\.js v\d+\.|^[ \t]+at [^\n]*\(?node:internal/"),
        (".NET exception", r"^Unhandled [Ee]xception[.:] "),
        ("Ruby exception", r"^\S+:\d+:in [`'][^'\n]*'?: [^\n]* \([\w:]*(?:Error|Exception)\)"),
        ("shell syntax error", r"^\S+: (?:line )?\d+: (?:[Ss]yntax error|unexpected EOF)"),
        ("segmentation fault", r"\bSegmentation fault\b|^\[signal SIG"),
        ("aborted C++ program", r"^terminate called (?:after throwing|without an active)"),
        ("memory error", r"^\*\*\* (?:stack smashing|buffer overflow) detected|AddressSanitizer:"),
    )
)


@lru_cache(maxsize=256)
def reaction(setup: Setup, exec: Exec) -> Reaction:
    """Return what the kubelet does with `exec`. Source: K-084, K-090 to K-096."""
    return react(setup, exec)


def response(setup: Setup, exec: Exec) -> Response | None:
    """Return the response the kubelet accepts from `exec`, or None."""
    return reaction(setup, exec).response


def credentials(setup: Setup, exec: Exec, image: str) -> tuple[Credential, ...]:
    """Return what a pull of `image` would try, were `exec` its only source.

    `image` is a repo name without placeholders. Source: K-131, K-132, K-137.
    """
    answer = response(setup, exec)
    if answer is None:
        return ()
    keyring = Keyring(strict_colons=setup.version.has_strict_colons)
    return keyring.add(setup.provider.name, answer.auth).lookup(image)


def has_secret(answer: Response | None) -> bool:
    """Return whether any entry holds a password, whatever its key matches."""
    return answer is not None and any(entry.password for entry in answer.auth)


def image_of(transcript: Transcript, step: str) -> str:
    """Return the repo name asked for in exec step `step`, with real hosts.

    Raises:
        KeyError: no such step, or it is a pull.
    """
    found = transcript.scenario.step(step)
    if not isinstance(found, ExecStep):
        raise KeyError(step)
    return transcript.resolve(found.image)


def step_credentials(setup: Setup, transcript: Transcript, step: str) -> tuple[Credential, ...]:
    """Return `credentials` of one exec step for the image it asked for."""
    return credentials(setup, transcript.exec(step), image_of(transcript, step))


def is_usable(setup: Setup, transcript: Transcript, step: str) -> bool:
    """Return whether the exec gave what this provider is there to give.

    That is a credential with a password for the image asked for; or, of a
    provider declared to have none for this run, any accepted response.
    """
    if setup.identity is Identity.NONE:
        return reaction(setup, transcript.exec(step)).accepted
    return any(found.password for found in step_credentials(setup, transcript, step))


def baseline_ok(setup: Setup, transcript: Transcript, step: str = BASELINE) -> bool:
    """Return whether the kubelet's own request, sent in `step`, was answered."""
    return is_usable(setup, transcript, step)


def broken_baseline(setup: Setup, transcript: Transcript, step: str = BASELINE) -> Verdict | None:
    """Return the verdict of a check whose baseline did not work, else None.

    Without a baseline nothing can be said about a variation of it, and what is
    wrong with the baseline is the business of A00 alone.
    """
    if not was_run(transcript, step):
        return inconclusive("the kubelet's own request was not sent, so nothing can be compared")
    if is_cut(transcript.exec(step)):
        return inconclusive("the answer was longer than the harness keeps", step)
    if baseline_ok(setup, transcript, step):
        return None
    return inconclusive(
        "the provider gave no usable credential for the kubelet's own request, "
        "so there is nothing to compare with",
        step,
    )


def was_run(transcript: Transcript, step: str) -> bool:
    """Return whether there is an exec of `step` (a smaller scenario may lack it)."""
    return any(exec.step == step for exec in transcript.execs)


def is_cut(exec: Exec) -> bool:
    """Return whether stdout is only a part: the kubelet would have seen it all (K-081)."""
    return exec.stdout_truncated


def variants(transcript: Transcript) -> tuple[Exec, ...]:
    """Return the execs that are not the baseline, in order."""
    return tuple(exec for exec in transcript.execs if exec.step != BASELINE)


_ISSUED = LEGAL_TOKENS | {TokenKind.EMPTY, TokenKind.ABSENT}
"""Tokens an API server gives out, and what a request looks like without one."""


def is_kubelet_request(setup: Setup, step: ExecStep) -> bool:
    """Return whether a kubelet with this configuration can send this request.

    Edited bytes never come from a kubelet, nor do images that matchImages does
    not admit (K-040), forged tokens, or a pod that lacks what the configuration
    requires (K-112, K-113). Annotation values are whatever the cluster holds.
    An environment that is not the setup's is no promise of anybody's either.
    """
    as_is = not (step.edits or step.env or step.unset_env) and step.stdin is Stdin.WHOLE
    if not as_is or not is_sent(setup, step.image):
        return False
    attributes = setup.provider.token_attributes
    if attributes is None:
        return True
    if step.workload is None or step.token is TokenKind.ABSENT:
        return not attributes.require_service_account
    present = step.annotations
    if present is None:
        present = setup.workload(step.workload).annotations
    missing = set(attributes.required_annotation_keys) - {name for name, _ in present}
    return step.token in _ISSUED and not missing


def kubelet_execs(setup: Setup, transcript: Transcript) -> tuple[Exec, ...]:
    """Return the execs whose request a kubelet can send."""
    steps = {step.id for step in transcript.scenario.execs if is_kubelet_request(setup, step)}
    return tuple(exec for exec in transcript.execs if exec.step in steps)


def refusal(setup: Setup, exec: Exec) -> Refusal | None:
    """Return why the kubelet refuses the bytes of a successful exec, or None.

    None also for an exec that failed, whose stdout is not looked at (K-084),
    and for one whose output was not all kept.
    """
    found = reaction(setup, exec)
    return found.refusal if found.certain else None


def crash_trace(stderr: bytes) -> str | None:
    """Return what kind of crash `stderr` shows ("Go panic"), or None.

    Only traces that a dying program writes count: a provider may log stacks.
    """
    text = stderr.decode("utf-8", "replace").replace("\r\n", "\n")
    return next((name for name, pattern in _CRASHES if pattern.search(text)), None)


def crash(exec: Exec) -> str | None:
    """Return how `exec` broke down (crash, signal, no end), or None.

    A trace counts only if the exec failed: on success stderr is discarded
    (K-085) and a provider may have caught what it shows there.
    """
    if exec.ending is Ending.TIMED_OUT:
        return "it did not end within the deadline"
    if exec.ending is Ending.SIGNALED:
        return f"it was ended by signal {exec.signal}"
    if exec.ending is Ending.EXITED and exec.exit_code != 0:
        trace = crash_trace(exec.stderr)
        return None if trace is None else f"it ended with a {trace}"
    return None


def breakdown(exec: Exec) -> str | None:
    """Return how `exec` fails its reader, or None if it succeeded or said why not.

    Less than a clean refusal: what a failed provider left on stdout is ignored
    by the kubelet, so it is no breakdown.
    """
    broken = crash(exec)
    if broken is not None:
        return broken
    if exec.ending is Ending.NOT_STARTED:
        return "it could not be started"
    if exec.exit_code != 0 and not exec.stderr.strip():
        return f"it exited with status {exec.exit_code} and gave no reason on stderr"
    return None


def unclean_refusal(exec: Exec) -> str | None:
    """Return what is missing from a clean refusal, or None if it is one.

    A clean refusal is a non-zero exit within the deadline, with a reason on
    stderr, nothing on stdout, and no trace of a crash.
    """
    broken = breakdown(exec)
    if broken is not None:
        return broken
    if exec.exit_code == 0:
        return "it exited with status 0"
    if exec.stdout:
        return f"it left {len(exec.stdout)} bytes on stdout that the kubelet ignores"
    return None


def clean_refusal(exec: Exec) -> bool:
    """Return whether `exec` is a clean refusal (see `unclean_refusal`)."""
    return unclean_refusal(exec) is None


def gives_nothing(setup: Setup, exec: Exec) -> bool:
    """Return whether no pull could get a password out of this exec (K-098)."""
    return not has_secret(response(setup, exec))
