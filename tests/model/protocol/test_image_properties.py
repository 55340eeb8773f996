"""Real rules keep every promise and find every occasion; wrong ones are told apart."""

from dataclasses import replace
from functools import cache

import pytest

from pullproof.explore import Status, explore
from pullproof.model.machine import LivenessProperty, Promise
from pullproof.model.protocol import image_scopes as scopes
from pullproof.model.protocol.build import assemble, build
from pullproof.model.protocol.image_mutants import EQUIVALENT, MUTANTS
from pullproof.model.protocol.image_promises import PROMISES
from pullproof.model.protocol.image_properties import HOLDS_FROM, ROWS
from pullproof.model.protocol.image_rules import REPAIRS
from pullproof.model.protocol.mutants import all_mutants, mutant
from pullproof.model.protocol.params import Params
from pullproof.model.protocol.promises import is_promise_only
from pullproof.model.protocol.rules import rules_for
from tests.model.protocol.image_walks import Visit, visit

BY_NAME = {params.name.removeprefix("image-"): params for params in scopes.SMALL}

TOLD_BY = {
    "image/gate=off": ("short-and-public", "I-30"),
    "image/always-pulls=false": ("pull-policies", "K-210a"),
    "image/never-pulls=true": ("pull-policies", "K-210b"),
    "image/never-verifies=false": ("pull-policies", "I-30b"),
    "image/never-message=inaccessible": ("pull-policies", "I-29"),
    "image/default-tag=false": ("short-and-public", "K-214"),
    "image/inspect-error=absent": ("pull-policies", "K-210c"),
    "image/inspect-error=present": ("pull-policies", "K-210c"),
    "image/looks-up=before-check": ("short-and-public", "K-211b"),
    "image/looks-up=eagerly": ("short-and-public", "K-211b"),
    "image/lookup-error=no-credentials": ("public", "K-225"),
    "image/lookup-error=open": ("public", "K-225"),
    "image/record-error=none": ("corrupted-never-verified", "I-28"),
    "image/record-error=open": ("corrupted-never-verified", "I-28"),
    "image/intent-error=none": ("corrupted", "I-28"),
    "image/intent-counts=false": ("spellings", "K-229"),
    "image/counter-counts=false": ("corrupted-never-verified", "K-202"),
    "image/policy=never-verify": ("secrets-always-verified", "A-01"),
    "image/policy=preloaded": ("preloaded-always-verified", "A-01"),
    "image/preloaded-policy=always": ("spellings", "K-202"),
    "image/preloaded-policy=inverted": ("unhashed", "I-30b"),
    "image/preloaded-policy=recorded": ("secrets", "I-31"),
    "image/allowlist-policy=unlisted": ("allowlist", "K-202"),
    "image/allowlist-policy=preloaded": ("allowlist", "K-202"),
    "image/allowlist-name=as-written": ("allowlist", "K-202"),
    "image/allowlist-prefix=text": ("allowlist", "A-01"),
    "image/unrecorded=open": ("secrets-always-verified", "A-01"),
    "image/unknown-name=preloaded": ("secrets", "I-31"),
    "image/unknown-name=any-name": ("aliases", "A-01"),
    "image/empty-mapping=open": ("secrets", "I-31"),
    "image/node-counts=false": ("short-and-public", "K-226"),
    "image/identity-counts=false": ("secrets-always-verified", "A-01"),
    "image/hash-counts=false": ("namesakes", "K-226"),
    "image/empty-hash-counts=true": ("unhashed", "A-01"),
    "image/secret-match=no-uid": ("recreated", "A-01"),
    "image/secret-match=name": ("namesakes", "A-01"),
    "image/secret-match=none": ("unhashed", "K-226"),
    "image/secret-match=self": ("secrets-always-verified", "A-01"),
    "image/limit=never": ("limited", "K-229"),
    "image/limit=hashes": ("limited", "K-226"),
    "image/match-records=hash": ("recreated", "K-226b"),
    "image/match-records=coordinates": ("namesakes", "K-226b"),
    "image/match-records=none": ("namesakes", "K-226b"),
    "image/account-match=no-uid": ("accounts", "A-01"),
    "image/account-match=name": ("accounts", "A-01"),
    "image/account-match=any": ("accounts-alike", "A-01"),
    "image/account-match=none": ("accounts-alike", "K-226"),
    "image/account-match=self": ("accounts-alike", "A-01"),
    "image/account-must-answer=false": ("accounts", "A-01"),
    "image/intent-order=after": ("short-and-public", "I-30"),
    "image/intent-order=never": ("short-and-public", "I-30"),
    "image/intent-error-aborts=false": ("digests", "I-30"),
    "image/back-off=false": ("secrets-always-verified", "K-183"),
    "image/tries=first": ("several-credentials", "K-180/pull"),
    "image/tries=all": ("node-login", "K-180/pull"),
    "image/anonymous-last=true": ("secrets-always-verified", "K-180/pull"),
    "image/anonymous-alone=false": ("short-and-public", "K-180/pull"),
    "image/records=first": ("several-credentials", "K-213"),
    "image/records=last": ("several-credentials", "K-213"),
    "image/records=offered": ("several-credentials", "K-213"),
    "image/secret-source=false": ("secrets-always-verified", "I-25"),
    "image/account-source=false": ("accounts-alike", "I-25"),
    "image/nil-is-node=nothing": ("short-and-public", "K-213"),
    "image/nil-is-node=unless-anonymous": ("short-and-public", "K-213"),
    "image/failure-records=true": ("secrets-always-verified", "I-37b"),
    "image/record-key=image": ("secrets-always-verified", "K-213"),
    "image/record-key=ref": ("short-and-public", "K-213"),
    "image/record-ref=pull": ("secrets-always-verified", "K-226"),
    "image/material=password": ("secrets-always-verified", "I-32"),
    "image/material=account-hash": ("accounts-alike", "I-32"),
    "image/merge-nil=clear": ("secrets", "K-245"),
    "image/merge-new-name=replace": ("aliases", "K-245"),
    "image/merge-new-name=ignore": ("secrets", "K-213"),
    "image/node-sticky=false": ("node-login", "I-37a"),
    "image/node-replaces=false": ("node-login", "K-213"),
    "image/merge-secrets=replace": ("namesakes", "K-245"),
    "image/merge-secrets=keep": ("namesakes", "K-213"),
    "image/merge-secrets=first-hash": ("recreated", "K-213"),
    "image/merge-accounts=replace": ("accounts-alike", "K-245"),
    "image/merge-accounts=keep": ("accounts-alike", "K-213"),
    "image/kinds-coexist=false": ("converted", "K-245"),
    "image/write-error-keeps=false": ("digests", "K-247"),
    "image/counter=flag": ("secrets-always-verified", "K-248"),
    "image/failure-decrements=false": ("secrets-always-verified", "K-248"),
    "image/success-decrements=false": ("short-and-public", "K-248"),
    "image/converts=false": ("secrets", "K-249"),
    "image/converted-as=node": ("secrets", "I-37b"),
    "image/conversion-overwrites=true": ("secrets", "K-245"),
    "image/unmatched-intents=go": ("secrets", "K-249"),
    "image/conversion-order=intent-first": ("crashes", "K-249"),
    "image/collects=all": ("preloaded", "K-250a"),
    "image/collects-by-time=false": ("collected", "K-250b"),
    "B-06/node-wide-account": ("accounts-alike", "I-25"),
    "B-09/eager-lookup": ("short-and-public", "K-211b"),
    "B-20/two-refs": ("secrets-always-verified", "K-226"),
    "B-21/naive-fix": ("secrets", "I-31"),
    "B-22/gate-off": ("short-and-public", "I-30"),
    "B-22/policy-off": ("secrets-always-verified", "A-01"),
    "B-23/pulled-is-open": ("unhashed", "I-30b"),
    "B-25/self-comparison": ("secrets-always-verified", "A-01"),
    "B-26/stale-uid": ("recreated", "A-01"),
    "B-28/nulls-refused": ("corrupted-never-verified", "I-28"),
    "K-224/forgotten-accounts": ("secrets-always-verified", "A-01"),
    "I-25/secrets-node-wide": ("secrets-always-verified", "I-25"),
    "I-28/errors-open": ("corrupted-never-verified", "I-28"),
    "I-30/record-then-intent": ("short-and-public", "I-30"),
    "I-30/memory-only": ("secrets", "K-249"),
    "I-30/cleaned-at-start": ("secrets", "K-249"),
    "I-31/converted-and-open": ("secrets", "I-31"),
    "I-31/nothing-recorded": ("short-and-public", "K-213"),
    "I-27/by-digest": ("short-and-public", "K-213"),
    "K-245/last-wins": ("accounts-alike", "K-245"),
    "K-245/first-wins": ("accounts-alike", "K-213"),
    "K-226/by-name": ("namesakes", "A-01"),
    "K-226/hash-only": ("unhashed", "A-01"),
    "K-226/read-only": ("namesakes", "K-226"),
    "K-210/never-is-if-not-present": ("pull-policies", "K-210b"),
    "K-210/always-is-if-not-present": ("pull-policies", "K-210a"),
    "S-18/helpful-runtime": ("secrets-always-verified", "K-180/pull"),
    "K-213/last-offered": ("several-credentials", "K-180/pull"),
    "K-250/eager-collection": ("preloaded", "K-250a"),
    "K-248/leaky-counter": ("short-and-public", "K-248"),
}
"""For each mutant the configuration and the promise that tell it apart."""


