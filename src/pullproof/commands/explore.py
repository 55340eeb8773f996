"""`pullproof explore`: all states of the protocol itself."""

import json
import re
import shutil
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from pullproof.engine.settings import version_of
from pullproof.explore import compare, matrix
from pullproof.explore.consulted import fields_of
from pullproof.explore.diagram import mermaid, svg
from pullproof.explore.jobs import ExploreJob, cores, run_jobs, with_share
from pullproof.explore.live import Live
from pullproof.explore.result import Exploration, Options, Status, Stop
from pullproof.explore.scope import ScopeProperty, ScopeResult, scope_result
from pullproof.explore.text import replay_text, scope_text, trace_text
from pullproof.explore.traces import Trace, from_document, replay, to_document
from pullproof.model.errors import Problem, UserError
from pullproof.model.protocol.answers import ANSWERS
from pullproof.model.protocol.holds import WITNESS, family
from pullproof.model.protocol.image_scopes import SIZED
from pullproof.model.protocol.mutants import all_mutants
from pullproof.model.protocol.params import Params
from pullproof.model.protocol.scopes import PRESETS, SCOPES
from pullproof.model.protocol.ways import WAYS, build_any

NOTHING_CHECKED, UNDECIDED = 4, 3
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)


BUILDER = "pullproof.model.protocol.ways:build_any"


@dataclass(frozen=True, slots=True)
class Run:
    """What the command line asks for, checked."""

    configurations: tuple[Params, ...]
    is_whole_scope: bool
    minor: int | None
    """None: each configuration's own."""
    mutant: str
    faults: tuple[str, ...]
    options: Options
    workers: int
    promises: bool
    verbose: bool

    def jobs(self) -> list[ExploreJob]:
        options = with_share(self.options, min(self.workers, len(self.configurations)))
        several = len(self.configurations) > 1
        return [
            ExploreJob(
                params,
                self.mutant,
                _own_checkpoint(options, params.name) if several else options,
                BUILDER,
            )
            for params in self.configurations
        ]

    @property
    def must_witness(self) -> bool:
        """Return whether everything ought to come up.

        One configuration need not give occasion to everything, another
        Kubernetes may lack what it takes, and a wrong implementation may take
        occasions away.
        """
        return self.is_whole_scope and self.minor is None and not self.mutant

    def origin(self) -> dict[str, Any]:
        """Return what else than a configuration's name and minor a machine is built from."""
        found: dict[str, Any] = {}
        if self.mutant:
            found["mutant"] = self.mutant
        if self.faults:
            found["providerFaults"] = list(self.faults)
        return found


def explore_command(
    *,
    kubernetes: str | None,
    scope: str,
    provider_faults: str,
    mutant: str,
    invariants: tuple[str, ...],
    configs: tuple[str, ...],
    no_symmetry: bool,
    limit: int | None,
    depth: int | None,
    memory: str | None,
    jobs: int | None,
    checkpoint: Path | None,
    resume: Path | None,
    promises: bool,
    format_: str,
    save: Path | None,
    svg_file: Path | None,
    compare_: bool,
    matrix_: bool,
    mutants: str,
    replay_file: Path | None,
    verbose: bool,
) -> int:
    """Explore, show and save; return the exit code."""
    minor = None if kubernetes is None else version_of(kubernetes).minor
    faults = _faults(provider_faults)
    if replay_file is not None:
        return _replay(replay_file, minor, mutant)
    _known("mutant", [mutant] if mutant else [], all_mutants())
    names = configs or (tuple(WAYS) if compare_ else ())
    configurations = tuple(
        _with_faults(p if minor is None else p.at(minor), faults)
        for p in _configurations(scope, names)
    )
    run = Run(
        configurations,
        not names,
        minor,
        mutant,
        faults,
        Options(
            limit_states=limit,
            limit_depth=depth,
            memory_bytes=None if memory is None else parse_size(memory),
            only=_only(invariants, configurations),
            symmetry=not no_symmetry,
            checkpoint=resume or checkpoint,
            resume=resume is not None,
        ),
        jobs or cores(),
        promises,
        verbose,
    )
    if compare_:
        return _compare(run, format_)
    if matrix_:
        return _matrix(run, mutants, format_)
    return _explore(run, format_, save, svg_file)


