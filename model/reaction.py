"""What the kubelet does with one exec, and one sentence that says so.

An exec that failed in any way (K-084) is refused before anyone looks at its
stdout; the rest is `judge_response`. The `log` is the kubelet's own text and
may quote the provider; the `sentence` is ours, goes into reports and holds
neither token nor username nor password nor anything from stderr.

Source: K-082, K-084, K-090 to K-098, K-105.
"""

from dataclasses import dataclass, field

from pullproof.model.cache import store
from pullproof.model.durations import format_duration
from pullproof.model.gojson import InvalidJSON, JsonObject, JsonString, scan
from pullproof.model.gojson_strings import decode_utf8
from pullproof.model.response import Refusal, Response, exec_failed, judge_response
from pullproof.model.setup import Setup
from pullproof.model.transcript import Ending, Exec

WITHOUT = "pulls without this provider's credentials"

# How Go names a signal, on Linux; other numbers are `signal N`.
_SIGNALS = (
    "", "hangup", "interrupt", "quit", "illegal instruction", "trace/breakpoint trap", "aborted",
    "bus error", "floating point exception", "killed", "user defined signal 1",
    "segmentation fault", "user defined signal 2", "broken pipe", "alarm clock", "terminated",
    "stack fault", "child exited", "continued", "stopped (signal)", "stopped",
    "stopped (tty input)", "stopped (tty output)", "urgent I/O condition",
    "CPU time limit exceeded", "file size limit exceeded", "virtual timer expired",
    "profiling timer expired", "window changed", "I/O possible", "power failure",
    "bad system call",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reaction:
    """The kubelet's answer to one exec."""

    accepted: bool
    rule: str
    """The rule that decided; K-105 if the response is used."""
    log: str = field(repr=False)
    """What the kubelet logs, empty if nothing; may quote stderr and stdout."""
    sentence: str
    """What it does and why, for people; without a secret, without a full stop."""
    response: Response | None
    refusal: Refusal | None = None
    """None if the response is used, or if the exec failed before (K-084)."""
    certain: bool = True
    """False if we kept less of stdout than the kubelet would have read."""


def react(setup: Setup, exec: Exec) -> Reaction:
    """Return what the kubelet of `setup` does with `exec`.

    Source: K-084, K-090 to K-098.
    """
    failure = _failure(setup, exec)
    if failure is not None:
        return _failed(setup, exec, *failure)
    attributes = setup.provider.token_attributes
    answer = judge_response(
        exec.stdout,
        api_version=setup.provider.api_version,
        sent_token=exec.token,
        cache_type=attributes.cache_type if attributes else None,
        version=setup.version,
        image=image_of(exec),
    )
    if isinstance(answer, Refusal):
        return _refused(exec, answer)
    return _used(setup, exec, answer)


def image_of(exec: Exec) -> str:
    """Return the image the request of `exec` names; empty if it names none."""
    try:
        request = scan(exec.stdin)
    except InvalidJSON:
        return ""
    if isinstance(request, JsonObject):
        for name, value, _ in request.members:
            if name == "image" and isinstance(value, JsonString):
                return value.text
    return ""


def _failure(setup: Setup, exec: Exec) -> tuple[str, str, str] | None:
    """Return Go's error text, our words and the rule if the exec itself failed."""
    if exec.ending is Ending.NOT_STARTED:
        return exec.start_error or "exec failed", "the provider could not be started", "K-084"
    # K-084: the deadline counts before the exit status, and pipes that a
    # grandchild keeps open count into the time (K-082).
    if exec.ending is Ending.TIMED_OUT or exec.duration_s > setup.deadline_s:
        return "context deadline exceeded", _late(setup, exec), "K-082"
    if exec.ending is Ending.SIGNALED:
        text = signal_text(exec.signal or 0, core_dumped=exec.core_dumped)
        return f"signal: {text}", f"the provider was ended by a signal ({text})", "K-084"
    if exec.exit_code:
        status = f"exit status {exec.exit_code}"
        return status, f"the provider ended with {status}", "K-084"
    return None


def signal_text(number: int, *, core_dumped: bool = False) -> str:
    """Return a signal as Go's exec errors name it."""
    text = _SIGNALS[number] if 0 < number < len(_SIGNALS) else f"signal {number}"
    return f"{text} (core dumped)" if core_dumped else text


def _late(setup: Setup, exec: Exec) -> str:
    limit = f"{setup.deadline_s:g} s"
    if exec.ending is Ending.EXITED and exec.exit_after_s <= setup.deadline_s:
        return f"the provider ended, but its stdout or stderr stayed open beyond {limit}"
    return f"the provider took longer than {limit}"


def _failed(setup: Setup, exec: Exec, error: str, words: str, rule: str) -> Reaction:
    text = (
        f"error execing credential provider plugin {setup.provider.name} "
        f"for image {image_of(exec)}: {error}"
    )
    if setup.version.logs_stderr:
        text += f": {decode_utf8(exec.stderr)}"
    log = exec_failed(text, setup.version)
    ignored = ", ignores its output" if exec.stdout else ""
    sentence = f"the kubelet logs that {words} ({rule}){ignored} and {WITHOUT}"
    return Reaction(False, rule, log, sentence, None)


def _refused(exec: Exec, refusal: Refusal) -> Reaction:
    certain = not exec.stdout_truncated
    sentence = f"the kubelet drops the whole response ({refusal.rule}: {refusal.detail})"
    if not certain:
        sentence += ", as far as its output was kept,"
    sentence += f" and {WITHOUT}"
    return Reaction(False, refusal.rule, refusal.kubelet_message, sentence, None, refusal, certain)


def _used(setup: Setup, exec: Exec, response: Response) -> Reaction:
    count = len(response.auth)
    if not count:
        what = "gets no credential from this provider"
    else:
        what = f"takes {count} credential{'s' if count > 1 else ''}"
    sentence = f"the kubelet {what} and {_stored(setup, response)} (K-105)"
    return Reaction(True, "K-105", "", sentence, response, None, certain=not exec.stdout_truncated)


def _stored(setup: Setup, response: Response) -> str:
    default = setup.provider.default_cache_duration_ns
    life = store(response.cache_duration_ns, default)
    if life is None:
        return "keeps the answer for this pull only"
    if life < 0:
        return "keeps the answer for this pull only, as its cacheDuration is negative"
    whose = "" if response.cache_duration_ns is not None else ", the configured default"
    return (
        f"caches the answer for {format_duration(life)}{whose}, "
        f"under cacheKeyType {response.cache_key_type}"
    )
