"""How a property over observations is written: one row, one judge.

A row names what an outsider watches for (kinds of observations), what must
hold for each, and when the situation it speaks about has really come up. From
a row come two properties of the machine: the promise and its *sometimes*
witness, so that no promise is kept for want of occasion.

Judges know the configuration and never the rules of the machine: a mutant
cannot talk its judge round.
"""

from collections.abc import Callable, Mapping
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


class Watcher:
    """Sorts the observations of one step by kind, once for all properties.

    A step is handed to one property after the other; the last one is kept.
    """

    def __init__(self, params: Params) -> None:
        self._params = params
        self._last: Effect | None = None
        self._by_kind: dict[str, list[Seen]] = {}

    def seen(self, view: View, event: Event, effect: Effect) -> Mapping[str, list[Seen]]:
        """Return what was seen in a step, by kind."""
        if effect is not self._last:
            by_kind: dict[str, list[Seen]] = {}
            for each in effect.observations:
                seen = Seen(self._params, view, event, effect, each, dict(each.data))
                by_kind.setdefault(each.kind, []).append(seen)
            self._last, self._by_kind = effect, by_kind
        return self._by_kind


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

    def properties(self, watcher: Watcher) -> tuple[StepProperty, StepProperty]:
        """Return the promise and its witness for one configuration."""
        rules = tuple(self.rules.split())
        promise = StepProperty(
            self.id, Promise.ALWAYS, self.prose, rules, self.events, self._every(watcher)
        )
        witness = StepProperty(
            f"{self.id}/sometimes",
            Promise.SOMETIMES,
            f"There is occasion to break: {self.prose}",
            rules,
            self.events,
            self._any(watcher),
        )
        return promise, witness

    def _every(self, watcher: Watcher) -> Callable[[View, Event, Effect], bool]:
        watches, holds = self.watches, self.holds

        def judge(view: View, event: Event, effect: Effect) -> bool:
            by_kind = watcher.seen(view, event, effect)
            for kind in watches:
                for seen in by_kind.get(kind, ()):
                    if not holds(seen):
                        return False
            return True

        return judge

    def _any(self, watcher: Watcher) -> Callable[[View, Event, Effect], bool]:
        watches, occasion = self.watches, self.occasion

        def judge(view: View, event: Event, effect: Effect) -> bool:
            by_kind = watcher.seen(view, event, effect)
            for kind in watches:
                for seen in by_kind.get(kind, ()):
                    if occasion(seen):
                        return True
            return False

        return judge
