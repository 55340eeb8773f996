"""Choices are a function of the seed text, and can be made again smaller."""

import string

from hypothesis import given
from hypothesis import strategies as st

from pullproof.engine.seeded import ReplayedDraw, SeededDraw, seed_text
from pullproof.model.draw import Draw

seeds = st.text(max_size=10)


def ask(draw: Draw) -> tuple[str, int, str]:
    return (
        draw.choice(("a", "b", "c")),
        draw.integer(-5, 5),
        draw.text(string.ascii_lowercase, 0, 8),
    )


@given(seeds)
def test_equal_seed_texts_give_equal_choices(seed: str) -> None:
    assert ask(SeededDraw(seed)) == ask(SeededDraw(seed))


@given(seeds)
def test_a_record_gives_the_same_choices_again(seed: str) -> None:
    first = SeededDraw(seed)
    made = ask(first)
    assert ask(ReplayedDraw(first.choices)) == made


@given(st.lists(st.integers(0, 1000)))
def test_any_record_gives_allowed_choices(choices: list[int]) -> None:
    letter, number, text = ask(ReplayedDraw(choices))
    assert letter in "abc"
    assert -5 <= number <= 5
    assert len(text) <= 8
    assert set(text) <= set(string.ascii_lowercase)


def test_an_empty_record_gives_the_simplest_choices() -> None:
    assert ask(ReplayedDraw(())) == ("a", -5, "")


def test_all_options_are_drawn_in_the_end() -> None:
    assert {SeededDraw(str(n)).choice((1, 2, 3, 4)) for n in range(200)} == {1, 2, 3, 4}


def test_known_seed_gives_known_choices_on_every_machine() -> None:
    draw = SeededDraw(seed_text(7, "A01", 0))
    assert [draw.integer(0, 99) for _ in range(5)] == KNOWN


KNOWN = [61, 1, 3, 67, 10]
