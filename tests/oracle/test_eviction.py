"""Which image goes first under pressure, where that is certain."""

import pytest

from pullproof.model.protocol.image_params import ContainerParams, ContentParams, ImageParams
from pullproof.oracle.eviction import Eviction
from pullproof.oracle.node_run import DETECT, SPACE, NodeRun

A, B = "r.test/a:1", "r.test/b:1"


def seen(*passes: tuple[int, str, str]) -> Eviction:
    """Return what passes leave: when, what is there, and what is in use."""
    eviction = Eviction()
    for now_s, present, used in passes:
        eviction.detect(now_s, present, used)
    return eviction


def test_what_was_detected_first_goes_first() -> None:
    assert seen((0, "x", ""), (1, "xy", "")).first("xy") == "x"


def test_what_was_in_use_goes_last() -> None:
    assert seen((0, "x", ""), (1, "xy", "x"), (2, "xy", "")).first("xy") == "y"


def test_chance_decides_between_images_of_one_age() -> None:
    assert seen((0, "xy", "")).first("xy") == ""


def test_one_image_alone_leaves_no_other_unlooked_at() -> None:
    assert seen((0, "x", "")).first("x") == ""


def test_an_image_that_was_away_is_young_again() -> None:
    assert seen((0, "xy", ""), (1, "y", ""), (2, "xy", "")).first("xy") == "y"


@pytest.mark.rule("K-250")
def test_what_a_pass_does_not_look_at_loses_its_record() -> None:
    image = ImageParams(
        gate=True,
        collection=True,
        early_stops=True,
        public=("r.test/b",),
        contents=(
            ContentParams("x", (A,), preloaded=(A,), removable=True),
            ContentParams("y", (B,), removable=True),
        ),
        containers=(ContainerParams("p", A), ContainerParams("q", B)),
    )
    run = NodeRun(image, 37)
    for move in (f"node.preloads({A})", DETECT, "wait(1)", f"kubelet.ensures(q, {B})",
                 f"runtime.pulls(q, {B})", f"kubelet.records(q, {B})", "container.ends(q)"):  # fmt: skip
        assert run.perform(move).steps, move
    assert run.files(0)
    assert run.perform(SPACE).seen == [("listed",)]
    run.perform("prune")
    assert run.files(0) == ()
