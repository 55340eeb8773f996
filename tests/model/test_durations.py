"""Durations: the text forms of Go's time package."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.corpus.cases import Case, cases
from pullproof.model.durations import InvalidDuration, format_duration, parse_duration

INT64 = st.integers(min_value=-(2**63), max_value=2**63 - 1)


@pytest.mark.rule("K-095")
@pytest.mark.parametrize("case", cases("wire/durations"), ids=lambda case: case.id)
def test_k095_a_text_means_what_go_says(case: Case) -> None:
    text = case.input["text"]
    if "error" in case.expect:
        with pytest.raises(InvalidDuration) as caught:
            parse_duration(text)
        assert str(caught.value) == case.expect["error"]
        assert caught.value.text == text
    else:
        assert parse_duration(text) == case.expect["ns"]
        assert format_duration(case.expect["ns"]) == case.expect["text"]


@given(INT64)
def test_what_is_written_reads_back(nanoseconds: int) -> None:
    assert parse_duration(format_duration(nanoseconds)) == nanoseconds


@given(st.text(alphabet="0123456789.+-hmsnuµμ d", max_size=20))
def test_any_text_is_a_64_bit_duration_or_an_invalid_one(text: str) -> None:
    try:
        nanoseconds = parse_duration(text)
    except InvalidDuration:
        return
    assert -(2**63) <= nanoseconds < 2**63


@given(st.lists(st.tuples(st.integers(0, 10**5), st.sampled_from("hms")), min_size=1, max_size=4))
def test_terms_add_up_in_any_order(terms: list[tuple[int, str]]) -> None:
    width = {"h": 3600, "m": 60, "s": 1}
    text = "".join(f"{count}{unit}" for count, unit in terms)
    assert parse_duration(text) == sum(count * width[unit] for count, unit in terms) * 10**9
    assert parse_duration(f"-{text}") == -parse_duration(text)


@pytest.mark.rule("K-095")
def test_k095_a_sum_beyond_64_bits_is_refused_though_each_term_fits() -> None:
    assert parse_duration("-9223372036854775807ns1ns") == -(2**63)
    for text in ("9223372036854775807ns1ns", "-9223372036854775807ns2ns", "2562047h2562047h"):
        with pytest.raises(InvalidDuration):
            parse_duration(text)


def test_numbers_of_any_length_end_quickly() -> None:
    with pytest.raises(InvalidDuration):
        parse_duration("9" * 100_000 + "s")
    assert parse_duration("0." + "1" * 100_000 + "s") == 111_111_111


@pytest.mark.rule("K-095")
def test_a_byte_that_is_no_utf_8_is_told_as_that_byte() -> None:
    with pytest.raises(InvalidDuration, match=r"\\xff"):
        parse_duration("\udcff")
