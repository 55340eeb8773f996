"""The lookup, step by step: what is asked, kept, served and refused."""

from dataclasses import replace

import pytest

from pullproof.model.machine import ImpossibleEvent
from pullproof.model.protocol.build import build
from pullproof.model.protocol.params import (
    AccountParams,
    Params,
    PodParams,
    ProviderParams,
    SecretParams,
)
from pullproof.model.provider import CacheType
from tests.model.protocol.walks import Walk

A, B = "r.test/a", "r.test/b"
LOOKUP_A = "kubelet.looks-up(pod-a,r.test/a)"
LOOKUP_B = "kubelet.looks-up(pod-b,r.test/a)"
TICK = "clock.advances()"


def one_provider(*answers: str, **more: object) -> Params:
    """Return two pods of one account and one SA provider."""
    provider = replace(ProviderParams("p", "sa", answers=answers), **more)  # type: ignore[arg-type]
    return Params(
        "test",
        providers=(provider,),
        accounts=(AccountParams("sa-x", opens=(A, B)),),
        pods=(PodParams("pod-a", "sa-x", (A, B)), PodParams("pod-b", "sa-x", (A,))),
        parallel=2,
        horizon=4,
        token_ticks=4,
        credential_ticks=2,
        purge_ticks=0,
        results=True,
    )


def answered(name: str, pod: str = "pod-a") -> tuple[str, str]:
    return f"provider.answers(p,{pod},{name})", f"kubelet.takes({pod},p)"


@pytest.mark.rule("K-117")
class TestOneLookup:
    """A miss runs the provider; its answer is used and kept."""

    def test_the_request_has_a_token_of_the_pod(self) -> None:
        walk = Walk(build(one_provider("registry"))).do(LOOKUP_A)
        identity = walk.one("exec")["identity"]
        assert (identity.token.pod, identity.token.account) == ("pod-a", "sa-x")
        assert identity.token.audience == "audience-p"

    def test_the_answer_is_pulled_with(self) -> None:
        walk = Walk(build(one_provider("registry"))).do(LOOKUP_A, *answered("registry"))
        assert walk.one("pulled")["outcome"] == "ok"
        assert walk.state["result:pod-a"] == "ok"
        assert walk.state["lookup:pod-a"] is None

    def test_coordinates_come_with_exec_and_hit(self) -> None:
        walk = Walk(build(one_provider("registry"))).do(LOOKUP_A, *answered("registry"))
        executed = walk.one("contributed")["coordinates"]
        hit = walk.do(LOOKUP_A).one("contributed")["coordinates"]
        assert executed == hit
        assert (hit.name, hit.uid) == ("sa-x", "sa-x.1")

    def test_no_coordinates_on_the_first_alpha(self) -> None:
        params = one_provider("registry", cache_type=None).at(33)
        walk = Walk(build(params)).do(LOOKUP_A, *answered("registry"))
        assert walk.one("contributed")["coordinates"] is None
        assert "K-117" in walk.broken

    def test_a_lookup_under_way_cannot_start_again(self) -> None:
        walk = Walk(build(one_provider("registry"))).do(LOOKUP_A)
        before = dict(walk.state)
        with pytest.raises(ImpossibleEvent):
            walk.do("kubelet.looks-up(pod-a,r.test/b)")
        assert walk.state == before


@pytest.mark.rule("K-101")
class TestCacheScope:
    """cacheKeyType decides which later lookups an answer serves."""

    def test_a_registry_answer_serves_a_sibling_and_another_pod(self) -> None:
        walk = Walk(build(one_provider("registry"))).do(LOOKUP_A, *answered("registry"))
        assert walk.do("kubelet.looks-up(pod-a,r.test/b)").seen("served")
        assert walk.do(LOOKUP_B).seen("served")

    def test_an_image_answer_serves_its_image_only(self) -> None:
        walk = Walk(build(one_provider("image"))).do(LOOKUP_A, *answered("image"))
        assert walk.do(LOOKUP_B).seen("served")
        assert walk.do("kubelet.looks-up(pod-a,r.test/b)").seen("exec")

    def test_the_narrower_entry_wins(self) -> None:
        walk = Walk(build(one_provider("image", "registry")))
        walk.do("kubelet.looks-up(pod-a,r.test/b)", *answered("registry"))
        walk.do(TICK, TICK, TICK)  # the entry of the registry expires
        walk.do(LOOKUP_A, *answered("image"))
        walk.do("kubelet.looks-up(pod-a,r.test/b)", *answered("registry"))
        assert walk.do(LOOKUP_A).one("served")["entry"].scope == A


