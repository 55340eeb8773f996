"""`pullproof fuzz`: a campaign, with a line that lives."""

import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

import click

from pullproof.checks.catalogue import by_id
from pullproof.commands.target import build_setup, target_words
from pullproof.engine.options import Options
from pullproof.fuzzing.campaign import Campaign, Plan, Result, Status
from pullproof.fuzzing.prover import Proved
from pullproof.fuzzing.sources import Shard
from pullproof.fuzzing.store import Store
from pullproof.model.errors import Problem, UserError
from pullproof.report.mask import mask, printable

_LIVE_S, _LOG_S = 0.25, 10.0


def fuzz_command(
    *,
    time_s: float | None,
    execs: int | None,
    jobs: int | None,
    corpus: Path,
    until_finding: bool,
    seed: int,
    shard: str,
    coverage: bool,
    guided: bool,
    confine: bool,
    strict: bool,
    **target: Any,
) -> int:
    """Fuzz until the time is up or somebody interrupts; return the exit code."""
    part = read_shard(shard)
    setup = build_setup(target)
    store = Store(corpus)
    plan = Plan(
        seed, Options(jobs=jobs).workers, time_s, execs, until_finding, part, coverage, guided,
        confine,
    )  # fmt: skip
    signal.signal(signal.SIGTERM, _interrupt)
    screen = _Screen()
    before = len(store.cases("findings"))
    with Campaign(
        setup, plan, store, target_words(target), screen.status, screen.proved
    ) as campaign:
        result = campaign.run()
    screen.clear()
    _summary(result, corpus, before)
    return result.exit_code(strict=strict)


def read_shard(text: str) -> Shard:
    """Return the shard `i/n` (from 0) as a value.

    Raises:
        UserError: not of that form, or no such part.
    """
    index, slash, count = text.partition("/")
    if slash and index.isdecimal() and count.isdecimal() and int(index) < int(count):
        return Shard(int(index), int(count))
    raise UserError(Problem(f"{text!r} is not i/n with i from 0 to n-1", field="--shard"))


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class _Screen:
    """The status line, and findings above it."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._shown_at = 0.0
        self._told: set[str] = set()

    def status(self, status: Status) -> None:
        if status.feedback and "opened" not in self._told:
            self._told.add("opened")
            self._print(f"feedback: {status.feedback}")
            self._print(f"confined: {status.confinement}")
        for note in status.notes:
            if note not in self._told:
                self._told.add(note)
                self._print(f"our own fault: {note}")
        now = time.monotonic()
        if now - self._shown_at < (_LIVE_S if self._live else _LOG_S):
            return
        self._shown_at = now
        if self._live:
            click.echo(f"\r\x1b[K{line(status)}", nl=False, err=True)
        else:
            click.echo(line(status), err=True)

    def proved(self, proved: Proved, path: Path) -> None:
        finding = proved.finding
        check = by_id(finding.check)
        word = "FAIL" if proved.certain else f"FLAKY {proved.failures}/{proved.executions}"
        message = printable(mask(finding.verdict.message, finding.transcript))
        self._print(f"{word}  {check.id}  {finding.verdict.rule}  {check.title}")
        self._print(f"      {message[:300]}")
        self._print(f"      pullproof replay {path}")

    def clear(self) -> None:
        if self._live:
            click.echo("\r\x1b[K", nl=False, err=True)

    def _print(self, text: str) -> None:
        self.clear()
        click.echo(text, err=True)


def line(status: Status) -> str:
    """Return the numbers of a campaign as one line."""
    done = status.progress
    new = f"coverage {done.coverage} + " if done.coverage else ""
    parts = (
        f"{status.seconds:.0f} s",
        f"{done.execs} execs ({status.rate:.0f}/s)",
        f"corpus {status.corpus}",
        f"{new}novelty {done.features - done.coverage}",
        f"transitions {status.transitions}/{done.all_transitions}",
        f"findings {status.findings}",
        *((f"flaky {status.flaky}",) if status.flaky else ()),
        *((f"proving {status.proving}",) if status.proving else ()),
        f"stability {100 * done.stability:.0f} %",
    )
    return "  ".join(parts)


def _summary(result: Result, corpus: Path, before: int) -> None:
    click.echo(line(result.status))
    by_check: dict[str, int] = {}
    for proved in result.findings:
        by_check[proved.finding.check] = by_check.get(proved.finding.check, 0) + 1
    for check, count in sorted(by_check.items()):
        shapes = f" ({count} shapes)" if count > 1 else ""
        click.echo(f"FAIL {check} {by_id(check).title}{shapes}")
    for proved in result.flaky:
        click.echo(
            f"FLAKY {proved.failures}/{proved.executions} {proved.finding.check} "
            f"{by_id(proved.finding.check).title}"
        )
    if before:
        click.echo(f"{before} findings of earlier campaigns are in {corpus / 'findings'}")
    if result.first_finding_s is not None:
        click.echo(f"first finding after {result.first_finding_s:.1f} s")
