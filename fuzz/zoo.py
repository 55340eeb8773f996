"""The proof of the checks: `python -m pullproof.fuzz.zoo`.

Invariant: every wrong provider in `mutants/` is failed by a check that its
header names, and no correct provider in `providers/` is failed by any check
above advice, whatever the seed.
"""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import pullproof
from pullproof.checks.catalogue import by_id
from pullproof.engine.options import Options, Profile
from pullproof.engine.result import RunResult, Status
from pullproof.engine.run import run
from pullproof.engine.settings import load_settings
from pullproof.fuzz.build import Unavailable, ensure_built, ensure_program, provider_names
from pullproof.fuzz.mutants.index import SETUPS, Mutant, mutants
from pullproof.fuzz.soak import soak
from pullproof.model.errors import PullproofError
from pullproof.model.setup import Setup
from pullproof.model.verdict import Level

Job = TypeVar("Job")
Done = TypeVar("Done")

CAUGHT_TARGET = 1.0
"""Share of the runnable mutants that must be caught; deep ones do not count."""
INTERPRETERS: Mapping[str, tuple[str, ...]] = {
    ".sh": ("/bin/sh",),
    ".js": ("node",),
    ".pl": ("perl",),
    ".awk": ("awk", "-f"),
}
"""Suffix of a script: the words before its path."""
LOG_EVERY = 20
"""Lines of progress in a log, in providers."""
PROVOKERS = ("E08", "F10", "J02")
"""Run with every check that watches: their scenarios make providers fail."""
_PACKAGES = str(Path(pullproof.__file__).resolve().parent.parent)


@dataclass(frozen=True, slots=True)
class Catch:
    """What became of one mutant."""

    mutant: Mutant
    failed: tuple[str, ...] = ()
    """Ids of all checks that failed it, in catalogue order."""
    execs: int = 0
    seconds: float = 0.0
    skipped: str = ""
    broken: str = ""
    """Why the run itself failed, which is our fault and no catch."""

    @property
    def caught_at(self) -> str:
        """The first declared check that failed it; empty if none did."""
        return next((check for check in self.mutant.checks if check in self.failed), "")


@dataclass(frozen=True, slots=True)
class Acquittal:
    """What became of one correct provider."""

    name: str
    seeds: tuple[int, ...] = ()
    scenarios: int = 0
    """Different ones that the seeds made; 0 if only one seed was run."""
    findings: tuple[str, ...] = ()
    """Checks above advice that did not pass, as `B02 failed (seed 3)`."""
    advice: tuple[str, ...] = ()
    """Ids of the advice it did not follow."""
    judged: int = 0
    """Checks that could have failed it, in the run that had most."""
    execs: int = 0
    seconds: float = 0.0
    skipped: str = ""


# -- what to run -----------------------------------------------------------------------


def setup_of(mutant: Mutant, launcher: str = "exec") -> Setup | Unavailable:
    """Return the template that `mutant` names, with the mutant in the place of the base."""
    setup = load_settings(SETUPS / f"{mutant.setup}.toml")
    named = replace(setup.provider, name=mutant.id)
    if mutant.path.suffix == ".py" and launcher == "zygote":
        # The warm interpreter knows the package; it takes no other options.
        return replace(setup, provider=replace(named, args=(str(mutant.path),)))
    # Mutants import the base by its package name, also from a sandbox whose
    # HOME is empty; without `site` each exec is a quarter faster.
    setup = replace(setup, base_env=(*setup.base_env, ("PYTHONPATH", _PACKAGES)))
    if mutant.path.suffix == ".py":
        return replace(setup, provider=replace(named, args=("-S", str(mutant.path))))
    if mutant.path.suffix in INTERPRETERS:
        name, *options = INTERPRETERS[mutant.path.suffix]
        tool = shutil.which(name)
        if tool is None:
            return Unavailable(f"no `{name}` here to run {mutant.path.name} with")
        provider = replace(named, args=(*options, str(mutant.path)))
        return replace(setup, command=(tool,), provider=provider)
    program = ensure_program(mutant.path)
    if isinstance(program, Unavailable):
        return program
    return replace(setup, command=(str(program),), provider=replace(named, args=()))


def correct_providers() -> tuple[str, ...]:
    """Return the names of the correct providers; `base-…` is the mutants' base."""
    bases = sorted(f"base-{path.stem}" for path in SETUPS.glob("*.toml"))
    return (*provider_names(), *bases)


