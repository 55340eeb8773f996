"""The token manager in numbers, by the rules and not by its code."""

from dataclasses import replace

import pytest

from pullproof.model.token_manager import (
    SECOND_NS,
    Given,
    HeldToken,
    TokenManager,
    TokenRequest,
    token_key,
    wants_refresh,
)
from pullproof.model.versions import KubeletVersion

REQUEST = TokenRequest("ns", "puller", ("registry.example",), "p", "p-1", "uid-1")
NEW = KubeletVersion(34)
HELD = HeldToken("key", "p-1", "token", 3600 * SECOND_NS, 3600)


def _filled() -> TokenManager:
    manager, given = TokenManager(NEW).get(REQUEST, 0, lambda key: replace(HELD, key=key))
    assert given == Given("token", asked=True)
    return manager


def _fails(key: str) -> str:
    return "no token today"


@pytest.mark.rule("K-150")
def test_the_key_names_everything_that_was_asked_for() -> None:
    assert token_key(REQUEST, NEW) == (
        '"puller"/"ns"/[]string{"registry.example"}/0/v1.BoundObjectReference{Kind:"Pod", '
        'APIVersion:"v1", Name:"p", UID:"p-1"}/"uid-1"'
    )
    assert token_key(REQUEST, KubeletVersion(33)).endswith('UID:"p-1"}')


@pytest.mark.rule("K-151")
@pytest.mark.parametrize(
    ("at_s", "wanted"), [(0, False), (2871, False), (2872, None), (2880, None), (2881, True)]
)
def test_a_token_is_refreshed_in_its_last_fifth(at_s: int, wanted: bool | None) -> None:
    assert wants_refresh(HELD, at_s * SECOND_NS) is wanted


@pytest.mark.rule("K-151")
def test_a_token_is_refreshed_after_a_day_at_the_latest() -> None:
    long = replace(HELD, expires_ns=10 * 86400 * SECOND_NS, granted_s=10 * 86400)
    assert wants_refresh(long, 86400 * SECOND_NS + 1)
    assert wants_refresh(long, (86400 - 9) * SECOND_NS) is False


@pytest.mark.rule("K-151")
def test_a_token_without_seconds_is_never_refreshed() -> None:
    assert wants_refresh(replace(HELD, granted_s=None), 10**20) is False


@pytest.mark.rule("K-152")
def test_a_failed_refresh_gives_the_old_token_until_its_end() -> None:
    manager = _filled()
    assert manager.get(REQUEST, 3600 * SECOND_NS, _fails)[1] == Given("token", asked=True)
    error = manager.get(REQUEST, 3600 * SECOND_NS + 1, _fails)[1].error
    assert error.endswith("expired and refresh failed: no token today")


@pytest.mark.rule("K-152")
def test_a_failure_is_not_remembered() -> None:
    manager, given = TokenManager(NEW).get(REQUEST, 0, _fails)
    assert given == Given(error="failed to fetch token: no token today", asked=True)
    assert not manager.held


@pytest.mark.rule("K-153")
def test_expired_tokens_and_those_of_deleted_pods_are_forgotten() -> None:
    manager = _filled()
    assert manager.cleaned(3600 * SECOND_NS).held
    assert not manager.cleaned(3600 * SECOND_NS + 1).held
    assert manager.without_pod("p-2").held
    assert not manager.without_pod("p-1").held
