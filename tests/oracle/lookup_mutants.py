"""Mistakes of the protocol's lookup side against the oracle's `scenario`.

    python -m tests.oracle.lookup_mutants --minor 1.37 --record docs/sensitivity.json

The mistaken machine walks by itself through the configurations that the bridge
can put to the oracle (`tests.strategies.kubelet_lookups`), and says what it
sees; a whole walk is then performed by the kubelet's code. *Inputs* are walks.
It lies with the tests because the bridge does.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import click

from pullproof.model.machine import Observation
from pullproof.model.protocol.build import build
from pullproof.model.protocol.mutants import all_mutants
from pullproof.model.protocol.params import Params
from pullproof.model.protocol.scopes import SCOPES
from pullproof.oracle.client import Oracle
from pullproof.oracle.differential import COMPARISONS, GATES
from pullproof.oracle.fates import Fate, record, unexpected
from pullproof.oracle.mutation import pick
from pullproof.oracle.releases import parse_minor
from pullproof.oracle.scenarios import Scenario, ask
from pullproof.oracle.steps import Account
from pullproof.strategies.runs import Run, Step, unwatched
from tests.strategies.kubelet_lookups import (
    AT_ONCE,
    KubeletLookups,
    text_of,
)
from tests.strategies.kubelet_lookups import (
    _token_of as token_of,  # pyright: ignore[reportPrivateUsage]
)

OP = "scenario"
CONFIGURATIONS = (
    "durations", "durations-by-default", "cache-scopes", "documents", "echo", "annotations",
    "plain-flights", "shared-flights", "node-level", "sa-token", "pass-through", "paths", "hub",
    "two-providers", "empty-answers", "exchange", "reviewed", "destinations", "long-lived",
    "accounts", "tokens", "grants", "without-account", "refused-old-api", "refused-duplicates",
)  # fmt: skip
UNTOLD = ("kubelet.looks-up-while-recreated",)
UNTOLD_TO_TWO = (*UNTOLD, "api.becomes")
"""Kinds of events that the bridge has no steps for; to it an account has one token,
which is not so where two providers hold tokens of different times."""
LENGTH = 18
BRIDGE_ERRORS = (AssertionError, KeyError, StopIteration, TypeError)
"""What the bridge fails with where it does not know a machine's parts."""


class Limits(NamedTuple):
    """How long a mistake is looked for."""

    rounds: int
    """Walks of each configuration."""
    seconds: float
    seed: int


class Walker(KubeletLookups):
    """A machine's walk, put to the oracle at its end."""

    def walk(self, rng: Random, mutant: str) -> str:
        """Return the first event after which the two differ; empty: none."""
        run = Run(unwatched(build(self.params, mutant)), at_once=AT_ONCE)
        events = {event.name: event for event in run.machine.events}
        self.begin()
        groups: list[tuple[str, Sequence[Observation], int]] = []
        untold = UNTOLD_TO_TWO if len(self.params.providers) > 1 else UNTOLD
        for _ in range(LENGTH):
            possible = [name for name in sorted(run.possible()) if events[name].kind not in untold]
            if not possible:
                break
            kind = pick(rng, sorted({events[name].kind for name in possible}))
            name = pick(rng, [name for name in possible if events[name].kind == kind])
            steps = run.take(events[name])
            self._steps += self._updated(steps)
            self._steps += self._translated(steps[0])
            groups.append((name, self.expects(steps), len(self._steps)))
        return self._first_difference(groups)

    def _updated(self, steps: Sequence[Step]) -> Iterator[Account]:
        """Yield the account of now, before the end of an exec lets a lookup ask the next one."""
        event, before = steps[0].event, steps[0].before
        if event.kind != "provider.answers":
            return
        pod = self.params.pod(event.args[1])
        if pod.account:
            account = self.params.account(pod.account)
            live: Any = before[f"account:{account.name}"]
            token = next(filter(None, map(token_of, steps)), None)
            yield Account(
                account.namespace,
                account.kubernetes_name,
                live.uid or "gone",
                live.annotations,
                None if token is None else text_of(token),
                not live.uid or before.get("api", "up") == "down",
            )

    def _first_difference(self, groups: Sequence[tuple[str, Sequence[Observation], int]]) -> str:
        scenario = Scenario(self._providers(), tuple(self._steps))
        (answer,) = self._oracle.ask(OP, [ask(scenario, self._context)])
        judged: Any = COMPARISONS[OP].real(scenario, answer, self._context)
        if isinstance(judged, str):  # a kubelet that does not start shows nothing
            return next((name for name, expected, _ in groups if expected), "")
        before = 0
        for name, expected, after in groups:
            events = [event for group in judged[0][before:after] for event in group]
            seen = sorted((self._seen(each) for each in events if each[0] != "token"), key=repr)
            if tuple(seen) != tuple(expected):
                return name
            before = after
        return ""


def met(minor: int, limits: Limits, only: Collection[str] = ()) -> Iterator[Fate]:
    """Yield what becomes of each mistake; the right machine must agree throughout.

    Raises:
        AssertionError: it does not.
    """
    params = [each.at(minor) for each in SCOPES["small"] if each.name in CONFIGURATIONS]
    with Oracle(minor, gates=GATES) as oracle:
        right = _fate(oracle, params, "", limits)
        assert not right.noticed, right
        for mutant in all_mutants().values():
            if mutant.lookup and (not only or mutant.id in only):
                yield _fate(oracle, params, mutant.id, limits)


def _fate(oracle: Oracle, params: Sequence[Params], mutant: str, limits: Limits) -> Fate:
    began, tried, today = time.monotonic(), 0, date.today().isoformat()
    outcome, shown = "survived", ""
    for turn in range(limits.rounds):
        for each in params:
            if time.monotonic() - began > limits.seconds:
                break
            tried += 1
            try:
                shown = Walker(oracle, each).walk(
                    Random(f"{limits.seed}:{each.name}:{turn}"), mutant
                )
                outcome = "killed" if shown else outcome
            except BRIDGE_ERRORS:
                pass  # no difference: the bridge cannot put it to the oracle
            if shown:
                break
        if shown:
            break
    seconds = round(time.monotonic() - began, 2)
    return Fate(mutant, oracle.minor, today, outcome, OP if shown else "", tried, seconds, shown)


@click.command()
@click.option("--minor", default="1.37", show_default=True, help="Kubernetes minor.")
@click.option("--rounds", default=4, show_default=True, help="Walks of each configuration.")
@click.option("--seconds", default=5.0, show_default=True, help="For each mutant, at most.")
@click.option("--seed", default=1, show_default=True)
@click.option("--only", default="", metavar="ID,ID", help="Only these mutants.")
@click.option("--record", "report", type=click.Path(path_type=Path), help="Add to this JSON file.")
def main(
    minor: str, rounds: int, seconds: float, seed: int, only: str, report: Path | None
) -> None:
    """Count which mistakes of the lookup side the kubelet's code tells from the model."""
    fates: list[Fate] = []
    for one in met(
        parse_minor(minor), Limits(rounds, seconds, seed), only.split(",") if only else ()
    ):
        fates.append(one)
        click.echo(f"{one.id:36}{one.outcome:10}{one.inputs:>6}{one.seconds:>7.1f} s {one.example}")
    noticed = sum(one.noticed for one in fates)
    click.echo(f"\n{noticed} of {len(fates)} mutants were noticed.")
    for one in unexpected(fates):
        click.echo(f"unexpected: {one.id} {one.outcome}", err=True)
    if report is not None:
        record(report, fates)


if __name__ == "__main__":
    main()
