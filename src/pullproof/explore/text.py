"""What people read: runs, properties, traces."""

import textwrap
from collections.abc import Iterator

from pullproof.explore.result import Exploration, Status
from pullproof.explore.scope import ScopeProperty, ScopeResult
from pullproof.explore.shorten import shortened
from pullproof.explore.traces import Replay, Trace, TraceStep, seen_text
from pullproof.model.protocol.holds import holds_from
from pullproof.model.protocol.promises import is_promise_only

WIDTH = 100


def bytes_text(count: int) -> str:
    """Return a size in binary units."""
    size, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            break
        size /= 1024
    return f"{size:.0f} {unit}" if unit in ("B", "KiB") else f"{size:.1f} {unit}"


def exploration_lines(each: Exploration) -> Iterator[str]:
    """Yield one line on a configuration, and one if it is incomplete."""
    rate = each.states / each.seconds if each.seconds else 0.0
    symmetry = f", for {each.unreduced:,} with names exchanged" if each.permutations > 1 else ""
    yield (
        f"{each.machine:<24} {each.states:>11,} states {each.transitions:>12,} transitions  "
        f"depth {each.depth:>3}  {each.seconds:7.1f} s  {rate:>9,.0f} states/s{symmetry}"
    )
    if not each.is_complete:
        yield f"  INCOMPLETE: stopped by {each.stop.value}; nothing is said of other states"


def property_line(each: ScopeProperty, configurations: int) -> str:
    """Return one property's verdict."""
    where = ", ".join(each.configurations[:3])
    if len(each.configurations) > 3:
        where += f" and {len(each.configurations) - 3} more"
    match each.status:
        case Status.VIOLATED:
            verdict = f"VIOLATED in {len(each.trace or ())} steps ({where}){_since(each)}"
        case Status.WITNESSED:
            verdict = f"witness of {len(each.trace or ())} steps ({where})"
        case Status.HELD:
            verdict = f"held in {len(each.configurations)} of {configurations}"
        case Status.UNWITNESSED:
            verdict = "NO WITNESS"
    return f"{each.id:<16} {verdict}: {each.prose}"


def _since(each: ScopeProperty) -> str:
    is_later = each.is_promise_only and not is_promise_only(each.id)
    return f", promised since 1.{holds_from(each.id)} only" if is_later else ""


def scope_text(
    result: ScopeResult, seconds: float, *, verbose: bool, must_witness: bool = True
) -> str:
    """Return a scope's result without its traces.

    Args:
        must_witness: Occasions that did not come up are named; a part of a
            scope need not give all of them.
    """
    lines = [line for each in result.explorations for line in exploration_lines(each)]
    rate = result.states / seconds if seconds else 0.0
    lines.append(
        f"{'total':<24} {result.states:>11,} states {result.transitions:>12,} transitions  "
        f"{'':9}  {seconds:7.1f} s  {rate:>9,.0f} states/s"
    )
    if result.left_out:
        lines.append(f"  INCOMPLETE: {result.left_out} configurations were left out")
    lines.append("")
    count = len(result.explorations)
    loud = {Status.VIOLATED, *([Status.UNWITNESSED] if must_witness else [])}
    for each in result.properties:
        if verbose or each.status in loud:
            lines.append(property_line(each, count))
    by_status = [
        f"{sum(p.status is status for p in result.properties)} {status.value}" for status in Status
    ]
    lines.append(f"properties: {', '.join(by_status)}")
    return "\n".join(lines) + "\n"


def trace_text(trace: Trace, title: str) -> str:
    """Return a trace as numbered steps, with long values named once."""
    short, legend = shortened(trace)
    lines = [title]
    if legend:
        lines.append("  where")
        for label, meaning in legend.items():
            lines += _wrapped(f"{label} = {meaning}", "    ")
    for number, step in enumerate(short.steps, 1):
        lines += _step_lines(number, step)
    return "\n".join(lines) + "\n"


def _step_lines(number: int, step: TraceStep) -> Iterator[str]:
    rules = f"  [{' '.join(step.rules)}]" if step.rules else ""
    yield f"  {number}. {step.event}{rules}"
    for change in step.changes:
        before = f" (was {change.before})" if len(change.before) <= 24 else ""
        yield from _wrapped(f"{change.component} = {change.after}{before}", "       ")
    for each in step.observations:
        yield from _wrapped(f"> {seen_text(each)}", "       ")


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent + "    ",
        break_on_hyphens=False,
    )  # fmt: skip


def replay_text(result: Replay, steps: int) -> str:
    """Return whether a trace still goes as it was saved."""
    lines = [f"{len(result.trace)} of {steps} steps were executed"]
    for each in result.divergences:
        lines.append(f"step {each.step}, {each.event}: {each.sentence}")
        for mark, texts in (("-", each.expected), ("+", each.found)):
            lines += [line for text in texts for line in _wrapped(f"{mark} {text}", "    ")]
    if result.is_same:
        lines.append("same as saved")
    if result.violated:
        lines.append(f"violates {', '.join(result.violated)}")
    else:
        lines.append("violates nothing")
    return "\n".join(lines) + "\n"
