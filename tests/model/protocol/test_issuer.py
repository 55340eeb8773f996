"""Tokens: how they are asked for, kept, refreshed and refused."""

from dataclasses import replace

import pytest

from pullproof.model.protocol.build import build
from pullproof.model.protocol.params import AccountParams, Params, PodParams, ProviderParams
from tests.model.protocol.walks import Walk

A = "r.test/a"
PARAMS = Params(
    "test",
    providers=(ProviderParams("p", "sa", answers=("image-once", "fails")),),
    accounts=(AccountParams("sa-x", annotations=((("r", "1"),), ()), incarnations=2, opens=(A,)),),
    pods=(PodParams("pod-a", "sa-x", (A,), incarnations=2),),
    horizon=4,
    token_ticks=2,
    purge_ticks=0,
    api_faults=("down", "no-tokens"),
    grants_change=True,
)
LOOKUP = "kubelet.looks-up(pod-a,r.test/a)"
DONE = ("provider.answers(p,pod-a,fails)", "kubelet.takes(pod-a,p)")
TICK = "clock.advances()"


@pytest.mark.rule("K-151")
class TestRefresh:
    """A token is used again until its last tick, then refreshed."""

    def test_a_fresh_token_is_used_again(self) -> None:
        walk = Walk(build(PARAMS)).do(LOOKUP, *DONE, TICK, LOOKUP)
        assert walk.seen("token-reused")
        assert not walk.seen("token-request")

    def test_refreshed_in_its_last_tick(self) -> None:
        walk = Walk(build(PARAMS)).do(LOOKUP, *DONE, TICK, TICK, LOOKUP)
        assert walk.one("token-request")["token"].expires == 4

    def test_a_failed_refresh_leaves_a_valid_token(self) -> None:
        walk = Walk(build(PARAMS)).do(LOOKUP, *DONE, TICK, TICK)
        walk.do("api.becomes(no-tokens)", LOOKUP)
        assert walk.one("exec")["identity"].token.expires == 2

    def test_and_ends_the_lookup_once_it_has_expired(self) -> None:
        walk = Walk(build(PARAMS)).do(LOOKUP, *DONE, TICK, TICK, TICK)
        walk.do("api.becomes(no-tokens)", LOOKUP)
        assert walk.one("refused-lookup")["rule"] == "K-115"

    def test_a_failure_is_not_remembered(self) -> None:
        walk = Walk(build(PARAMS)).do("api.becomes(no-tokens)", LOOKUP)
        assert walk.seen("refused-lookup")
        assert walk.do("api.becomes(up)", LOOKUP).seen("exec")


@pytest.mark.rule("K-164")
class TestRecreation:
    """A new account of the old name is another account."""

    def test_the_old_token_is_not_used(self) -> None:
        walk = Walk(build(PARAMS)).do(LOOKUP, *DONE)
        walk.do("account.deleted(sa-x)", "account.created(sa-x)", LOOKUP)
        assert walk.one("exec")["identity"].token.account_uid == "sa-x.2"

    def test_recreated_between_read_and_request_fails(self) -> None:
        walk = Walk(build(PARAMS)).do("kubelet.looks-up-while-recreated(pod-a,r.test/a)")
        assert walk.one("token-request")["problem"] == "K-164"
        assert walk.one("refused-lookup")["rule"] == "K-115"

    def test_the_first_alpha_minted_for_the_new_one(self) -> None:
        old = replace(PARAMS, providers=(replace(PARAMS.providers[0], cache_type=None),))
        walk = Walk(build(old.at(33))).do("kubelet.looks-up-while-recreated(pod-a,r.test/a)")
        assert walk.one("exec")["identity"].coordinates.uid == "sa-x.1"
        assert walk.one("exec")["identity"].token.account_uid == "sa-x.2"
        assert "I-34" in walk.broken


@pytest.mark.rule("K-161")
class TestNodeRestriction:
    """Tokens are for pods that are there, with the UID they have."""

    def test_not_for_a_pod_that_is_gone(self) -> None:
        walk = Walk(build(PARAMS)).do("pod.deleted(pod-a)", LOOKUP)
        assert walk.one("token-request")["problem"] == "K-161"

    def test_not_for_the_old_uid(self) -> None:
        walk = Walk(build(PARAMS)).do("pod.deleted(pod-a)", "pod.created(pod-a)", LOOKUP)
        assert walk.one("token-request")["problem"] == "K-161"

    def test_the_new_pod_has_its_own_token(self) -> None:
        walk = Walk(build(PARAMS)).do(LOOKUP, *DONE, "pod.deleted(pod-a)", "pod.created(pod-a)")
        walk.do("kubelet.syncs-pod(pod-a)")
        assert walk.state["tokens:pod-a:p"] == ()
        assert walk.do(LOOKUP).one("exec")["identity"].token.pod_uid == "pod-a.2"


@pytest.mark.rule("K-162")
def test_k162_without_a_grant_there_is_no_token() -> None:
    walk = Walk(build(PARAMS)).do("grant.changes(audience-p)", LOOKUP)
    assert walk.one("token-request")["problem"] == "K-162"


@pytest.mark.rule("K-113")
class TestAccount:
    """The account is read at every lookup, before anything else."""

    def test_a_deleted_account_ends_it(self) -> None:
        walk = Walk(build(PARAMS)).do(LOOKUP, *DONE, "account.deleted(sa-x)", LOOKUP)
        assert walk.one("refused-lookup")["rule"] == "K-113"

    def test_and_so_does_a_missing_required_annotation(self) -> None:
        required = replace(PARAMS.providers[0], required=("r",))
        walk = Walk(build(replace(PARAMS, providers=(required,)))).do(LOOKUP)
        assert walk.one("exec")["identity"].disclosed == (("r", "1"),)
        walk.do(*DONE, "account.annotated(sa-x,1)", LOOKUP)
        assert walk.one("refused-lookup")["rule"] == "K-113 annotation"
