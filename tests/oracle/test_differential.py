"""The comparison itself: that it agrees with the kubelet, and that it can fail."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest

from pullproof.corpus.cases import cases
from pullproof.model.request import Request, encode_request
from pullproof.oracle.client import Oracle
from pullproof.oracle.comparison import Comparison, Context, decoded, encoded
from pullproof.oracle.differential import COMPARISONS, GATES, candidate, table, tasks
from pullproof.oracle.mutation import smaller
from pullproof.oracle.releases import RELEASES, program, provider_program
from pullproof.oracle.search import BATCH, Search
from pullproof.oracle.wire import IMAGE, V1

BUILT = [minor for minor in RELEASES if program(minor).is_file()]
needs_oracle = pytest.mark.skipif(
    not BUILT, reason="no oracle is built: python -m pullproof.oracle.build"
)
SMOKE_INPUTS = {
    "scenario": 25,
    "config": 50,
    "images": 20,
    "tokens": 40,
    "judgeToken": 60,
    "issueToken": 40,
}


@pytest.fixture(scope="module", params=BUILT or [34], ids=lambda minor: f"1.{minor}")
def search(request: pytest.FixtureRequest) -> Iterator[Search]:
    with Oracle(request.param, gates=GATES) as oracle:
        yield Search(oracle)


@pytest.fixture(scope="module")
def one_search() -> Iterator[Search]:
    with Oracle(BUILT[-1], gates=GATES) as oracle:
        yield Search(oracle)


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    """The newest one, with its release's own gates."""
    with Oracle(BUILT[-1]) as started:
        yield started


@needs_oracle
@pytest.mark.oracle
@pytest.mark.parametrize("op", COMPARISONS)
def test_model_and_kubelet_agree(search: Search, op: str) -> None:
    comparison = COMPARISONS[op]
    for tally in (
        search.seeds(comparison),
        search.chunk(comparison, "smoke", SMOKE_INPUTS.get(op, 250)),
    ):
        shown = [candidate(found, search.context.version.minor) for found in tally.kept]
        assert not tally.disagreements, "\n".join(shown)


class Agreeable:
    """An oracle that says yes to everything."""

    minor, hello = 34, {"directory": "/nowhere"}

    def send(self, op: str, inputs: list[dict[str, int]]) -> None:
        self.asked = inputs

    def receive(self) -> list[dict[str, int]]:
        return self.asked


@pytest.mark.parametrize("count", [1, BATCH - 1, BATCH, BATCH + 1, 1000, 2 * BATCH])
def test_each_input_that_is_made_is_compared(count: int) -> None:
    made: list[int] = []

    def generate(rng: Random, seeds: Sequence[int]) -> int:
        made.append(len(made))
        return made[-1]

    comparison: Comparison[int] = Comparison(
        "count", (), generate,
        lambda value, _: {"value": value},
        lambda value, _: value,
        lambda _, real, __: real["value"],
        lambda _: iter(()),
    )  # fmt: skip
    tally = Search(cast("Oracle", Agreeable())).chunk(comparison, "count", count)
    assert (tally.inputs, tally.disagreements) == (count, 0)
    assert made == list(range(count))


@needs_oracle
@pytest.mark.oracle
class TestThatItCanFail:
    def test_a_wrong_model_is_caught_with_a_small_input(self, one_search: Search) -> None:
        right = COMPARISONS["duration"]

        def without_minutes(value: str, context: Context) -> object:
            return "no minutes" if "m" in value else right.model(value, context)

        wrong = replace(right, model=without_minutes)
        tally = one_search.chunk(wrong, "wrong", 400)
        assert tally.disagreements
        assert "m" in {found.value for found in tally.kept}

    def test_a_cache_that_lives_too_long_is_caught(self, one_search: Search) -> None:
        right = COMPARISONS["scenario"]

        def forever(value: Any, context: Context) -> object:
            steps = tuple(step for step in value.steps if not hasattr(step, "nanoseconds"))
            return right.model(value._replace(steps=steps), context)

        tally = one_search.chunk(replace(right, model=forever), "wrong", 40)
        assert tally.disagreements

    def test_what_is_explained_is_counted_apart(self, one_search: Search) -> None:
        def nothing(*values: object) -> None:
            del values

        def on_purpose(*values: object) -> str:
            del values
            return "on purpose"

        comparison = replace(COMPARISONS["duration"], model=nothing, explain=on_purpose)
        tally = one_search.chunk(comparison, "explained", 50)
        assert tally.disagreements == 0
        assert tally.explained == {"on purpose": 50}


