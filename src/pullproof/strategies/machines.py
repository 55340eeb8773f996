"""A `Machine` of the model as a Hypothesis `RuleBasedStateMachine`.

One rule for each kind of event, from the machine's own table, so nothing is
said here that the explorer does not know: it visits all states of a small
configuration, Hypothesis walks through large ones and shrinks what it finds.

A guard is no precondition of its rule: a rule that is drawn where none of its
events can happen is passed over. With preconditions a step comes to mean
something else once an earlier one was taken away, and runs stayed up to twice
as long as the shortest. Among the events of one rule, what can happen is drawn.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, cast

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from pullproof.model.machine import Event, Machine
from pullproof.strategies.runs import Label, Run, Table, left_out
from pullproof.strategies.subjects import Subject, compare


class MachineRun(RuleBasedStateMachine):
    """A run of a machine whose rules `state_machine` adds."""

    table: ClassVar[Table]
    at_once: ClassVar[frozenset[str]]
    subject: ClassVar[Subject | None]
    left_out: ClassVar[Mapping[str, str]]
    """Ids of properties that are not judged, and why."""

    def __init__(self) -> None:
        super().__init__()
        # A subject may have a state that the model does not know of, and only
        # a run that comes back shows it.
        self.run = Run(self.table, at_once=self.at_once, returns=self.subject is not None)
        if self.subject is not None:
            self.subject.begin()

    def teardown(self) -> None:
        if self.subject is not None:
            self.subject.end()

    @property
    def labels(self) -> tuple[Label, ...]:
        """What has happened, to be saved or replayed."""
        return tuple(self.run.labels)

    def happens(self, event: Event) -> None:
        """Take an event if its guard allows, in lockstep with the subject.

        Raises:
            Violation: a promise of the machine is broken.
            Difference: the subject shows something else.
        """
        if not self.run.can(event):
            return
        steps = self.run.take(event)
        if self.subject is not None:
            compare(self.subject, self.run, steps)


def state_machine(
    machine: Machine,
    *,
    subject: Subject | None = None,
    at_once: Collection[str] = (),
    promises: bool = False,
) -> type[MachineRun]:
    """Return a state machine whose runs are those of `machine`.

    Every always-property is judged after each step. Liveness is left out
    (`left_out` of the class says why).

        Lookups = state_machine(build(params))
        TestLookups = Lookups.TestCase

    Args:
        subject: Goes in lockstep and must show the same.
        at_once: Kinds of events that happen as soon as they can, undrawn;
            for subjects that cannot be halted in between.
        promises: Also judge what nobody promised (ids that begin with `P-`).
    """
    families: dict[str, list[Event]] = {}
    for event in machine.events:
        if event.kind not in at_once:
            families.setdefault(event.kind, []).append(event)
    members: dict[str, Any] = {
        "__doc__": f"Runs of {machine.name}.",
        "table": Table(machine, promises=promises),
        "at_once": frozenset(at_once),
        "subject": subject,
        "left_out": left_out(machine),
    }
    for kind, events in families.items():
        members[_identifier(kind)] = _rule(kind, events)
    return cast("type[MachineRun]", type(_class_name(machine.name), (MachineRun,), members))


def _rule(kind: str, events: list[Event]) -> Callable[..., None]:
    """Return the rule of one kind; its argument is what stands in the brackets."""
    by_text = {",".join(event.args): event for event in events}
    if len(by_text) != len(events):
        raise ValueError(f"events of kind {kind} differ in more than their arguments")
    every = st.sampled_from(list(by_text))

    def happens(self: MachineRun, of: str = "") -> None:
        self.happens(by_text[of])

    def texts(self: MachineRun) -> st.SearchStrategy[str]:
        if not any(map(self.run.can, events)):
            return every
        return every.filter(lambda of: self.run.can(by_text[of]))

    happens.__name__ = _identifier(kind)
    happens.__doc__ = f"{kind} [{' '.join(events[0].rules)}]"
    has_arguments = list(by_text) != [""]
    decorated = rule(of=st.runner().flatmap(texts)) if has_arguments else rule()
    return decorated(happens)


def _identifier(kind: str) -> str:
    return kind.replace(".", "_").replace("-", "_")


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.replace("_", "-").split("-")) + "Runs"
