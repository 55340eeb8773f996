"""The image side: what is recorded of the kubelet's code binds the model."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any, cast

import pytest

from pullproof.model.protocol.image_params import (
    ContainerParams,
    ContentParams,
    ImageParams,
    ImageSecretParams,
    LoginParams,
)
from pullproof.model.protocol.rules import Rules, rules_for
from pullproof.model.versions import KubeletVersion
from pullproof.oracle import images
from pullproof.oracle.client import Oracle
from pullproof.oracle.comparison import Context
from pullproof.oracle.image_scenarios import configuration, walk
from pullproof.oracle.images import ImageScenario
from pullproof.oracle.inherited import KINDS
from pullproof.oracle.node_run import NodeRun
from pullproof.oracle.records import SPOILT, file_name
from pullproof.oracle.releases import RELEASES, program
from pullproof.oracle.reproductions import GATES, Reproduction, by_model, by_oracle, read

BUILT = [minor for minor in RELEASES if program(minor).is_file()]
needs_oracle = pytest.mark.skipif(
    not BUILT, reason="no oracle is built: python -m pullproof.oracle.build"
)
CASES = {case.id: case for case in read()}
IMAGE = "r.test/a:1"
OPENS_TO_A_STRANGER = ("P-56", "P-57", "P-57-digest", "P-58", "P-58-short-name", "P-59", "P-60")


@pytest.fixture(scope="module", params=BUILT or [34], ids=lambda minor: f"1.{minor}")
def oracle(request: pytest.FixtureRequest) -> Iterator[Oracle]:
    with Oracle(request.param, gates=GATES) as started:
        yield started


@pytest.mark.parametrize("minor", RELEASES)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_model_says_what_the_kubelet_was_seen_to_do(case: Reproduction, minor: int) -> None:
    assert by_model(case, minor) == case.recorded[RELEASES[minor]]


@needs_oracle
@pytest.mark.oracle
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_kubelet_still_does_what_is_recorded(case: Reproduction, oracle: Oracle) -> None:
    assert by_oracle(case, oracle) == case.recorded[RELEASES[oracle.minor]]


@pytest.mark.parametrize("release", RELEASES.values())
@pytest.mark.parametrize("name", OPENS_TO_A_STRANGER)
def test_a_finding_ends_with_a_stranger_who_starts(name: str, release: str) -> None:
    move, seen, _ = CASES[name].recorded[release][-1]
    assert move.startswith("kubelet.ensures(pod-b")
    assert seen[-1] == ["done", "pod-b", "x", "", ""]
    assert ["pull", "pod-b"] not in [event[:2] for event in seen]


@pytest.mark.rule("K-210")
@pytest.mark.parametrize("release", RELEASES.values())
def test_policy_never_tells_a_present_image_by_its_error(release: str) -> None:
    moves = CASES["P-66"].recorded[release]
    errors = [seen[-1][3] for move, seen, _ in moves if move.startswith("kubelet.ensures(pod-b")]
    assert errors == ["ErrImageNeverPull", "other"]


@needs_oracle
@pytest.mark.oracle
@pytest.mark.rule("K-226")
def test_at_a_hundred_recorded_secrets_coordinates_count_no_more(oracle: Oracle) -> None:
    image = _crowd(101)
    pods = [container.pod for container in image.containers]
    pulled = (f"runtime.pulls(p0, {IMAGE})", f"kubelet.records(p0, {IMAGE})")
    starts = tuple(f"kubelet.ensures({pod}, {IMAGE})" for pod in pods)
    rotated = ("secret.rotated(s0, carol)", "container.ends(p0)", starts[0])
    scenario = ImageScenario(image, (starts[0], *pulled, *starts[1:], *rotated))
    case = Reproduction("P-61", "", scenario, {})
    answer = by_oracle(case, oracle)
    assert answer == by_model(case, oracle.minor)
    assert answer[-1][1][-1][0] == "pulling"
    below = case._replace(scenario=ImageScenario(_crowd(99), (starts[0], *pulled, *rotated)))
    assert by_oracle(below, oracle)[-1][1][-1][0] == "done"


def _crowd(count: int) -> ImageParams:
    """Return many pods with a secret each, all holding the same login at first."""
    return ImageParams(
        gate=True,
        containers=tuple(
            ContainerParams(f"p{at}", IMAGE, secrets=(f"s{at}",)) for at in range(count)
        ),
        secrets=tuple(ImageSecretParams(f"s{at}", ("alice", "carol")) for at in range(count)),
        logins=(LoginParams("alice"), LoginParams("carol")),
    )


@needs_oracle
@pytest.mark.oracle
@pytest.mark.parametrize(
    "mistake",
    [
        {"intent_order": "never"},
        {"records": "first"},
        {"collects": "never"},
        {"empty_mapping": "open"},
        {"account_match": "no-uid"},
        {"back_off": False},
    ],
    ids=lambda mistake: next(iter(mistake)),
)
def test_a_mistake_in_the_model_is_noticed(mistake: dict[str, Any]) -> None:
    minor = BUILT[-1]
    right = rules_for(minor)
    wrong = Rules(right.lookup, replace(right.image, **mistake))
    with Oracle(minor, gates=GATES) as one:
        assert any(
            _plays(scenario, minor, wrong) != images.real(scenario, answer, context)
            for scenario, answer, context in _asked(one, 120)
        )


def _asked(oracle: Oracle, count: int) -> Iterator[tuple[ImageScenario, Any, Context]]:
    rng, context = Random("noticed"), Context(KubeletVersion(oracle.minor))
    scenarios: list[ImageScenario] = []
    for _ in range(count):
        image = replace(configuration(rng), gate=True)
        scenarios.append(ImageScenario(image, walk(rng, image, oracle.minor, 25)))
    answers = oracle.ask("images", [images.ask(scenario, context) for scenario in scenarios])
    for scenario, answer in zip(scenarios, answers, strict=True):
        yield scenario, answer, context


def _plays(scenario: ImageScenario, minor: int, rules: Rules) -> object:
    run = NodeRun(scenario.image, minor, rules)
    right, _ = images.played(scenario, minor)
    found: list[object] = []
    for move, asked in zip(scenario.moves, right, strict=True):
        seen = tuple(run.perform(move).seen)
        if asked.steps:
            found.append((move, seen, run.files(0)))
    return found


@needs_oracle
@pytest.mark.oracle
@pytest.mark.rule("K-241")
@pytest.mark.parametrize("text", SPOILT)
def test_no_spoilt_file_opens_an_image(oracle: Oracle, text: str) -> None:
    case = CASES["P-65"]
    request = dict(images.ask(case.scenario, Context(KubeletVersion(oracle.minor))))
    steps = [dict(step) for step in cast("list[dict[str, Any]]", request["steps"])]
    at = next(at for at, step in enumerate(steps) if step["do"] == "write")
    steps[at] |= {"content": text, "file": file_name("x")}
    (answer,) = oracle.ask("images", [{**request, "steps": steps[: at + 3]}])
    assert answer["steps"][-1]["events"][-1]["event"] == "pulling"


class TestInheritance:
    IMAGE = ImageParams(
        gate=True,
        crashes=True,
        policy="AlwaysVerify",
        contents=(ContentParams("x", (IMAGE,), preloaded=(IMAGE,)),),
        containers=(ContainerParams("p", IMAGE, secrets=("s",)),),
        secrets=(ImageSecretParams("s"),),
    )

    def after(self, kind: str, minor: int) -> NodeRun:
        run = NodeRun(self.IMAGE, minor)
        for move in (f"node.preloads({IMAGE})", "kubelet.crashes()", f"inherits(x,{kind})"):
            assert run.perform(move).steps, move
        return run

    def starts(self, run: NodeRun) -> bool:
        run.perform("start")
        return run.perform(f"kubelet.ensures(p, {IMAGE})").seen[-1][0] == "done"

    @pytest.mark.parametrize("kind", KINDS)
    def test_only_what_proves_access_opens_an_image(self, kind: str) -> None:
        opens = {"node", "own", "older", "newer", "changed", "crowd-by-hash", "almost-a-crowd"}
        assert self.starts(self.after(kind, 37)) == (kind in opens)

    @pytest.mark.rule("K-241")
    def test_an_older_kubelet_does_not_read_newer_records(self) -> None:
        assert not self.starts(self.after("newer", 34))
        assert self.starts(self.after("older", 34))

    @pytest.mark.rule("K-241", "K-242")
    def test_a_newer_kubelet_writes_older_records_anew_at_its_start(self) -> None:
        run = self.after("older", 35)
        ((*_, before),) = run.files(0)
        run.perform("start")
        ((*_, after),) = run.files(0)
        assert "v1alpha1" in before
        assert "v1beta1" in after

    def test_nothing_is_inherited_while_a_kubelet_runs(self) -> None:
        assert not NodeRun(self.IMAGE, 37).perform("inherits(x,own)").steps

    @pytest.mark.rule("K-254")
    def test_a_kubelet_that_would_record_under_two_refs_does_not_crash(self) -> None:
        run = NodeRun(replace(self.IMAGE, refs_differ=True), 37)
        assert run.perform(f"kubelet.ensures(p, {IMAGE})").steps
        assert not run.perform("kubelet.crashes()").steps


class TestMoves:
    def test_a_move_that_is_not_possible_asks_nothing(self) -> None:
        run = NodeRun(CASES["P-57"].scenario.image, 37)
        done = run.perform("runtime.pulls(pod-a, app)")
        assert not done.steps
        assert not done.seen

    def test_an_unknown_move_asks_nothing(self) -> None:
        assert not NodeRun(CASES["P-57"].scenario.image, 37).perform("fly()").steps

    def test_walks_are_the_same_for_the_same_seed(self) -> None:
        first, second = Random("walk"), Random("walk")
        image = configuration(first)
        assert image == configuration(second)
        assert walk(first, image, 37, 12) == walk(second, image, 37, 12)

    @pytest.mark.rule("K-184")
    def test_back_off_doubles_up_to_five_minutes(self) -> None:
        run = NodeRun(CASES["K-184"].scenario.image, 37)
        assert _begins(run)
        lengths: list[int] = []
        for _ in range(7):
            run.perform(f"runtime.pulls(pod-b, {IMAGE})")
            run.perform(f"kubelet.records(pod-b, {IMAGE})")
            lengths.append(0)
            while not _begins(run):
                run.perform("wait(10)")
                lengths[-1] += 10
        assert lengths == [10, 20, 40, 80, 160, 300, 300]


def _begins(run: NodeRun) -> bool:
    return any(
        event[0] == "pulling" for event in run.perform(f"kubelet.ensures(pod-b, {IMAGE})").seen
    )