def correct_setup(name: str) -> Setup | Unavailable:
    """Return the setup of one of `correct_providers()`.

    Raises:
        LookupError: there is no such provider.
    """
    settings = SETUPS / f"{name.removeprefix('base-')}.toml"
    if name.startswith("base-") and settings.is_file():
        return load_settings(settings)
    built = ensure_built(name)
    return built if isinstance(built, Unavailable) else load_settings(built)


# -- running ---------------------------------------------------------------------------


def try_mutant(
    mutant: Mutant, *, profile: str = "declared", seed: int = 0, launcher: str = "exec"
) -> Catch:
    """Run `mutant` against the checks it names, or against a whole profile."""
    setup = setup_of(mutant, launcher)
    if isinstance(setup, Unavailable):
        return Catch(mutant, skipped=setup.reason)
    declared = profile == "declared"
    options = Options(
        profile=Profile.DEFAULT if declared else Profile(profile),
        seed=seed,
        jobs=1,
        checks=_declared(mutant) if declared else (),
        canary=False,
        shrink=False,
        launcher=launcher,
    )
    try:
        result = run(setup, options)
    except PullproofError as error:
        return Catch(mutant, broken=f"{type(error).__name__}: {error}")
    failed = tuple(item.check for item in result.checks if item.status is Status.FAILED)
    return Catch(mutant, failed, result.timing.execs, result.timing.total_s)


def _declared(mutant: Mutant) -> tuple[str, ...]:
    watching = any(by_id(check).watches for check in mutant.checks)
    return tuple(dict.fromkeys((*mutant.checks, *(PROVOKERS if watching else ()))))


def try_correct(
    name: str,
    *,
    profile: str = "default",
    seeds: Sequence[int] = (0,),
    launcher: str = "exec",
) -> Acquittal:
    """Run a correct provider as a user would, then over all other seeds (`soak`)."""
    setup = correct_setup(name)
    if isinstance(setup, Unavailable):
        return Acquittal(name, skipped=setup.reason)
    options = Options(
        profile=Profile(profile), seed=seeds[0], jobs=1, shrink=False, launcher=launcher
    )
    result = run(setup, options)
    first = Acquittal(
        name,
        tuple(seeds),
        findings=tuple(_findings(result)),
        advice=tuple(_advice(result)),
        judged=sum(item.judged > 0 for item in result.checks),
        execs=result.timing.execs,
        seconds=result.timing.total_s,
    )
    if len(seeds) == 1:
        return first
    more = in_other_process(soak, setup, seeds, launcher=launcher)
    return replace(
        first,
        scenarios=more.scenarios,
        findings=(*first.findings, *more.findings),
        advice=tuple(dict.fromkeys((*first.advice, *more.advice))),
        execs=first.execs + more.execs,
        seconds=first.seconds + more.seconds,
    )