@pytest.mark.rule("K-105")
@pytest.mark.parametrize(
    ("answer", "default", "entries"),
    [
        ("registry", 0, 1),
        ("image-once", 2, 0),
        ("registry-default", 0, 0),
        ("registry-default", 1, 1),
        ("negative", 1, 1),
        ("fails", 1, 0),
    ],
)
def test_k105_what_is_kept(answer: str, default: int, entries: int) -> None:
    params = one_provider(answer, default_ticks=default)
    walk = Walk(build(params)).do(LOOKUP_A, *answered(answer))
    assert len(walk.state["cache:p"]) == entries


@pytest.mark.rule("K-106")
def test_k106_an_entry_is_served_in_its_last_tick_and_not_after() -> None:
    walk = Walk(build(one_provider("registry"))).do(LOOKUP_A, *answered("registry"))
    assert walk.do(TICK, TICK, LOOKUP_A).seen("served")
    assert walk.do(TICK, LOOKUP_A).seen("exec")
    assert walk.state["cache:p"] == ()


@pytest.mark.rule("K-105")
def test_a_negative_duration_is_kept_expired() -> None:
    walk = Walk(build(one_provider("negative"))).do(LOOKUP_A, *answered("negative"))
    assert walk.do(LOOKUP_A).seen("exec")


@pytest.mark.rule("K-094")
class TestEchoGuard:
    """A password equal to the token is refused, unless cacheType is Token."""

    def test_refused_with_service_account(self) -> None:
        walk = Walk(build(one_provider("echo"))).do(LOOKUP_A, *answered("echo"))
        assert walk.one("refused")["rule"] == "K-094"
        assert walk.state["cache:p"] == ()

    def test_refused_also_when_it_would_not_be_kept(self) -> None:
        walk = Walk(build(one_provider("echo-once"))).do(LOOKUP_A, *answered("echo-once"))
        assert walk.seen("refused")

    def test_accepted_with_token_and_kept_for_that_token(self) -> None:
        params = one_provider("pass-through", cache_type=CacheType.TOKEN)
        walk = Walk(build(params)).do(LOOKUP_A, *answered("pass-through"))
        assert walk.one("pulled")["outcome"] == "ok"
        assert walk.do(LOOKUP_A).seen("served")
        assert walk.do(LOOKUP_B).seen("exec")

    def test_no_guard_before_1_34(self) -> None:
        walk = Walk(build(one_provider("echo", cache_type=None).at(33)))
        walk.do(LOOKUP_A, *answered("echo"), LOOKUP_B)
        assert walk.seen("served")
        assert "I-07" in walk.broken


@pytest.mark.rule("K-120")
class TestFlights:
    """Equal lookups share one exec; different tokens make them different."""

    def test_pods_with_tokens_fly_alone(self) -> None:
        walk = Walk(build(one_provider("registry"))).do(LOOKUP_A, LOOKUP_B)
        assert walk.seen("exec")
        assert len(walk.state["flights:p"]) == 2

    def test_plain_lookups_of_one_image_share(self) -> None:
        params = one_provider("node-registry", "fails", mode="plain")
        walk = Walk(build(params)).do(LOOKUP_A, LOOKUP_B)
        assert walk.seen("joined")
        walk.do("provider.answers(p,pod-a,fails)", "kubelet.takes(pod-b,p)")
        assert walk.one("contributed")["via"] == "failure"
        walk.do("kubelet.takes(pod-a,p)")
        assert walk.state["flights:p"] == ()

    def test_different_images_do_not_share(self) -> None:
        params = one_provider("node-registry", mode="plain")
        walk = Walk(build(params)).do("kubelet.looks-up(pod-a,r.test/b)", LOOKUP_B)
        assert walk.seen("exec")

    def test_a_flight_that_has_landed_is_not_joined(self) -> None:
        params = one_provider("node-once", mode="plain")
        walk = Walk(build(params)).do(LOOKUP_A, "provider.answers(p,pod-a,node-once)", LOOKUP_B)
        assert walk.seen("exec")


