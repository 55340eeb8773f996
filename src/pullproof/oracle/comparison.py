"""One question that the model and the kubelet's code are both asked.

A `Comparison` makes inputs from a seed, puts them to both sides and brings the
two answers into one form. An answer is a plain value; equal answers agree.
Texts stand for Go strings: bytes outside of UTF-8 are lone surrogates.
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Generic, TypeAlias, TypeVar

from pullproof.model.versions import KubeletVersion

V = TypeVar("V")
Answer: TypeAlias = object
JsonMap: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Context:
    """What an answer may depend on besides the input."""

    version: KubeletVersion
    directory: str = ""
    """Where the oracle puts configuration files."""


def no_seeds(context: Context) -> Iterable[Any]:
    return ()


def is_accepted(answer: Answer) -> bool:
    """Return whether an answer is more than an error."""
    return answer is not None and not isinstance(answer, str)


def unexplained(value: Any, context: Context) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Comparison(Generic[V]):
    """How one op of the oracle is compared with the model."""

    op: str
    rules: tuple[str, ...]
    """The rules that the answers depend on."""
    generate: Callable[[Random, Sequence[V]], V]
    """Makes one input; may start from one of the seeds."""
    ask: Callable[[V, Context], JsonMap]
    """Writes it for the oracle."""
    model: Callable[[V, Context], Answer]
    real: Callable[[V, JsonMap, Context], Answer]
    """Reads the oracle's answer."""
    shrink: Callable[[V], Iterator[V]]
    """Yields smaller inputs, the smallest first."""
    seeds: Callable[[Context], Iterable[V]] = no_seeds
    """Inputs of the corpus; all are tried, and changed ones, too."""
    explain: Callable[[V, Context], str] = unexplained
    """Returns why the two may differ on this input; empty if they must not."""
    is_positive: Callable[[Answer], bool] = is_accepted
    """Whether an answer says yes: to agree on errors alone would prove little."""
    weight: int = 1
    """Its part of all inputs."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An input on which model and kubelet differ, made as small as we could."""

    op: str
    minor: int
    value: object
    model: Answer
    real: Answer
    found_as: object = field(repr=False, default=None)
    """The input as it was generated."""


def encoded(text: str | bytes) -> str:
    """Return a Go string for the oracle."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    return base64.b64encode(data).decode("ascii")


def decoded(text: str | None) -> str:
    """Return the Go string that the oracle wrote."""
    return base64.b64decode(text or "").decode("utf-8", "surrogateescape")


def pairs(items: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [[encoded(name), encoded(value)] for name, value in items]
