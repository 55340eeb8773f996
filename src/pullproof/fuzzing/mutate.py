"""Scenarios from scenarios: changes that keep the structure and its meaning.

Each change is one a person could name: another token, an annotation that is
longer, a fault at the exchange, the same call again, two at once. Bytes of the
request are changed by edits, so that whatever comes out can be saved, replayed
and made smaller like every other scenario.
"""

import random
import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from pullproof.fuzzing.dictionary import Dictionary
from pullproof.fuzzing.vocabulary import Vocabulary
from pullproof.model.scenario import (
    Edit,
    EditKind,
    ExecStep,
    Fault,
    FaultKind,
    PullStep,
    Scenario,
    Stdin,
    Step,
    TokenKind,
)
from pullproof.model.setup import Setup

T = TypeVar("T")
MOST_STEPS = 6
_LENGTHS = (
    0,
    1,
    2,
    31,
    32,
    63,
    64,
    127,
    128,
    253,
    255,
    256,
    511,
    512,
    1023,
    1024,
    4095,
    4096,
    65536,
)
_NUMBERS = (
    "0", "1", "-1", "59", "60", "61", "300", "899", "900", "901", "3600", "86400",
    "2147483647", "2147483648", "9223372036", "9223372037", "1e3", "1.5", "null", '"300"', '""',
)  # fmt: skip
_MEMBERS = (
    "access_token", "issued_token_type", "token_type", "expires_in", "scope", "username", "token",
    "issued_at", "password",
)  # fmt: skip
_STATUS = ("400", "401", "403", "404", "408", "409", "429", "500", "502", "503", "504")
_PLAIN = string.ascii_lowercase + string.digits


