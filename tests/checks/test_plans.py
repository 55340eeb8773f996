"""Steps that many checks propose, and the images they ask for."""

from dataclasses import replace

import pytest

from pullproof.checks import catalogue, images, plans, stdout
from pullproof.checks.hosts import is_sent
from pullproof.model.images import repo_name
from pullproof.model.setup import Policy
from tests.checks.factory import (
    PLAIN_PROVIDER,
    WORKLOADS,
    FirstDraw,
    RandomDraw,
    document,
    make_setup,
    plain_setup,
    request_of,
)

SETUP = make_setup()


class TestValidStep:
    def test_asks_for_a_served_image_as_its_owner(self) -> None:
        step = plans.valid_step(SETUP, FirstDraw(), image="registry.example/team-b/app")
        assert (step.id, step.workload, step.edits) == ("baseline", "b", ())

    def test_asks_as_anybody_for_what_nobody_owns(self) -> None:
        assert plans.valid_step(SETUP, FirstDraw(), image="elsewhere.example/x").workload == "a"

    @pytest.mark.rule("K-037")
    def test_has_no_identity_in_plain_mode(self) -> None:
        setup = plain_setup(workloads=WORKLOADS)
        assert plans.valid_step(setup, FirstDraw(), workload="a").workload is None

    def test_needs_a_served_image_that_the_kubelet_asks_for(self) -> None:
        setup = plain_setup(provider=replace(PLAIN_PROVIDER, match_images=("quay.io",)))
        assert plans.needs_served(setup) is not None
        with pytest.raises(LookupError):
            plans.valid_step(setup, FirstDraw())

    def test_a_declined_image_must_be_declared(self) -> None:
        with pytest.raises(LookupError):
            plans.declined_image(replace(SETUP, declined=()), FirstDraw())
        assert plans.declined_image(SETUP, FirstDraw()) == "elsewhere.example/foo/bar"

    def test_some_image_is_always_at_hand(self) -> None:
        nothing = replace(SETUP, served=(), declined=())
        assert plans.any_image(nothing, FirstDraw()) == plans.FALLBACK_IMAGE


@pytest.mark.rule("K-040")
def test_placeholders_stand_for_hosts_when_patterns_are_compared() -> None:
    setup = plain_setup(provider=replace(PLAIN_PROVIDER, match_images=("${registry.host}",)))
    assert is_sent(setup, "${registry.host}/team-a/app")
    assert not is_sent(setup, "${other.host}/team-a/app")


MINE = [
    check.id
    for check in catalogue.ALL
    if check.id[0] in "ABCDE" and check.applies(SETUP) is None
]  # fmt: skip


@pytest.mark.parametrize("check_id", MINE)
def test_step_ids_are_unique_and_fit_into_a_file_name(check_id: str) -> None:
    scenario = catalogue.by_id(check_id).propose(SETUP, RandomDraw(3))
    ids = [step.id for step in scenario.steps]
    assert len(set(ids)) == len(ids)
    assert all(id.replace("-", "").isalnum() for id in ids)
    assert scenario.check == check_id


@pytest.mark.parametrize("check_id", MINE)
def test_every_request_can_be_built(check_id: str) -> None:
    for step in catalogue.by_id(check_id).propose(SETUP, RandomDraw(5)).execs:
        assert isinstance(request_of(SETUP, step).stdin, bytes)


class TestLookalikes:
    IMAGE = "eu.registry.example/team/app"
    SETUP = plain_setup(
        provider=replace(PLAIN_PROVIDER, match_images=("*.*.*",)),
        served=(IMAGE,),
        policy=Policy(owns=("*.registry.example",)),
    )

    def test_resemble_the_host_in_every_known_way(self) -> None:
        assert images.lookalikes(self.SETUP, self.IMAGE) == {
            "as-prefix": "eu.registry.example.elsewhere.invalid/team/app",
            "other-top": "eu.registry.invalid/team/app",
            "no-dot-1": "euregistry.example/team/app",
            "other-dot-1": "euxregistry.example/team/app",
            "no-dot-2": "eu.registryexample/team/app",
            "other-dot-2": "eu.registryxexample/team/app",
            "in-path": "elsewhere.invalid/eu.registry.example/team/app",
        }

    def test_are_never_owned_and_always_repo_names(self) -> None:
        for image in images.lookalikes(SETUP, SETUP.served[0]).values():
            assert not images.is_owned(SETUP, image)
            assert repo_name(image) == image

    def test_keep_the_port(self) -> None:
        setup = plain_setup(policy=Policy(owns=("registry.example:5000",)))
        found = images.lookalikes(setup, "registry.example:5000/a/b")
        assert found["as-prefix"] == "registry.example.elsewhere.invalid:5000/a/b"
        assert found["longer-port"] == "registry.example:50001/a/b"

    def test_of_a_host_that_is_not_known_yet_are_none(self) -> None:
        assert images.lookalikes(SETUP, "${registry.host}/a/b") == {}


@pytest.mark.rule("K-072")
@pytest.mark.parametrize("name", images.UNUSUAL)
def test_unusual_images_are_legal(name: str) -> None:
    assert repo_name(images.UNUSUAL[name]) == images.UNUSUAL[name]


@pytest.mark.parametrize("name", images.NO_REPO_NAMES)
def test_what_is_no_repo_name_is_never_sent(name: str) -> None:
    assert not images.is_repo_name(images.NO_REPO_NAMES[name])


@pytest.mark.parametrize("last", images.SIBLINGS.values())
def test_siblings_are_legal(last: str) -> None:
    assert images.is_repo_name(images.sibling("registry.example/team-a/app", last))


class TestPortTwins:
    def test_are_images_that_a_pattern_with_a_port_admits(self) -> None:
        setup = plain_setup(
            provider=replace(
                PLAIN_PROVIDER, match_images=("registry.example", "*.example:5000", "x:6000")
            )
        )
        twins = images.port_twins(setup, "registry.example/a/b")
        assert twins == ("registry.example:5000/a/b",)

    def test_of_a_configuration_without_ports_are_none(self) -> None:
        assert images.port_twins(SETUP, "registry.example/a/b") == ()


class TestWhatFollowsADocument:
    @pytest.mark.parametrize(
        ("data", "rest"),
        [
            (b"{}", 0),
            (b" {} \n\t", 0),
            (b"{}\ndone\n", 4),
            (b"{}{}", 2),
            (b"{}\n\xff", 1),
            (b"", 0),
            (b"hello {}", 0),
            (b"[] x", 0),
            (b"[" * 100_000, 0),
        ],
    )
    def test_is_counted_in_bytes(self, data: bytes, rest: int) -> None:
        assert stdout.follows_document(data) == rest

    def test_is_nothing_after_a_real_response(self) -> None:
        assert stdout.follows_document(document({"a.b": ("u", "p")}) + b"\n") == 0
