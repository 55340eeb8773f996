"""Replacing `${registry.host}` and its like by the values of this run.

Only names that the world knows are replaced. Everything else stays as it is,
because the kubelet expands nothing (K-080): a `${HOME}` in an argument is
meant literally.
"""

import re
from collections.abc import Iterable, Mapping

_PLACEHOLDER = re.compile(r"\$\{([a-z]+(?:\.[a-z]+)*)\}")


def resolve(text: str, names: Mapping[str, str]) -> str:
    """Return `text` with the values of `names`; each is replaced once, so that
    a value which looks like a placeholder is left alone.

    >>> resolve("${registry.host}/a ${HOME}", {"registry.host": "127.0.0.1:5"})
    '127.0.0.1:5/a ${HOME}'
    """
    return _PLACEHOLDER.sub(lambda match: names.get(match[1], match[0]), text)


def resolve_pairs(
    pairs: Iterable[tuple[str, str]], names: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Return `pairs` with their second members resolved."""
    return tuple((name, resolve(value, names)) for name, value in pairs)
