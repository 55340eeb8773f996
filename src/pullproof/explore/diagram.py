"""A trace as a sequence diagram: Mermaid text, and SVG drawn here.

The SVG needs nothing but a viewer: no script, no font to load, no link. Equal
traces give equal bytes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from xml.sax.saxutils import escape

from pullproof.explore.shorten import shortened
from pullproof.explore.traces import Seen, Trace, TraceStep

NAMED = frozenset({"account", "grant", "pod", "provider", "secret"})
"""Actors of which there may be several: the first argument says which."""
ANSWERS_TO: Mapping[str, str] = MappingProxyType({"provider": "kubelet"})
_NOTE_CHARACTERS = 72
_NOTES = 6


@dataclass(frozen=True, slots=True)
class Message:
    """One step as an arrow; to itself if nobody else takes part."""

    number: int
    source: str
    target: str
    text: str
    notes: tuple[str, ...]


def messages(trace: Trace) -> tuple[Message, ...]:
    """Return a trace's steps as messages between actors."""
    short, _ = shortened(trace)
    names = {
        part for step in trace.steps for c in step.changes for part in c.component.split(":")[1:]
    }
    names |= {_source(step) for step in trace.steps}
    return tuple(_message(i, step, names) for i, step in enumerate(short.steps, 1))


def _source(step: TraceStep) -> str:
    actor = step.kind.partition(".")[0]
    return step.args[0].partition(",")[0] if actor in NAMED and step.args else actor


def _message(number: int, step: TraceStep, names: set[str]) -> Message:
    actor, _, verb = step.kind.partition(".")
    source = _source(step)
    target = ANSWERS_TO.get(actor, source)
    others = [arg for arg in step.args if arg in names and arg != source]
    if target == source and others:
        target = others[0]
    told = [arg for arg in step.args if arg not in (source, target)]
    text = " ".join([(verb or actor).replace("-", " "), *told])
    notes = [_note(each) for each in step.observations]
    if len(notes) > _NOTES:
        notes = [*notes[: _NOTES - 1], f"… and {len(notes) - _NOTES + 1} more"]
    return Message(number, source, target, text, tuple(notes))


def _note(observation: Seen) -> str:
    """Return an observation's kind and as many of its short values as fit."""
    text = observation.kind
    for name, value in observation.data:
        more = f" {name}={value}"
        if len(value) <= 24 and len(text) + len(more) <= _NOTE_CHARACTERS:
            text += more
    return text


def actors(found: tuple[Message, ...]) -> tuple[str, ...]:
    """Return who takes part, in order of appearance."""
    return tuple(dict.fromkeys(name for m in found for name in (m.source, m.target)))


# Mermaid.


def mermaid(trace: Trace) -> str:
    """Return the diagram as text for Mermaid."""
    found = messages(trace)
    alias = {name: f"A{i}" for i, name in enumerate(actors(found))}
    lines = ["sequenceDiagram"]
    lines += [f"    participant {a} as {_mermaid_text(n)}" for n, a in alias.items()]
    for each in found:
        source, target = alias[each.source], alias[each.target]
        lines.append(f"    {source}->>{target}: {each.number}. {_mermaid_text(each.text)}")
        over = source if source == target else f"{source},{target}"
        lines += [f"    Note over {over}: {_mermaid_text(note)}" for note in each.notes]
    return "\n".join(lines) + "\n"


def _mermaid_text(text: str) -> str:
    """Escape what Mermaid would read as its own: `;` ends a line, `#` begins an entity."""
    special = {"#": "#35;", ";": "#59;", "<": "#lt;", ">": "#gt;", ":": "#58;", "%": "#37;"}
    return "".join(special.get(c, c) if c.isprintable() else " " for c in text)


# SVG.