# What is asked for.


def parse_size(text: str) -> int:
    """Return a size such as `4GiB`, `512M` or a bare number of bytes.

    Raises:
        UserError: it is none.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise UserError(Problem(f"{text!r} is no size; write for example 4GiB", field="--memory"))
    power = "KMGT".find(match[2].upper()) + 1 if match[2] else 0
    return int(float(match[1]) * 1024**power)


def _known(what: str, wanted: Iterable[str], known: Iterable[str]) -> None:
    names = sorted(known)
    for name in wanted:
        if name not in names:
            alike = [n for n in names if name.lower() in n.lower()] or names
            more = f" and {len(alike) - 20} more" if len(alike) > 20 else ""
            raise UserError(
                Problem(f"there is no {what} {name!r}; there are: {', '.join(alike[:20])}{more}")
            )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _faults(text: str) -> tuple[str, ...]:
    faults = _words(text)
    _known("provider fault", faults, (a.name for a in ANSWERS.values() if a.fault))
    return faults


def _configurations(scope: str, names: Sequence[str]) -> tuple[Params, ...]:
    if names:
        every = _every_configuration()
        _known("configuration", names, every)
        return tuple(every[name] for name in names)
    _known("scope", [scope], SCOPES)
    return SCOPES[scope]


def _every_configuration() -> dict[str, Params]:
    sets = [SIZED, *reversed([*SCOPES.values()])]
    return {p.name: p for each in sets for p in each} | {**PRESETS, **WAYS}


def _with_faults(params: Params, faults: tuple[str, ...]) -> Params:
    """Let every provider answer wrongly, too."""
    if not faults:
        return params
    providers = tuple(
        replace(p, answers=tuple(dict.fromkeys((*p.answers, *faults)))) for p in params.providers
    )
    return replace(params, providers=providers)


def _only(invariants: tuple[str, ...], configurations: Iterable[Params]) -> frozenset[str] | None:
    """Return the ids of what is asked for: `L-01` asks for `L-01:pod-a` and all its likes."""
    if not invariants:
        return None
    wanted = {each.lower().removesuffix(WITNESS) for each in invariants}
    ids = {p.id for params in configurations for p in build_any(params).properties}
    return frozenset(
        id_ for id_ in ids if not wanted.isdisjoint({_bare(id_).lower(), family(id_).lower()})
    )


def _bare(id_: str) -> str:
    return id_.removesuffix(WITNESS)


def _own_checkpoint(options: Options, name: str) -> Options:
    if options.checkpoint is None:
        return options
    return replace(options, checkpoint=options.checkpoint / name)


def _live() -> Live:
    return Live(sys.stderr, sys.stderr.isatty(), shutil.get_terminal_size().columns)


# Explore.


def _explore(run: Run, format_: str, save: Path | None, svg_file: Path | None) -> int:
    started = time.monotonic()
    live = _live()
    jobs = run.jobs()
    live.expect(len(jobs))
    result = scope_result(run_jobs(jobs, run.workers, live, live.finish))
    live.clear()
    seconds = time.monotonic() - started
    code = exit_code(run, result)
    if format_ == "json":
        click.echo(json.dumps(_document(run, result, seconds, code), indent=2, ensure_ascii=False))
    else:
        shown = scope_text(result, seconds, verbose=run.verbose, must_witness=run.must_witness)
        click.echo(shown, nl=False)
        for each in result.failures(promises=run.promises):
            _show_trace(each)
    chosen = _worth_saving(run, result)
    for path, text in (
        (save, None if chosen is None else _trace_json(run, chosen)),
        (svg_file, None if chosen is None else svg(_trace(chosen), f"{chosen.id} {chosen.prose}")),
    ):
        if path is not None:
            _write(path, text)
    return code


def exit_code(run: Run, result: ScopeResult) -> int:
    """Return 1 for a violation or a missing witness, 3 if states were left out."""
    if not result.properties:
        return NOTHING_CHECKED
    if result.failures(promises=run.promises):
        return 1
    if not result.is_complete:
        return UNDECIDED
    return 1 if run.must_witness and result.unwitnessed(promises=run.promises) else 0


def _trace(each: ScopeProperty) -> Trace:
    assert each.trace is not None
    return each.trace


def _show_trace(each: ScopeProperty) -> None:
    where = each.configurations[0]
    title = f"\n{each.id} is violated in {where} [{' '.join(each.rules)}]\n  {each.prose}"
    click.echo(trace_text(_trace(each), title), nl=False)
    click.echo(f"\n{mermaid(_trace(each))}", nl=False)


def _worth_saving(run: Run, result: ScopeResult) -> ScopeProperty | None:
    """Return the first violation; else a promise-only one; else a witness that was asked for."""
    found = [*result.failures(promises=run.promises), *result.failures(promises=True)]
    if not found and run.options.only is not None:
        found = [p for p in result.properties if p.trace is not None]
    return found[0] if found else None


def _write(path: Path, text: str | None) -> None:
    if text is None:
        click.echo(f"nothing is violated: {path} is not written", err=True)
        return
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UserError(Problem(f"cannot write it: {error.strerror}", str(path))) from None
    click.echo(f"wrote {path}", err=True)


def _trace_json(run: Run, each: ScopeProperty) -> str:
    return json.dumps(_trace_document(run, each), indent=2, ensure_ascii=False) + "\n"


def _trace_document(run: Run, each: ScopeProperty) -> dict[str, Any]:
    about = {
        "id": each.id,
        "prose": each.prose,
        "rules": list(each.rules),
        "status": each.status.value,
    }
    origin = {"kubernetes": _trace(each).parameters["kubernetes"], **run.origin()}
    return to_document(_trace(each), about) | {"run": origin}


def _document(run: Run, result: ScopeResult, seconds: float, code: int) -> dict[str, Any]:
    return {
        "run": run.origin(),
        "exitCode": code,
        "complete": result.is_complete,
        "states": result.states,
        "transitions": result.transitions,
        "seconds": round(seconds, 3),
        "configurations": [_exploration_document(each) for each in result.explorations],
        "properties": [
            {
                "id": each.id,
                "prose": each.prose,
                "rules": list(each.rules),
                "status": each.status.value,
                "promiseOnly": each.is_promise_only,
                "configurations": list(each.configurations),
                "trace": None if each.trace is None else _trace_document(run, each),
            }
            for each in result.properties
        ],
    }


def _exploration_document(each: Exploration) -> dict[str, Any]:
    return {
        "name": each.machine,
        "parameters": dict(each.parameters),
        "states": each.states,
        "unreducedStates": each.unreduced,
        "transitions": each.transitions,
        "depth": each.depth,
        "terminal": each.terminal,
        "permutations": each.permutations,
        "stop": each.stop.value,
        "seconds": round(each.seconds, 3),
        "memoryBytes": each.memory_bytes,
        "events": dict(each.event_counts),
    }


# Compare, matrix, replay.


def _compare(run: Run, format_: str) -> int:
    live = _live()
    done = [e for e in run_jobs(run.jobs(), run.workers, live) if e is not None]
    live.clear()
    table = compare.compared(done)
    if format_ == "json":
        rows = [
            {"id": id_, "prose": prose, "cells": dict(zip(table.columns, cells, strict=True))}
            for id_, prose, cells in table.rows
        ]
        click.echo(json.dumps({"columns": table.columns, "rows": rows}, indent=2))
    elif format_ == "markdown":
        click.echo(compare.as_markdown(table), nl=False)
    else:
        click.echo(compare.as_text(table), nl=False)
    if len(done) < len(run.configurations) or not all(e.is_complete for e in done):
        return UNDECIDED
    return int(bool(scope_result(done).failures(promises=run.promises)))


def _matrix(run: Run, mutants: str, format_: str) -> int:
    wanted = _words(mutants)
    _known("mutant", wanted, all_mutants())
    live = _live()
    options = replace(with_share(run.options, run.workers), checkpoint=None, resume=False)
    real = run_jobs(
        [matrix.BaselineJob(params, options) for params in run.configurations], run.workers, live
    )
    baselines = tuple(each for each in real if each is not None)
    if len(baselines) < len(real) or any(each.stop is not Stop.COMPLETE for each in baselines):
        live.clear()
        click.echo("the real rules were not explored completely: nothing to compare with", err=True)
        return UNDECIDED
    jobs = [
        matrix.MatrixJob(m.id, m.base, m.prose, baselines, options, m.equivalent, fields_of(m))
        for m in all_mutants().values()
        if not wanted or m.id in wanted
    ]
    live.expect(len(jobs))
    table = matrix.matrix_of(run_jobs(jobs, run.workers, live, live.finish))
    live.clear()
    if format_ == "json":
        click.echo(json.dumps(_matrix_document(table), indent=2, ensure_ascii=False))
    else:
        text = matrix.as_markdown if format_ == "markdown" else matrix.as_text
        click.echo(text(table), nl=False)
    if table.left_out:
        return UNDECIDED
    return int(bool(table.survivors))


def _matrix_document(table: matrix.Matrix) -> dict[str, Any]:
    return {
        "killRatio": table.ratio,
        "medianTrace": table.median_length,
        "leftOut": table.left_out,
        "killers": dict(table.killers),
        "mutants": [
            {
                "id": each.mutant,
                "base": each.base,
                "prose": each.prose,
                "killedBy": each.killed_by,
                "configuration": each.configuration,
                "trace": each.length,
                "states": each.states,
                "equivalent": each.equivalent,
            }
            for each in table.kills
        ],
    }


def load_trace(path: Path) -> Mapping[str, Any]:
    """Return a trace file's document.

    Raises:
        UserError: it cannot be read, or is no trace.
    """
    from jsonschema import Draft202012Validator

    from pullproof import schemas

    try:
        document: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UserError(Problem(f"cannot read it: {error.strerror}", str(path))) from None
    except ValueError as error:
        raise UserError(Problem(f"not JSON: {error}", str(path))) from None
    validator: Any = Draft202012Validator(schemas.load("trace"))
    problems = [
        Problem(error.message, str(path), field="/" + "/".join(map(str, error.path)))
        for error in validator.iter_errors(document)
    ]
    if problems:
        raise UserError(*problems[:5])
    return document


def _replay(path: Path, minor: int | None, mutant: str) -> int:
    """Execute a saved trace; `minor` and `mutant` choose another machine than its own."""
    document = load_trace(path)
    origin: Mapping[str, Any] = document.get("run", {})
    every = _every_configuration()
    _known("configuration", [document["machine"]], every)
    params = every[document["machine"]]
    own = int(origin["kubernetes"].partition(".")[2]) if origin else params.minor
    params = params.at(own if minor is None else minor)
    params = _with_faults(params, tuple(origin.get("providerFaults", ())))
    chosen = "" if mutant == "none" else mutant or origin.get("mutant", "")
    _known("mutant", [chosen] if chosen else [], all_mutants())
    trace = from_document(document)
    result = replay(build_any(params, chosen), trace)
    about = document.get("property", {})
    name = f"Kubernetes 1.{params.minor}" + (f" with mutant {chosen}" if chosen else "")
    click.echo(f"{path}: {about.get('id', 'a trace')} in {params.name}, on {name}")
    click.echo(replay_text(result, len(trace)), nl=False)
    if about.get("status") == Status.WITNESSED.value:
        return int(not result.is_same)
    return int(bool(result.violated))
