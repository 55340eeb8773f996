"""Choices from Hypothesis, for generators that ask a `Draw`."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar, cast

from hypothesis import strategies as st

T = TypeVar("T")


class DrawFunction(Protocol):
    """What `@st.composite` hands to its function."""

    def __call__(self, strategy: "st.SearchStrategy[T]", /) -> T: ...


class DataObject(Protocol):
    """What `st.data()` generates."""

    def draw(self, strategy: "st.SearchStrategy[T]", /) -> T: ...


class HypothesisDraw:
    """A `Draw` on top of Hypothesis, which shrinks and remembers its choices.

    Takes the value of `st.data()` or the function of `@st.composite`.
    """

    def __init__(self, source: "DataObject | DrawFunction") -> None:
        draw = getattr(source, "draw", source)
        self._draw = cast("Callable[[st.SearchStrategy[Any]], Any]", draw)

    def choice(self, options: Sequence[T]) -> T:
        return cast("T", self._draw(st.sampled_from(options)))

    def integer(self, low: int, high: int) -> int:
        # Shrinking goes towards `low`, also below zero: that is what Draw says.
        return low + cast("int", self._draw(st.integers(0, high - low)))

    def text(self, alphabet: str, min_size: int, max_size: int) -> str:
        letters = st.lists(st.sampled_from(alphabet), min_size=min_size, max_size=max_size)
        return "".join(cast("list[str]", self._draw(letters)))
