"""Prove that the judges can fail before their silence is taken for praise.

Providers that are known to be bad are played without any process: the
catalogue's own scenarios, answered in the worst way. If no check fails one of
them, the suite is broken, and a green run would mean nothing (lessons, 1).
"""

from collections.abc import Mapping, Sequence

from pullproof.checks.check import Check
from pullproof.engine.judging import BrokenJudge, judge
from pullproof.engine.seeded import ReplayedDraw
from pullproof.model.errors import PullproofError
from pullproof.model.provider import PROTOCOL_GROUP
from pullproof.model.request import Request, encode_request
from pullproof.model.scenario import ExecStep, Scenario
from pullproof.model.setup import Setup
from pullproof.model.transcript import Ending, Exec, Transcript
from pullproof.model.verdict import Level

_WORST: Mapping[str, tuple[bytes, bytes, int]] = {
    # name: stdout, stderr, exit status
    "says nothing and succeeds (D-C2)": (b"", b"", 0),
    "dies with a traceback on everything (D-I1)": (
        b"",
        b"Traceback (most recent call last):\n  File 'p', line 1, in <module>\nKeyError: 'image'\n",
        1,
    ),
    "answers another protocol (D-B4)": (
        b'{"kind":"CredentialProviderResponse","apiVersion":"example.com/v0"}\n',
        b"",
        0,
    ),
}


class CanaryFailed(PullproofError):
    """The judges accepted a provider that is known to be bad."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            "the suite cannot be trusted: no check failed the built-in provider that "
            + ", nor the one that ".join(names)
        )
        self.names = tuple(names)


def prove_canary(setup: Setup, catalogue: Sequence[Check]) -> None:
    """Return if each known-bad provider fails some check of `catalogue`.

    Checks that need what `setup` does not have are left out; checks that were
    merely not selected take part, so that any selection can be run.

    Raises:
        CanaryFailed: a known-bad provider failed no check that counts.
    """
    counting = [
        check
        for check in catalogue
        if check.level is not Level.ADVICE
        and check.needs <= setup.features
        and check.applies(setup) is None
    ]
    unseen = [name for name in _WORST if not _is_caught(setup, counting, name)]
    if counting and unseen:
        raise CanaryFailed(unseen)


def _is_caught(setup: Setup, checks: Sequence[Check], name: str) -> bool:
    return any(_fails(setup, check, name) for check in checks)


def _fails(setup: Setup, check: Check, name: str) -> bool:
    try:
        scenario = check.propose(setup, ReplayedDraw(()))
        return judge(check, setup, play(setup, scenario, *_WORST[name])).failed
    except (BrokenJudge, LookupError, ValueError):
        # A check that cannot read a made-up transcript proves nothing here; in
        # the run itself the same breakdown is reported as an error.
        return False


def play(setup: Setup, scenario: Scenario, stdout: bytes, stderr: bytes, status: int) -> Transcript:
    """Return `scenario` as a provider with one answer for everything plays it."""
    execs = tuple(_exec(setup, step, stdout, stderr, status) for step in scenario.execs)
    return Transcript(scenario, execs)


def _exec(setup: Setup, step: ExecStep, stdout: bytes, stderr: bytes, status: int) -> Exec:
    group, _, version = setup.provider.api_version.partition("/")
    known = f"{PROTOCOL_GROUP}/{version or 'v1'}" if group == PROTOCOL_GROUP else ""
    request = encode_request(Request(step.image), known or f"{PROTOCOL_GROUP}/v1")
    return Exec(
        step=step.id,
        argv=setup.command,
        env=setup.base_env,
        cwd="/",
        stdin=request,
        stdout=stdout,
        stderr=stderr,
        ending=Ending.EXITED,
        exit_code=status,
        duration_s=0.01,
        exit_after_s=0.01,
    )