@cache
def visited(params: Params) -> Visit:
    return visit(build(params))


def is_promised(property_id: str) -> bool:
    return not is_promise_only(property_id)


@pytest.mark.parametrize("name", BY_NAME)
def test_the_real_rules_keep_every_promise(name: str) -> None:
    found = visited(BY_NAME[name])
    minor = BY_NAME[name].minor
    assert found.complete
    assert not {p for p in found.violated if is_promised(p) and HOLDS_FROM.get(p, 0) <= minor}


def test_every_property_has_its_occasion() -> None:
    witnessed = {w for params in scopes.SMALL for w in visited(params).witnessed}
    wanted = {
        prop.id
        for params in scopes.SMALL
        for prop in build(params).properties
        if not isinstance(prop, LivenessProperty) and prop.promise is Promise.SOMETIMES
    }
    assert wanted - witnessed == set()
    assert {f"{row.id}/sometimes" for row in (*ROWS, *PROMISES)} <= wanted


def test_every_event_happens() -> None:
    happened = {kind for params in scopes.SMALL for kind in visited(params).kinds}
    possible = {event.kind for params in scopes.SMALL for event in build(params).events}
    assert possible == happened


def test_what_nobody_promised_is_not_kept() -> None:
    broken = {p for params in scopes.SMALL for p in visited(params).violated}
    assert {row.id for row in PROMISES} <= broken
    assert all(is_promise_only(row.id) for row in PROMISES)
    assert not [row.id for row in ROWS if is_promise_only(row.id)]


