"""The list of wrong providers, read from the headers of their files.

A header says what is wrong in the author's own words, and then five lines:
`id`, `defect` (entries of defects.md), `rule`, `check` (one of these must fail
it) and `setup` (a template in `setups/`). It is a docstring or a comment, so
one reader serves all languages. A sixth line, `deep`, says what must come
together before the defect shows: such mutants are for the fuzzer, and no check
needs to catch them by its own scenarios.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
SETUPS = HERE / "setups"
BASE = HERE / "base.py"
SUFFIXES = (".py", ".sh", ".c", ".go", ".js", ".pl", ".awk")
_NOT_MUTANTS = {"__init__.py", "index.py"}
_FIELDS = ("id", "defect", "rule", "check", "setup")
_DEEP = "deep"
_LINE = re.compile(rf"^(?:#|//| \*)? ?({'|'.join((*_FIELDS, _DEEP))}): (.+)$", re.MULTILINE)
_TITLE = re.compile(r'^(?:#!.*\n)?(?:"""|# |// |/\*\n \* )(.+)$', re.MULTILINE)


class BadHeader(ValueError):
    """A mutant's header lacks something; ours to mend."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path.name}: {what}")
        self.path, self.what = path, what


@dataclass(frozen=True, slots=True)
class Mutant:
    """One provider with one defect."""

    id: str
    title: str
    """What it does wrong, as a sentence."""
    defects: tuple[str, ...]
    rules: tuple[str, ...]
    checks: tuple[str, ...]
    """It counts as caught if one of these fails it."""
    setup: str
    path: Path
    deep: bool = False
    """The defect hides behind something rare; see `condition`."""
    condition: str = ""
    """What must come together before a deep defect shows, in words."""


def read_mutant(path: Path) -> Mutant:
    """Return the mutant in `path`.

    Raises:
        BadHeader: a line of the header is missing or given twice.
    """
    head = path.read_text("utf-8")[:2000]
    found = _LINE.findall(head)
    names = [name for name, _ in found if name != _DEEP]
    conditions = [text.strip() for name, text in found if name == _DEEP]
    if len(conditions) > 1:
        raise BadHeader(path, "the header says more than once how deep the defect is")
    if sorted(names) != sorted(_FIELDS):
        raise BadHeader(path, f"the header has {names}, expected each of {list(_FIELDS)} once")
    title = _TITLE.match(head)
    if title is None:
        raise BadHeader(path, "the header does not begin with a sentence")
    values = {name: _words(text) for name, text in found}
    return Mutant(
        id=values["id"][0],
        title=title.group(1).strip().removesuffix('"""'),
        defects=values["defect"],
        rules=values["rule"],
        checks=values["check"],
        setup=values["setup"][0],
        path=path,
        deep=bool(conditions),
        condition=" ".join(conditions),
    )


@cache
def mutants() -> tuple[Mutant, ...]:
    """Return all mutants in the order of their ids' classes and numbers."""
    paths = (path for path in HERE.iterdir() if path.suffix in SUFFIXES)
    found = [read_mutant(path) for path in paths if _is_mutant(path)]
    return tuple(sorted(found, key=_order))


def _is_mutant(path: Path) -> bool:
    return path.name not in _NOT_MUTANTS and path.stem != BASE.stem


def _order(mutant: Mutant) -> tuple[str, int, str]:
    kind = re.match(r"([a-z]+)(\d+)", mutant.id)
    return (kind.group(1), int(kind.group(2)), mutant.id) if kind else (mutant.id, 0, "")


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))
