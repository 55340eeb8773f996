"""Go's URL parser: which texts it refuses and what it reads."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.corpus.cases import Case, cases
from pullproof.model.gourl import URL, InvalidURL, parse, split_host_port

PATTERNS = cases("names/matching")


@pytest.mark.rule("K-041")
@pytest.mark.parametrize("case", PATTERNS, ids=lambda case: case.id)
def test_k041_patterns_are_refused_with_gos_reason(case: Case) -> None:
    url = f"https://{case.input['pattern']}"
    if "refused" not in case.expect:
        assert parse(url).scheme == "https"
        return
    with pytest.raises(InvalidURL) as caught:
        parse(url)
    assert str(caught.value) == case.expect["refused"]


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("", URL("", "", "")),
        ("*", URL("", "", "*")),
        ("HTTPS://r.example/A", URL("https", "r.example", "/A")),
        ("//r.example/a", URL("", "r.example", "/a")),
        ("///a", URL("", "", "///a")),
        ("https:///a", URL("https", "", "/a")),
        ("mailto:a@b", URL("mailto", "", "")),
        ("a/b:c", URL("", "", "a/b:c")),
        ("/a%20b", URL("", "", "/a b")),
        ("oci://a:1:2/b", URL("oci", "a:1:2", "/b")),  # strict for http and https only
        ("https://a/%ff", URL("https", "a", "/\udcff")),
        ("https://a/b??c?", URL("https", "a", "/b")),
    ],
)
def test_host_and_path_are_what_go_reads(text: str, url: URL) -> None:
    assert parse(text) == url


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (":a", "missing protocol scheme"),
        ("a:b/c"[1:], "missing protocol scheme"),
        ("1:b", "first path segment in URL cannot contain colon"),
        ("https://[::1]x", 'invalid port "x" after host'),
        ("https://[::%zz]", 'invalid URL escape "%zz"'),
        ("https://[::1%25%20a%2f]", 'invalid URL escape "%2f"'),
        ("https://[%2525]", 'invalid host: ParseAddr("%25"): missing IPv6 address'),
        ("https://[1:2]", 'invalid host: ParseAddr("1:2"): address string too short'),
        (
            "https://[::1.2.3.256]",
            'invalid host: ParseAddr("::1.2.3.256"): IPv4 field has value >255',
        ),
        ("https://a/%e", 'invalid URL escape "%e"'),
        ("https://a\x7f", "net/url: invalid control character in URL"),
    ],
)
def test_refusals_carry_gos_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidURL) as caught:
        parse(text)
    assert caught.value.reason == reason


@given(st.text(alphabet="ab.:/[]%25@?#*1é \t", max_size=24))
def test_only_an_invalid_url_is_refused(text: str) -> None:
    with suppress(InvalidURL):
        assert parse(f"https://{text}").scheme == "https"


@pytest.mark.rule("K-042")
@pytest.mark.parametrize(
    ("host", "parts"),
    [
        ("r.example", ("r.example", "")),
        ("r.example:5000", ("r.example", "5000")),
        ("r.example:", ("r.example", "")),
        (":5000", ("", "5000")),
        ("[::1]:5000", ("::1", "5000")),
        ("[::1]:", ("::1", "")),
        ("[::1]", ("[::1]", "")),
        ("::1", ("::1", "")),
        ("a:1:2", ("a:1:2", "")),
        ("a[b]:1", ("a[b]:1", "")),
        ("", ("", "")),
    ],
)
def test_k042_a_host_without_a_readable_port_is_all_host(host: str, parts: tuple[str, str]) -> None:
    assert split_host_port(host) == parts
