"""Whether a pattern matches a repo name, and why."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.corpus.cases import Case, cases
from pullproof.model.goglob import BadPattern
from pullproof.model.gourl import InvalidURL
from pullproof.model.matching import explain, is_image_allowed, matches, urls_match

CASES = cases("names/matching")
HOST_PARTS = st.lists(st.sampled_from(["a", "b", "io", "registry", "A"]), min_size=1, max_size=3)
HOSTS = HOST_PARTS.map(".".join)
PORTS = st.sampled_from(["", ":443", ":5000"])
PATHS = st.sampled_from(["/foo", "/foo/bar", "/foobar", "/library/nginx"])
REPO_NAMES = st.builds("{}{}{}".format, HOSTS, PORTS, PATHS)
PATTERNS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "", "", "https://", "u@"]),
    st.one_of(HOSTS, st.sampled_from(["*", "*.io", "*.*", "re*.io", "registr?.io", "[::1]"])),
    PORTS,
    st.sampled_from(["", "/", "/foo", "/foo/", "/*", "/foo:v1", "/Foo", "/foo@sha256:ab"]),
)


@pytest.mark.rule("K-040", "K-041", "K-042", "K-043", "K-044", "K-045")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_patterns_match_as_recorded(case: Case) -> None:
    pattern, name = case.input["pattern"], case.input["repoName"]
    assert matches(pattern, name) is case.expect["match"]
    error = case.expect.get("refused") or case.expect.get("error")
    if error:
        with pytest.raises((InvalidURL, BadPattern)) as caught:
            urls_match(pattern, name)
        assert str(caught.value) == error
    else:
        assert urls_match(pattern, name) is case.expect["match"]


@pytest.mark.rule("K-040")
def test_k040_one_matching_pattern_is_enough_and_bad_ones_are_no_match() -> None:
    assert is_image_allowed(("a b", "other.io", "registry.io"), "registry.io/foo")
    assert not is_image_allowed(("a b", "other.io"), "registry.io/foo")
    assert not is_image_allowed((), "registry.io/foo")


@pytest.mark.rule("K-043")
@given(HOSTS, PORTS, PATHS, PATHS)
def test_k043_without_globs_a_match_is_a_prefix_of_the_text(
    host: str, port: str, prefix: str, path: str
) -> None:
    name = f"{host}{port}{path}"
    assert matches(f"{host}{port}{prefix}", name) == name.startswith(f"{host}{port}{prefix}")
    assert matches(f"{host}{port}", name)


@pytest.mark.rule("K-045")
def test_k045_a_malformed_part_is_an_error_only_when_it_is_reached() -> None:
    # Since Go 1.26.1 a bracket gets into a host only as an address.
    assert matches("[::1]", "[::1]/foo") is False
    assert urls_match("[::1]:1", "registry.io:2/foo") is False


@pytest.mark.parametrize(
    ("pattern", "name", "sentence"),
    [
        ("r.io", "r.io/a", "It matches"),
        ("r.io/a", "r.io/ab", "plain prefix"),
        ("r.io", "r.io:5000/a", "no port but the image has port 5000: write `r.io:5000`"),
        ("r.io:5000/a", "r.io/a", "has port 5000 but the image has none: write `r.io/a`"),
        ("r.io:443", "r.io:5000/a", "port 443 but the image has port 5000"),
        ("*.io", "a.b.io/x", "2 parts and that of the image has 3 parts"),
        ("r.io.", "r.io/x", "3 parts and that of the image has 2 parts"),
        ("*", "docker.io/library/nginx", "1 part and that of the image has 2 parts"),
        (
            "r.io/*",
            "r.io/a",
            "literal character, for paths match as prefixes anyway: write `r.io/`",
        ),
        ("r.io/a:v1", "r.io/a", "neither tag nor digest: write `r.io/a`"),
        ("r.io/a@sha256:00", "r.io/a", "neither tag nor digest: write `r.io/a`"),
        (
            "https://r.io",
            "r.io/a",
            "no scheme, so `https://` is read as host and path: write `r.io`",
        ),
        ("nginx", "docker.io/library/nginx", "begins with the registry's host"),
        ("docker.io/nginx", "docker.io/library/nginx", "write `docker.io/library/nginx`"),
        ("index.docker.io", "docker.io/library/nginx", "write `docker.io`"),
        ("docker.io/library", "nginx", "knows this image as `docker.io/library/nginx`"),
        ("R.io", "r.io/a", "Upper and lower case must agree: write `r.io`"),
        ("r.io/A", "r.io/a", "Upper and lower case must agree: write `r.io/a`"),
        ("registr?.io", "registry.io/a", "`?` is no wildcard"),
        ("[::1]", "[::1]/a", "brackets of an IPv6 address act as a character class"),
        ("r.io/a/", "r.io/a", "only for what lies below: write `r.io/a`"),
        ("r.io/a", "r.io/b", "The path `/b` does not begin with `/a`"),
        ("r.io", "q.io/a", "`r` does not match `q`"),
        ("/foo", "r.io/foo", "no host"),
        ("{a,b}.io", "a.io/x", "no brace expansion"),
        ("reg[xy].io", "regx.io/x", "brackets are for IPv6 addresses only"),
        ("r.io:*", "r.io:5000/x", "a port takes digits only"),
        (" r.io", "r.io/x", "remove the space"),
        ("r.io", "r.io:x/a", "No image has such a repo name"),
    ],
)
def test_the_reason_is_told_in_one_sentence(pattern: str, name: str, sentence: str) -> None:
    told = explain(pattern, name)
    assert sentence in told
    assert told.endswith(".")


@given(st.one_of(PATTERNS, st.text(max_size=12)), REPO_NAMES)
def test_the_reason_agrees_with_the_verdict(pattern: str, name: str) -> None:
    assert explain(pattern, name).startswith("It matches") is matches(pattern, name)


@given(PATTERNS, REPO_NAMES)
def test_what_the_reason_says_to_write_does_match(pattern: str, name: str) -> None:
    advice = re.search(r"write `([^`]*)`", explain(pattern, name))
    assert advice is None or matches(advice[1], name)
