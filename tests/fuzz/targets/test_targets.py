"""Every target holds its invariant on its seeds, without Atheris, and is set up alike."""

import ast
import hashlib
import os
import random
import re
import zipfile
from pathlib import Path

import pytest

from pullproof.fuzz.targets.support.listing import (
    DICTIONARIES,
    FOLDER,
    SEEDS,
    UnknownTarget,
    load,
    names,
)
from pullproof.fuzz.targets.support.seeds import named_seeds, write_folder, write_zip

_ENTRY = re.compile(r'"(?:[^"\\]|\\["\\]|\\x[0-9A-F]{2})+"')
_DUE_SEEDS = 10
_MOST_SEED_BYTES = 4096


def test_there_are_at_least_ten_targets() -> None:
    assert len(names()) >= 10


@pytest.mark.parametrize("name", names())
def test_the_invariant_holds_on_every_seed(name: str) -> None:
    target = load(name)
    seeds = list(target.seeds())
    assert seeds, "no seeds"
    for data in seeds:
        target.check(data)


@pytest.mark.parametrize("name", names())
def test_the_invariant_holds_near_the_seeds(name: str) -> None:
    target = load(name)
    rng = random.Random(name)
    seeds = list(target.seeds())
    for _ in range(40):
        target.check(_spoilt(rng.choice(seeds), rng))
    target.check(b"")


def _spoilt(data: bytes, rng: random.Random) -> bytes:
    """Return `data` with some bytes changed, cut out or put in."""
    spoilt = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(spoilt))
        match rng.randrange(3):
            case 0:
                spoilt[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del spoilt[at : at + rng.randint(1, 8)]
            case _:
                spoilt[at:at] = rng.choice((b"\0", b'"', b"\n", b"0", b"{", b"\xff", b":", b"a"))
    return bytes(spoilt)


@pytest.mark.parametrize("name", names())
def test_a_file_opens_with_its_invariant_and_can_be_run(name: str) -> None:
    path = FOLDER / f"{name}.py"
    assert path.read_bytes().startswith(b"#!/usr/bin/env python3\n"), "libFuzzer runs it again"
    assert os.access(path, os.X_OK)
    invariant = load(name).invariant
    assert invariant.endswith(".")
    assert "\n" not in invariant


@pytest.mark.parametrize("name", names())
def test_importing_a_target_needs_no_atheris(name: str) -> None:
    tree = ast.parse((FOLDER / f"{name}.py").read_text("utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
                for alias in node.names}  # fmt: skip
    assert "atheris" not in imported


@pytest.mark.parametrize("name", names())
def test_a_dictionary_is_in_the_form_that_libfuzzer_reads(name: str) -> None:
    lines = load(name).dictionary.read_text("ascii").splitlines()
    words = [line for line in lines if line and not line.startswith("#")]
    assert words
    assert len(words) == len(set(words))
    assert not [word for word in words if not _ENTRY.fullmatch(word)]


def test_no_seed_or_dictionary_is_left_without_a_target() -> None:
    assert {path.stem for path in DICTIONARIES.iterdir()} == set(names())
    assert {path.name for path in SEEDS.iterdir()} <= set(names())
    assert all(path.stat().st_size <= _MOST_SEED_BYTES for path in SEEDS.glob("*/*"))


def test_an_unknown_target_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownTarget, match="durations"):
        load("nothing")


def test_seeds_are_written_under_their_hash_and_twice_is_once(tmp_path: Path) -> None:
    target = load("durations")
    count = write_folder(target, tmp_path)
    assert count == write_folder(target, tmp_path) == len(list(tmp_path.iterdir())) > _DUE_SEEDS
    for path in tmp_path.iterdir():
        assert hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest() == path.name


def test_a_zip_of_seeds_is_the_same_each_time(tmp_path: Path) -> None:
    target = load("globs")
    write_zip(target, tmp_path)
    path = tmp_path / "globs_seed_corpus.zip"
    first = path.read_bytes()
    write_zip(target, tmp_path)
    assert path.read_bytes() == first
    with zipfile.ZipFile(path) as archive:
        assert {archive.read(name) for name in archive.namelist()} == set(
            named_seeds(target).values()
        )
    assert "max_len = 32" in (tmp_path / "globs.options").read_text("ascii")
    assert (tmp_path / "globs.dict").read_bytes() == target.dictionary.read_bytes()
