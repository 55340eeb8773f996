"""Go's filepath.Match: fixed cases, and a slow matcher to compare with."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.model.goglob import BadPattern, match


@pytest.mark.parametrize(
    ("pattern", "name", "matched"),
    [
        ("abc", "abc", True),
        ("*", "abc", True),
        ("*", "", True),
        ("", "", True),
        ("", "a", False),
        ("*c", "abc", True),
        ("a*", "ab/c", False),
        ("a*/b", "abc/b", True),
        ("a*b?c*x", "abxbbxdbxebxczzx", True),
        ("a*b?c*x", "abxbbxdbxebxczzy", False),
        ("ab[c]", "abc", True),
        ("ab[b-d]", "abc", True),
        ("ab[e-g]", "abc", False),
        ("ab[^c]", "abc", False),
        ("ab[^e-g]", "abc", True),
        ("a\\*b", "a*b", True),
        ("a\\*b", "ab", False),
        ("a?b", "a☺b", True),
        ("a[^a]b", "a☺b", True),
        ("a???b", "a☺b", False),
        ("[a-ζ]*", "α", True),
        ("*[a-ζ]", "A", False),
        ("a?b", "a/b", False),
        ("[\\]a]", "]", True),
        ("[x\\-]", "-", True),
        ("[*]", "*", True),
        ("*x", "xxx", True),
        ("a[", "ab", None),
        ("a[", "a", None),
        ("[]a]", "]", None),
        ("[-]", "-", None),
        ("[x-]", "x", None),
        ("[a-b-c]", "a", None),
        ("[", "a", None),
        ("[^bc", "a", None),
        ("\\", "a", None),
        ("b[", "a", None),
        ("x*[", "a", False),  # not reached: the first piece does not fit
    ],
)
@pytest.mark.rule("K-043", "K-045")
def test_globs_match_as_in_go(pattern: str, name: str, matched: bool | None) -> None:
    if matched is None:
        with pytest.raises(BadPattern, match="syntax error in pattern"):
            match(pattern, name)
    else:
        assert match(pattern, name) is matched


@pytest.mark.rule("K-043")
@given(st.text("ab*?./", max_size=8), st.text("ab./", max_size=10))
def test_without_classes_a_glob_is_a_small_regular_expression(pattern: str, name: str) -> None:
    expression = "".join(
        {"*": "[^/]*", "?": "[^/]"}.get(character, re.escape(character)) for character in pattern
    )
    assert match(pattern, name) == (re.fullmatch(expression, name) is not None)


@given(st.text("ab[]^-\\*?", max_size=10), st.text("ab]-*\udcff", max_size=6))
def test_only_a_bad_pattern_is_refused(pattern: str, name: str) -> None:
    with suppress(BadPattern):
        assert match(pattern, name) in (True, False)
