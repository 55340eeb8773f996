"""The engine on arrays: states are words, events are tables.

A piece of a level is taken in two passes. First every group of events with
equal reads is projected, and what is new is worked out; this may meet new
values, and so need wider fields. Then all events are applied by lookups:
projection to outcome, outcome to the bits to keep and the bits to put.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from pullproof.explore.engine import Expansion, Hit
from pullproof.explore.evaluate import Evaluator, Question, Writes
from pullproof.explore.fold import Column, Fold
from pullproof.explore.groups import Decided, Group
from pullproof.explore.idmap import I32, I64, U64, IdMap
from pullproof.explore.layout import Layout, Words
from pullproof.explore.renaming import Renamer
from pullproof.explore.tables import Ids, Tables

_SPARE_BITS = 1
_PIECE = 1 << 20
"""States re-packed at a time."""


class _Effects:
    """What one event's outcomes do to the words it touches."""

    def __init__(self, layout: Layout, writes: Iterable[int]) -> None:
        self._layout = layout
        self.words = tuple(sorted({layout.word[component] for component in writes}))
        self.keep = [Column(np.uint64) for _ in self.words]
        self.put = [Column(np.uint64) for _ in self.words]
        self._count = 0

    def extend(self, outcomes: Sequence[Writes]) -> None:
        """Take in the outcomes that are new."""
        new = outcomes[self._count :]
        if not new:
            return
        self._count = len(outcomes)
        layout, full = self._layout, (1 << 64) - 1
        for i, word in enumerate(self.words):
            inside = [[(c, v) for c, v in writes if layout.word[c] == word] for writes in new]
            keep = [full - sum(layout.mask(c) for c, _ in each) for each in inside]
            put = [sum(v << layout.shift[c] for c, v in each) for each in inside]
            self.keep[i].extend(np.array(keep, np.uint64))
            self.put[i].extend(np.array(put, np.uint64))


