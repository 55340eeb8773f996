"""Real rules keep every promise and find every occasion; wrong ones are told apart."""

from functools import cache

import pytest

from pullproof.model.machine import Promise
from pullproof.model.protocol.build import build
from pullproof.model.protocol.mutants import UnknownMutant, all_mutants, mutant
from pullproof.model.protocol.promises import is_promise_only
from pullproof.model.protocol.rules import rules_for
from pullproof.model.protocol.scopes import BOTH_SIDES, SMALL
from tests.model.protocol.walks import Coverage, cover

BY_NAME = {params.name: params for params in SMALL}


@cache
def covered(name: str, mutant: str = "") -> Coverage:
    return cover(build(BY_NAME[name], mutant), 6_000)


QUICK_ONES = (
    "legacy-secrets",
    "documents",
    "echo",
    "shared-flights",
    "paths",
    "durations",
    "empty-answers",
    "everything-joined",
    "durations-by-default",
    "public",
    "refused-old-api",
    "refused-duplicates",
)


@pytest.mark.parametrize("name", QUICK_ONES)
def test_the_real_rules_break_promises_only_that_nobody_made(name: str) -> None:
    assert {each for each in covered(name).violated if not is_promise_only(each)} == set()


@pytest.mark.parametrize(
    ("name", "promise"),
    [
        ("echo", "P-02"),
        ("paths", "P-03"),
        ("empty-answers", "P-04"),
        ("durations", "P-05"),
        ("public", "P-08"),
        ("public", "P-10"),
        ("everything-joined", "P-12"),
        ("durations", "P-13"),
    ],
)
def test_what_the_kubelet_does_not_promise_has_a_counterexample(name: str, promise: str) -> None:
    assert promise in covered(name).violated


@pytest.mark.parametrize(
    ("name", "invariant"),
    [
        ("documents", "I-20"),
        ("documents", "I-19"),
        ("echo", "I-07"),
        ("durations", "I-16"),
        ("durations", "I-17"),
        ("durations", "K-110"),
        ("empty-answers", "I-18"),
        ("legacy-secrets", "K-172"),
        ("legacy-secrets", "K-180"),
        ("public", "S-18"),
        ("everything-joined", "K-170"),
        ("everything-joined", "K-171"),
        ("refused-old-api", "K-034"),
    ],
)
def test_each_invariant_has_its_occasion(name: str, invariant: str) -> None:
    assert f"{invariant}/sometimes" in covered(name).witnessed


@pytest.mark.parametrize(
    ("wrong", "name", "invariant"),
    [
        ("checks-version=false", "documents", "I-20"),
        ("decodes-strictly=false", "documents", "I-20"),
        ("checks-kind=false", "documents", "I-20"),
        ("cache-key-type-required=false", "documents", "I-20"),
        ("cache-key-type-known=false", "documents", "I-20"),
        ("failed-exec-ignored=false", "documents", "I-20"),
        ("refused-is-unused=false", "documents", "I-20"),
        ("secrets-in-logs=decode", "documents", "I-19"),
        ("stderr-logged=false", "documents", "K-084"),
        ("failures-cached=true", "documents", "I-18"),
        ("echo-guard=never", "echo", "I-07"),
        ("echo-guard-first=false", "echo", "I-07"),
        ("echo-guard-uncached=false", "echo", "I-07"),
        ("token-audience=api-server", "echo", "S-15"),
        ("token-key-has-pod=false", "echo", "I-03"),
        ("token-bound=false", "echo", "I-03"),
        ("flight-has-token=false", "echo", "I-24"),
        ("flight-per-provider=false", "shared-flights", "I-15"),
        ("keys-match-image=false", "paths", "I-14"),
        ("zero-duration=forever", "durations", "I-17"),
        ("nil-duration=forever", "durations", "I-17"),
        ("nil-default-zero=forever", "durations", "I-17"),
        ("negative-duration=forever", "durations", "K-105"),
        ("expiry=late", "durations", "I-16"),
        ("expiry=never", "durations", "I-16"),
        ("expiry=early", "durations", "K-106"),
        ("purges=never", "empty-answers", "K-110"),
        ("empty-cached=false", "empty-answers", "K-105"),
        ("union=no-secrets", "legacy-secrets", "K-170"),
        ("bad-secret-fails=false", "legacy-secrets", "K-172"),
        ("anonymous-last=true", "public", "S-18"),
        ("v1-only=false", "refused-old-api", "I-12"),
        ("duplicate-names-refused=false", "refused-duplicates", "K-034"),
        ("B-32/no-union", "everything-joined", "K-171"),
    ],
)
def test_a_wrong_implementation_breaks_its_promise(wrong: str, name: str, invariant: str) -> None:
    assert invariant in covered(name, wrong).violated


@pytest.mark.parametrize(
    ("name", "states"), [("legacy-secrets", 180), ("echo", 343), ("durations", 193)]
)
def test_small_configurations_have_as_many_states_as_ever(name: str, states: int) -> None:
    assert covered(name).states == states


def test_both_sides_together_keep_their_promises() -> None:
    found = cover(build(BOTH_SIDES), 8_000)
    assert {each for each in found.violated if not is_promise_only(each)} == set()
    assert {"kubelet.looks-up", "kubelet.takes"} < found.kinds


def test_there_are_mutants_enough_and_each_says_what_it_is() -> None:
    lookup = [each for each in all_mutants().values() if each.lookup]
    assert len(lookup) >= 150
    assert {each.kind for each in lookup} >= {"historical", "quirk", "automatic", "combined"}
    for each in lookup:
        assert each.prose
        assert each.base
        assert each.of(rules_for(34)) != rules_for(34)


def test_known_bugs_of_this_side_are_mutants() -> None:
    bases = {each.base for each in all_mutants().values() if each.kind == "historical"}
    expected = "02 03 04 05 06 07 08 13 14 15 18 19 24 27 29 30 31 32 33"
    assert {f"B-{number}" for number in expected.split()} <= bases


def test_an_unknown_mutant_is_an_error() -> None:
    with pytest.raises(UnknownMutant):
        mutant("no-such-thing")


def test_every_promise_has_a_witness_property() -> None:
    machine = build(BY_NAME["sa-token"])
    promises = {p.id for p in machine.properties if getattr(p, "promise", 0) is Promise.ALWAYS}
    witnesses = {p.id for p in machine.properties if getattr(p, "promise", 0) is Promise.SOMETIMES}
    assert {f"{each}/sometimes" for each in promises} <= witnesses