def in_other_process(work: Callable[..., Done], *values: object, **named: object) -> Done:
    """Return what `work` returns in a process of its own.

    Orphans of providers go to the process that runs them, so two of these at
    the same time must not share one.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *values, **named).result()


def _findings(result: RunResult) -> Iterable[str]:
    wrong = {Status.FAILED, Status.FLAKY, Status.ERROR, Status.INCONCLUSIVE}
    for item in result.checks:
        if item.status in wrong and (item.level is not Level.ADVICE or item.status is Status.ERROR):
            yield f"{item.check} {item.status} (seed {result.seed})"


def _advice(result: RunResult) -> Iterable[str]:
    return (
        item.check
        for item in result.checks
        if item.level is Level.ADVICE and item.status is Status.FAILED
    )


# -- showing ---------------------------------------------------------------------------

Row = tuple[str, ...]
MUTANT_HEAD: Row = ("mutant", "defect", "rule / check", "caught at", "execs", "time")
CORRECT_HEAD: Row = (
    "provider", "seeds", "findings above advice", "advice", "checks judged", "execs", "time",
)  # fmt: skip


def mutant_row(catch: Catch) -> Row:
    mutant = catch.mutant
    wanted = f"{', '.join(mutant.rules)} / {', '.join(mutant.checks)}"
    head = (mutant.id, ", ".join(mutant.defects), wanted)
    if catch.skipped:
        return (*head, f"skipped: {catch.skipped}", "", "")
    if catch.broken:
        return (*head, f"ERROR: {catch.broken}", "", "")
    others = ", ".join(check for check in catch.failed if check not in mutant.checks)
    escaped = "not by a check (deep)" if mutant.deep else "NOT CAUGHT"
    where = catch.caught_at or escaped + (f" (but {others})" if others else "")
    return (*head, where, str(catch.execs), f"{catch.seconds:.1f} s")


def correct_row(item: Acquittal) -> Row:
    if item.skipped:
        return (item.name, f"skipped: {item.skipped}", "", "", "", "", "")
    seeds = f"{len(item.seeds)}" + (f" ({item.scenarios} scenarios)" if item.scenarios else "")
    found = "; ".join(item.findings) or "none"
    return (
        item.name, seeds, found, " ".join(item.advice) or "followed", str(item.judged),
        str(item.execs), f"{item.seconds:.1f} s",
    )  # fmt: skip


def table(head: Row, rows: Sequence[Row], *, markdown: bool) -> str:
    """Return a table as text."""
    lines = [head, *rows]
    if markdown:
        cells = ["| " + " | ".join(line) + " |" for line in lines]
        return "\n".join([cells[0], "|" + " --- |" * len(head), *cells[1:]])
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    shown = ("  ".join(f"{c:{w}}" for c, w in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in shown)


# -- command line ----------------------------------------------------------------------


def main(words: Sequence[str] | None = None) -> int:
    """Print both tables; 0 if the zoo is as it should be, else 1."""
    options = _parser().parse_args(words)
    known = {item.id for item in mutants()} | set(correct_providers())
    unknown = [name for name in options.only if name not in known]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
        return 64
    wrong = () if options.correct else [m for m in mutants() if _wanted(m.id, options.only)]
    right = [name for name in correct_providers() if _wanted(name, options.only)]
    if options.wrong:
        right = []
    good = True
    if wrong:
        catches = _all(
            lambda m: try_mutant(
                m, profile=options.profile, seed=options.seed, launcher=options.launcher
            ),
            wrong, options.jobs, lambda catch: catch.mutant.id,
        )  # fmt: skip
        print(table(MUTANT_HEAD, [mutant_row(c) for c in catches], markdown=options.markdown))
        tried = [catch for catch in catches if not catch.skipped and not catch.mutant.deep]
        deep = [catch for catch in catches if not catch.skipped and catch.mutant.deep]
        caught = sum(bool(catch.caught_at) for catch in tried)
        print(f"\n{caught} of {len(tried)} wrong providers caught")
        if deep:
            found = sum(bool(catch.caught_at) for catch in deep)
            print(f"{found} of {len(deep)} deep ones too; the rest is for `pullproof fuzz`")
        print()
        broken = any(catch.broken for catch in catches)
        good = caught >= CAUGHT_TARGET * len(tried) and not broken
    if right:
        seeds = range(options.seed, options.seed + options.seeds)
        items = _all(
            lambda name: try_correct(name, seeds=seeds, launcher=options.launcher),
            right,
            options.jobs,
            lambda item: item.name,
        )
        print(table(CORRECT_HEAD, [correct_row(i) for i in items], markdown=options.markdown))
        clean = sum(not item.findings for item in items if not item.skipped)
        print(f"\n{clean} of {sum(not i.skipped for i in items)} correct providers acquitted")
        good = good and not any(item.findings for item in items)
    return 0 if good else 1


def _wanted(name: str, only: Sequence[str]) -> bool:
    return not only or name in only


def _all(
    work: Callable[[Job], Done], jobs: Iterable[Job], width: int, name: Callable[[Done], str]
) -> list[Done]:
    """Return what `work` makes of each job, in order; tell progress on stderr."""
    started = time.monotonic()
    count = [0]

    def one(job: Job) -> Done:
        done = work(job)
        count[0] += 1
        if sys.stderr.isatty() or count[0] % LOG_EVERY == 0:
            passed = time.monotonic() - started
            print(f"  {passed:6.1f} s  {count[0]} done, last {name(done)}", file=sys.stderr)
        return done

    with ThreadPoolExecutor(max(1, width)) as pool:
        return list(pool.map(one, jobs))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pullproof zoo", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="ID", help="these ones only")
    parser.add_argument(
        "--profile", choices=("default", "declared"), default="declared",
        help="checks that mutants are run against: those they name, or all",
    )  # fmt: skip
    parser.add_argument("--correct", action="store_true", help="leave the wrong providers out")
    parser.add_argument("--wrong", action="store_true", help="leave the correct providers out")
    parser.add_argument(
        "--launcher", choices=("zygote", "exec"), default="zygote",
        help="how python providers start: forked off a warm interpreter, or afresh",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=1, help="seeds for each correct provider")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at the same time")
    parser.add_argument("--markdown", action="store_true", help="tables for documents")
    return parser


if __name__ == "__main__":
    sys.exit(main())
