"""What is wrong with a configuration, for people and in the kubelet's words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pullproof.model.errors import PullproofError


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One reason why a kubelet does not start with this configuration."""

    file: str
    line: int | None
    """Counted from 1; None if nothing in the file can be pointed at."""
    field: str
    """Path inside the file, `providers[0].tokenAttributes.cacheType`."""
    message: str
    """The kubelet's words, with its paths that have no index."""
    rule: str
    hint: str = ""
    """What to do about it, if that is known."""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        hint = f" ({self.hint})" if self.hint else ""
        return f"{': '.join(part for part in (place, self.field, self.message) if part)}{hint}"


class ConfigErrors(PullproofError):
    """The kubelet would refuse the configuration and not start.

    Decoding stops at the first bad file, as it does in the kubelet; all
    problems of that step are here.
    """

    def __init__(self, problems: Iterable[ConfigProblem], kubelet_message: str = "") -> None:
        self.problems = tuple(problems)
        self.kubelet_message = kubelet_message or "\n".join(p.message for p in self.problems)
        """All of it, as the kubelet logs it before it exits."""
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Place:
    """A file and the lines of the fields in it."""

    file: str
    lines: Mapping[str, int]

    def problem(
        self, field: str, message: str, rule: str, hint: str = "", line: int | None = None
    ) -> ConfigProblem:
        """Return a problem at `field`, or at the closest one above that exists."""
        return ConfigProblem(self.file, line or self._line(field), field, message, rule, hint)

    def _line(self, field: str) -> int | None:
        while field and field not in self.lines:
            field = field[: max(field.rfind("."), field.rfind("["), 0)]
        return self.lines.get(field)
