#!/usr/bin/env python3
"""Whatever happens in whatever order, no invariant of the kubelet's cache and records is broken.

The first byte chooses a configuration of the core, the small machine that is
also modelled for spin; each further byte is the next event. It is ten times as
fast as the whole protocol and so goes ten times as far.

Source: model/protocol/core.py; I-03 to I-36.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from pullproof.fuzz.targets.support.cursor import Cursor
from pullproof.fuzz.targets.support.walk import Walker
from pullproof.model.protocol.core import build_core
from pullproof.model.protocol.core_params import Mistake
from pullproof.model.protocol.core_scopes import CONFIGURATIONS as ALL

CONFIGURATIONS = tuple(params for params in ALL if params.minor >= 34)
"""1.33 really broke I-07, I-25 and I-36 (B-05, B-06, B-07)."""
MISTAKE = Mistake.NOTHING
"""What the implementation gets wrong, to see that walks find it."""
_MOST_STEPS = 200


def check(data: bytes) -> None:
    """Walk where `data` leads."""
    cursor = Cursor(data)
    walker(cursor.byte() % len(CONFIGURATIONS), MISTAKE).walk(cursor, _MOST_STEPS)


def from_corpus() -> Iterator[bytes]:
    """Yield some walks through each configuration, the numbers in strides."""
    for index in range(len(CONFIGURATIONS)):
        for stride in (3, 37, 101):
            yield bytes([index, *(step * stride % 256 for step in range(60))])


@cache
def walker(index: int, mistake: Mistake) -> Walker:
    """Return the walker of one configuration."""
    return Walker(build_core(replace(CONFIGURATIONS[index], mistake=mistake)))


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
