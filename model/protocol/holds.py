"""From which Kubernetes on the kubelet's own rules keep a property.

Properties are about the promises of the current line; an older kubelet is to
be held only to those that it made.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from pullproof.model.protocol.image_properties import HOLDS_FROM as IMAGE_HOLDS_FROM
from pullproof.model.protocol.lookup_properties import HOLDS_FROM as LOOKUP_HOLDS_FROM
from pullproof.model.protocol.promises import is_promise_only
from pullproof.model.versions import OLDEST_MINOR

WITNESS = "/sometimes"
HOLDS_FROM: Mapping[str, int] = MappingProxyType({**LOOKUP_HOLDS_FROM, **IMAGE_HOLDS_FROM})
_PER_NAME = re.compile(r"(L-\d+|K-153)[:/].*")


def family(property_id: str) -> str:
    """Return the id without witness mark and without the names of one configuration.

    >>> family("K-153/tokens:pod-a:p/sometimes"), family("L-01:pod-a"), family("S-18/pull")
    ('K-153', 'L-01', 'S-18/pull')
    """
    id_ = property_id.removesuffix(WITNESS)
    found = _PER_NAME.fullmatch(id_)
    return found[1] if found else id_


def holds_from(property_id: str) -> int:
    """Return the first minor whose own rules keep a property, or never broke it.

    A promise-only property is kept by none; its number says nothing.
    """
    return HOLDS_FROM.get(family(property_id), OLDEST_MINOR)


def is_promised(property_id: str, minor: int) -> bool:
    """Return whether Kubernetes 1.`minor` is to be held to a property."""
    return not is_promise_only(property_id) and minor >= holds_from(property_id)
