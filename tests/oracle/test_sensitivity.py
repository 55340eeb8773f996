"""The planted mistakes fit the model, and the comparison notices them."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from pullproof.model import durations
from pullproof.model.protocol.image_params import ContainerParams, ImageParams
from pullproof.model.protocol.mutants import all_mutants
from pullproof.model.protocol.rules import rules_for
from pullproof.model.versions import KubeletVersion
from pullproof.oracle import image_mutants, images, sensitivity
from pullproof.oracle.comparison import Context
from pullproof.oracle.fates import Fate, mistakes, read, record, unexpected
from pullproof.oracle.images import ImageScenario
from pullproof.oracle.mutant_table import MUTANTS, by_id
from pullproof.oracle.mutants import Mutant, NoSuchPlace, changed, plant
from pullproof.oracle.node_run import START
from pullproof.oracle.releases import RELEASES, OracleUnavailable, program
from pullproof.oracle.sensitivity import page

ROOT = Path(__file__).resolve().parents[2]


def _built() -> list[int]:
    try:
        return [minor for minor in RELEASES if program(minor).is_file()]
    except OracleUnavailable:
        return []


BUILT = _built()


def source(mutant: Mutant) -> str:
    room = ROOT / "src" / "pullproof" if mutant.module.startswith("oracle.") else ROOT / "model"
    return (room / f"{mutant.module.replace('.', '/')}.py").read_text("utf-8")


class TestTheTable:
    @pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: str(mutant.id))
    def test_each_mistake_has_its_place_and_is_python(self, mutant: Mutant) -> None:
        text = changed(source(mutant), mutant)
        ast.parse(text)
        assert text != source(mutant)

    def test_there_are_many_and_each_has_a_name(self) -> None:
        assert len({mutant.id for mutant in MUTANTS}) == len(MUTANTS) >= 60

    def test_every_comparison_has_mutants(self) -> None:
        from pullproof.oracle.differential import COMPARISONS

        assert set(COMPARISONS) - {op for mutant in MUTANTS for op in mutant.ops} == set()

    def test_a_place_that_is_gone_is_told(self) -> None:
        gone = Mutant("gone", "K-000", "nothing", "cache", "no such text", "", ("respond",))
        with pytest.raises(NoSuchPlace, match="holds 0 times"):
            changed(source(gone), gone)


class TestPlanting:
    def test_a_planted_mistake_is_what_is_loaded(self) -> None:
        lines = (
            "from pullproof.oracle.mutant_table import by_id\n"
            "from pullproof.oracle.mutants import plant\n"
            "plant(by_id('dur-days'))\n"
            "from pullproof.model.durations import parse_duration\n"
            "print(parse_duration('1d'))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", lines], capture_output=True, text=True, check=False
        )
        assert done.stdout.strip() == str(86_400 * 10**9), done.stderr

    def test_a_module_that_is_loaded_already_is_refused(self) -> None:
        assert durations.parse_duration("1s")
        with pytest.raises(RuntimeError, match="loaded already"):
            plant(by_id("dur-days"))


class TestThePage:
    FATES = (
        Fate("dur-days", 34, "2026-01-01", "killed", "duration", 20, 0.1, '"1d"'),
        Fate("dur-ceil", 34, "2026-01-01", "survived", "", 20_000, 9.0, ""),
    )

    def test_a_survivor_is_shown_and_unexpected(self) -> None:
        text = page(self.FATES)
        assert "1 of 2 mutants were noticed." in text
        assert "**1 survived without a known reason.**" in text
        assert [one.id for one in unexpected(self.FATES)] == ["dur-ceil"]

    def test_the_record_keeps_one_row_for_a_mutant_and_minor(self, tmp_path: Path) -> None:
        path = tmp_path / "sensitivity.json"
        record(path, self.FATES)
        record(path, [Fate("dur-ceil", 34, "2026-01-02", "killed", "duration", 8, 0.4, '"x"')])
        assert [one.outcome for one in read(path)] == ["killed", "killed"]

    def test_the_page_in_docs_is_that_of_the_record(self) -> None:
        found = read(ROOT / sensitivity.RECORD)
        assert (ROOT / sensitivity.PAGE).read_text("utf-8") == page(found)
        assert unexpected(found) == []


@pytest.mark.oracle
@pytest.mark.skipif(not BUILT, reason="no oracle is built: python -m pullproof.oracle.build")
@pytest.mark.parametrize(
    "id", ["key-uid", "match-path-segments", "resp-empty-key-type", "cache-expiry", "ring-order"]
)
def test_the_kubelets_code_notices(id: str) -> None:
    found = sensitivity.fate(by_id(id), BUILT[-1], 4000, 30.0, 1)
    assert found.outcome == "killed", found


class TestDecisions:
    def test_each_mistaken_decision_of_the_image_side_is_a_mutant(self) -> None:
        rooms = [mistake.room for mistake in mistakes().values()]
        assert rooms.count("images") == sum(bool(one.image) for one in all_mutants().values())
        assert rooms.count("source") == len(MUTANTS)

    @pytest.mark.rule("K-243")
    def test_what_a_minor_does_is_no_mistake_there(self) -> None:
        by_repo = mistakes()["image/allowlist-name=as-written"]
        assert by_repo.excuse(34)
        assert not by_repo.excuse(37)

    def test_a_right_machine_shows_nothing_else(self) -> None:
        minor = 37
        value = ImageScenario(*_A_CRASH)
        real = images.model(value, Context(KubeletVersion(minor)))
        assert image_mutants.first_difference(value, minor, rules_for(minor), real) == ""

    @pytest.mark.rule("K-249")
    def test_a_mistaken_machine_is_told_by_its_first_move_that_differs(self) -> None:
        minor = 37
        value = ImageScenario(*_A_CRASH)
        real = images.model(value, Context(KubeletVersion(minor)))
        wrong = all_mutants()["image/converts=false"].of(rules_for(minor))
        assert image_mutants.first_difference(value, minor, wrong, real) == "start"


_A_CRASH = (
    ImageParams(gate=True, crashes=True, public=("r.test/a",), containers=(ContainerParams("p"),)),
    ("kubelet.ensures(p, r.test/a:1)", "runtime.pulls(p, r.test/a:1)", "kubelet.crashes()", START),
)
