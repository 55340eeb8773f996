"""Configurations and rules: which kubelets start, what versions did."""

from dataclasses import fields, replace

import pytest

from pullproof.model.protocol.build import build
from pullproof.model.protocol.lookup_properties import HOLDS_FROM
from pullproof.model.protocol.params import Params, PodParams, ProviderParams, start_problems
from pullproof.model.protocol.rules import LookupRules, Rules, deviations, lookup_rules_for
from pullproof.model.protocol.scopes import PRESETS, SCOPES
from pullproof.model.protocol.values import Flight, Token, rename, renamed_flights
from pullproof.model.provider import CacheType

SA = ProviderParams("p", "sa", answers=("registry",))
POD = PodParams("pod-a")


@pytest.mark.parametrize(
    ("provider", "minor", "problems"),
    [
        (SA, 34, ()),
        (SA, 32, ("K-034a",)),
        (SA, 22, ("K-032", "K-034a")),
        (replace(SA, cache_type=None), 33, ()),
        (replace(SA, cache_type=None), 34, ("K-034i",)),
        (replace(SA, api_version="v1beta1"), 34, ("K-034b",)),
        (replace(SA, require_account=False, required=("a",)), 34, ("K-034e",)),
        (replace(SA, optional=("a",), required=("a",)), 34, ("K-034h",)),
        (ProviderParams("p", api_version="v1beta1"), 23, ("K-032",)),
        (ProviderParams("p", api_version="v1beta1"), 24, ()),
    ],
)
def test_which_configurations_the_kubelet_refuses(
    provider: ProviderParams, minor: int, problems: tuple[str, ...]
) -> None:
    params = Params("test", minor, (provider,), pods=(POD,))
    assert start_problems(params) == problems
    starts = any(event.kind == "kubelet.looks-up" for event in build(params).events)
    assert starts == (not problems)


def test_each_field_has_its_right_value_on_the_current_line() -> None:
    assert lookup_rules_for(37) == lookup_rules_for(34) == LookupRules()


def test_older_minors_differ_where_the_specification_says() -> None:
    def changed(older: int, newer: int) -> set[str]:
        one, other = lookup_rules_for(older), lookup_rules_for(newer)
        return {
            f.name for f in fields(LookupRules) if getattr(one, f.name) != getattr(other, f.name)
        }

    assert changed(27, 28) == {"stderr_logged"}
    assert changed(32, 33) == {"provider_order"}
    assert changed(33, 34) == {
        "request_has_uid",
        "token_key_has_uid",
        "server_checks_uid",
        "key_has_token",
        "echo_guard",
        "exec_coordinates",
        "hit_coordinates",
    }
    assert set(HOLDS_FROM.values()) == {28, 33, 34}


def test_every_field_can_be_wrong() -> None:
    named = {each.name for each in deviations("lookup", LookupRules)}
    assert named == {f.name for f in fields(LookupRules)}
    for each in deviations("lookup", LookupRules):
        assert each.value != getattr(LookupRules(), each.name)
        assert each.prose
        assert each.rules


def test_rules_are_composed_of_both_sides() -> None:
    assert Rules().lookup == LookupRules()


def test_scopes_and_presets_name_each_configuration_once() -> None:
    for configurations in SCOPES.values():
        names = [params.name for params in configurations]
        assert len(set(names)) == len(names)
    assert {"legacy-secrets", "node-level", "sa-token", "sa-token-pass-through"} <= set(PRESETS)


def test_renaming_takes_uids_along_and_keeps_a_leader_first() -> None:
    token = Token("sa-x", "sa-x.1", "pod-a", "pod-a.1", "audience-p", 0, 1)
    swap = {"pod-a": "pod-b", "pod-b": "pod-a"}
    assert rename(token, swap).pod_uid == "pod-b.1"
    flight = Flight(("r.test/a",), "p", "r.test/a", None, (), ("pod-b", "pod-a", "pod-c"))
    (renamed,) = renamed_flights((flight,), swap)
    assert renamed.waiters == ("pod-a", "pod-b", "pod-c")
    assert renamed_flights(renamed_flights((flight,), swap), swap) == (flight,)


def test_cache_types_are_the_configurations() -> None:
    assert ProviderParams("p").cache_type is CacheType.SERVICE_ACCOUNT
