"""All checks, in the order reports show them."""

from functools import cache

from pullproof.checks import (
    a_framing,
    b_version,
    c_shape,
    d_auth_keys,
    e_destinations,
    f_caching,
    g_tokens,
    h_secrets,
    i_process,
    j_exchange,
    k_isolation,
)
from pullproof.checks.check import Check

_MODULES = (
    a_framing,
    b_version,
    c_shape,
    d_auth_keys,
    e_destinations,
    f_caching,
    g_tokens,
    h_secrets,
    i_process,
    j_exchange,
    k_isolation,
)

ALL: tuple[Check, ...] = tuple(
    sorted((check for module in _MODULES for check in module.CHECKS), key=lambda check: check.id)
)
"""Every check, ordered by id."""


@cache
def _index() -> dict[str, Check]:
    return {check.id: check for check in ALL}


def by_id(id: str) -> Check:
    """Return the check called `id`.

    Raises:
        LookupError: there is no such check; the message lists those there are.
    """
    try:
        return _index()[id]
    except KeyError:
        known = ", ".join(check.id for check in ALL)
        raise LookupError(f"no check {id!r}; there are: {known}") from None
