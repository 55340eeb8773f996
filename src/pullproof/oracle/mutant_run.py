"""One mutant against the oracle, in a process of its own: JSON on stdout.

    python -m pullproof.oracle.mutant_run cache-expiry 34 20000 30 1

The mistake is planted before anything of the model is imported.
"""

import json
import sys
import time
from typing import Any

from pullproof.oracle.mutant_table import by_id
from pullproof.oracle.mutants import Mutant, plant

SHRINK_S = 1.0
_SHOWN = 200


def run(mutant: Mutant, minor: int, inputs: int, seconds: float, seed: int) -> dict[str, Any]:
    """Return what came of it: `killed`, `crashed` or `survived`, and when."""
    from pullproof.oracle.client import Oracle
    from pullproof.oracle.differential import COMPARISONS, GATES
    from pullproof.oracle.search import Search
    from pullproof.oracle.wire import example

    told: dict[str, Any] = {"outcome": "survived", "op": "", "inputs": 0, "example": ""}
    began = time.monotonic()
    with Oracle(minor, gates=GATES) as oracle:
        search = Search(oracle)
        for op in mutant.ops:
            try:
                tried, value = search.first(COMPARISONS[op], f"{seed}:{op}", inputs, seconds)
            except Exception as error:  # noqa: BLE001 (a mistaken model may fail in any way)
                told |= {"outcome": "crashed", "op": op, "example": type(error).__name__}
                break
            told["inputs"] += tried
            if value is not None:
                told |= {"outcome": "killed", "op": op, "seconds": time.monotonic() - began}
                smallest = search.minimised(COMPARISONS[op], value, SHRINK_S)
                told["example"] = example(smallest.value)[:_SHOWN]
                break
    told.setdefault("seconds", time.monotonic() - began)
    return told


def main(words: list[str]) -> None:
    """Plant the mutant that is named and print what came of it."""
    name, minor, inputs, seconds, seed = words
    mutant = by_id(name)
    plant(mutant)
    print(json.dumps(run(mutant, int(minor), int(inputs), float(seconds), int(seed))))


if __name__ == "__main__":
    main(sys.argv[1:])
