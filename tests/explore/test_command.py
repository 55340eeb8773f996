"""`pullproof explore` on the protocol itself, in small configurations."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from click.testing import CliRunner, Result

from pullproof import schemas
from pullproof.cli import cli
from pullproof.commands.explore import parse_size
from pullproof.model.errors import UserError

MUTANT = "key-has-uid=false"
"""The cache key lacks the account's UID: a recreated account is served what its
predecessor got."""


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["explore", "--jobs", "1", *words])


def document(*words: str) -> dict[str, Any]:
    result = run(*words, "--format", "json")
    found: dict[str, Any] = json.loads(result.stdout)
    assert found["exitCode"] == result.exit_code
    return found


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A counterexample of the mutant, with its drawing beside it."""
    folder = tmp_path_factory.mktemp("saved")
    result = run(
        "--config", "accounts", "--mutant", MUTANT, "--invariant", "I-05",
        "--save", str(folder / "t.json"), "--svg", str(folder / "t.svg"),
    )  # fmt: skip
    assert result.exit_code == 1
    assert "I-05 is violated in accounts" in result.stdout
    assert "sequenceDiagram" in result.stdout
    return folder


@pytest.mark.parametrize(
    ("text", "size"),
    [("4GiB", 4 << 30), ("512M", 512 << 20), ("1.5 KiB", 1536), ("77", 77), ("2TB", 2 << 40)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GiB", "-1", "4 GiB or so"])
def test_what_is_no_size_is_said_so(text: str) -> None:
    with pytest.raises(UserError, match="is no size"):
        parse_size(text)


def test_the_real_rules_keep_what_is_asked() -> None:
    found = document("--config", "echo", "--config", "paths")
    assert found["exitCode"] == 0
    assert [each["name"] for each in found["configurations"]] == ["echo", "paths"]
    assert found["states"] == sum(each["states"] for each in found["configurations"])
    assert all(each["promiseOnly"] for each in found["properties"] if each["status"] == "violated")


def test_promises_fail_on_request() -> None:
    assert run("--config", "paths", "--promises").exit_code == 1


def test_a_limit_leaves_it_undecided() -> None:
    result = run("--config", "paths", "--limit", "1", "--depth", "1")
    assert result.exit_code == 3
    assert "INCOMPLETE" in result.stdout


def test_no_property_is_nothing_checked() -> None:
    assert run("--config", "paths", "--invariant", "I-99").exit_code == 4


@pytest.mark.parametrize(
    "words",
    [["--mutant", "nobody"], ["--config", "nobody"], ["--scope", "nobody"],
     ["--provider-faults", "nobody"], ["--mutants", "nobody", "--matrix"]],
)  # fmt: skip
def test_unknown_names_are_answered_with_known_ones(words: list[str]) -> None:
    result = run(*words)
    assert isinstance(result.exception, UserError)
    assert "'nobody'; there are: " in str(result.exception)


def test_a_saved_counterexample_is_valid_and_drawn(saved: Path) -> None:
    trace = json.loads((saved / "t.json").read_text("utf-8"))
    jsonschema.validate(trace, schemas.load("trace"))
    assert trace["property"]["id"] == "I-05"
    assert trace["run"] == {"kubernetes": "1.34", "mutant": MUTANT}
    ElementTree.parse(saved / "t.svg")


def test_a_saved_counterexample_replays(saved: Path) -> None:
    result = run("--replay", str(saved / "t.json"))
    assert result.exit_code == 1
    assert "same as saved" in result.stdout
    assert "I-05" in result.stdout.splitlines()[-1]


def test_the_real_rules_go_another_way(saved: Path) -> None:
    result = run("--replay", str(saved / "t.json"), "--mutant", "none")
    assert result.exit_code == 0
    assert "\nstep " in result.stdout
    assert "violates nothing" in result.stdout or "violates P-" in result.stdout


def test_what_is_no_trace_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"format": "other"}')
    result = run("--replay", str(tmp_path / "t.json"))
    assert isinstance(result.exception, UserError)


def test_faults_of_providers_are_added() -> None:
    plain, faulty = (
        document("--config", "paths", *more) for more in ([], ["--provider-faults", "echo"])
    )
    assert faulty["run"]["providerFaults"] == ["echo"]
    assert faulty["states"] > plain["states"]


def test_the_matrix_names_the_killer() -> None:
    result = run("--matrix", "--mutants", MUTANT, "--config", "accounts")
    assert result.exit_code == 0
    assert "killed 1 of 1 (100.0%)" in result.stdout
    assert MUTANT in result.stdout


def test_the_comparison_has_a_column_per_way() -> None:
    result = run("--compare", "--config", "legacy-secrets", "--config", "paths",
                 "--format", "markdown")  # fmt: skip
    assert result.stdout.startswith("| invariant | legacy-secrets | paths |")