@needs_oracle
@pytest.mark.oracle
@pytest.mark.process
class TestRealExecs:
    """The oracle's stand-in for a process, held against processes."""

    ENV = ("FROM_CONFIG", "as told")

    @pytest.fixture
    def provider(self, tmp_path: Path) -> Path:
        path = tmp_path / "p0"
        path.symlink_to(provider_program(BUILT[-1]))
        return path

    def run(self, oracle: Oracle, provider: Path) -> Any:
        config = {
            "apiVersion": "kubelet.config.k8s.io/v1",
            "kind": "CredentialProviderConfig",
            "providers": [
                {
                    "name": provider.name,
                    "matchImages": ["registry.example"],
                    "defaultCacheDuration": "0s",
                    "apiVersion": V1,
                    "args": ["--flag", "a b"],
                    "env": [{"name": self.ENV[0], "value": self.ENV[1]}],
                }
            ],
        }
        steps = [{"do": "lookup", "lookup": 1, "pod": "p", "image": encoded(IMAGE)}]
        whole = {
            "config": encoded(json.dumps(config)),
            "binDir": str(provider.parent),
            "steps": steps,
        }
        (result,) = oracle.ask("scenario", [whole])
        return result

    @pytest.mark.rule("K-075", "K-080", "K-081", "K-083")
    def test_a_provider_gets_these_bytes_arguments_and_variables(
        self, oracle: Oracle, provider: Path
    ) -> None:
        provider.with_name("p0.stdout").write_bytes(b"")
        self.run(oracle, provider)
        (line,) = provider.with_name("p0.log").read_text("utf-8").splitlines()
        note = json.loads(line)
        assert note["args"] == [str(provider), "--flag", "a b"]
        assert decoded(note["stdin"]).encode() == encode_request(Request(IMAGE), V1)
        assert note["dir"] == os.getcwd()
        inherited = [f"{name}={value}" for name, value in os.environ.items()]
        expected = [*inherited, "=".join(self.ENV)]
        assert self.settled(note["env"]) == self.settled(expected)

    @pytest.mark.rule("K-090", "K-091", "K-092", "K-093", "K-098")
    def test_what_a_process_left_is_judged_as_what_the_stand_in_left(
        self, oracle: Oracle, provider: Path
    ) -> None:
        for case in cases("wire/responses")[::6]:
            if case.input.get("apiVersion", V1) != V1 or case.input.get("sentToken"):
                continue
            stdout = case.input_bytes("stdout")
            provider.with_name("p0.stdout").write_bytes(stdout)
            result = self.run(oracle, provider)
            (judged,) = oracle.ask("respond", [{"api": V1, "stdout": encoded(stdout)}])
            assert self.lines(result["log"][0]) == self.lines(judged.get("log"))

    @staticmethod
    def settled(environment: list[str]) -> list[str]:
        """Leave out what pytest changes between the start of the oracle and now."""
        return sorted(one for one in environment if not one.startswith("PYTEST_CURRENT_TEST="))

    @staticmethod
    def lines(log: list[str] | None) -> list[str]:
        return [decoded(line).split(" provider=")[0] for line in log or []]

    @pytest.mark.rule("K-084")
    def test_a_status_that_is_not_zero_is_a_failure_whatever_was_printed(
        self, oracle: Oracle, provider: Path
    ) -> None:
        provider.with_name("p0.stdout").write_text("{}")
        provider.with_name("p0.status").write_text("3")
        result = self.run(oracle, provider)
        ((line,),) = result["log"]
        assert "exit status 3" in decoded(line)
        assert result["steps"] == [[{"event": "done", "lookup": 1}]]


def test_the_same_seed_makes_the_same_inputs() -> None:
    context_free = [comparison for op, comparison in COMPARISONS.items() if op != "scenario"]
    for comparison in context_free:
        first, second = (
            [comparison.generate(Random("seed"), ()) for _ in range(20)] for _ in range(2)
        )
        assert first == second


def test_the_work_is_shared_by_weight_and_none_is_lost() -> None:
    work = list(tasks(tuple(COMPARISONS), 29_000, seed=1))
    counts: dict[str, int] = {}
    for op, _, count in work:
        counts[op] = counts.get(op, 0) + count
    weights = {op: comparison.weight for op, comparison in COMPARISONS.items()}
    share = 29_000 / sum(weights.values())
    assert counts == {op: int(share * weight) for op, weight in weights.items()}


def test_smaller_texts_end_with_the_empty_one_and_never_grow() -> None:
    text = "abc"
    found = list(smaller(text))
    assert found[0] == ""
    assert all(len(one) <= len(text) for one in found)


def test_a_table_names_every_op_and_the_whole() -> None:
    from pullproof.oracle.search import Tally

    lines = table(
        {"duration": Tally(inputs=1200, positive=7, seconds=0.5)}, markdown=True
    ).splitlines()
    assert lines[0] == "| op | inputs | positive | disagreements | explained | inputs/s |"
    assert lines[2] == "| duration | 1,200 | 7 | 0 | 0 | 2,400 |"
    assert lines[3].startswith("| all | 1,200 |")
