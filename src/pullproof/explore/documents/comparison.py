"""Four ways to pull, side by side: docs/compare.md and the table in the README."""

import json
from collections.abc import Mapping
from pathlib import Path

from pullproof.explore.compare import Comparison, as_markdown, compared
from pullproof.explore.documents.markdown import cell, table
from pullproof.explore.jobs import ExploreJob, OnProgress, run_jobs
from pullproof.model.protocol.ways import WAYS

PATH, RECORD, README = Path("docs/compare.md"), Path("docs/compare.json"), Path("README.md")
BEGIN, END = (
    "<!-- compare: made by `python -m pullproof.explore.documents compare` -->",
    ("<!-- end of compare -->"),
)
GOAL = "G-"
NAMES: Mapping[str, str] = {
    "pull-secrets": "imagePullSecrets",
    "node-provider": "node's provider",
    "account-token": "token, cacheType ServiceAccount",
    "pod-token": "token, cacheType Token",
}
_HEAD = """\
<!-- Made by `python -m pullproof.explore.documents compare`. Do not edit. -->
# Ways to pull, side by side

Each way in one and the same small cluster (`model/protocol/ways.py`): two workloads with an image of their own, three
pods, service accounts that may be deleted, an API server that may stop giving tokens, providers that keep the
rules, Kubernetes 1.34. All states were explored.

* **pull-secrets**: each pod has the imagePullSecret of its workload.
* **node-provider**: a provider with the node's identity.
* **account-token**: a provider that exchanges the service account token, with cacheType ServiceAccount.
* **pod-token**: a provider that passes the token through, with cacheType Token.

*broken (n)*: there is a trace of n steps. *kept*: there is occasion to break it, and no way. *not applicable*: no
occasion. See a trace: `pullproof explore --config node-provider --invariant G-01`. G- are goals (`model/protocol/goals.py`),
P- what no kubelet promises (docs/findings.md), others docs/invariants.md.

"""


def find(workers: int, on_progress: OnProgress | None = None) -> Comparison:
    """Explore all ways."""
    jobs = [ExploreJob(p, builder="pullproof.model.protocol.ways:build_way") for p in WAYS.values()]
    done = [each for each in run_jobs(jobs, workers, on_progress) if each is not None]
    return compared(done)


def write(comparison: Comparison, path: Path = RECORD) -> None:
    rows = [[id_, prose, list(cells)] for id_, prose, cells in comparison.rows]
    lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
    columns = json.dumps(list(comparison.columns))
    path.write_text(f'{{"columns": {columns}, "rows": [\n{lines}\n]}}\n', "utf-8")


def read(path: Path = RECORD) -> Comparison:
    """Return what was found.

    Raises:
        OSError: there is no record.
    """
    record = json.loads(path.read_text("utf-8"))
    rows = tuple((id_, prose, tuple(cells)) for id_, prose, cells in record["rows"])
    return Comparison(tuple(record["columns"]), rows)


def page(comparison: Comparison) -> str:
    """Return docs/compare.md."""
    return _HEAD + as_markdown(comparison)


def goals(comparison: Comparison) -> str:
    """Return the README's table."""
    head = ("", *(NAMES[name] for name in comparison.columns))
    rows = (
        (cell(prose), *(_short(each) for each in cells))
        for id_, prose, cells in comparison.rows
        if id_.startswith(GOAL)
    )
    return table(head, rows)


def _short(text: str) -> str:
    return {"kept": "yes", "not applicable": "–"}.get(text, "**no**")


def in_readme(readme: str, comparison: Comparison) -> str:
    """Return the README with its table renewed.

    Raises:
        ValueError: it has no place for one.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{README} has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{goals(comparison)}{END}{after}"
