"""Resource limits that providers inherit from the process that starts them.

Set once in the worker instead of once per exec: that costs nothing and needs
no code between fork and exec. Soft limits only, so that they can be taken back.
"""

import resource
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Soft limits for a provider, in bytes; None leaves a limit as it is."""

    core: int | None = 0
    """0: no core files, which could hold a token, are left on the disk."""
    address_space: int | None = None
    """Go programs need at least 1 GiB to start."""
    file_size: int | None = None


DEFAULT_LIMITS = Limits()

_RESOURCES = {
    "core": resource.RLIMIT_CORE,
    "address_space": resource.RLIMIT_AS,
    "file_size": resource.RLIMIT_FSIZE,
}


@contextmanager
def applied(limits: Limits) -> Generator[None, None, None]:
    """Set `limits` in this process, and take them back afterwards.

    A limit above the hard limit is lowered to that one.
    """
    before: dict[int, tuple[int, int]] = {}
    try:
        for name, kind in _RESOURCES.items():
            wanted: int | None = getattr(limits, name)
            if wanted is None:
                continue
            soft, hard = resource.getrlimit(kind)
            before[kind] = (soft, hard)
            bounded = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(kind, (bounded, hard))
        yield
    finally:
        for kind, (soft, hard) in before.items():
            resource.setrlimit(kind, (soft, hard))