@pytest.mark.rule("K-098")
@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ("wrong-version", "K-090"),
        ("unknown-field", "K-091"),
        ("wrong-kind", "K-092"),
        ("no-cache-key-type", "K-093"),
        ("service-account-key-type", "K-093"),
        ("answer-and-exit-1", "K-084"),
    ],
)
def test_k098_a_refused_answer_gives_and_keeps_nothing(answer: str, rule: str) -> None:
    walk = Walk(build(one_provider(answer))).do(LOOKUP_A, *answered(answer))
    assert walk.one("refused")["rule"] == rule
    assert walk.one("pulled")["anonymous"]
    assert walk.state["cache:p"] == ()


@pytest.mark.rule("K-112")
class TestWithoutAccount:
    """Pods without service account, where one is required and where not."""

    @staticmethod
    def params(required: bool) -> Params:
        return replace(
            one_provider("registry", "node-registry", require_account=required),
            pods=(PodParams("pod-a", "", (A,)), PodParams("pod-b", "sa-x", (A,))),
        )

    def test_not_run_where_required(self) -> None:
        walk = Walk(build(self.params(required=True))).do(LOOKUP_A)
        assert walk.one("refused-lookup")["rule"] == "K-112"

    def test_run_without_token_where_not(self) -> None:
        walk = Walk(build(self.params(required=False))).do(LOOKUP_A)
        assert walk.one("exec")["identity"].token is None

    def test_partitions_are_apart(self) -> None:
        walk = Walk(build(self.params(required=False)))
        walk.do(LOOKUP_A, *answered("node-registry"))
        assert walk.do(LOOKUP_B).seen("exec")


@pytest.mark.rule("K-170")
class TestUnion:
    """Pull secrets, node file and providers are joined, in this order."""

    PARAMS = Params(
        "test",
        providers=(ProviderParams("n", answers=("node-registry", "fails")),),
        pods=(PodParams("pod-a", images=(A,), secrets=("s-1",)),),
        secrets=(SecretParams("s-1", A, (B,), ("spoiled", "deleted")),),
        node_file="r.test",
        results=True,
    )

    def test_all_are_tried_in_order(self) -> None:
        walk = Walk(build(self.PARAMS))
        walk.do(LOOKUP_A, "provider.answers(n,pod-a,node-registry)", "kubelet.takes(pod-a,n)")
        origins = [each.origin for each in walk.one("offered")["tried"]]
        assert origins == ["secret:s-1", "file", "n"]
        assert walk.one("pulled")["used"].origin == "file"

    def test_an_unreadable_secret_fails_the_lookup(self) -> None:
        walk = Walk(build(self.PARAMS)).do("secret.spoiled(s-1)", LOOKUP_A)
        walk.do("provider.answers(n,pod-a,node-registry)", "kubelet.takes(pod-a,n)")
        assert walk.seen("lookup-failed")
        assert not walk.seen("pulled")

    def test_a_failed_provider_silences_nobody(self) -> None:
        walk = Walk(build(self.PARAMS))
        walk.do(LOOKUP_A, "provider.answers(n,pod-a,fails)", "kubelet.takes(pod-a,n)")
        assert walk.one("pulled")["outcome"] == "ok"


@pytest.mark.rule("K-110")
def test_k110_a_purge_drops_what_has_expired() -> None:
    params = replace(one_provider("image", "image-once"), purge_ticks=1)
    walk = Walk(build(params)).do(LOOKUP_A, *answered("image"))
    walk.do(TICK, TICK, TICK, "kubelet.looks-up(pod-a,r.test/b)")
    assert walk.seen("purged")
    assert walk.state["cache:p"] == ()


@pytest.mark.rule("K-100")
def test_a_restart_forgets_everything_in_memory() -> None:
    params = replace(one_provider("registry"), restarts=True)
    walk = Walk(build(params)).do(LOOKUP_A, *answered("registry"), LOOKUP_B)
    walk.do("kubelet.restarts()")
    assert walk.state["cache:p"] == ()
    assert walk.state["tokens:pod-a:p"] == ()
    assert walk.do(LOOKUP_A).seen("exec")
