"""Builders by name, for workers: machines cannot be sent to another process."""

import os
from typing import Any

from pullproof.model.machine import Machine
from tests.explore import toys

CACHE = "tests.explore.builders:cache"
FAILS = "tests.explore.builders:fails"
DIES = "tests.explore.builders:dies"
WATCHED = "tests.explore.builders:watched"


def cache(params: Any, mutant: str) -> Machine:
    """A cache of the given horizon; mutants `late` and `deaf` are wrong, `same` is not."""
    machine = toys.cache(horizon=params, late=mutant == "late")
    if mutant == "deaf":
        # Never looks: nothing is violated, and nothing is ever served.
        events = tuple(event for event in machine.events if event.kind != "user.looks")
        machine = Machine(machine.name, machine.components, events, machine.properties)
    return machine


def watched(params: Any) -> tuple[Machine, set[str]]:
    """The right cache; it consults `expiry` from horizon 2 on."""
    return cache(params, ""), {"looks", *(["expiry"] if params >= 2 else [])}


def fails(params: Any, mutant: str) -> Machine:
    raise ValueError(f"no machine {params}")


def dies(params: Any, mutant: str) -> Machine:
    os._exit(3)
