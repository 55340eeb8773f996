"""Errors of the harness, its user and its files; never of the subject under test.

A provider that crashes or answers garbage is a finding, not an exception.
"""

from dataclasses import dataclass


class PullproofError(Exception):
    """Base of every error this package raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file or on the command line."""

    message: str
    file: str = ""
    line: int | None = None
    field: str = ""
    """Path inside the file, `policy.owns[0]`, or the option's name."""

    def __str__(self) -> str:
        place = self.file
        if self.line is not None:
            place += f":{self.line}"
        parts = [part for part in (place, self.field, self.message) if part]
        return ": ".join(parts)


class UserError(PullproofError):
    """What the user gave us is wrong: exit code 2."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
