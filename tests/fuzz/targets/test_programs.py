"""Targets as programs: what `build.sh` makes, under Atheris."""

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pullproof.fuzz.targets.support.listing import FOLDER, names

ROOT = FOLDER.parent.parent
BUILD = ROOT / "fuzz" / "oss-fuzz" / "build.sh"
RUNS = 200
_LIMIT_S = 100

needs_atheris = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris is not installed"
)
pytestmark = pytest.mark.process


@pytest.fixture(name="built", scope="module")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    env = {**os.environ, "OUT": str(folder), "PYTHON": sys.executable}
    env.pop("SRC", None)
    subprocess.run([BUILD], env=env, check=True, capture_output=True, timeout=_LIMIT_S)
    return folder


def run(built: Path, name: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [built / name, *words],
        cwd=built,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        check=False,
    )


def test_everything_that_oss_fuzz_looks_for_is_there(built: Path) -> None:
    programs = {path.name for path in built.iterdir() if os.access(path, os.X_OK)}
    assert programs == set(names())
    for name in names():
        assert "LLVMFuzzerTestOneInput" in (built / name).read_text("utf-8")
        assert (built / f"{name}.dict").is_file()
        with zipfile.ZipFile(built / f"{name}_seed_corpus.zip") as archive:
            assert archive.testzip() is None
            assert archive.namelist()


def test_without_a_place_to_build_to_nothing_is_built() -> None:
    env = {name: value for name, value in os.environ.items() if name != "OUT"}
    done = subprocess.run([BUILD], env=env, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "say where the targets go" in done.stderr


@needs_atheris
@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_a_program_runs_and_finds_nothing(built: Path, name: str) -> None:
    corpus = built / f"corpus-{name}"
    corpus.mkdir()
    with zipfile.ZipFile(built / f"{name}_seed_corpus.zip") as archive:
        archive.extractall(corpus, archive.namelist()[:5])
    done = run(built, name, f"-atheris_runs={RUNS}", "-seed=1", str(corpus))
    assert done.returncode == 0, done.stderr[-2000:]
    assert "INFO: Instrumenting pullproof.model" in done.stderr
    assert "Instrumenting pullproof.corpus" not in done.stderr
    assert "Dictionary: " in done.stderr


@needs_atheris
def test_a_merge_starts_the_program_again_and_keeps_what_is_new(built: Path) -> None:
    old, new = built / "merge-old", built / "merge-new"
    old.mkdir()
    new.mkdir()
    for text in ("1h", "1h", "-1.5s", "nonsense"):
        (old / str(len(list(old.iterdir())))).write_text(text)
    done = run(built, "durations", "-merge=1", str(new), str(old))
    assert done.returncode == 0, done.stderr[-2000:]
    assert 2 <= len(list(new.iterdir())) <= 3


def test_without_atheris_a_program_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "atheris.py").write_text("raise ModuleNotFoundError('atheris')\n")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT / "src")])}
    done = subprocess.run(
        [sys.executable, FOLDER / "globs.py"], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "pip install 'pullproof[fuzz]'" in done.stderr
    assert "Traceback" not in done.stderr
