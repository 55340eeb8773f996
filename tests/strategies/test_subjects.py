"""Subjects in lockstep with the model: mutants, the embedded parts, the kubelet's own code.

Each must be the same as the model, and each comparison must be able to fail.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from pullproof.adapters import exchange
from pullproof.model.machine import Machine, Observation
from pullproof.model.protocol.build import build
from pullproof.model.protocol.mutants import mutant as mutant_of
from pullproof.model.protocol.params import Params
from pullproof.model.protocol.rules import rules_for
from pullproof.model.protocol.scopes import SCOPES
from pullproof.oracle.client import Oracle
from pullproof.oracle.differential import GATES
from pullproof.oracle.releases import RELEASES, program
from pullproof.strategies import Difference, MachineSubject, Subject, follow, state_machine
from tests.strategies.kubelet_lookups import AT_ONCE, KubeletLookups
from tests.strategies.real_parts import (
    EXPIRING_CREDENTIALS,
    EXPIRING_TOKENS,
    Mistake,
    RealParts,
    RotatingWorld,
    Scale,
    setup_of,
)

CONFIGURATIONS = {params.name: params for params in SCOPES["small"]}
walking = settings(
    max_examples=12,
    stateful_step_count=20,
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=False,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def unwatched(machine: Machine) -> Machine:
    return replace(machine, properties=())


def walk(machine: Machine, subject: Subject, *at_once: str, how: settings = walking) -> None:
    runs = state_machine(unwatched(machine), subject=subject, at_once=at_once)
    run_state_machine_as_test(runs, settings=how)


# Another machine.


@pytest.mark.parametrize("name", ["echo", "image-secrets"])
def test_a_machine_is_the_same_as_itself(name: str) -> None:
    walk(build(CONFIGURATIONS[name]), MachineSubject(build(CONFIGURATIONS[name])))


def outward(seen: Observation) -> Observation | None:
    """Leave what leaves the kubelet, without what it is made of inside."""
    if seen.kind == "exec":
        names = ("provider", "sent", "api_version")
        told = {name: seen[name] for name in names} | {"token": seen["identity"].token}
        return Observation("exec", tuple(sorted(told.items(), key=lambda pair: pair[0])))
    return seen if seen.kind in ("token-request", "pulled", "logged", "attempted") else None


@pytest.mark.parametrize(
    ("name", "mutant"),
    [
        ("legacy-secrets", "union=no-secrets"),
        ("legacy-secrets", "bad-secret-fails=false"),
        ("echo", "token-audience=api-server"),
        ("echo", "token-bound=false"),
        ("echo", "echo-guard=never"),
        ("documents", "decodes-strictly=false"),
        ("documents", "stderr-logged=false"),
        ("public", "anonymous-last=true"),
        ("image-public", "S-18/helpful-runtime"),
        ("image-several-credentials", "K-213/last-offered"),
    ],
)
def test_a_mutant_is_told_apart_by_what_leaves_the_kubelet(name: str, mutant: str) -> None:
    model, wrong = build(CONFIGURATIONS[name]), build(CONFIGURATIONS[name], mutant)
    with pytest.raises(Difference) as caught:
        walk(model, MachineSubject(wrong, sees=outward), how=settings(walking, max_examples=300))
    assert caught.value.labels
    with pytest.raises(Difference):
        follow(model, MachineSubject(wrong, sees=outward), caught.value.labels)


def test_what_only_the_subject_could_do_is_a_difference() -> None:
    params = replace(CONFIGURATIONS["refused-old-api"], horizon=1)
    model, wrong = build(params), build(params, "v1-only=false")
    with pytest.raises(Difference, match=r"kubelet\.looks-up"):
        follow(model, MachineSubject(wrong), ["clock.advances()"])
    follow(model, MachineSubject(wrong, guards=False), ["clock.advances()"])


# The embedded issuer, exchange and registry.


@contextmanager
def parts(scale: Scale, mistake: Mistake = Mistake.NONE) -> Generator[RealParts, None, None]:
    with RotatingWorld(setup_of(scale.params), seed=1, mistake=mistake) as world:
        yield RealParts(world, scale)


@pytest.mark.rule("S-01", "S-02", "S-03", "S-06", "S-14")
@pytest.mark.parametrize("scale", [EXPIRING_TOKENS, EXPIRING_CREDENTIALS], ids=["tokens", "creds"])
def test_the_parts_do_what_the_model_says(scale: Scale) -> None:
    with parts(scale) as subject:
        walk(build(scale.params), subject)
        assert subject.counts["minted"]
        assert subject.counts["pulled"]


ASKED = "kubelet.looks-up(pod-a,r.test/a)"
STOLEN = (ASKED, "thief.copies(p)")
TICK = "clock.advances()"
MINTED = (ASKED, "provider.answers(p,pod-a,registry)")
TRACES: dict[Mistake, tuple[Scale, tuple[str, ...]]] = {
    Mistake.ANY_AUDIENCE: (
        EXPIRING_TOKENS,
        ("kubelet.looks-up(pod-a,other.test/c)", "thief.copies(p2)", "thief.presents(p)"),
    ),
    Mistake.EXPIRED_TOKENS: (EXPIRING_TOKENS, (*STOLEN, TICK, TICK, TICK, "thief.presents(p)")),
    Mistake.RETIRED_KEYS: (
        EXPIRING_TOKENS,
        (
            *STOLEN,
            "issuer.rotates()",
            "issuer.withdraws()",
            "exchange.fetches-keys()",
            "thief.presents(p)",
        ),
    ),
    Mistake.STALE_KEYS: (
        EXPIRING_TOKENS,
        ("issuer.rotates()", "exchange.fetches-keys()", *MINTED),
    ),
    Mistake.EARLY_KEYS: (EXPIRING_TOKENS, ("issuer.rotates()", *MINTED)),
    Mistake.ANY_KEY: (EXPIRING_TOKENS, (*STOLEN, "thief.forges(p)")),
    Mistake.WIDE_SCOPE: (
        EXPIRING_TOKENS,
        (
            "kubelet.looks-up(pod-a,r.test/b)",
            "provider.answers(p,pod-a,registry)",
            "kubelet.takes(pod-a,p)",
        ),
    ),
    Mistake.EXPIRED_CREDENTIALS: (
        EXPIRING_CREDENTIALS,
        (
            ASKED,
            "provider.answers(p,pod-a,long)",
            "kubelet.takes(pod-a,p)",
            TICK,
            TICK,
            TICK,
            ASKED,
        ),
    ),
}


@pytest.mark.parametrize("mistake", TRACES, ids=lambda mistake: mistake.name)
def test_a_mistake_of_the_parts_is_seen(mistake: Mistake) -> None:
    scale, labels = TRACES[mistake]
    machine = build(scale.params)
    with parts(scale) as right:
        follow(machine, right, labels)
    with parts(scale, mistake) as wrong, pytest.raises(Difference) as caught:
        follow(machine, wrong, labels)
    assert caught.value.labels == labels


def test_each_mistake_has_its_trace() -> None:
    assert set(TRACES) == set(Mistake) - {Mistake.NONE}


def test_a_credential_that_lives_too_long_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_CREDENTIAL_S", 1800)
    with parts(EXPIRING_CREDENTIALS) as subject, pytest.raises(Difference):
        follow(build(EXPIRING_CREDENTIALS.params), subject, MINTED)


# The kubelet's own lookup.

BUILT = [minor for minor in RELEASES if program(minor).is_file()]
needs_oracle = pytest.mark.skipif(
    not BUILT, reason="no oracle is built: python -m pullproof.oracle.build"
)
LOOKUPS = (
    "durations",
    "durations-by-default",
    "cache-scopes",
    "documents",
    "echo",
    "annotations",
    "plain-flights",
    "shared-flights",
    "node-level",
    "sa-token",
    "pass-through",
    "paths",
    "hub",
    "two-providers",
)


@pytest.fixture(scope="module", params=BUILT or [34], ids=lambda minor: f"1.{minor}")
def oracle(request: pytest.FixtureRequest) -> Iterator[Oracle]:
    with Oracle(request.param, gates=GATES) as started:
        yield started


def at(oracle: Oracle, name: str) -> Params:
    """Return a configuration on the oracle's Kubernetes."""
    return CONFIGURATIONS[name].at(oracle.minor)


