"""One lookup after another on a kubelet made of the model's functions."""

import json

import pytest

from pullproof.model.provider import CacheType, ProviderConfig, TokenAttributes
from pullproof.model.versions import KubeletVersion
from pullproof.oracle.reference import Event, ReferenceKubelet
from pullproof.oracle.steps import Account, Advance, Answer, Lookup

IMAGE = "registry.example/app"
MINUTE_NS = 60 * 10**9
PLAIN = ProviderConfig("p", ("registry.example",), default_cache_duration_ns=0)
WITH_TOKENS = ProviderConfig(
    "p",
    ("registry.example",),
    default_cache_duration_ns=0,
    token_attributes=TokenAttributes(
        "audience.example",
        require_service_account=True,
        cache_type=CacheType.SERVICE_ACCOUNT,
        required_annotation_keys=("role",),
    ),
)


def stdout(password: str = "password", kind: str = "Image", duration: str = "1m") -> bytes:
    return json.dumps(
        {
            "kind": "CredentialProviderResponse",
            "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
            "cacheKeyType": kind,
            "cacheDuration": duration,
            "auth": {"registry.example": {"username": "user", "password": password}},
        }
    ).encode()


def lookup(
    number: int, answer: bytes | None = b"", account: str = "", image: str = IMAGE
) -> Lookup:
    answers = (("p", answer),) if answer != b"" else ()
    return Lookup(number, "ns", "pod", "pod-uid", account, image, answers)


def kubelet(*providers: ProviderConfig, minor: int = 34) -> ReferenceKubelet:
    return ReferenceKubelet(providers, KubeletVersion(minor))


def names(events: list[Event]) -> list[object]:
    return [event[0] for event in events]


@pytest.mark.rule("K-106")
def test_an_answer_is_served_until_its_last_nanosecond() -> None:
    it = kubelet(PLAIN)
    assert names(it.perform(lookup(1, stdout()))) == ["done", "exec"]
    it.perform(Advance(MINUTE_NS))
    assert names(it.perform(lookup(2, stdout()))) == ["done"]
    it.perform(Advance(1))
    assert names(it.perform(lookup(3, stdout()))) == ["done", "exec"]


@pytest.mark.rule("K-105", "K-108")
def test_a_negative_life_is_stored_and_never_served() -> None:
    it = kubelet(PLAIN)
    it.perform(lookup(1, stdout(duration="-1s")))
    assert [life for _, _, life in it.cached()] == [-(10**9)]
    assert names(it.perform(lookup(2, stdout()))) == ["done", "exec"]


@pytest.mark.rule("K-109")
def test_an_image_entry_hides_a_newer_one_of_the_registry() -> None:
    it = kubelet(PLAIN)
    it.perform(lookup(1, stdout("old")))
    it.perform(lookup(2, stdout("new", "Registry"), image="registry.example/other"))
    (done,) = it.perform(lookup(3, stdout("never")))
    assert "old" in repr(done)


@pytest.mark.rule("K-110")
def test_expired_answers_go_when_somebody_looks_after_a_quarter_of_an_hour() -> None:
    it = kubelet(PLAIN)
    it.perform(lookup(1, stdout()))
    it.perform(Advance(15 * MINUTE_NS))
    it.perform(lookup(2, None, image="registry.example/other"))
    assert len(it.cached()) == 1
    it.perform(Advance(1))
    it.perform(lookup(3, None, image="registry.example/other"))
    assert it.cached() == []


@pytest.mark.rule("K-120", "K-121")
def test_lookups_of_one_image_share_an_exec_and_its_answer() -> None:
    it = kubelet(PLAIN)
    ((_, name, stdin),) = it.perform(lookup(1))
    assert it.perform(lookup(2)) == []
    assert isinstance(stdin, bytes)
    assert names(it.perform(Answer(str(name), stdin, stdout()))) == ["done", "done"]


@pytest.mark.rule("K-113", "K-115", "K-116")
@pytest.mark.parametrize(
    ("account", "asks"),
    [
        (Account("ns", "sa", "uid", (), "tok"), False),
        (Account("ns", "sa", "uid", (("role", "r"),), "tok", gone=True), False),
        (Account("ns", "sa", "uid", (("role", "r"),), None), True),
    ],
    ids=["annotation-missing", "account-gone", "token-refused"],
)
def test_a_cached_answer_is_no_use_to_an_account_that_lost_its_right(
    account: Account, asks: bool
) -> None:
    it = kubelet(WITH_TOKENS)
    it.perform(Account("ns", "sa", "uid", (("role", "r"),), "tok"))
    it.perform(lookup(1, stdout(), "sa"))
    it.perform(account)
    events = it.perform(lookup(2, stdout(), "sa"))
    assert ("done", 2, ()) in events
    assert names(events) == (["done", "token"] if asks else ["done"])


@pytest.mark.rule("K-094", "K-123")
def test_an_echoed_token_contributes_nothing_and_is_not_kept() -> None:
    it = kubelet(WITH_TOKENS)
    it.perform(Account("ns", "sa", "uid", (("role", "r"),), "tok"))
    assert ("done", 1, ()) in it.perform(lookup(1, stdout("tok"), "sa"))
    assert it.cached() == []


@pytest.mark.rule("K-117", "K-118")
@pytest.mark.parametrize(("minor", "owner"), [(33, None), (34, ("ns", "sa", "uid-2"))])
def test_a_hit_belongs_to_the_account_as_it_is_now(minor: int, owner: object) -> None:
    it = kubelet(WITH_TOKENS, minor=minor)
    it.perform(Account("ns", "sa", "uid-2", (("role", "r"),), "tok"))
    it.perform(lookup(1, stdout(), "sa"))
    events = it.perform(lookup(2, None, "sa"))
    (found,) = [event[2] for event in events if event[0] == "done"]
    assert isinstance(found, tuple)
    assert found[0][3] == owner