@dataclass(slots=True)
class Mutator:
    """Makes scenarios for one setup."""

    setup: Setup
    vocabulary: Vocabulary
    dictionary: Dictionary
    draw: random.Random

    def mutate(self, scenario: Scenario, other: Scenario) -> Scenario:
        """Return a changed `scenario`; `other` may lend steps."""
        for _ in range(1 + min(7, int(self.draw.expovariate(0.7)))):
            if self.draw.random() < 0.22:
                scenario = self.draw.choice(_OF_SCENARIOS)(self, scenario, other)
            else:
                scenario = self._change_step(scenario)
        return scenario

    def fresh(self) -> Scenario:
        """Return a single plain exec for a drawn image."""
        image, workload = self.pick(self.vocabulary.images, ("registry.example/app", None))
        return Scenario("A00", (ExecStep("baseline", image, workload),), label="fuzzed")

    def _change_step(self, scenario: Scenario) -> Scenario:
        places = [n for n, step in enumerate(scenario.steps) if isinstance(step, ExecStep)]
        at = self.draw.choice(places)
        step = scenario.steps[at]
        assert isinstance(step, ExecStep)
        changed = self.draw.choices(_CHANGES, _WEIGHTS)[0](self, step)
        steps = (*scenario.steps[:at], changed, *scenario.steps[at + 1 :])
        return replace(scenario, steps=steps)

    # --- one exec -------------------------------------------------------------

    def pick(self, options: tuple[T, ...], otherwise: T) -> T:
        return self.draw.choice(options) if options else otherwise

    def image(self, step: ExecStep) -> ExecStep:
        image, workload = self.pick(self.vocabulary.images, (step.image, step.workload))
        return replace(step, image=image, workload=workload)

    def image_text(self, step: ExecStep) -> ExecStep:
        """Ask for a neighbour: one more path element, a longer name."""
        word = "".join(c for c in self.dictionary.word(self.draw).lower() if c in _PLAIN) or "x"
        if self.draw.random() < 0.3:
            word = "a" * min(200, self.draw.choice(_LENGTHS) or 1)
        if len(step.image) + len(word) > 240:
            return step
        return replace(step, image=f"{step.image}/{word}" if "/" in step.image else step.image)

    def token(self, step: ExecStep) -> ExecStep:
        return replace(step, token=self.pick(self.vocabulary.tokens, TokenKind.VALID))

    def annotation(self, step: ExecStep) -> ExecStep:
        """Give one annotation the config asks for another value, or take it away."""
        keys = self.vocabulary.annotation_keys
        if not keys:
            return self.edit(step)
        if self.vocabulary.annotations and self.draw.random() < 0.15:
            return replace(step, annotations=self.draw.choice(self.vocabulary.annotations))
        pairs = dict(step.annotations if step.annotations is not None else self._own(step))
        key = self.draw.choice(keys)
        if key in pairs and self.draw.random() < 0.1:
            del pairs[key]
        else:
            pairs[key] = self._text(pairs.get(key, ""))
        return replace(step, annotations=tuple(sorted(pairs.items())))

    def _own(self, step: ExecStep) -> tuple[tuple[str, str], ...]:
        own = [w for w in self.setup.workloads if w.name == step.workload]
        return own[0].annotations if own else ()

    def _text(self, old: str) -> str:
        choice = self.draw.random()
        if choice < 0.55:
            return self.dictionary.word(self.draw)
        if choice < 0.7:
            return (old or "a") * (self.draw.choice(_LENGTHS) // max(1, len(old)) + 1)
        if choice < 0.8:
            return "".join(self.draw.choice(_PLAIN) for _ in range(self.draw.choice(_LENGTHS[:12])))
        if choice < 0.9:
            return self.draw.choice(_NUMBERS)
        return old + self.dictionary.word(self.draw)

    def edit(self, step: ExecStep) -> ExecStep:
        """Add, change or take away an edit of the request's bytes."""
        edits = list(step.edits)
        if edits and self.draw.random() < 0.35:
            del edits[self.draw.randrange(len(edits))]
        elif len(edits) < 3:
            new = self.pick(self.vocabulary.edits, Edit(EditKind.REVERSE))
            if new.kind in (EditKind.PAD, EditKind.NEST) and self.draw.random() < 0.5:
                new = replace(new, arg=str(self.draw.choice(_LENGTHS)))
            # Members cannot be edited in what is no JSON object any more.
            edits = [new, *edits] if new.kind in _MEMBER_EDITS else [*edits, new]
            edits.sort(key=lambda item: item.kind not in _MEMBER_EDITS)
        return replace(step, edits=tuple(edits))

    def exchange(self, step: ExecStep) -> ExecStep:
        return replace(step, exchange=self._faults(step.exchange, self.vocabulary.exchange))

    def registry(self, step: ExecStep) -> ExecStep:
        return replace(step, registry=self._faults(step.registry, self.vocabulary.registry))

    def _faults(self, old: tuple[Fault, ...], pool: tuple[Fault, ...]) -> tuple[Fault, ...]:
        if not pool:
            return old
        faults = list(old)
        if faults and self.draw.random() < 0.4:
            del faults[self.draw.randrange(len(faults))]
        elif len(faults) < 2:
            fault = self.draw.choice(pool)
            faults.append(replace(fault, arg=self._fault_arg(fault), times=self._times(fault)))
        return tuple(faults)

    def _fault_arg(self, fault: Fault) -> str:
        if self.draw.random() < 0.5:
            return fault.arg
        if fault.kind in _MEMBER_FAULTS:
            return self.draw.choice(_MEMBERS)
        if fault.kind in (FaultKind.STATUS, FaultKind.STATUS_OK_BODY):
            return self.draw.choice(_STATUS)
        return self.draw.choice(_NUMBERS) if fault.kind is FaultKind.EXPIRES_IN else fault.arg

    def _times(self, fault: Fault) -> int:
        return self.draw.choice((fault.times, fault.times, 0, 1, 2))

    def env(self, step: ExecStep) -> ExecStep:
        if not self.vocabulary.env or step.env:
            return replace(step, env=())
        return replace(step, env=(self.draw.choice(self.vocabulary.env),))

    def stdin(self, step: ExecStep) -> ExecStep:
        return replace(step, stdin=self.draw.choice((Stdin.WHOLE, Stdin.WHOLE, *Stdin)))

    def plain(self, step: ExecStep) -> ExecStep:
        """Take every deviation back: what comes after something odd matters, too."""
        return ExecStep(step.id, step.image, step.workload, sandbox=step.sandbox, group=step.group)

    def share(self, step: ExecStep) -> ExecStep:
        return replace(step, sandbox=self.draw.choice(("", "node")))

    # --- several execs --------------------------------------------------------

    def again(self, scenario: Scenario, other: Scenario) -> Scenario:
        """Do one exec again, in the same directories."""
        del other
        step = self.draw.choice(scenario.execs)
        repeated = replace(step, id=_free(scenario, "again"), group="")
        return self._longer(scenario, repeated)

    def borrow(self, scenario: Scenario, other: Scenario) -> Scenario:
        """Add an exec of another scenario."""
        if not other.execs:
            return scenario
        step = replace(self.draw.choice(other.execs), id=_free(scenario, "other"), group="")
        return self._longer(scenario, step)

    def shorter(self, scenario: Scenario, other: Scenario) -> Scenario:
        """Leave out one exec and whatever is pulled with it."""
        del other
        if len(scenario.execs) < 2:
            return scenario
        gone = self.draw.choice(scenario.execs).id
        kept = [step for step in scenario.steps if step.id != gone]
        kept = [step for step in kept if not (isinstance(step, PullStep) and step.exec == gone)]
        return replace(scenario, steps=tuple(kept))

    def at_once(self, scenario: Scenario, other: Scenario) -> Scenario:
        """Run all execs at the same time, or one after the other again."""
        del other
        if len(scenario.execs) < 2 or len(scenario.execs) != len(scenario.steps):
            return scenario
        group = "" if any(step.group for step in scenario.execs) else "together"
        return replace(scenario, steps=tuple(replace(s, group=group) for s in scenario.execs))

    def one_node(self, scenario: Scenario, other: Scenario) -> Scenario:
        """Let all execs share their directories, as on one node."""
        del other
        steps = tuple(
            replace(step, sandbox="node") if isinstance(step, ExecStep) else step
            for step in scenario.steps
        )
        return replace(scenario, steps=steps)

    def shuffle(self, scenario: Scenario, other: Scenario) -> Scenario:
        """Change the order of the execs."""
        del other
        if len(scenario.execs) != len(scenario.steps):
            return scenario
        steps = list(scenario.steps)
        self.draw.shuffle(steps)
        return replace(scenario, steps=tuple(steps))

    def _longer(self, scenario: Scenario, step: Step) -> Scenario:
        if len(scenario.steps) >= MOST_STEPS:
            return scenario
        return replace(scenario, steps=(*scenario.steps, step))


_MEMBER_EDITS = frozenset(
    {EditKind.SET, EditKind.DROP, EditKind.ADD, EditKind.RENAME, EditKind.DUPLICATE,
     EditKind.REVERSE, EditKind.PRETTY, EditKind.NEST}
)  # fmt: skip
_MEMBER_FAULTS = frozenset(
    {
        FaultKind.DROP_MEMBER,
        FaultKind.NULL_MEMBER,
        FaultKind.EMPTY_MEMBER,
        FaultKind.NUMBER_MEMBER,
    }
)
_OF_STEPS: tuple[tuple[Callable[[Mutator, ExecStep], ExecStep], int], ...] = (
    (Mutator.annotation, 8),
    (Mutator.token, 5),
    (Mutator.exchange, 5),
    (Mutator.edit, 4),
    (Mutator.image, 4),
    (Mutator.image_text, 4),
    (Mutator.plain, 2),
    (Mutator.registry, 2),
    (Mutator.env, 1),
    (Mutator.stdin, 1),
    (Mutator.share, 2),
)
_CHANGES = tuple(change for change, _ in _OF_STEPS)
_WEIGHTS = tuple(weight for _, weight in _OF_STEPS)
_OF_SCENARIOS: tuple[Callable[[Mutator, Scenario, Scenario], Scenario], ...] = (
    Mutator.again,
    Mutator.again,
    Mutator.borrow,
    Mutator.borrow,
    Mutator.shorter,
    Mutator.at_once,
    Mutator.one_node,
    Mutator.shuffle,
)


def _free(scenario: Scenario, stem: str) -> str:
    taken = {step.id for step in scenario.steps}
    number = 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"