@pytest.mark.parametrize("property_id", ["P-55", "P-58", "P-59", "P-60"])
def test_better_rules_would_keep_more(property_id: str) -> None:
    concerned = [p for p in scopes.SMALL if property_id in visited(p).violated]
    assert concerned
    for params in concerned:
        rules = rules_for(params.minor)
        repaired = replace(rules, image=replace(rules.image, **REPAIRS))
        found = visit(assemble(params, repaired))
        assert found.complete
        # Only what spells out the kubelet's own way is then no longer so.
        assert {p for p in found.violated if is_promised(p)} <= {"K-248", "K-249"}
        assert property_id not in found.violated


@pytest.mark.rule("K-177")
@pytest.mark.rule("K-211")
def test_older_kubelets_break_what_was_promised_later() -> None:
    of_33 = visited(scopes.ACCOUNTS_33).violated
    assert {"I-25", "I-37b", "K-213", "A-01"} <= of_33
    assert {p for p in of_33 if is_promised(p)} <= set(HOLDS_FROM)
    eager = visited(replace(scopes.GATE_OFF, minor=33)).violated
    assert "K-211a" in eager
    assert not {p for p in visited(scopes.ACCOUNTS_34).violated if is_promised(p)}


def test_every_mutant_is_told_apart_or_has_an_excuse() -> None:
    of_images = {each.id for each in all_mutants().values() if each.image}
    excused = {f"image/{name}" for name in EQUIVALENT}
    assert of_images - excused == set(TOLD_BY) | {"image/collects=never"}
    assert len(of_images) >= 120
    assert {each.base for each in MUTANTS} >= {"B-06", "B-09", "B-20", "B-21", "B-25", "B-26"}


@pytest.mark.parametrize("mutant_id", TOLD_BY)
def test_a_mutant_breaks_a_promise(mutant_id: str) -> None:
    name, promise = TOLD_BY[mutant_id]
    params = BY_NAME[name]
    assert promise not in visited(params).violated
    machine = assemble(params, mutant(mutant_id).of(rules_for(params.minor)), mutant_id)
    assert promise in visit(machine, until=is_promised).violated


@pytest.mark.parametrize("name", EQUIVALENT)
@pytest.mark.parametrize("within", ["mixed", "accounts", "aliases"])
def test_an_excused_mutant_breaks_none(name: str, within: str) -> None:
    params = BY_NAME[within]
    found = visit(build(params, f"image/{name}"))
    real = visited(params)
    assert (found.states, found.violated) == (real.states, real.violated)


@pytest.mark.rule("K-250")
def test_records_of_removed_images_can_always_be_dropped() -> None:
    def status(mutant_id: str) -> Status:
        only = frozenset({"L-51/x"})
        (found,) = explore(build(scopes.PRELOADED, mutant_id), only=only).properties
        return found.status

    assert status("") is Status.HELD
    assert status("image/collects=never") is Status.VIOLATED


@pytest.mark.parametrize("name", ["crashes", "read-only", "several-credentials", "public"])
def test_who_may_pull_can_always_start(name: str) -> None:
    machine = build(BY_NAME[name])
    live = [prop for prop in machine.properties if isinstance(prop, LivenessProperty)]
    found = explore(machine, only=frozenset(prop.id for prop in live))
    assert live
    assert {prop.status for prop in found.properties} == {Status.HELD}


def test_pods_that_never_may_pull_have_nothing_to_wait_for() -> None:
    ids = {prop.id for prop in build(scopes.SECRETS).properties}
    assert "L-50/pod-a" in ids
    assert "L-50/pod-b" not in ids


SIZES = {
    "image-limited": (1_304, 5_564),
    "image-pair": (22_200, 101_920),
}


@pytest.mark.parametrize("name", SIZES)
def test_sizes_are_what_they_were(name: str) -> None:
    params = next(each for each in scopes.SIZED if each.name == name)
    found = explore(build(params), only=frozenset({"A-01"}))
    assert (found.states, found.transitions) == SIZES[name]


def test_nothing_but_the_configuration_decides() -> None:
    first, second = (build(scopes.PAIR) for _ in range(2))
    assert [e.name for e in first.events] == [e.name for e in second.events]
    assert len({e.name for e in first.events}) == len(first.events)
    assert first.initial == second.initial
