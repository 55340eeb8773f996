"""What scenarios are made of, for one setup.

Everything here was proposed by a check, or is a legal value of the setup, so
that a mutated scenario deviates only in ways that judges know of.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pullproof.checks.check import Check
from pullproof.checks.hosts import is_sent
from pullproof.engine.seeded import SeededDraw
from pullproof.model.scenario import (
    Edit,
    ExecStep,
    Fault,
    FaultKind,
    Scenario,
    Stdin,
    TokenKind,
)
from pullproof.model.setup import Feature, Setup

_SAMPLES = 3
_SLOW_FAULTS = frozenset({FaultKind.HANG, FaultKind.DRIP})
_MOST_DELAY_MS = 500
_MOST_BODY = 1 << 20
SLOW_S = 5.0


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Pools to draw from; none of the tuples but `images` is ever empty by chance."""

    images: tuple[tuple[str, str | None], ...]
    """(image, workload that asks for it)."""
    tokens: tuple[TokenKind, ...]
    annotation_keys: tuple[str, ...]
    annotations: tuple[tuple[tuple[str, str], ...], ...]
    edits: tuple[Edit, ...]
    exchange: tuple[Fault, ...]
    registry: tuple[Fault, ...]
    env: tuple[tuple[str, str], ...]
    unset_env: tuple[str, ...]


def vocabulary(setup: Setup, checks: Iterable[Check]) -> Vocabulary:
    """Return the pools of `setup`, in an order that only the setup decides."""
    steps = [
        step
        for check in checks
        if not check.slow
        for number in range(_SAMPLES)
        for step in proposed(setup, check, f"vocabulary/{check.id}/{number}").execs
    ]
    attributes = setup.provider.token_attributes
    keys = (
        (*attributes.required_annotation_keys, *attributes.optional_annotation_keys)
        if attributes
        else ()
    )
    return Vocabulary(
        images=_images(setup, steps),
        tokens=tuple(TokenKind) if setup.provider.sa_mode else (TokenKind.VALID,),
        annotation_keys=tuple(keys),
        annotations=tuple(dict.fromkeys(s.annotations for s in steps if s.annotations is not None)),
        edits=tuple(dict.fromkeys(edit for step in steps for edit in step.edits)),
        exchange=_quick(setup, (fault for step in steps for fault in step.exchange)),
        registry=_quick(setup, (fault for step in steps for fault in step.registry)),
        env=tuple(dict.fromkeys(pair for step in steps for pair in step.env)),
        unset_env=tuple(dict.fromkeys(name for step in steps for name in step.unset_env)),
    )


def proposed(setup: Setup, check: Check, seed: str) -> Scenario:
    """Return what `check` proposes for a seed; empty if it cannot for this setup."""
    try:
        return check.propose(setup, SeededDraw(seed))
    except LookupError:
        return Scenario(check.id, ())


def is_quick(scenario: Scenario) -> bool:
    """Whether nothing in `scenario` makes a correct provider wait for long."""
    return bool(scenario.execs) and not any(
        _is_slow(fault) for step in scenario.execs for fault in (*step.exchange, *step.registry)
    )


def _is_slow(fault: Fault) -> bool:
    if fault.kind in _SLOW_FAULTS:
        return True
    limit = {FaultKind.DELAY: _MOST_DELAY_MS, FaultKind.HUGE_BODY: _MOST_BODY}.get(fault.kind)
    return limit is not None and fault.arg.isdecimal() and int(fault.arg) > limit


def _quick(setup: Setup, faults: Iterable[Fault]) -> tuple[Fault, ...]:
    if not {Feature.EXCHANGE, Feature.REGISTRY} & setup.features:
        return ()
    return tuple(dict.fromkeys(fault for fault in faults if not _is_slow(fault)))


def _images(setup: Setup, steps: Iterable[ExecStep]) -> tuple[tuple[str, str | None], ...]:
    """Return who asks for what: owners for their own, everybody for the rest."""
    names = [workload.name for workload in setup.workloads] if setup.provider.sa_mode else [None]
    found: dict[tuple[str, str | None], None] = {}
    for image in (*setup.served, *setup.declined):
        owners = [w.name for w in setup.workloads if image in w.images]
        for name in owners if owners and setup.provider.sa_mode else names or [None]:
            if is_sent(setup, image):
                found[image, name] = None
    found.update(
        dict.fromkeys((step.image, step.workload) for step in steps if step.stdin is Stdin.WHOLE)
    )
    return tuple(found)
