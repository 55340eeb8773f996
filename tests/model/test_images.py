"""What an image is called once the kubelet has normalised it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.corpus.cases import Case, cases
from pullproof.model.images import (
    InvalidImageName,
    apply_default_tag,
    parse_image,
    repo_name,
)

CASES = cases("names/images")
SEGMENTS = st.from_regex(r"[a-z0-9]{1,6}([._-][a-z0-9]{1,4})?", fullmatch=True)
HOSTS = st.sampled_from(
    ["r.example", "r.example:5000", "localhost", "[fd00::1]:5000", "Host.Example"]
)
PATHS = st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join)
DIGEST = "@sha256:" + "0f" * 32


@pytest.mark.rule("K-070", "K-071", "K-072")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_images_are_named_as_recorded(case: Case) -> None:
    image = case.input["image"]
    if "error" in case.expect:
        with pytest.raises(InvalidImageName) as caught:
            repo_name(image)
        assert str(caught.value) == case.expect["error"]
        with pytest.raises(InvalidImageName):
            apply_default_tag(image)
    else:
        assert repo_name(image) == case.expect["repoName"]
        assert apply_default_tag(image) == case.expect["tagged"]


@pytest.mark.rule("K-070")
@given(HOSTS, PATHS, st.sampled_from(["", ":v1", DIGEST, ":v1" + DIGEST]))
def test_k070_tag_and_digest_never_reach_the_provider(host: str, path: str, suffix: str) -> None:
    assert repo_name(f"{host}/{path}{suffix}") == f"{host}/{path}"


@pytest.mark.rule("K-070")
@given(st.one_of(PATHS, st.builds("{}/{}".format, HOSTS, PATHS)))
def test_k070_a_repo_name_is_its_own_repo_name(image: str) -> None:
    try:
        once = repo_name(image)
    except InvalidImageName:
        return
    assert repo_name(once) == once


@pytest.mark.rule("K-071")
@given(HOSTS, PATHS)
def test_k071_the_default_tag_is_added_once(host: str, path: str) -> None:
    tagged = apply_default_tag(f"{host}/{path}")
    assert tagged == f"{host}/{path}:latest"
    assert apply_default_tag(tagged) == tagged


@given(st.text(max_size=40))
def test_no_text_but_an_invalid_name_is_refused(text: str) -> None:
    with suppress(InvalidImageName):
        assert parse_image(text).path


def test_a_host_that_is_none_becomes_part_of_the_path() -> None:
    parsed = parse_image("my_host.example/app:v1")
    assert (parsed.domain, parsed.path, parsed.tag) == ("", "my_host.example/app", "v1")


@pytest.mark.rule("K-070")
@pytest.mark.parametrize("name", ["\u0130", "\udcff"], ids=["dotted-capital-i", "no-utf-8"])
def test_what_go_would_change_in_lower_case_is_told_to_be_upper_case(name: str) -> None:
    with pytest.raises(InvalidImageName) as refused:
        parse_image(name)
    assert refused.value.reason.endswith(f"repository name (library/{name}) must be lowercase")