_MARGIN, _HEAD, _ROW, _LINE = 24, 56, 30, 17
_CHARACTER = 7
"""Width of a character at 12 px, a little more than it takes."""
_STYLE = (
    "text{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
    "font-size:12px;fill:#1f2328;"
    "paint-order:stroke;stroke:#ffffff;stroke-width:3px}"
    ".title{font-weight:bold}.note{font-size:11px;fill:#57606a}"
    ".life{stroke:#afb8c1;stroke-dasharray:4 4}.head{fill:#ddf4ff;stroke:#54aeff}"
    ".arrow{stroke:#1f2328;fill:none}.last .arrow{stroke:#cf222e;stroke-width:2}"
    ".last text.step{fill:#cf222e;font-weight:bold}.tip{fill:#1f2328}"
    ".page{fill:#ffffff}"
)
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
    'viewBox="0 0 {width} {height}" role="img">'
)
_TIP = (
    '<defs><marker id="tip" markerUnits="userSpaceOnUse" markerWidth="9" markerHeight="8" '
    'refX="8" refY="4" orient="auto">'
    '<path class="tip" d="M0,0 L9,4 L0,8 z"/></marker></defs>'
)


def svg(trace: Trace, title: str = "") -> str:
    """Return the diagram as a standalone SVG document."""
    found = messages(trace)
    names = actors(found)
    gap = max([170, *(_CHARACTER * (len(name) + 4) for name in names)])
    at = {name: _MARGIN + gap // 2 + i * gap for i, name in enumerate(names)}
    body = list(_rows(found, at))
    height = _MARGIN + _HEAD + sum(_height(each) for each in found) + 2 * _MARGIN
    ends = [at[n] + gap // 2 for n in names] + [_text_end(each, at) for each in found]
    width = max([_MARGIN * 2 + _CHARACTER * len(title), *ends]) + _MARGIN
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        _SVG.format(width=width, height=height),
        f"<title>{_xml(title or trace.machine)}</title>",
        f"<style>{_STYLE}</style>",
        _TIP,
        f'<rect class="page" width="{width}" height="{height}"/>',
        f'<text class="title" x="{_MARGIN}" y="{_MARGIN}">{_xml(title)}</text>',
        *_heads(at, height, gap),
        *body,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _heads(at: Mapping[str, int], height: int, gap: int) -> Iterator[str]:
    top = _MARGIN + 14
    for name, x in at.items():
        width = min(gap - 16, _CHARACTER * (len(name) + 3))
        yield f'<line class="life" x1="{x}" y1="{top + 26}" x2="{x}" y2="{height - _MARGIN}"/>'
        yield (
            f'<rect class="head" x="{x - width // 2}" y="{top}" width="{width}" height="26" rx="4"/>'
            f'<text x="{x}" y="{top + 17}" text-anchor="middle">{_xml(name)}</text>'
        )


def _height(message: Message) -> int:
    return _ROW + _LINE * len(message.notes) + 8


def _text_end(message: Message, at: Mapping[str, int]) -> int:
    start = min(at[message.source], at[message.target]) + 10
    texts = (f"{message.number}. {message.text}", *message.notes)
    return start + 36 + max(_CHARACTER * len(text) for text in texts)


def _rows(found: tuple[Message, ...], at: Mapping[str, int]) -> Iterator[str]:
    y = _MARGIN + _HEAD
    for each in found:
        yield f'<g class="{"last" if each is found[-1] else "row"}">'
        yield from _row(each, at[each.source], at[each.target], y)
        yield "</g>"
        y += _height(each)


def _row(message: Message, source: int, target: int, top: int) -> Iterator[str]:
    line = top + 20
    left = min(source, target) + 10
    if source == target:
        path = f"M{source},{line - 8} h24 v12 h-22"
        left += 24
    else:
        path = f"M{source},{line} H{target}"
    text = _xml(f"{message.number}. {message.text}")
    yield f'<text class="step" x="{left}" y="{line - (0 if source == target else 6)}">{text}</text>'
    yield f'<path class="arrow" d="{path}" marker-end="url(#tip)"/>'
    for i, note in enumerate(message.notes, 1):
        yield f'<text class="note" x="{left}" y="{line + i * _LINE}">{_xml(note)}</text>'


def _xml(text: str) -> str:
    """Escape for text in XML; what XML cannot hold becomes a mark."""
    return escape("".join(c if c.isprintable() else "�" for c in text))
