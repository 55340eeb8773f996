"""Traces as text, files and drawings, and their replay."""

from dataclasses import dataclass, replace
from xml.etree import ElementTree

import jsonschema

from pullproof import schemas
from pullproof.explore import Trace, explore
from pullproof.explore.diagram import actors, mermaid, messages, svg
from pullproof.explore.shorten import shortened
from pullproof.explore.text import trace_text
from pullproof.explore.traces import (
    Change,
    Seen,
    TraceStep,
    from_document,
    replay,
    show,
    to_document,
)
from tests.explore import toys

SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Token:
    owner: str
    expires: int = 2


def trace_to(id_: str, *, late: bool = True) -> Trace:
    found = explore(toys.cache(late=late)).result(id_).trace
    assert found is not None
    return found


def odd_trace() -> Trace:
    token = "Token(owner=a-person-with-a-long-name, expires=7)"
    step = TraceStep(
        "kubelet.looks(p<&>q,x;y)", "kubelet.looks", ("p<&>q", "x;y"), ("K-1",),
        (Change("pod:p<&>q", "-", f"Pod(token={token}, other=({token}))"),),
        (Seen("said", (("text", 'a "quoted" </text> # ; % word'), ("token", token))),),
    )  # fmt: skip
    return Trace("odd", (step, step))


def test_values_are_shown_without_their_defaults() -> None:
    assert show(Token("a")) == "Token(owner=a)"
    assert show((Token("a", 3), None, True, "", frozenset({"b", "a"}))) == (
        "(Token(owner=a, expires=3), -, yes, '', {a, b})"
    )


def test_a_saved_trace_is_valid_and_comes_back_the_same() -> None:
    about = {"id": "C-1", "prose": "late", "rules": ["K-106"], "status": "violated"}
    for trace in (trace_to("C-1"), odd_trace()):
        document = to_document(trace, about)
        jsonschema.validate(document, schemas.load("trace"))
        assert from_document(document) == trace


def test_replay_on_the_same_machine_changes_nothing() -> None:
    result = replay(toys.cache(late=True), trace_to("C-1"))
    assert result.is_same
    assert "C-1" in result.violated


def test_replay_says_where_another_machine_goes_its_own_way() -> None:
    trace = trace_to("C-1")
    result = replay(toys.cache(late=False), trace)
    assert "C-1" not in result.violated
    changed, watched = result.divergences
    assert {changed.step, watched.step} == {len(trace)}
    assert (changed.expected, changed.found) == ((), ("entry = (0, 3)",))
    assert watched.expected[0] == "hit"
    assert watched.found == ("miss",)


def test_replay_ends_at_an_event_that_is_impossible_or_unknown() -> None:
    trace = trace_to("C-1")
    stopped = replay(toys.cache(horizon=1, late=True), trace)
    assert stopped.divergences[-1].sentence == "it is not possible here"
    assert len(stopped.trace) == stopped.divergences[-1].step - 1
    other = replay(toys.jugs(), trace)
    assert [each.sentence for each in other.divergences] == ["this machine has no such event"]


def test_repeated_values_get_labels() -> None:
    short, legend = shortened(odd_trace())
    assert legend["token-1"] == "Token(owner=a-person-with-a-long-name, expires=7)"
    assert short.steps[0].observations[0].data[-1] == ("token", "token-1")
    text = trace_text(odd_trace(), "title")
    assert text.count("a-person-with-a-long-name") == 1
    assert max(map(len, text.splitlines())) <= 100


def test_steps_become_messages_between_actors() -> None:
    found = messages(odd_trace())
    assert (found[0].source, found[0].target) == ("kubelet", "p<&>q")
    assert found[0].text == "looks x;y"
    assert actors(found) == ("kubelet", "p<&>q")


def test_mermaid_text_escapes_what_mermaid_would_read() -> None:
    lines = mermaid(odd_trace()).splitlines()
    assert lines[0] == "sequenceDiagram"
    assert lines[2] == "    participant A1 as p#lt;&#gt;q"
    assert "    A0->>A1: 1. looks x#59;y" in lines
    # Outside entities and arrows, nothing of Mermaid's own is left.
    for line in lines[3:]:
        text = line.split(": ", 1)[1]
        assert "<" not in text
        assert all(part.partition("#")[2] for part in text.split(";")[:-1])


def test_the_drawing_is_well_formed_whole_and_the_same_each_time() -> None:
    drawn = svg(odd_trace(), "A <title>")
    assert drawn == svg(odd_trace(), "A <title>")
    root = ElementTree.fromstring(drawn)
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert "A <title>" in texts
    assert "1. looks x;y" in texts
    assert sum(each.get("class") == "life" for each in root.iter(f"{SVG}line")) == 2
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    for each in root.iter(f"{SVG}text"):
        assert 0 <= float(each.get("x", "-1")) <= width
        assert 0 <= float(each.get("y", "-1")) <= height


def test_the_drawing_needs_nothing_from_outside() -> None:
    drawn = svg(trace_to("C-1"), "C-1").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not any(word in drawn for word in ("http", "<script", "@import", "href"))


def test_control_characters_cannot_break_a_drawing() -> None:
    trace = odd_trace()
    step = replace(trace.steps[0], args=("a\x00b\x1b",), event="x")
    ElementTree.fromstring(svg(replace(trace, steps=(step,))))