@needs_oracle
@pytest.mark.oracle
@pytest.mark.parametrize("name", LOOKUPS)
def test_the_kubelet_looks_up_as_the_model_does(oracle: Oracle, name: str) -> None:
    subject = KubeletLookups(oracle, at(oracle, name))
    walk(build(subject.params), subject, *AT_ONCE)
    assert subject.done


def looked_up(image: str, provider: str = "n", *answer: str) -> tuple[str, ...]:
    """Return a lookup of pod-a, and the exec's end if it comes to one."""
    ends = [f"provider.answers({provider},pod-a,{each})" for each in answer]
    return (f"kubelet.looks-up(pod-a,{image})", *ends)


WRONG_MODELS = (
    (
        "durations",
        "expiry=late",
        (*looked_up("r.test/a", "n", "node-negative"), *looked_up("r.test/a")),
    ),
    (
        "durations",
        "zero-duration=forever",
        (*looked_up("r.test/a", "n", "node-once"), *looked_up("r.test/a")),
    ),
    (
        "cache-scopes",
        "cache-order=global-first",
        (
            *looked_up("r.test/ab", "n", "node-image"),
            TICK,  # so that the two credentials differ
            *looked_up("r.test/a", "n", "node-registry"),
            *looked_up("r.test/ab"),
        ),
    ),
    ("documents", "decodes-strictly=false", looked_up("r.test/a", "p", "unknown-field")),
    ("echo", "echo-guard=never", looked_up("r.test/a", "p", "echo")),
    ("paths", "keys-match-image=false", looked_up("r.test/a", "p", "other-registry")),
)


@needs_oracle
@pytest.mark.oracle
@pytest.mark.parametrize(("name", "mutant", "labels"), WRONG_MODELS)
def test_a_wrong_model_is_told_from_the_kubelet(
    oracle: Oracle, name: str, mutant: str, labels: tuple[str, ...]
) -> None:
    params, own = at(oracle, name), rules_for(oracle.minor)
    if mutant_of(mutant).of(own) == own:
        pytest.skip("that is what this Kubernetes does")
    subject = KubeletLookups(oracle, params)
    follow(build(params), subject, labels, AT_ONCE)
    with pytest.raises(Difference):
        follow(build(params, mutant), subject, labels, AT_ONCE)
