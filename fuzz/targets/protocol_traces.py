#!/usr/bin/env python3
"""Whatever happens in whatever order, no promise of the protocol is broken.

The first byte chooses a configuration of kubelet, issuer, exchange, registry
and providers; each further byte is the next event. All safety properties are
watched at each step. The explorer visits all states of small configurations;
walks go further in large ones than it can.

Source: the protocol's properties (model/protocol), I- and S-rules.
"""

from collections.abc import Iterator
from functools import cache

from pullproof.fuzz.targets.support.cursor import Cursor
from pullproof.fuzz.targets.support.walk import Walker
from pullproof.model.protocol.build import build
from pullproof.model.protocol.params import Params
from pullproof.model.protocol.scopes import SCOPES

CONFIGURATIONS: tuple[Params, ...] = SCOPES["large"]
MUTANT = ""
"""Id of a wrong implementation, to see that walks find it."""
_MOST_STEPS = 100


def check(data: bytes) -> None:
    """Walk where `data` leads."""
    cursor = Cursor(data)
    walker(cursor.byte() % len(CONFIGURATIONS), MUTANT).walk(cursor, _MOST_STEPS)


def from_corpus() -> Iterator[bytes]:
    """Yield one walk through each configuration, the numbers in a stride."""
    for index in range(len(CONFIGURATIONS)):
        yield bytes([index, *(step * 37 % 256 for step in range(30))])


@cache
def walker(index: int, mutant: str) -> Walker:
    """Return the walker of one configuration; building one takes a moment."""
    return Walker(build(CONFIGURATIONS[index], mutant))


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
