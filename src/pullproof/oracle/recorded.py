"""Upstream's test tables, judged once and kept: `corpus/oracle/`.

    python -m pullproof.oracle.recorded

The inputs are those of the tables in Kubernetes' own tests; the verdicts are
not taken from there but given by the kubelet's code of each minor. So the model
is held to them where there is no Go.

Source: K-023 to K-034, K-043, K-070, K-090 to K-096, K-102, K-131 to K-137.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import click

from pullproof.model.errors import PullproofError
from pullproof.model.versions import KubeletVersion
from pullproof.oracle.client import Oracle
from pullproof.oracle.comparison import Comparison, Context
from pullproof.oracle.config import Files
from pullproof.oracle.differential import COMPARISONS, GATES
from pullproof.oracle.names import Pair, Ring
from pullproof.oracle.recorded_inputs import INPUTS, SUBJECTS
from pullproof.oracle.releases import RELEASES
from pullproof.oracle.search import Search
from pullproof.oracle.wire import Account, Judged

FOLDER = Path("corpus/oracle")
_DIRECTORY = "/oracle"
"""Stands for the folder in which an oracle has its configuration files."""
_TYPES: dict[str, Any] = {
    "match": Pair, "keyring": Ring, "accountKey": Account, "respond": Judged, "config": Files,
}  # fmt: skip


def plain(value: object) -> Any:
    """Return `value` as JSON values that `value_of` reads back."""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode("ascii")}
    fields = getattr(value, "_asdict", None)
    if fields is not None:
        return {name: plain(item) for name, item in fields().items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in cast("Sequence[object]", value)]
    return value


def written(value: object) -> dict[str, Any]:
    """Return an input as the member `input` of a case."""
    return {"text": value} if isinstance(value, str) else plain(value)


def value_of(op: str, input: Mapping[str, Any]) -> Any:
    """Return the input of the comparison `op` that `plain` wrote."""
    if op not in _TYPES:
        return input["text"]
    return _TYPES[op](**{name: _frozen(item) for name, item in input.items()})


def _frozen(item: Any) -> Any:
    if isinstance(item, dict):
        return base64.b64decode(cast("Mapping[str, str]", item)["base64"])
    if isinstance(item, list):
        return tuple(_frozen(one) for one in cast("Sequence[Any]", item))
    return item


def of_model(op: str, input: Mapping[str, Any], version: KubeletVersion) -> Any:
    """Return what the model of `version` says, as it is written in the corpus."""
    value = value_of(op, input)
    return plain(COMPARISONS[op].model(value, Context(version, _DIRECTORY)))


def of_kubelet(search: Search, oracle: Oracle, comparison: Comparison[Any], value: Any) -> Any:
    """Return what the kubelet's code says, in the same form."""
    (real,) = oracle.ask(comparison.op, [comparison.ask(value, search.context)])
    text = json.dumps(plain(comparison.real(value, real, search.context)))
    return json.loads(text.replace(search.context.directory, _DIRECTORY))


def _verdicts() -> dict[str, list[dict[int, Any]]]:
    """Return by op and input what each minor says."""
    found: dict[str, list[dict[int, Any]]] = {op: [{} for _ in INPUTS[op]] for op in INPUTS}
    for minor in RELEASES:
        with Oracle(minor, gates=GATES) as oracle:
            search = Search(oracle)
            for op, values in INPUTS.items():
                for at, value in enumerate(values):
                    found[op][at][minor] = of_kubelet(search, oracle, COMPARISONS[op], value)
    return found


def _cases(op: str, verdicts: list[dict[int, Any]]) -> Iterator[dict[str, Any]]:
    rule, why = SUBJECTS[op]
    for at, (value, by_minor) in enumerate(zip(INPUTS[op], verdicts, strict=True), 1):
        input = written(value)
        for part, (first, last, answer) in enumerate(_spans(by_minor)):
            suffix = f"-{'abcde'[part]}" if first or last else ""
            case: dict[str, Any] = {"id": f"{rule}-upstream-{op.lower()}-{at:02}{suffix}"}
            case |= {"rule": rule, "why": why}
            case |= {"since": first} if first else {}
            case |= {"until": last} if last else {}
            yield case | {"input": input, "expect": {"answer": answer}}


def _spans(by_minor: dict[int, Any]) -> list[tuple[int, int, Any]]:
    """Return (since, until, answer) of neighbouring minors that agree; 0 is open."""
    spans: list[tuple[int, int, Any]] = []
    for minor, answer in by_minor.items():
        if spans and spans[-1][2] == answer:
            spans[-1] = (spans[-1][0], minor, answer)
        else:
            spans.append((minor, minor, answer))
    if len(spans) == 1:
        return [(0, 0, spans[0][2])]
    newest = max(by_minor)
    return [(first, 0 if last == newest else last, answer) for first, last, answer in spans]


@click.command()
def main() -> None:
    """Ask all oracles about upstream's inputs and write corpus/oracle."""
    releases = ", ".join(f"v{release}" for release in RELEASES.values())
    try:
        verdicts = _verdicts()
    except PullproofError as problem:
        raise click.ClickException(str(problem)) from None
    FOLDER.mkdir(exist_ok=True)
    for op, found in verdicts.items():
        document = {
            "about": f"What the oracle's op `{op}` answers, in the form of pullproof.oracle.recorded.",
            "source": "inputs of upstream's test tables",
            "made_by": f"python -m pullproof.oracle.recorded: k8s.io/kubernetes {releases}",
            "cases": list(_cases(op, found)),
        }
        path = FOLDER / f"upstream-{op.lower()}.json"
        path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
        click.echo(f"{path}: {len(document['cases'])} cases")


if __name__ == "__main__":
    main()
