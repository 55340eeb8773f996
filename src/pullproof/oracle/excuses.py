"""Why some mistakes of the protocol machines cannot be seen in a comparison.

The machine's own properties see the inside of a kubelet; the oracle shows what
leaves it, and is the kubelet's code: what that cannot do, nothing can show.
"""

from collections.abc import Mapping

EVERYWHERE = 0
"""Stands for all minors."""

_IN_MEMORY = (
    "the intent of a counted pull is held in memory (K-251); its file, spoilt or not, is not read"
)
EXCUSES: Mapping[str, Mapping[int, str]] = {
    "image/counter-counts=false": dict.fromkeys((34, 35, 36, 37), _IN_MEMORY),
    "image/empty-hash-counts=true": {
        EVERYWHERE: "a kubelet's hash is never empty: no user name and password fail to be hashed"
    },
}
"""Mutant, minor, reason. A mutant that has one must survive."""
