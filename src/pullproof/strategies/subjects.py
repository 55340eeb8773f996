"""Subjects: implementations under test that go in lockstep with a model.

The model draws what happens; the subject does the same and says what could be
seen. What the model says could be seen, told in the subject's own words, must
be equal. A subject that plays only a part (an exchange, a cache) leaves the
rest to the model and is asked about its part.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from pullproof.model.machine import Effect, Machine, Observation
from pullproof.strategies.runs import Label, Run, Step, events_of, unwatched

Seen = tuple[Observation, ...]


class Subject(Protocol):
    """An implementation under test. Steps come as groups: an event that was
    drawn, and those that happen at once after it."""

    def begin(self) -> None:
        """Be as at the start; called before each run, also after one that failed."""
        ...

    def end(self) -> None:
        """A run is over; called after each."""
        ...

    def possible(self) -> frozenset[Label] | None:
        """Return the events it could perform now; None: it cannot say."""
        ...

    def expects(self, steps: Sequence[Step]) -> Seen:
        """Return what the model shows in these steps, as the subject would tell it."""
        ...

    def performs(self, steps: Sequence[Step]) -> Seen:
        """Do these steps; return what could be seen."""
        ...


class Difference(AssertionError):
    """Model and subject part; `str()` shows the run and where."""

    def __init__(self, labels: Sequence[Label], expected: object, found: object) -> None:
        super().__init__(labels, expected, found)
        self.labels = tuple(labels)
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        steps = "\n".join(f"{at:>4}  {label}" for at, label in enumerate(self.labels, 1))
        return (
            f"model and subject differ after {len(self.labels)} steps\n{steps}\n"
            f"      the model: {self.expected}\n    the subject: {self.found}"
        )


def compare(subject: Subject, run: Run, steps: Sequence[Step]) -> None:
    """Let a subject follow the steps that a run just took.

    Raises:
        Difference: it shows something else, or could do something else next.
    """
    expected, found = tuple(subject.expects(steps)), tuple(subject.performs(steps))
    if expected != found:
        raise Difference(run.labels, *_first_difference(expected, found))
    able = subject.possible()
    if able is not None:
        own = run.possible()
        if own != able:
            raise Difference(run.labels, sorted(own - able), sorted(able - own))


def follow(
    machine: Machine, subject: Subject, labels: Sequence[Label], at_once: Collection[str] = ()
) -> None:
    """Let a subject follow one trace, for example one that was found before.

    Args:
        labels: What is drawn; events that happen at once may be left out.

    Raises:
        Difference: it shows something else than the machine.
        ImpossibleEvent: the trace is none of this machine.
    """
    run = Run(unwatched(machine), at_once=at_once)
    subject.begin()
    try:
        for event in events_of(machine, labels):
            if event.kind not in at_once:
                compare(subject, run, run.take(event))
    finally:
        subject.end()


def _first_difference(expected: Seen, found: Seen) -> tuple[object, object]:
    longest = max(len(expected), len(found))
    pairs = [(seen[at] if at < len(seen) else None) for seen in (expected, found)
             for at in range(longest)]  # fmt: skip
    return next(
        (pairs[at], pairs[longest + at])
        for at in range(longest)
        if pairs[at] != pairs[longest + at]
    )


View = Callable[[Observation], Observation | None]
"""What of an observation counts; None: nothing."""


class MachineSubject:
    """Another machine as the subject: a mutant, another Kubernetes.

    Told apart from the model by what is seen and by what may happen next; the
    promises it breaks are not looked at.
    """

    def __init__(
        self, machine: Machine, *, sees: View = lambda seen: seen, guards: bool = True
    ) -> None:
        """Take a machine.

        Args:
            sees: Narrows observations to what counts.
            guards: Whether what is possible counts, too.
        """
        self.machine = machine
        self._table = unwatched(machine)
        self._by_name = {event.name: event for event in machine.events}
        self._sees = sees
        self._guards = guards
        self._run = Run(self._table)

    def begin(self) -> None:
        self._run = Run(self._table)

    def end(self) -> None:
        pass

    def possible(self) -> frozenset[Label] | None:
        if not self._guards:
            return None
        return self._run.possible()

    def expects(self, steps: Sequence[Step]) -> Seen:
        return self._narrow([step.effect for step in steps])

    def performs(self, steps: Sequence[Step]) -> Seen:
        effects: list[Effect] = []
        for step in steps:
            own = self._by_name.get(step.event.name)
            if own is None or not self._run.can(own):
                return (*self._narrow(effects), Observation(f"cannot {step.event.name}"))
            effects += [taken.effect for taken in self._run.take(own)]
        return self._narrow(effects)

    def _narrow(self, effects: Sequence[Effect]) -> Seen:
        seen = [self._sees(each) for effect in effects for each in effect.observations]
        return tuple(each for each in seen if each is not None)
