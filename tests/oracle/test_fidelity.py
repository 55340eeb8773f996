"""The record of comparisons and the page made of it."""

from pathlib import Path

from pullproof.oracle.fidelity import PAGE, RECORD, Run, page, read, record

ROOT = Path(__file__).resolve().parents[2]
RUN = Run("duration", 34, "1.34.4", "2026-11-24", 1, 1000, 0, 5, ("K-095",))


def test_a_new_run_replaces_the_last_one_of_its_op_and_minor(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    other = Run("image", 34, "1.34.4", "2026-11-24", 1, 10, 0, 5, ("K-070",))
    newer = Run("duration", 34, "1.34.4", "2026-11-25", 2, 2000, 1, 5, ("K-095",), {"why": 3})
    record(path, [RUN, other])
    record(path, [newer])
    assert read(path) == [newer, other]


def test_disagreements_stand_out() -> None:
    text = page([Run("duration", 34, "1.34.4", "2026-11-24", 1, 1000, 2, 5, ("K-095",))])
    assert "| duration | 1,000 / 5 (**2**) |" in text
    assert "| K-095 | 1,000 / 5 (**2**) |" in text


def test_the_page_is_the_one_the_record_makes() -> None:
    assert (ROOT / PAGE).read_text("utf-8") == page(read(ROOT / RECORD))


def test_only_the_corners_of_yaml_that_the_page_names_are_open() -> None:
    runs = read(ROOT / RECORD)
    assert {run.op for run in runs if run.disagreements} <= {"config"}
    configs = [run for run in runs if run.op == "config"]
    assert sum(run.disagreements for run in configs) * 20_000 < sum(run.inputs for run in configs)
