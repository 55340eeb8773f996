"""Make a failing scenario smaller without changing what it shows.

Each candidate is executed and kept only if the same check fails by the same
rule. Two sources of candidates, in this order:

1. the generator's own choices, made simpler one by one. Whatever comes out was
   built by the check itself, so its facts are true;
2. changes to the scenario value. Whole steps may go if the step that decided
   stays as it is and decides again. All other changes (edits, faults, tokens,
   annotations, environment, texts, images) could take away the very thing the
   check is about, and a judge that trusts its generator would then accuse a
   provider of a sin nobody committed. So a changed scenario of the judge's own
   check must still *look like* something the generator makes (`Admission`). A
   watcher judging another check's scenario takes any scenario.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pullproof.checks.check import Propose
from pullproof.engine.judging import Failure
from pullproof.engine.seeded import ReplayedDraw, SeededDraw
from pullproof.model.scenario import (
    Edit,
    EditKind,
    ExecStep,
    PullStep,
    Scenario,
    Step,
)
from pullproof.model.setup import Setup

T = TypeVar("T")

Execute = Callable[[Scenario], Failure | None]
"""Perform and judge; None unless the wanted check fails by the wanted rule."""


class Search:
    """The smallest failure so far, and what may still be spent on a smaller one."""

    def __init__(
        self,
        start: Failure,
        execute: Execute,
        *,
        executions: int,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.best = start
        self.executions = 0
        self._execute = execute
        self._most = executions
        self._clock = clock
        self._until = clock() + seconds
        self._tried = {start.scenario}

    @property
    def spent(self) -> bool:
        return self.executions >= self._most or self._clock() >= self._until

    def attempt(self, candidate: Scenario, *, same_step: bool = False) -> bool:
        """Return whether `candidate` fails as well; it is then the best one.

        A candidate that was tried before, or comes too late, is not executed.
        With `same_step` the same step must have decided.
        """
        if candidate in self._tried or self.spent:
            return False
        self._tried.add(candidate)
        self.executions += 1
        failure = self._execute(candidate)
        if failure is None:
            return False
        if same_step and failure.verdict.step != self.best.verdict.step:
            return False
        self.best = failure
        return True


# --- the generator's choices ------------------------------------------------


def shrink_choices(search: Search, setup: Setup, propose: Propose, choices: Sequence[int]) -> None:
    """Let `propose` build simpler scenarios from simpler choices, greedily."""
    best = list(choices)
    improved = True
    while improved and not search.spent:
        improved = False
        for candidate in simpler_choices(best):
            scenario = _proposed(setup, propose, candidate)
            if scenario is not None and search.attempt(scenario):
                best, improved = candidate, True
                break


def simpler_choices(choices: Sequence[int]) -> Iterator[list[int]]:
    """Yield lists that are simpler than `choices`: all zero, then one smaller."""
    numbers = list(choices)
    if any(numbers):
        yield [0] * len(numbers)
    for index, number in enumerate(numbers):
        for smaller in sorted({0, number // 2, number - 1} - {number, -1}):
            yield [*numbers[:index], smaller, *numbers[index + 1 :]]


def _proposed(setup: Setup, propose: Propose, choices: Sequence[int]) -> Scenario | None:
    try:
        return propose(setup, ReplayedDraw(choices))
    except Exception:  # noqa: BLE001
        # The generator was never asked this way; the failure we have stands.
        return None


# --- the scenario value -----------------------------------------------------

Signature = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Admission:
    """Shapes that a generator makes; None admits everything."""

    shapes: frozenset[Signature] | None = None

    @classmethod
    def of(cls, setup: Setup, propose: Propose, seed: str, *, samples: int = 64) -> "Admission":
        """Learn the shapes of `propose` from `samples` scenarios (pure and fast)."""
        made = [_proposed(setup, propose, ())]
        made += [propose(setup, SeededDraw(f"{seed}/shape/{n}")) for n in range(samples)]
        return cls(frozenset(signature(setup, item) for item in made if item is not None))

    def admits(self, setup: Setup, scenario: Scenario) -> bool:
        return self.shapes is None or signature(setup, scenario) in self.shapes


def signature(setup: Setup, scenario: Scenario) -> Signature:
    """Return everything of `scenario` a judge may know by construction.

    Of images only who may pull them counts; half a text may be another text to
    a judge, so texts count whole.
    """
    return (scenario.facts, tuple(_step_signature(setup, step) for step in scenario.steps))


def _step_signature(setup: Setup, step: Step) -> Signature:
    if isinstance(step, PullStep):
        return (step.id, step.exec, step.cached, step.wait_s > 0)
    return (
        step.id,
        _image_class(setup, step.image),
        step.workload is None,
        step.token,
        step.annotations,
        step.edits,
        step.stdin,
        step.exchange,
        step.registry,
        bool(step.sandbox),
        bool(step.group),
        step.env,
        step.unset_env,
        step.deadline_s is None,
        step.watch_children,
    )


def _image_class(setup: Setup, image: str) -> str:
    if image in setup.served:
        owners = sum(image in workload.images for workload in setup.workloads)
        return f"served by {owners}"
    return "declined" if image in setup.declined else image


def shrink_value(search: Search, setup: Setup, admission: Admission) -> None:
    """Simplify the scenario itself, one kind of change after the other."""
    while any(
        search.attempt(candidate, same_step=True) for candidate in without_steps(search.best)
    ):
        pass
    for simpler in PASSES:
        while not search.spent and _improved(search, setup, admission, simpler):
            pass


def _improved(search: Search, setup: Setup, admission: Admission, simpler: "Pass") -> bool:
    return any(
        admission.admits(setup, candidate) and search.attempt(candidate)
        for candidate in simpler(setup, search.best.scenario)
    )


Pass = Callable[[Setup, Scenario], Iterator[Scenario]]


def without_steps(failure: Failure) -> Iterator[Scenario]:
    """Leave out whole steps: all but the one that decided, then fewer and fewer.

    The first step often is what the others are compared with.
    """
    scenario, decided = failure.scenario, failure.verdict.step
    names = [step.id for step in scenario.steps]
    if decided in names:
        step = scenario.step(decided)
        needed = {decided, step.exec} if isinstance(step, PullStep) else {decided}
        yield from _only(scenario, needed)
        yield from _only(scenario, needed | {names[0]})
        yield from _only(scenario, set(names[: names.index(decided) + 1]))
    for name in names:
        yield from _only(scenario, set(names) - {name})


def _only(scenario: Scenario, names: set[str]) -> Iterator[Scenario]:
    """Yield `scenario` with only the named steps, pulls only with their exec."""
    kept = tuple(
        step
        for step in scenario.steps
        if step.id in names and (isinstance(step, ExecStep) or step.exec in names)
    )
    if kept != scenario.steps and any(isinstance(step, ExecStep) for step in kept):
        yield replace(scenario, steps=kept)


def without_deviations(setup: Setup, scenario: Scenario) -> Iterator[Scenario]:
    """Take one deviation from one exec: an edit, a fault, a token kind, ..."""
    for step in scenario.steps:
        for simpler in _plainer(step):
            yield _with_step(scenario, step, simpler)


def _plainer(step: Step) -> Iterator[Step]:
    if isinstance(step, PullStep):
        if step.wait_s:
            yield replace(step, wait_s=0.0)
        return
    for number in range(len(step.edits)):
        yield replace(step, edits=_without(step.edits, number))
    for number in range(len(step.exchange)):
        yield replace(step, exchange=_without(step.exchange, number))
    for number in range(len(step.registry)):
        yield replace(step, registry=_without(step.registry, number))
    for number in range(len(step.env)):
        yield replace(step, env=_without(step.env, number))
    for number in range(len(step.unset_env)):
        yield replace(step, unset_env=_without(step.unset_env, number))
    for number in range(len(step.annotations or ())):
        yield replace(step, annotations=_without(step.annotations or (), number))
    plain = ExecStep(id=step.id, image=step.image)
    for name in ("token", "stdin", "annotations", "group", "sandbox", "deadline_s"):
        if getattr(step, name) != getattr(plain, name):
            yield replace(step, **{name: getattr(plain, name)})


def shorter_texts(setup: Setup, scenario: Scenario) -> Iterator[Scenario]:
    """Halve the amounts and free texts of edits, and the values in annotations."""
    facts = [value for _, value in scenario.facts]
    for step in scenario.execs:
        for number, edit in enumerate(step.edits):
            shorter = _shorter_edit(edit)
            if shorter is not None and edit.arg not in facts:
                edits = (*step.edits[:number], shorter, *step.edits[number + 1 :])
                yield _with_step(scenario, step, replace(step, edits=edits))
        for number, (key, value) in enumerate(step.annotations or ()):
            if len(value) > 1 and value not in facts:
                pairs = list(step.annotations or ())
                pairs[number] = (key, value[: len(value) // 2])
                yield _with_step(scenario, step, replace(step, annotations=tuple(pairs)))


def _shorter_edit(edit: Edit) -> Edit | None:
    if edit.kind in (EditKind.PAD, EditKind.NEST) and edit.arg.isdecimal() and int(edit.arg) > 1:
        return replace(edit, arg=str(int(edit.arg) // 2))
    # An escape must not be cut in two, so only texts without one are cut.
    free = edit.kind in (EditKind.PREPEND, EditKind.APPEND, EditKind.RAW)
    if free and len(edit.arg) > 1 and "\\" not in edit.arg:
        return replace(edit, arg=edit.arg[: len(edit.arg) // 2])
    return None


def simpler_images(setup: Setup, scenario: Scenario) -> Iterator[Scenario]:
    """Use the shortest image of the same kind instead, wherever it is named."""
    facts = " ".join(value for _, value in scenario.facts)
    images = sorted({step.image for step in scenario.steps}, key=lambda name: (-len(name), name))
    for image in images:
        if image in facts:
            continue
        same = [other for other in setup.served if _alike(setup, image, other)]
        for other in sorted(same, key=lambda name: (len(name), name)):
            if (len(other), other) < (len(image), image) and other not in images:
                yield replace(
                    scenario,
                    steps=tuple(
                        replace(step, image=other) if step.image == image else step
                        for step in scenario.steps
                    ),
                )


def _alike(setup: Setup, image: str, other: str) -> bool:
    """Whether the same workloads may pull both served images."""
    if image not in setup.served:
        return False
    return all((image in w.images) == (other in w.images) for w in setup.workloads)


PASSES: tuple[Pass, ...] = (without_deviations, shorter_texts, simpler_images)


def _with_step(scenario: Scenario, old: Step, new: Step) -> Scenario:
    steps = tuple(new if step is old else step for step in scenario.steps)
    return replace(scenario, steps=steps)


def _without(items: tuple[T, ...], number: int) -> tuple[T, ...]:
    return items[:number] + items[number + 1 :]
