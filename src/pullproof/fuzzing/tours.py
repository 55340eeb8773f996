"""Tours through a small machine of what one lookup can be, and what follows it.

An event is one exec as far as the provider can tell it from another one: whose
image, which token, what the exchange does. A transition is an event after an
event on one node (its files may remember), and each pair also exists at the
same time. A tour is a scenario of several events; the tours of a setup visit
every event first, then every transition, along an Eulerian circuit.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pullproof.fuzzing.vocabulary import Vocabulary
from pullproof.model.scenario import ExecStep, Fault, FaultKind, Scenario, TokenKind
from pullproof.model.setup import Feature, Setup

LENGTH = 5
"""Execs of a tour."""
_MOST_IMAGES = 4
_TOKENS = (
    TokenKind.VALID_SHORT,
    TokenKind.EXPIRED,
    TokenKind.WRONG_AUDIENCE,
    TokenKind.NOT_A_JWT,
)
_FAULTS = (
    Fault(FaultKind.STATUS, "401"),
    Fault(FaultKind.STATUS, "500", 1),
    Fault(FaultKind.UNAVAILABLE),
    Fault(FaultKind.DROP_MEMBER, "access_token"),
    Fault(FaultKind.NOT_JSON),
    Fault(FaultKind.RESET),
    Fault(FaultKind.REDIRECT, "307"),
)


@dataclass(frozen=True, slots=True)
class Event:
    """One exec, as a provider can tell it from another."""

    image: str
    workload: str | None
    token: TokenKind = TokenKind.VALID
    fault: Fault | None = None

    def step(self, id: str) -> ExecStep:
        faults = () if self.fault is None else (self.fault,)
        return ExecStep(id, self.image, self.workload, self.token, exchange=faults, sandbox="node")


Transition = tuple[int, int]


class Machine:
    """The events of a setup, and which transitions were taken."""

    def __init__(self, setup: Setup, vocabulary: Vocabulary) -> None:
        self.events = tuple(_events(setup, vocabulary))
        self._number = {event: n for n, event in enumerate(self.events)}
        self.taken: set[Transition] = set()
        self.visited: set[int] = set()

    @property
    def transitions(self) -> int:
        """How many there are."""
        return len(self.events) ** 2

    def note(self, scenario: Scenario) -> None:
        """Count what performing `scenario` took."""
        before: dict[str, int] = {}
        for step in scenario.execs:
            number = self._of(step)
            if number is None:
                before.pop(step.sandbox, None)
                continue
            self.visited.add(number)
            if step.sandbox and step.sandbox in before:
                self.taken.add((before[step.sandbox], number))
            before[step.sandbox] = number

    def _of(self, step: ExecStep) -> int | None:
        if step.edits or step.annotations is not None or step.registry or len(step.exchange) > 1:
            return None
        fault = step.exchange[0] if step.exchange else None
        return self._number.get(Event(step.image, step.workload, step.token, fault))


def _events(setup: Setup, vocabulary: Vocabulary) -> Iterator[Event]:
    plain = vocabulary.images[:_MOST_IMAGES]
    declined = [pair for pair in vocabulary.images if pair[0] in setup.declined][:1]
    for image, workload in dict.fromkeys((*plain, *declined)):
        yield Event(image, workload)
    if not setup.provider.sa_mode:
        return
    attributes = setup.provider.token_attributes
    for image, workload in plain[:2]:
        for token in _TOKENS:
            yield Event(image, workload, token)
        if attributes is not None and not attributes.require_service_account:
            yield Event(image, workload, TokenKind.ABSENT)
        if Feature.EXCHANGE in setup.features:
            for fault in _FAULTS:
                yield Event(image, workload, fault=fault)


def tours(machine: Machine, *, shard: int = 0, shards: int = 1) -> Iterator[Scenario]:
    """Yield the scenarios of a tour that belong to a shard, each event first.

    All shards together take every transition, one after the other and at once.
    """
    count = len(machine.events)
    walks = [tuple(range(start, min(count, start + LENGTH))) for start in range(0, count, LENGTH)]
    circuit = _circuit(count)
    walks += [
        tuple(circuit[start : start + LENGTH + 1])
        for start in range(0, max(0, len(circuit) - 1), LENGTH)
    ]
    for number, walk in enumerate(walks):
        if number % shards == shard and walk:
            yield _scenario(machine, walk)
    pairs = [(a, b) for a in range(count) for b in range(a, count)]
    # Neighbours in this list are alike; a stable shuffle mixes them.
    pairs.sort(key=lambda pair: zlib.crc32(repr(pair).encode()))
    for number, pair in enumerate(pairs):
        if number % shards == shard:
            made = _scenario(machine, pair)
            steps = tuple(replace(step, group="together") for step in made.execs)
            yield replace(made, steps=steps, label="two at once")


def _scenario(machine: Machine, walk: tuple[int, ...]) -> Scenario:
    steps = tuple(machine.events[event].step(f"tour-{n}") for n, event in enumerate(walk, 1))
    return Scenario("A00", steps, label="tour")


def _circuit(count: int) -> list[int]:
    """Return a closed walk through the complete graph with loops, each edge once.

    Hierholzer's algorithm; every event has as many ways in as out.
    """
    if count == 0:
        return []
    next_to = [0] * count
    stack, circuit = [0], list[int]()
    while stack:
        at = stack[-1]
        if next_to[at] < count:
            stack.append((at + 1 + next_to[at]) % count)
            next_to[at] += 1
        else:
            circuit.append(stack.pop())
    return circuit[::-1]
