"""`WWW-Authenticate`: reading challenges and writing the registry's own.

A parser that splits at commas reads two parameters out of
`scope="repository:a:pull,push"`; one that takes the last of two realms sends
a password where the first one did not say. So this one follows the grammar
and refuses whatever it does not cover.

Source: R-001 to R-006; RFC 9110 section 11.
"""

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|\Z))")
_QUOTED = re.compile(r'"((?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*)"')
_SPACE = re.compile(r"[ \t]*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

MAX_HEADER_CHARS = 16 * 1024
"""Longer headers are refused before they are looked at (row `huge` of 4.1)."""


class MalformedChallenge(ValueError):
    """The header is not a list of challenges; nothing of it may be used."""

    def __init__(self, position: int, problem: str) -> None:
        super().__init__(position, problem)
        self.position = position
        self.problem = problem

    def __str__(self) -> str:
        return f"challenge refused at character {self.position}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge. `scheme` and parameter names are in lower case."""

    scheme: str
    params: tuple[tuple[str, str], ...] = ()
    token68: str = field(default="", repr=False)

    def get(self, name: str) -> str | None:
        """Return the value of parameter `name`, None if it is absent."""
        return dict(self.params).get(name.lower())


def parse_challenges(header: str) -> tuple[Challenge, ...]:
    r"""Return the challenges of one header value, in order.

    >>> parse_challenges('Bearer realm="http://r/token",service="a\\"b"')
    (Challenge(scheme='bearer', params=(('realm', 'http://r/token'), ('service', 'a"b'))),)

    Raises:
        MalformedChallenge: not the grammar of RFC 9110, or a parameter that
            appears twice in one challenge.

    Source: R-002, R-003.
    """
    if len(header) > MAX_HEADER_CHARS:
        raise MalformedChallenge(MAX_HEADER_CHARS, "the header is too long")
    return tuple(_Reader(header).challenges())


class _Reader:
    """A cursor over one header value."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def challenges(self) -> list[Challenge]:
        found: list[Challenge] = []
        self._skip_commas()
        while self.at < len(self.text):
            found.append(self._challenge())
            self._skip_commas()
        if not found:
            raise MalformedChallenge(0, "no challenge")
        return found

    def _challenge(self) -> Challenge:
        scheme = self._take(_TOKEN, "a scheme").lower()
        if self.at == len(self.text) or self.text[self.at] == ",":
            return Challenge(scheme)
        if self.text[self.at] != " ":
            raise MalformedChallenge(self.at, "a space is missing after the scheme")
        self._space()
        blob = _TOKEN68.match(self.text, self.at)
        if blob and not _PARAM_START.match(self.text, self.at):
            self.at = blob.end()
            return Challenge(scheme, token68=blob.group())
        return Challenge(scheme, tuple(self._params().items()))

    def _params(self) -> dict[str, str]:
        params: dict[str, str] = {}
        while _PARAM_START.match(self.text, self.at):
            start = self.at
            name = self._take(_TOKEN, "a parameter name").lower()
            self._space()
            self.at += 1  # the `=` that _PARAM_START saw
            self._space()
            if name in params:
                raise MalformedChallenge(start, "a parameter appears twice")
            params[name] = self._value()
            if not self._next_param():
                break
        return params

    def _next_param(self) -> bool:
        """Go past a comma if a parameter of this challenge follows it."""
        self._space()
        if self.at < len(self.text) and self.text[self.at] != ",":
            raise MalformedChallenge(self.at, "a comma is missing")
        before = self.at
        self._skip_commas()
        if self.at < len(self.text) and not _PARAM_START.match(self.text, self.at):
            self.at = before  # the next challenge begins
            return False
        return self.at < len(self.text)

    def _value(self) -> str:
        if self.text.startswith('"', self.at):
            quoted = self._take(_QUOTED, "a closed quoted string")
            return _ESCAPE.sub(r"\1", quoted[1:-1])
        return self._take(_TOKEN, "a value")

    def _take(self, pattern: re.Pattern[str], wanted: str) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise MalformedChallenge(self.at, f"expected {wanted}")
        self.at = found.end()
        return found.group()

    def _space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _skip_commas(self) -> None:
        self._space()
        while self.at < len(self.text) and self.text[self.at] == ",":
            self.at += 1
            self._space()


# BWS around `=` is legal in front of a value; one `=` at the end of a word is
# the padding of a token68 instead.
_PARAM_START = re.compile(
    r"[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*=[ \t]*(?=[\"!#$%&'*+.^_`|~0-9A-Za-z-])"
)


def format_bearer(realm: str, service: str, scope: str = "", error: str = "") -> str:
    """Return a Bearer challenge, written as docker-registry writes it.

    Source: R-003, R-004: order realm, service, scope, error; no spaces.
    """
    params = (("realm", realm), ("service", service), ("scope", scope), ("error", error))
    return "Bearer " + ",".join(
        f"{name}={quote(value)}" for name, value in params if value or name in ("realm", "service")
    )


def quote(value: str) -> str:
    r"""Return `value` as a quoted string.

    >>> quote('a"b')
    '"a\\"b"'
    """
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