class FastEngine:
    """numpy arrays, one key of 64 bits per state."""

    def __init__(self, tables: Tables, evaluator: Evaluator) -> None:
        self._tables = tables
        self._evaluator = evaluator
        self._groups, self._group_of = self._grouped(dict(enumerate(evaluator.events)))
        self._judges, self._judge_of = self._grouped(evaluator.properties)
        self._visited = IdMap()
        self._frontier: U64 = np.empty(0, np.uint64)
        self._following: list[U64] = []
        self._made = 0
        """States in the next level so far."""
        self._new = 1
        """New states of the last piece."""
        self._renamer: Renamer | None = None
        self._arrange(Layout(tables.counts(), _SPARE_BITS))

    def _grouped(
        self, questions: dict[int, Question]
    ) -> tuple[list[Group], dict[int, tuple[int, int]]]:
        """Group by reads; also return group and place in it per question."""
        groups: list[Group] = []
        place: dict[int, tuple[int, int]] = {}
        ordered = sorted(questions, key=lambda number: questions[number].reads)
        for reads, numbers in groupby(ordered, key=lambda number: questions[number].reads):
            members = list(numbers)
            place |= {number: (len(groups), i) for i, number in enumerate(members)}
            groups.append(Group(reads, [questions[number] for number in members]))
        return groups, place

    @property
    def size(self) -> int:
        return self._frontier.size

    @property
    def words(self) -> int:
        return self._layout.words

    # Layout.

    def _arrange(self, layout: Layout) -> None:
        self._layout = layout
        self._fold = Fold(layout.words)
        for group in (*self._groups, *self._judges):
            group.arrange(layout)
        events = self._tables_events()
        self._effects = [_Effects(layout, writes) for writes in events]
        self._renamer = None

    def _tables_events(self) -> list[set[int]]:
        index = self._tables.index
        return [{index[name] for name in event.writes} for event in self._evaluator.machine.events]

    def _widen(self, words: Words) -> Words:
        """Give fields the width they need; return the states at hand in the new layout."""
        old, fold = self._layout, self._fold
        counts = self._tables.counts()
        spare = _SPARE_BITS
        self._arrange(Layout(counts, spare))

        def moved(keys: U64) -> U64:
            parts = [
                self._fold.keys(self._layout.repack(fold.unfold(keys[i : i + _PIECE]), old))
                for i in range(0, keys.size, _PIECE)
            ]
            return np.concatenate(parts) if parts else keys

        keys = self._visited.keys()
        self._visited = IdMap(keys.size)
        keys = moved(keys)
        for i in range(0, keys.size, _PIECE):
            self._visited.fresh(keys[i : i + _PIECE])
        self._frontier = moved(self._frontier)
        self._following = [moved(keys) for keys in self._following]
        return self._layout.repack(words, old)

    def _is_narrow(self) -> bool:
        return not self._layout.holds(self._tables.counts())

    # Search.

    def begin(self) -> list[Hit]:
        first = self._tables.canonical(self._tables.initial)
        if self._is_narrow():
            self._arrange(Layout(self._tables.counts(), _SPARE_BITS))
        words = self._layout.pack([np.array([number], np.int64) for number in first])
        self._frontier = self._fold.keys(words)
        self._visited.fresh(self._frontier)
        return self._judge(words, 0)

    def expand(self, start: int, stop: int) -> Expansion:
        words = self._fold.unfold(self._frontier[start:stop])
        projected = [group.project(words, self._layout) for group in self._groups]
        if self._is_narrow():
            words = self._widen(words)
        step_hits = self._step_hits([decided for _, decided in projected], start)
        made = self._apply(words, [numbers for numbers, _ in projected], start)
        made.step_hits = step_hits
        return made

    def _step_hits(self, decided: list[list[Decided]], start: int) -> list[Hit]:
        hits: list[Hit] = []
        for event in range(len(self._evaluator.events)):
            group, place = self._group_of[event]
            hits += [
                Hit(each, start + position, event)
                for question, position, each in decided[group]
                if question == place
            ]
        return hits

    def _apply(self, words: Words, projections: list[I32], start: int) -> Expansion:
        size = words[0].size
        transitions = [0] * len(self._effects)
        possible = np.zeros(size, np.bool_)
        made: list[Words] = []
        parents: list[I64] = []
        events: list[int] = []
        for event, effects in enumerate(self._effects):
            effects.extend(self._evaluator.outcomes[event])
            group, place = self._group_of[event]
            outcomes = self._groups[group].answers[place].array.take(projections[group])
            rows = np.flatnonzero(outcomes)
            if not rows.size:
                continue
            transitions[event] = rows.size
            possible[rows] = True
            made.append(_changed(words, effects, rows, outcomes.take(rows)))
            parents.append(rows)
            events.append(event)
        terminal = size - int(np.count_nonzero(possible))
        if not made:
            return Expansion([], [], transitions, terminal)
        return self._add(made, parents, events, start, transitions, terminal)

    def _add(
        self,
        made: list[Words],
        parents: list[I64],
        events: list[int],
        start: int,
        transitions: list[int],
        terminal: int,
    ) -> Expansion:
        words = [np.concatenate(column) for column in zip(*made, strict=True)]
        if self._tables.permutations:
            words = self._canonical(words)
        keys = self._fold.keys(words)
        fresh = self._visited.fresh(keys)
        new = keys[fresh]
        self._following.append(new)
        ends = np.cumsum([rows.size for rows in parents])
        which = np.searchsorted(ends, fresh, side="right")
        words = [word[fresh] for word in words]
        hits = self._judge(words, self._made)
        self._made += new.size
        self._new = new.size
        return Expansion(
            parents=(np.concatenate(parents)[fresh] + start).astype(np.uint32),
            events=np.array(events, np.uint16)[which],
            transitions=transitions,
            terminal=terminal,
            state_hits=hits,
            unreduced=new.size if self._renamer is None else self._renamer.orbits(words),
        )

    def _canonical(self, words: Words) -> Words:
        if self._renamer is None or self._renamer.grown != self._tables.grown:
            self._renamer = Renamer(self._tables, self._layout)
        return self._renamer.canonical(words)

    def _judge(self, words: Words, start: int) -> list[Hit]:
        """Return what state properties say of new states."""
        hits: list[Hit] = []
        if not words[0].size:
            return hits
        for group in self._judges:
            _, decided = group.project(words, self._layout)
            hits += [Hit(each, start + position) for _, position, each in decided]
        return sorted(hits, key=lambda hit: (hit.property, hit.position))

    def advance(self) -> None:
        self._frontier = (
            np.concatenate(self._following) if self._following else np.empty(0, np.uint64)
        )
        self._following = []
        self._made = 0

    def growth(self) -> int:
        return self._visited.growth(2 * self._new + 1024)

    def projections(self, components: Ids, seen: set[Ids]) -> Iterable[tuple[int, Ids]]:
        for start in range(0, self.size, _PIECE):
            words = self._fold.unfold(self._frontier[start : start + _PIECE])
            columns = [self._layout.column(words, component) for component in components]
            for position, projection in enumerate(
                zip(*map(np.ndarray.tolist, columns), strict=True)
            ):
                if projection not in seen:
                    seen.add(projection)
                    yield start + position, projection

    # Checkpoints.

    def columns(self) -> I32:
        """Return the frontier as one row of numbers per component."""
        words = self._fold.unfold(self._frontier)
        every = [self._layout.column(words, i) for i in range(len(self._tables.names))]
        return np.array(every, np.int32)

    def adopt(self, columns: I32) -> None:
        """Take a level of an earlier run as visited, and as the frontier."""
        if self._is_narrow():
            self._arrange(Layout(self._tables.counts(), _SPARE_BITS))
        words = self._layout.pack([column.astype(np.int64) for column in columns])
        self._frontier = self._fold.keys(words)
        self._visited.fresh(self._frontier)


def _changed(words: Words, effects: _Effects, rows: I64, outcomes: I32) -> Words:
    """Return the states after an event; `words` are those before."""
    after = [word.take(rows) for word in words]
    for i, word in enumerate(effects.words):
        after[word] &= effects.keep[i].array.take(outcomes)
        after[word] |= effects.put[i].array.take(outcomes)
    return after
