"""Ways to pull: the page is what was found, and what was found is so."""

from dataclasses import replace
from pathlib import Path

import pytest

from pullproof.explore import explore
from pullproof.explore.compare import compared
from pullproof.explore.documents import comparison
from pullproof.model.protocol.goals import GOALS
from pullproof.model.protocol.ways import WAYS, build_any, build_way

ROOT = Path(__file__).resolve().parents[2]
RECORD = comparison.read(ROOT / comparison.RECORD)
IDS = frozenset(row.id for row in GOALS)


def test_page_and_readme_are_what_was_found() -> None:
    assert (ROOT / comparison.PATH).read_text("utf-8") == comparison.page(RECORD)
    readme = (ROOT / comparison.README).read_text("utf-8")
    assert comparison.in_readme(readme, RECORD) == readme


def test_all_ways_and_goals_are_in_it() -> None:
    assert RECORD.columns == tuple(WAYS)
    assert {id_ for id_, _, _ in RECORD.rows} >= IDS


@pytest.mark.parametrize("name", ["pull-secrets", "node-provider"])
def test_small_ways_are_as_recorded(name: str) -> None:
    found = compared([explore(build_way(WAYS[name]))])
    column = RECORD.columns.index(name)
    recorded = {id_: cells[column] for id_, _, cells in RECORD.rows}
    assert {id_: cells[0] for id_, _, cells in found.rows}.items() <= recorded.items()
    assert all(recorded[id_] != "not applicable" for id_ in IDS)


@pytest.mark.parametrize("name", ["account-token", "pod-token"])
def test_what_breaks_in_large_ways_breaks_as_soon_as_recorded(name: str) -> None:
    column = RECORD.columns.index(name)
    broken = {id_: cells[column] for id_, _, cells in RECORD.rows if cells[column][0] == "b"}
    found = explore(build_way(WAYS[name]), only=IDS, limit_depth=5)
    shown = {each.id: f"broken ({len(each.trace or ())})" for each in found.violations}
    assert shown == {id_: text for id_, text in broken.items() if id_ in IDS}


def test_goals_are_asked_of_ways_only() -> None:
    way = WAYS["node-provider"]
    assert {each.id for each in build_any(way).properties} >= IDS
    assert not IDS & {each.id for each in build_any(replace(way, name="another")).properties}
