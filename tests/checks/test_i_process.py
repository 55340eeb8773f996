"""Class I: a process that misbehaves fails the check made for it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from pullproof.checks import catalogue
from pullproof.model.scenario import ExecStep
from pullproof.model.transcript import Ending, FileSeen
from pullproof.model.verdict import Level, Outcome
from tests.checks.factory import Answer, FirstDraw, document
from tests.checks.odd_providers import NODE, SETUP
from tests.checks.small_world import Hung, NodeIdentity, Program, Provider, Visit, play, verdict

MARKER = "pullproof-was-here"


@dataclass(frozen=True)
class Failing(Provider):
    """Fails as told, wherever a correct provider would refuse."""

    how: Answer = field(default_factory=Answer)

    def failure(self, visit: Visit, reason: str) -> Answer:
        return self.how


@dataclass(frozen=True)
class Always(Provider):
    """Succeeds with something odd about the process."""

    change: Callable[[Answer], Answer] = lambda answer: answer

    def __call__(self, visit: Visit) -> Answer:
        return self.change(super().__call__(visit))


def more(**fields: Any) -> Program:
    return Always(change=lambda answer: replace(answer, extra={**answer.extra, **fields}))


class NeverGivesUp(Provider):
    def ask(self, visit: Visit) -> tuple[int, bytes]:
        try:
            return visit.ask()
        except Hung:
            raise KeyboardInterrupt from None

    def __call__(self, visit: Visit) -> Answer:
        try:
            return super().__call__(visit)
        except KeyboardInterrupt:
            return Answer(ending=Ending.TIMED_OUT, exit_code=None, duration_s=60.0)


class NodeAfterTimeout(Provider):
    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        try:
            return super().exchange(visit)
        except Hung:
            return *visit.node_credential(), 600


class AloneOnly(Provider):
    def answer(self, visit: Visit) -> Answer:
        if visit.step.group:
            return Answer()
        return super().answer(visit)


class SharedFile(Provider):
    def answer(self, visit: Visit) -> Answer:
        if visit.step.group and visit.step.sandbox:
            return Answer(stderr=b"locked\n", exit_code=1)
        return super().answer(visit)


class NeedsHome(Provider):
    def answer(self, visit: Visit) -> Answer:
        if "HOME" in visit.step.unset_env:
            return Answer(stderr=b"HOME is not set\n", exit_code=1)
        return super().answer(visit)


class Shell(Provider):
    """Runs whatever stands in an annotation or the image name."""

    def __call__(self, visit: Visit) -> Answer:
        texts = [*visit.annotations.values(), *(edit.arg for edit in visit.step.edits)]
        if any("touch" in text for text in texts):
            visit.write(f"cwd/{MARKER}", b"")
        return super().__call__(visit)


class NamesFilesAfterAnnotations(Provider):
    """Odd, but nothing is run."""

    def __call__(self, visit: Visit) -> Answer:
        for text in visit.annotations.values():
            visit.write(f"home/state-{text}", b"")
        return super().__call__(visit)


class Litters(Provider):
    def answer(self, visit: Visit) -> Answer:
        visit.write("tmp/reply.json", b"{}")
        return super().answer(visit)


GO = b"panic: nil\n\ngoroutine 1 [running]:\nmain.main()\n"
PYTHON = b"Traceback (most recent call last):\n  File 'x'\nTypeError: None\n"
USAGE = b"error: no\nUsage:\n  provider [flags]\n" + b"  --flag string   a flag\n" * 60

BROKEN: dict[str, tuple[Program, ...]] = {
    "I01": (
        Failing(how=Answer(stderr=GO, exit_code=2)),
        Failing(how=Answer(stderr=PYTHON, exit_code=1)),
        Failing(how=Answer(ending=Ending.SIGNALED, exit_code=None, signal=11)),
    ),
    "I02": (Failing(how=Answer(exit_code=1)), Failing(how=Answer(stderr=b" \n", exit_code=1))),
    "I03": (Failing(how=Answer(stderr=USAGE, exit_code=1)),),
    "I04": (NeverGivesUp(),),
    "I05": (more(duration_s=12.0, exit_after_s=0.1),),
    "I06": (AloneOnly(), SharedFile()),
    "I07": (NeedsHome(),),
    "I08": (more(stdin_unread=120),),
    "I09": (Shell(),),
    "I10": (Shell(),),
    "I11": (Failing(how=Answer(document({}), b"no\n", exit_code=1)),),
    "I12": (Litters(),),
    "I13": (Failing(how=Answer(stderr=b"x" * 70_000, exit_code=1)), more(stdout_truncated=True)),
    "I14": (more(left_behind=1),),
    "I15": (NodeAfterTimeout(),),
}


@pytest.mark.parametrize(
    ("id", "program"), [(id, program) for id, programs in BROKEN.items() for program in programs]
)
def test_a_wrong_habit_fails_its_check(id: str, program: Program) -> None:
    check = catalogue.by_id(id)
    found = verdict(check, SETUP, program)
    assert found.failed, found
    assert found.rule in check.rules


@pytest.mark.parametrize("id", sorted(BROKEN))
def test_a_correct_provider_passes(id: str) -> None:
    assert verdict(catalogue.by_id(id), SETUP, Provider()).outcome is Outcome.PASS


@pytest.mark.parametrize("id", ["I01", "I05", "I06", "I07", "I08", "I11", "I12", "I13", "I14"])
def test_plain_mode_is_judged_too(id: str) -> None:
    assert not verdict(catalogue.by_id(id), NODE, NodeIdentity()).failed


class TestWhatIsAllowed:
    def failing(self, id: str, stderr: bytes) -> bool:
        how = Answer(stderr=stderr, exit_code=1)
        return verdict(catalogue.by_id(id), SETUP, Failing(how=how)).failed

    @pytest.mark.rule("K-085")
    def test_a_trace_on_stderr_of_a_success(self) -> None:
        program = Always(change=lambda answer: replace(answer, stderr=PYTHON) if answer.exit_code == 0 else answer)  # fmt: skip
        assert not verdict(catalogue.by_id("I01"), SETUP, program).failed

    def test_words_that_only_sound_like_a_crash(self) -> None:
        assert not self.failing("I01", b"do not panic: the exchange has a segmentation problem\n")

    def test_a_long_reason_that_is_no_usage_text(self) -> None:
        assert not self.failing("I03", b"the reason, at length: " + b"word " * 400)

    def test_a_short_usage_line(self) -> None:
        assert not self.failing("I03", b"usage: provider [--flag]\n  --flag\n  --other\n")

    def test_one_byte_left_in_stdin(self) -> None:
        assert not verdict(catalogue.by_id("I08"), SETUP, more(stdin_unread=1)).failed

    def test_a_helper_that_is_just_ending(self) -> None:
        program = more(duration_s=2.0, exit_after_s=0.1)
        assert not verdict(catalogue.by_id("I05"), SETUP, program).failed

    @pytest.mark.rule("K-083")
    def test_home_set_by_the_author_is_not_taken_away(self) -> None:
        setup = replace(SETUP, base_env=(("HOME", "/root"), ("TMPDIR", "/tmp")))
        assert catalogue.by_id("I07").applies(setup) is not None
        setup = replace(SETUP, base_env=(("HOME", "/root"),))
        scenario = catalogue.by_id("I07").propose(setup, FirstDraw())
        assert {name for step in scenario.execs for name in step.unset_env} == {"TMPDIR"}

    @pytest.mark.rule("X-144")
    def test_annotation_texts_in_file_names(self) -> None:
        program = NamesFilesAfterAnnotations()
        assert verdict(catalogue.by_id("I09"), SETUP, program).outcome is Outcome.PASS

    def test_files_seen_while_others_run_in_the_same_sandbox(self) -> None:
        check, litter = catalogue.by_id("I06"), FileSeen("tmp/x", 0o600, 1, b"x")
        transcript = play(SETUP, check.propose(SETUP, FirstDraw()), Provider())
        groups = {step.id for step in transcript.scenario.steps if isinstance(step, ExecStep) and step.group}  # fmt: skip
        execs = tuple(
            replace(e, files=(litter,)) if e.step in groups else e for e in transcript.execs
        )
        found = catalogue.by_id("I12").judge(SETUP, replace(transcript, execs=execs))
        assert not found.failed

    def test_what_does_not_work_alone_is_not_asked_to_work_in_company(self) -> None:
        found = verdict(catalogue.by_id("I06"), SETUP, lambda visit: Answer(exit_code=1))
        assert found.outcome is Outcome.INCONCLUSIVE


def test_hygiene_is_advice_only() -> None:
    for id in ("I03", "I08", "I11", "I12", "I13", "I14"):
        assert catalogue.by_id(id).level is Level.ADVICE
