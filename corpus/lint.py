"""Keeps the corpus in shape: `python -m pullproof.corpus.lint [--check]`.

Without `--check` the group files are also written anew in their one canonical
form (two-space JSON, ASCII only so that no character hides, members in the
order of `MEMBERS`). With `--check` nothing is written and any difference is a
problem. Exit status 1 if there are problems.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator

from pullproof import schemas
from pullproof.corpus.cases import CorruptCorpus, document, group_file, groups, to_bytes
from pullproof.corpus.rules import all_rules

MEMBERS = (
    "id", "rule", "why", "source", "made_by", "since", "until", "input", "expect",
)  # fmt: skip
HEADER = ("about", "source", "made_by", "cases")


def problems() -> Iterator[str]:
    """Yield what is wrong with the corpus, one sentence each."""
    seen: dict[str, str] = {}
    for group in groups():
        try:
            whole = document(group)
        except CorruptCorpus as problem:
            yield str(problem)
            continue
        broken = list(_schema_problems(group, whole))
        yield from broken
        if not broken:
            yield from _case_problems(group, whole, seen)


def canonical(whole: Any) -> str:
    """Return the one form in which a group's file may be written."""
    ordered = {name: whole[name] for name in HEADER if name in whole}
    ordered["cases"] = [
        {name: case[name] for name in MEMBERS if name in case} for case in whole["cases"]
    ]
    return json.dumps(ordered, indent=2, ensure_ascii=True) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Check the corpus, and format it unless `--check` is given."""
    unknown = [argument for argument in arguments if argument != "--check"]
    if unknown:
        print(f"unknown argument {unknown[0]!r}; there is only --check", file=sys.stderr)
        return 2
    found = list(problems())
    if not found:
        found = list(_format_problems()) if "--check" in arguments else _format()
    for problem in found:
        print(problem, file=sys.stderr)
    if not found:
        total = sum(len(document(group)["cases"]) for group in groups())
        print(f"{total} cases in {len(groups())} groups are in order")
    return 1 if found else 0


def _schema_problems(group: str, whole: Any) -> Iterator[str]:
    validator: Any = Draft202012Validator(schemas.load("corpus-case"))
    for error in validator.iter_errors(whole):
        yield f"{group}: at {error.json_path}: {error.message}"


def _case_problems(group: str, whole: Any, seen: dict[str, str]) -> Iterator[str]:
    inputs: dict[str, str] = {}
    for case in whole["cases"]:
        name, where = case["id"], f"{group}: {case['id']}"
        if name in seen:
            yield f"{where}: the id is taken by a case of {seen[name]}"
        seen[name] = group
        if not name.startswith(f"{case['rule']}-"):
            yield f"{where}: the id does not begin with its rule {case['rule']}"
        if case["rule"] not in all_rules():
            yield f"{where}: there is no rule {case['rule']}"
        if not (case.get("source") or whole.get("source")):
            yield f"{where}: neither the case nor its group has a source"
        if case.get("since", 0) > case.get("until", 99):
            yield f"{where}: since is later than until"
        same = json.dumps([case["input"], case.get("since"), case.get("until")], sort_keys=True)
        if same in inputs:
            yield f"{where}: same input as {inputs[same]}"
        inputs[same] = name
        yield from _bytes_problems(where, group, case["input"])


def _bytes_problems(where: str, group: str, value: Any) -> Iterator[str]:
    """Yield problems of every `base64`, `repeat`, `concat` or `file` in `value`."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        if len(members) == 1 and next(iter(members)) in ("base64", "concat", "file", "repeat"):
            try:
                to_bytes(members, group)
            except (CorruptCorpus, OSError, ValueError) as problem:
                yield f"{where}: {problem}"
            return
        for item in members.values():
            yield from _bytes_problems(where, group, item)


def _format_problems() -> Iterator[str]:
    for group in groups():
        if group_file(group).read_text("utf-8") != canonical(document(group)):
            yield f"{group}: not in canonical form; run python -m pullproof.corpus.lint"


def _format() -> list[str]:
    for group in groups():
        Path(str(group_file(group))).write_text(canonical(document(group)), "utf-8")
    return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
