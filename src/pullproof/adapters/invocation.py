"""What is run, and what came of it: the values around `runner`.

`Invocation` holds exactly what the operating system is given; `Outcome` holds
exactly what it gave back. Neither knows anything of scenarios.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pullproof.model.scenario import Stdin
from pullproof.model.transcript import Ending, ProcessSeen

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Invocation:
    """One start of a provider: no shell, nothing added, nothing left out."""

    argv: tuple[str, ...]
    """argv[0] is also the path that is executed (K-080)."""
    env: tuple[tuple[str, str], ...] = field(repr=False)
    """In the kubelet's order, duplicates kept; the later one wins (K-083)."""
    cwd: str
    stdin: bytes = field(repr=False)
    delivery: Stdin = Stdin.WHOLE
    deadline_s: float = 60.0
    watch_children: bool = False


@dataclass(frozen=True, slots=True)
class Caps:
    """How much output is worth having.

    The kubelet has no such limits (K-081); these keep the harness alive.
    """

    keep_bytes: int = 8 * MIB
    """Kept of each stream; the rest is read and thrown away."""
    flood_bytes: int = 1024 * MIB
    """After so much on one stream the provider is stopped. It is recorded as
    timed out: the kubelet would go on reading until its deadline."""


DEFAULT_CAPS = Caps()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one invocation did. Field meanings are those of `Exec`."""

    ending: Ending
    started_s: float
    """`time.monotonic()` just before the start."""
    stdin: bytes = field(default=b"", repr=False)
    """What was meant to be delivered (nothing if stdin was CLOSED)."""
    stdout: bytes = field(default=b"", repr=False)
    stderr: bytes = field(default=b"", repr=False)
    exit_code: int | None = None
    signal: int | None = None
    start_error: str = ""
    duration_s: float = 0.0
    exit_after_s: float = 0.0
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    stdin_unread: int = 0
    left_behind: int = 0
    core_dumped: bool = False
    children: tuple[ProcessSeen, ...] = ()


class CannotStart(Exception):
    """The operating system did not start the provider (K-084); a finding, and
    therefore caught by `runner` and recorded."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"fork/exec {path}: {reason}")


class Cancelled(Exception):
    """The runner was told to stop (`Runner.cancel`); the provider was ended."""


def executed_env(env: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the environment as the provider gets it: of equal names, the last.

    A name that holds `=` is cut there, because the kubelet joins name and
    value without looking (Q-02). An empty name cannot be passed on at all.

    >>> executed_env([("A", "1"), ("B", "2"), ("A", "3"), ("C=D", "4")])
    {'B': '2', 'A': '3', 'C': 'D=4'}

    Source: K-083.
    """
    result: dict[str, str] = {}
    for entry in (f"{name}={value}" for name, value in env):
        name, _, value = entry.partition("=")
        if name:
            result.pop(name, None)  # the place is that of the last one, too
            result[name] = value
    return result
