"""Writes seeds for an engine: `python -m pullproof.fuzz.targets.support.seeds FOLDER`.

One folder a target, one file a seed, named by its hash, so that writing twice
changes nothing. With `--zip` the folders are `<target>_seed_corpus.zip`, and
dictionaries lie beside them, as OSS-Fuzz wants them.
"""

import argparse
import hashlib
import shutil
import zipfile
from pathlib import Path

from pullproof.fuzz.targets.support.listing import Target, load, names

_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_folder(target: Target, folder: Path) -> int:
    """Write the seeds of `target` into `folder`; return how many differ."""
    folder.mkdir(parents=True, exist_ok=True)
    found = named_seeds(target)
    for name, data in found.items():
        folder.joinpath(name).write_bytes(data)
    return len(found)


def write_zip(target: Target, folder: Path) -> int:
    """Write seeds, dictionary and options of `target` beside its program in `folder`."""
    found = named_seeds(target)
    with zipfile.ZipFile(folder / f"{target.name}_seed_corpus.zip", "w") as archive:
        for name, data in found.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)
    shutil.copyfile(target.dictionary, folder / f"{target.name}.dict")
    if target.max_len is not None:
        options = folder / f"{target.name}.options"
        options.write_text(f"[libfuzzer]\nmax_len = {target.max_len}\n", "ascii")
    return len(found)


def named_seeds(target: Target) -> dict[str, bytes]:
    """Return the different seeds of `target` by the hash that names them."""
    return {hashlib.sha1(data, usedforsecurity=False).hexdigest(): data for data in target.seeds()}


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the seeds of fuzz targets.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--zip", action="store_true", help="as OSS-Fuzz wants them")
    parser.add_argument("--target", choices=names(), action="append", help="default: all")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    for name in asked.target or names():
        target = load(name)
        if asked.zip:
            count = write_zip(target, asked.folder)
        else:
            count = write_folder(target, asked.folder / name)
        print(f"{name}: {count} seeds")


if __name__ == "__main__":
    main()
