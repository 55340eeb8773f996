"""A catalogue and sessions for testing the engine without providers.

Everything a worker process needs is found here by name, because it is sent to
workers as such. What the pretended provider does is decided by the image that
a step asks for and by the setup's environment.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pullproof.checks.check import Check
from pullproof.model.draw import Draw
from pullproof.model.provider import ProviderConfig
from pullproof.model.scenario import Edit, EditKind, ExecStep, Scenario
from pullproof.model.setup import Feature, Setup
from pullproof.model.transcript import Ending, Exec, Transcript
from pullproof.model.verdict import (
    PASS,
    Level,
    Verdict,
    fail,
    inconclusive,
    not_applicable,
)

GOOD, BAD, FLAKY, ODD = "good.example/a", "bad.example/a", "flaky.example/a", "odd.example/a"
HANG, DIE, BOOM, LEAK = "hang.example/a", "die.example/a", "boom.example/a", "leak.example/a"
SILENT = "silent.example/a"


def make_setup(**changes: Any) -> Setup:
    base = Setup(
        provider=ProviderConfig("fake", ("*.example",), 0),
        command=("/bin/false",),
        served=(GOOD, BAD),
        features=frozenset(Feature) - {Feature.OWNS},
    )
    return replace(base, **changes)


# --- sessions -------------------------------------------------------------------


class FakeSession:
    """Answers with the name of what it was asked for."""

    def __init__(self, setup: Setup, seed: int) -> None:
        self.setup, self.seed, self.performed = setup, seed, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def perform(self, scenario: Scenario) -> Transcript:
        self.performed += 1
        return Transcript(scenario, tuple(self._exec(step) for step in scenario.execs))

    def _exec(self, step: ExecStep) -> Exec:
        if step.image == BOOM:
            raise ValueError("secret-in-an-exception")
        if step.image == DIE:
            os.kill(os.getpid(), signal.SIGKILL)
        if step.image == HANG:
            time.sleep(30)
        # Fails the first time in each session and never again.
        flaky = step.image == FLAKY and self.performed > 1
        stdout = b"good" if flaky else step.image.partition(".")[0].encode()
        edits = b"".join(b" " + edit.arg.encode() for edit in step.edits)
        return Exec(
            step=step.id, argv=("/bin/false",), env=(), cwd="/", stdin=b"", stdout=stdout + edits,
            stderr=b"", ending=Ending.EXITED, exit_code=0, duration_s=0.01,
        )  # fmt: skip


class BrokenSession(FakeSession):
    def __enter__(self) -> Self:
        raise FileNotFoundError(2, "No such file or directory", "/no/such/provider")


class ProcessSession(FakeSession):
    """Starts a real process for each exec: a sleeper, in a session of its own."""

    def perform(self, scenario: Scenario) -> Transcript:
        import tempfile

        home = tempfile.mkdtemp()
        marker = dict(self.setup.base_env)["MARKER"]
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys, time; time.sleep(60)", marker],
            start_new_session=True,
            env={"HOME": home},
        )
        Path(dict(self.setup.base_env)["STARTED"]).touch()
        child.wait()
        return super().perform(scenario)


# --- checks ---------------------------------------------------------------------


def _never(setup: Setup) -> str:
    return "not for this one"


def _ask(image: str, check: str, setup: Setup, draw: Draw) -> Scenario:
    return Scenario(check, (ExecStep("ask", image),))


def _ask_drawn(check: str, setup: Setup, draw: Draw) -> Scenario:
    """Several steps; the bad one may be anywhere, the others do not matter."""
    images = [draw.choice((GOOD, ODD, BAD)) for _ in range(draw.integer(1, 4))]
    steps = tuple(ExecStep(f"s{number}", image) for number, image in enumerate(images))
    return Scenario(check, steps, facts=(("kind", "drawn"),))


def _ask_edited(check: str, setup: Setup, draw: Draw) -> Scenario:
    """The judge of E01 knows by construction that there is an edit."""
    edit = Edit(EditKind.APPEND, arg="x" * draw.integer(1, 9))
    return Scenario(check, (ExecStep("ask", draw.choice((GOOD, ODD)), edits=(edit,)),))


def _says(word: str, setup: Setup, transcript: Transcript) -> Verdict:
    for item in transcript.execs:
        if word.encode() in item.stdout:
            return fail("K-091", f"it said {word}", item.step)
    return PASS


def _always(verdict: Verdict, setup: Setup, transcript: Transcript) -> Verdict:
    return verdict


def _breaks(setup: Setup, transcript: Transcript) -> Verdict:
    raise KeyError("secret-in-a-judge")


def _empty_is_bad(setup: Setup, transcript: Transcript) -> Verdict:
    silent = [item for item in transcript.execs if item.exit_code == 0 and not item.stdout]
    return fail("K-090", "it said nothing") if silent else PASS


def make_check(id: str, image: str = GOOD, *, word: str = "bad", **changes: Any) -> Check:
    base = Check(
        id=id,
        title=f"Check {id} holds",
        group="framing",
        level=Level.MUST,
        rules=("K-091",),
        defects=("D-A1",),
        propose=partial(_ask, image, id),
        judge=partial(_says, word),
        consequence="The kubelet refuses.",
        hint="Say something else.",
        examples=2,
    )
    return replace(base, **changes)


PLAIN = (
    make_check("A01", smoke=True),
    make_check("A02", BAD),
    make_check("A03", word="never", judge=partial(_always, inconclusive("cannot tell"))),
    make_check("A04", judge=partial(_always, not_applicable("nothing to see"))),
    make_check("B01", needs=frozenset({Feature.OWNS})),
    make_check("B02", applies=_never),
    make_check("B03", level=Level.SHOULD, propose=partial(_ask_drawn, "B03"), examples=8),
    make_check("C01", watches=True, word="odd"),
    make_check("D01", LEAK),
    make_check("H01", watches=True, word="leak"),
)
SETS: dict[str, tuple[Check, ...]] = {
    "plain": PLAIN,
    "good": (make_check("A01", smoke=True), make_check("A02"), make_check("A03")),
    "flaky": (make_check("A01", FLAKY, word="flaky"),),
    "shrinking": (make_check("E01", propose=partial(_ask_edited, "E01"), word="x", examples=1),),
    "errors": (
        make_check("A01", BOOM),
        make_check("A02", judge=_breaks),
        make_check("A03", BAD),
        make_check("H01", watches=True, judge=_breaks, examples=1),
    ),
    "dying": (make_check("A01", DIE), make_check("A02"), make_check("A03", BAD)),
    "slow": (make_check("A01"), make_check("I01", HANG, slow=True), make_check("A02")),
    "canary": tuple(
        make_check(f"A0{n}", judge=judge)
        for n, judge in enumerate((_empty_is_bad, partial(_always, PASS)))
    ),
}


def catalogue(name: str) -> Sequence[Check]:
    return SETS[name]


def source(name: str) -> "partial[Sequence[Check]]":
    return partial(catalogue, name)
