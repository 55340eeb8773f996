"""Which images the kubelet would ask about, before any port is known."""

from functools import lru_cache

from pullproof.model.matching import is_image_allowed
from pullproof.model.setup import Setup

# Any value will do for looking at patterns before a run: ports are not known yet.
_STAND_INS = (
    ("${registry.host}", "127.0.0.1:5001"),
    ("${other.host}", "127.0.0.1:5002"),
)


def stand_in(text: str) -> str:
    """Return `text` with invented hosts instead of placeholders, for matching."""
    for name, value in _STAND_INS:
        text = text.replace(name, value)
    return text


@lru_cache(maxsize=4096)
def is_admitted(patterns: tuple[str, ...], image: str) -> bool:
    """Return whether one of `patterns` matches, placeholders stood in for.

    Remembered: every watching judge asks this of every step of a run.
    """
    return is_image_allowed(tuple(map(stand_in, patterns)), stand_in(image))


def is_sent(setup: Setup, image: str) -> bool:
    """Return whether the kubelet would ask this provider for `image` (K-040).

    Placeholders in `image` and in the patterns stand for invented hosts.
    """
    return is_admitted(setup.provider.match_images, image)
