"""Tokens: the manager's memory, the generator and the validator, against the real ones."""

from collections.abc import Iterator
from random import Random

import pytest

from pullproof.model.versions import KubeletVersion
from pullproof.oracle import accounts, tokens
from pullproof.oracle.client import Oracle
from pullproof.oracle.comparison import Context
from pullproof.oracle.releases import RELEASES, program

BUILT = [minor for minor in RELEASES if program(minor).is_file()]
needs_oracle = pytest.mark.skipif(
    not BUILT, reason="no oracle is built: python -m pullproof.oracle.build"
)
SECOND_NS = 1_000_000_000


@pytest.fixture(scope="module", params=BUILT or [34], ids=lambda minor: f"1.{minor}")
def oracle(request: pytest.FixtureRequest) -> Iterator[Oracle]:
    with Oracle(request.param) as started:
        yield started


@needs_oracle
@pytest.mark.oracle
@pytest.mark.rule("K-151")
@pytest.mark.parametrize(("early_s", "share"), [(10, 0.0), (9, 0.0), (5, 0.4), (1, 0.8), (0, 0.9)])
def test_chance_refreshes_a_token_up_to_nine_seconds_early(
    oracle: Oracle, early_s: int, share: float
) -> None:
    token = {"do": "get", "token": "t", "granted": 3600, "life": 3600 * SECOND_NS, "pod": "p"}
    wait = {"do": "advance", "nanoseconds": (2880 - early_s) * SECOND_NS}
    (answer,) = oracle.ask("tokens", [{"steps": [token, wait, {"do": "sample", "times": 4000}]}])
    assert answer["steps"][-1].get("wanted", 0) / 4000 == pytest.approx(share, abs=0.05)


@needs_oracle
@pytest.mark.oracle
@pytest.mark.rule("K-150")
def test_only_newer_kubelets_keep_tokens_of_a_recreated_account_apart(oracle: Oracle) -> None:
    token = {"do": "get", "granted": 3600, "life": 3600 * SECOND_NS, "pod": "p"}
    first, second = {**token, "uid": "1", "token": "a"}, {**token, "uid": "2", "token": "b"}
    (answer,) = oracle.ask("tokens", [{"steps": [first, second]}])
    assert answer["steps"][1]["token"] == ("a" if oracle.minor == 33 else "b")


@needs_oracle
@pytest.mark.oracle
@pytest.mark.rule("T-138")
def test_the_api_server_takes_what_a_relying_party_must_not(oracle: Oracle) -> None:
    context = Context(KubeletVersion(oracle.minor))
    (_, judge) = accounts.COMPARISONS
    lenient = [name for name, change in accounts.CHANGES.items() if change.is_lenient]
    values = [accounts.Judged((name,)) for name in lenient]
    answers = oracle.ask("judgeToken", [judge.ask(value, context) for value in values])
    assert [answer["accepted"] for answer in answers] == [True] * len(lenient)
    assert [judge.model(value, context) for value in values] == [(True, False)] * len(lenient)


def test_scenarios_step_over_the_seconds_in_which_chance_decides() -> None:
    (comparison,) = tokens.COMPARISONS
    rng, context = Random("chance"), Context(KubeletVersion(34))
    values = [comparison.generate(rng, ()) for _ in range(100)]
    assert not [value for value in values if comparison.explain(value, context)]
