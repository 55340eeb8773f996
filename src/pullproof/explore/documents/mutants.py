"""Every wrong implementation and what catches it: docs/mutants.md."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from pullproof.explore.documents.markdown import listed, table
from pullproof.explore.documents.measured import Measured, MutantResult
from pullproof.explore.documents.properties import POSSIBILITY, Described, all_properties
from pullproof.model.protocol.mutants import all_mutants

PATH = Path("docs/mutants.md")
_HEAD = """\
<!-- Made by `python -m pullproof.explore.documents mutants` from mutants.json. Do not edit. -->
# Mutants of the model

Wrong implementations of the kubelet, of a provider, of the exchange or the registry: each is a delta to
the rules of the model. It is killed by a property that the real rules keep and it breaks; failing that,
by a situation that the real rules reach and it does not (*lost*).

* *Automatic* mutants set one decision to one wrong value; *historical* ones are known bugs (docs/track-record.md),
  *quirks* and *combined* ones natural mistakes in several decisions.
* Configurations that consult what a mutant gets wrong are tried from the smallest to the largest; *states*
  were looked at until it was killed, *steps* is its shortest counterexample there.
* **also breaks** is complete for the configuration of the kill: every state of it was looked at, for every
  property that the real rules keep there. *Only* one property kills a mutant if nothing else is
  broken in that configuration; elsewhere another might be.

Made by `python -m pullproof.explore.documents measure`; the first part of it is `pullproof explore --matrix`.
"""


def page(measured: Measured) -> str:
    """Return docs/mutants.md."""
    results = list(measured.mutants.values())
    parts = [_HEAD, _totals(results), "## Who kills whom\n", _matrix(measured)]
    parts += ["## By property\n", _by_property(measured), "## Survivors\n", _survivors(results)]
    return "\n".join(parts)


def judged(results: Sequence[MutantResult]) -> list[MutantResult]:
    """Return the results of mutants that have no reason to survive."""
    return [each for each in results if not all_mutants()[each.id].equivalent]


def _totals(results: Sequence[MutantResult]) -> str:
    held = judged(results)
    killed = [each for each in held if each.killed_by]
    lengths = [each.steps for each in killed if each.steps is not None]
    alone = sum(len(each.violated) == 1 for each in killed)
    rows = [
        ("mutants", str(len(results))),
        ("equivalent, with a reason", str(len(results) - len(held))),
        ("killed", f"{len(killed)} of {len(held)} ({len(killed) / max(1, len(held)):.1%})"),
        ("of these by a lost occasion", str(len(killed) - len(lengths))),
        ("of these by one property only", str(alone)),
        ("median shortest trace", f"{median(lengths) if lengths else 0:g} steps"),
        ("longest shortest trace", f"{max(lengths, default=0)} steps"),
    ]
    kinds = [all_mutants()[each.id].kind for each in results]
    rows += [(f"{kind} mutants", str(kinds.count(kind))) for kind in dict.fromkeys(kinds)]
    return table(("", "scope `ci`"), rows)


def _matrix(measured: Measured) -> str:
    head = ("mutant", "rule", "what it does", "killed by", "in", "steps", "states", "also breaks")
    rows = (_row(each) for each in measured.mutants.values() if each.killed_by)
    return table(head, rows)


def _row(each: MutantResult) -> Iterator[str]:
    wrong = all_mutants()[each.id]
    yield from (f"`{each.id}`", wrong.base, wrong.prose)
    yield each.killed_by + ("" if each.configuration else " (lost)")
    yield each.configuration or "–"
    yield "–" if each.steps is None else str(each.steps)
    yield f"{each.states:,}"
    others = [f"{id_} ({n})" for id_, n in each.violated.items() if id_ != each.killed_by]
    others += [f"{id_} (lost)" for id_ in each.lost if id_ != each.killed_by]
    yield (", ".join(others) or "–") + ("" if each.is_whole else " (not all states)")


def _by_property(measured: Measured) -> str:
    head = ("property", "kills first", "breaks at all", "shortest", "only it kills")
    rows = (_of_property(measured, p) for p in all_properties().values() if not p.is_promise_only)
    return table(head, rows)


def _of_property(measured: Measured, each: Described) -> Iterator[str]:
    first = sum(m.killed_by == each.id and bool(m.configuration) for m in measured.mutants.values())
    found = measured.killers(each.id)
    yield from (each.id, str(first))
    if each.kind == POSSIBILITY:
        yield from (f"{len(measured.losers(each.id))} (lost)", "–", "–")
        return
    result = measured.properties.get(each.id)
    is_sought = result is not None and bool(result.sought)
    yield str(len(found)) + (" (sought apart)" if is_sought else "")
    yield next((f"`{id_}` ({place.steps})" for id_, place in found.items()), "–")
    only = [f"`{id_}`" for id_ in measured.only_by(each.id)]
    yield f"{len(only)}: {listed(only, 3)}" if only else "–"


def _survivors(results: Sequence[MutantResult]) -> str:
    rows: list[tuple[str, str, str, str]] = []
    for each in results:
        wrong = all_mutants()[each.id]
        if not each.killed_by:
            reason = wrong.equivalent or "SURVIVES: no property tells it apart"
            rows.append((f"`{each.id}`", wrong.base, wrong.prose, reason))
    return table(("mutant", "rule", "what it does", "why it survives"), rows)
