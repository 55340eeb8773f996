"""How a property over observations is written: one row, one judge.

A row names what an outsider watches for (kinds of observations), what must
hold for each, and when the situation it speaks about has really come up. From
a row come two properties of the machine: the promise and its *sometimes*
witness, so that no promise is kept for want of occasion.

Judges know the configuration and never the rules of the machine: a mutant
cannot talk its judge round.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pullproof.model.machine import Effect, Event, Observation, Promise, StepProperty, View
from pullproof.model.protocol.params import Params

LOOKUPS = ("kubelet.looks-up", "kubelet.looks-up-while-recreated", "kubelet.consults")
TAKES = ("kubelet.takes",)
KUBELET = LOOKUPS + TAKES
PROVIDER = ("provider.answers",)
THIEF = ("thief.presents", "thief.forges")


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation in its step."""

    params: Params
    view: View
    event: Event
    effect: Effect
    observation: Observation
    data: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.data[name]

    @property
    def kind(self) -> str:
        return self.observation.kind

    def after(self, name: str) -> Any:
        """Return a component after the step."""
        return dict(self.effect.writes).get(name, self.view.get(name))

    def others(self, *kinds: str) -> list[Observation]:
        """Return what else was seen in the step."""
        return [each for each in self.effect.observations if each.kind in kinds]


Judge = Callable[[Seen], bool]


@dataclass(frozen=True, slots=True)
class Row:
    """One property over observations."""

    id: str
    prose: str
    rules: str
    """Separated by blanks."""
    events: tuple[str, ...]
    watches: tuple[str, ...]
    """Kinds of observations."""
    holds: Judge
    occasion: Judge
    """The situation in which a wrong implementation would show."""

    def properties(self, params: Params) -> tuple[StepProperty, StepProperty]:
        """Return the promise and its witness for one configuration."""
        rules = tuple(self.rules.split())
        promise = StepProperty(
            self.id, Promise.ALWAYS, self.prose, rules, self.events, self._every(params)
        )
        witness = StepProperty(
            f"{self.id}/sometimes",
            Promise.SOMETIMES,
            f"There is occasion to break: {self.prose}",
            rules,
            self.events,
            self._any(params),
        )
        return promise, witness

    def _seen(self, params: Params, view: View, event: Event, effect: Effect) -> Iterable[Seen]:
        for observation in effect.observations:
            if observation.kind in self.watches:
                yield Seen(params, view, event, effect, observation, dict(observation.data))

    def _every(self, params: Params) -> Callable[[View, Event, Effect], bool]:
        return lambda view, event, effect: all(
            self.holds(seen) for seen in self._seen(params, view, event, effect)
        )

    def _any(self, params: Params) -> Callable[[View, Event, Effect], bool]:
        return lambda view, event, effect: any(
            self.occasion(seen) for seen in self._seen(params, view, event, effect)
        )
