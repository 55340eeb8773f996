"""Which credentials are tried for an image, and in which order."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.corpus.cases import Case, cases
from pullproof.model.keyring import Keyring, is_hub_image, keyring_key, lookup_all
from pullproof.model.versions import KubeletVersion

ORDER = (
    "registry.io:5000",
    "registry.io",
    "a.registry.io:8080",
    "a.registry.io/foo/bar",
    "a.registry.io/foo",
    "a.registry.io",
    "a.*.io",
    "A.registry.io",
    "*.registry.io",
    "*.*.io",
)


@dataclass(frozen=True)
class FakeEntry:
    auth_key: str
    username: str = "user"
    password: str = field(default="marker-password", repr=False)


def ring(*auth_keys: str) -> Keyring:
    """Return a keyring to which one provider after the other added one key."""
    keyring = Keyring()
    for number, auth_key in enumerate(auth_keys):
        keyring = keyring.add(f"provider-{number}", [FakeEntry(auth_key)])
    return keyring


@pytest.mark.rule("K-131")
@pytest.mark.parametrize("case", cases("names/keyring-keys"), ids=lambda case: case.id)
def test_k131_auth_keys_become_the_recorded_keyring_keys(case: Case) -> None:
    assert keyring_key(case.input["location"]) == case.expect["key"]


@pytest.mark.rule("K-130", "K-132", "K-133", "K-134", "K-135", "K-137")
@pytest.mark.parametrize("case", cases("names/keyring-lookups"), ids=lambda case: case.id)
def test_credentials_are_tried_in_the_recorded_order(case: Case) -> None:
    found = ring(*case.input["authKeys"]).lookup(case.input["repoName"])
    assert [credential.auth_key for credential in found] == case.expect["order"]


@pytest.mark.rule("K-134")
@given(st.permutations(ORDER))
def test_k134_keys_are_in_reverse_byte_order_however_they_came(keys: list[str]) -> None:
    assert ring(*keys).keys == ORDER


@pytest.mark.rule("K-134")
def test_k134_the_order_is_one_of_bytes() -> None:
    assert ring("a\U00010000.io", "a\uffff.io").keys == ("a\U00010000.io", "a\uffff.io")


@pytest.mark.rule("K-136", "K-182")
def test_k136_every_contributor_counts_and_equal_credentials_stay() -> None:
    keyring = Keyring().add("empty", []).add("a", [FakeEntry("r.io")]).add("b", [FakeEntry("r.io")])
    assert [credential.source for credential in keyring.lookup("r.io/x")] == ["a", "b"]


@pytest.mark.rule("K-170", "K-171")
def test_k171_no_keyring_hides_another() -> None:
    found = lookup_all([ring("r.io"), Keyring(), ring("q.io", "r.io/x")], "r.io/x")
    assert [credential.auth_key for credential in found] == ["r.io", "r.io/x"]


def test_adding_leaves_the_old_keyring_alone() -> None:
    before = ring("r.io")
    before.add("more", [FakeEntry("q.io")])
    assert before.keys == ("r.io",)


@pytest.mark.rule("I-19")
def test_a_keyring_shows_no_password() -> None:
    assert "marker-password" not in repr(ring("r.io", "q.io"))


@pytest.mark.rule("K-137")
@pytest.mark.parametrize(
    ("name", "is_hub"),
    [
        ("foo", True),
        ("foo/bar", True),
        ("docker.io/foo/bar", True),
        ("index.docker.io/foo/bar", True),
        ("", False),
        ("/foo", False),
        ("registry.tld/foo/bar", False),
        ("registry:5000/foo/bar", False),
        ("myhostdocker.io/foo/bar", False),
        ("docker.io.evil.example/foo", False),
    ],
)
def test_k137_hub_images_are_told_by_their_first_segment(name: str, is_hub: bool) -> None:
    assert is_hub_image(name) is is_hub


@pytest.mark.rule("K-041")
def test_a_second_colon_counts_as_part_of_the_host_before_1_36() -> None:
    assert keyring_key("a:1:2") is None
    assert keyring_key("a:1:2", strict_colons=False) == "a:1:2"
    assert not KubeletVersion(35).has_strict_colons
    assert KubeletVersion(36).has_strict_colons
