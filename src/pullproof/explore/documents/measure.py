"""Measuring: each mutant until it is killed, then all that it breaks there.

1. The real rules in every configuration: witnesses, and what is kept.
2. Every mutant as `pullproof explore --matrix` does it; then once more in the
   configuration of its kill, not stopping, for everything that it breaks.
3. A property that no kill broke is sought with all mutants that can touch it,
   one by one, in the configurations that have it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pullproof.explore.consulted import fields_of
from pullproof.explore.documents.measured import (
    Measured,
    MutantResult,
    Place,
    PropertyResult,
    digest,
)
from pullproof.explore.documents.properties import SCOPE, all_properties, members
from pullproof.explore.jobs import OnProgress, resolve, run_jobs
from pullproof.explore.matrix import WATCHED, Baseline, MatrixJob, baseline
from pullproof.explore.result import Options, Status
from pullproof.explore.result import PropertyResult as Found
from pullproof.explore.search import explore
from pullproof.model.protocol.build import build
from pullproof.model.protocol.holds import family
from pullproof.model.protocol.mutant import Mutant
from pullproof.model.protocol.mutants import all_mutants, mutant
from pullproof.model.protocol.params import Params
from pullproof.model.protocol.scopes import SCOPES

Result = TypeVar("Result")
SECOND_LIMIT = 300_000
"""States of the second look; configurations of kills are far smaller."""
SEEK_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Survey:
    """The real rules in one configuration."""

    baseline: Baseline
    reached: dict[str, int]
    """Property to the length of its witness."""
    broken: dict[str, int]
    """Property to the length of its counterexample."""


@dataclass(frozen=True, slots=True)
class SurveyJob:
    params: Params

    def run(self, on_progress: OnProgress | None) -> Survey:
        machine, consulted = resolve(WATCHED)(self.params)
        found = explore(machine, Options(), on_progress)
        return Survey(
            baseline(self.params, found, frozenset(consulted)),
            _lengths(p for p in found.properties if p.status is Status.WITNESSED),
            _lengths(p for p in found.properties if p.status is Status.VIOLATED),
        )


@dataclass(frozen=True, slots=True)
class MutantJob:
    """One mutant: until killed, then all that it breaks there."""

    mutant: str
    baselines: tuple[Baseline, ...]

    def run(self, on_progress: OnProgress | None) -> MutantResult:
        wrong = mutant(self.mutant)
        kill = MatrixJob(
            wrong.id,
            wrong.base,
            wrong.prose,
            self.baselines,
            Options(),
            wrong.equivalent,
            fields_of(wrong),
        ).run(on_progress)
        result = MutantResult(
            wrong.id,
            digest(wrong),
            family(kill.killed_by),
            kill.configuration,
            kill.length,
            kill.states,
            kill.stop,
            lost=tuple(sorted({family(each) for each in kill.lost})),
        )
        if not kill.configuration:
            return result
        violated, is_whole = self._violated(kill.configuration, on_progress)
        return replace(result, violated=violated, is_whole=is_whole)

    def _violated(
        self, configuration: str, on_progress: OnProgress | None
    ) -> tuple[dict[str, int], bool]:
        where = next(b for b in self.baselines if b.params.name == configuration)
        machine = build(where.params, self.mutant)
        options = Options(only=where.kept, limit_states=SECOND_LIMIT)
        found = explore(machine, options, on_progress)
        return _lengths(found.violations), found.is_complete


@dataclass(frozen=True, slots=True)
class SeekJob:
    """One property: some mutant that breaks it."""

    property_id: str
    baselines: tuple[Baseline, ...]

    def run(self, on_progress: OnProgress | None) -> dict[str, Place]:
        for each in sorted(self.baselines, key=lambda b: (b.states, b.params.name)):
            only = members(build(each.params), self.property_id) & each.kept
            if not only:
                continue
            for wrong in _likely_first(self.property_id):
                if each.consulted is not None and fields_of(wrong).isdisjoint(each.consulted):
                    continue
                options = Options(only=only, stop_on=only, limit_states=SEEK_LIMIT)
                found = explore(build(each.params, wrong.id), options, on_progress)
                if found.violations:
                    steps = min(_lengths(found.violations).values())
                    return {wrong.id: Place(each.params.name, steps)}
        return {}


def _likely_first(property_id: str) -> list[Mutant]:
    """Return all mutants, those that go back to a rule of the property first."""
    rules = all_properties()[property_id].rules
    return sorted(all_mutants().values(), key=lambda wrong: wrong.base not in rules)


def _lengths(found: Iterable[Found]) -> dict[str, int]:
    """Return the shortest trace of each property, shortest first."""
    lengths: dict[str, int] = {}
    for each in found:
        if each.trace is not None:
            id_, steps = family(each.id), len(each.trace)
            lengths[id_] = min(steps, lengths.get(id_, steps))
    return dict(sorted(lengths.items(), key=lambda item: item[1]))


def measure(
    workers: int,
    on_progress: OnProgress | None = None,
    say: Callable[[str], None] = lambda _: None,
    before: Measured | None = None,
) -> Measured:
    """Explore the whole scope under the real rules and every mutant.

    Args:
        before: An earlier run; mutants that have not changed since are taken
            from it. Right only if the rules and configurations are the same.
    """
    say("the real rules")
    surveys = _done(run_jobs([SurveyJob(params) for params in SCOPES[SCOPE]], workers, on_progress))
    baselines = tuple(each.baseline for each in surveys)
    known = {} if before is None else unchanged(before)
    jobs = [MutantJob(id_, baselines) for id_ in all_mutants() if id_ not in known]
    say(f"{len(jobs)} mutants")
    known |= {each.id: each for each in _done(run_jobs(jobs, workers, on_progress))}
    results = {id_: known[id_] for id_ in all_mutants()}
    broken = {id_ for each in results.values() for id_ in each.violated}
    lacking = [id_ for id_ in all_properties() if must_be_broken(id_) and id_ not in broken]
    say(f"{len(lacking)} properties that no kill broke")
    sought = _done(run_jobs([SeekJob(id_, baselines) for id_ in lacking], workers, on_progress))
    found = dict(zip(lacking, sought, strict=True))
    return Measured(
        SCOPE,
        {each.baseline.params.name: each.baseline.states for each in surveys},
        {id_: _property(id_, surveys, found.get(id_, {})) for id_ in all_properties()},
        results,
    )


def must_be_broken(id_: str) -> bool:
    """Return whether some mutant has to break a property."""
    each = all_properties()[id_]
    return each.is_always and not each.is_promise_only


def unchanged(before: Measured) -> dict[str, MutantResult]:
    """Return the results of mutants that are defined as they were."""
    digests = {each.id: digest(each) for each in all_mutants().values()}
    return {m.id: m for m in before.mutants.values() if digests.get(m.id) == m.digest}


def _done(results: Sequence[Result | None]) -> list[Result]:
    """Return the results of all jobs.

    Raises:
        KeyboardInterrupt: some were left out.
    """
    done = [each for each in results if each is not None]
    if len(done) < len(results):
        raise KeyboardInterrupt
    return done


def _property(id_: str, surveys: Sequence[Survey], sought: dict[str, Place]) -> PropertyResult:
    return PropertyResult(
        id_,
        _shortest(id_, [(each.baseline.params.name, each.reached) for each in surveys]),
        _shortest(id_, [(each.baseline.params.name, each.broken) for each in surveys]),
        sought,
    )


def _shortest(id_: str, found: Sequence[tuple[str, dict[str, int]]]) -> Place | None:
    places = [Place(name, lengths[id_]) for name, lengths in found if id_ in lengths]
    return min(places, key=lambda place: place.steps, default=None)
