"""Bounded liveness: can helpful events still reach the goal in time?

Only components that the helpful events or the property read can matter, so
states are looked at through those, each projection once.
"""

from collections import deque
from collections.abc import Callable, Iterator

from pullproof.explore.engine import Engine
from pullproof.explore.evaluate import Evaluator, Question
from pullproof.explore.tables import Ids
from pullproof.model.machine import LivenessProperty, View


class LivenessWatch:
    """One liveness property during one exploration."""

    def __init__(self, number: int, wanted: LivenessProperty, evaluator: Evaluator) -> None:
        self.number = number
        """Among the machine's properties."""
        self.given: dict[Ids, tuple[int, int]] = {}
        """Projections that need the goal: level and position of the first such state."""
        self._steps = wanted.steps
        self._evaluator = evaluator
        machine, index = evaluator.machine, evaluator.tables.index
        self._events = [i for i, event in enumerate(machine.events) if event.kind in wanted.by]
        read = {index[name] for name in wanted.reads}
        read.update(c for event in self._events for c in evaluator.events[event].reads)
        # What is written but never read neither helps nor hinders.
        self._components = tuple(sorted(read))
        self._place = {component: i for i, component in enumerate(self._components)}
        self._seen: set[Ids] = set()
        self._needs = self._question(wanted, wanted.given)
        self._reached = self._question(wanted, wanted.goal)

    def _question(self, wanted: LivenessProperty, holds: Callable[[View], bool]) -> Question:
        return self._evaluator.question(wanted.reads, lambda view: (int(bool(holds(view))), ()))

    def _answer(self, question: Question, projection: Ids) -> int:
        return question.find([projection[self._place[c]] for c in question.reads])[0]

    def watch(self, engine: Engine, level: int) -> None:
        """Take note of the engine's frontier."""
        for position, projection in engine.projections(self._components, self._seen):
            if self._answer(self._needs, projection):
                self.given[projection] = (level, position)

    def violation(self) -> tuple[int, int] | None:
        """Return level and position of the first state from which no goal is in reach."""
        in_time = self._in_time()
        late = [where for projection, where in self.given.items() if projection not in in_time]
        return min(late, default=None)

    def _in_time(self) -> set[Ids]:
        """Return the projections that lead to a goal within the steps."""
        sources, goals = self._backwards()
        distance = dict.fromkeys(goals, 0)
        queue = deque(goals)
        while queue:
            projection = queue.popleft()
            if distance[projection] == self._steps:
                continue
            for before in sources.get(projection, ()):
                if before not in distance:
                    distance[before] = distance[projection] + 1
                    queue.append(before)
        return set(distance)

    def _backwards(self) -> tuple[dict[Ids, list[Ids]], list[Ids]]:
        """Return who leads to whom within the steps, and the goals among them."""
        sources: dict[Ids, list[Ids]] = {}
        goals: list[Ids] = []
        found: set[Ids] = set(self.given)
        edge = list(self.given)
        for taken in range(self._steps + 1):
            following: list[Ids] = []
            for projection in edge:
                if self._answer(self._reached, projection):
                    goals.append(projection)
                    continue
                for new in self._successors(projection) if taken < self._steps else ():
                    sources.setdefault(new, []).append(projection)
                    if new not in found:
                        found.add(new)
                        following.append(new)
            edge = following
        return sources, goals

    def _successors(self, projection: Ids) -> Iterator[Ids]:
        for event in self._events:
            number = self._answer(self._evaluator.events[event], projection)
            if not number:
                continue
            changed = list(projection)
            for component, value in self._evaluator.outcomes[event][number]:
                if component in self._place:
                    changed[self._place[component]] = value
            yield tuple(changed)
