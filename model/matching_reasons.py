"""Sentences for the field's commonest question: why is my provider not asked?

The reasons are tried in the kubelet's own order (K-045), the specific ones
before the general one of the same step. Advice is tried out before it is
given: what a sentence says to write does match.

Source: K-040 to K-045, section 2.1.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from pullproof.model.goglob import match as glob_match
from pullproof.model.gourl import URL, InvalidURL
from pullproof.model.images import (
    DEFAULT_DOMAIN,
    LEGACY_DOMAIN,
    OFFICIAL_PREFIX,
    InvalidImageName,
    parse_image,
)
from pullproof.model.matching import matches, parse_schemeless, split_host

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_TAG_OR_DIGEST = re.compile(r"(@[^/]*|:[^/]*)$")


@dataclass(frozen=True, slots=True)
class _Pair:
    """A pattern and a repo name that do not match, taken apart."""

    pattern: str
    repo_name: str
    pattern_url: URL
    repo_url: URL

    @property
    def hosts(self) -> tuple[str, str]:
        """The two hosts as they are compared, without port."""
        return ".".join(self._parts[0]), ".".join(self._parts[1])

    @property
    def ports(self) -> tuple[str, str]:
        return split_host(self.pattern_url)[1], split_host(self.repo_url)[1]

    @property
    def paths(self) -> tuple[str, str]:
        return self.pattern_url.path, self.repo_url.path

    @property
    def part_pairs(self) -> tuple[tuple[str, str], ...]:
        return tuple(zip(*self._parts, strict=True))

    @property
    def part_counts(self) -> tuple[int, int]:
        return len(self._parts[0]), len(self._parts[1])

    @property
    def path_differs(self) -> bool:
        return not self.paths[1].startswith(self.paths[0])

    @property
    def _parts(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return split_host(self.pattern_url)[0], split_host(self.repo_url)[0]

    def advise(self, pattern: str) -> str:
        """Return the advice to write `pattern`, if that would match."""
        return f": write `{pattern}`" if matches(pattern, self.repo_name) else ""


def reason(pattern: str, repo_name: str) -> str:
    """Return why `pattern` does or does not match `repo_name`, as a sentence."""
    try:
        pattern_url = parse_schemeless(pattern)
    except InvalidURL as error:
        why = f"{error.reason}{_and_hint(pattern)}"
        return f"It is no pattern, and in matchImages the kubelet does not start with it ({why})."
    try:
        repo_url = parse_schemeless(repo_name)
    except InvalidURL as error:
        return f"No image has such a repo name ({error.reason})."
    if matches(pattern, repo_name):
        return _match(pattern_url, repo_url)
    pair = _Pair(pattern, repo_name, pattern_url, repo_url)
    sentences = (find(pair) for find in _REASONS)
    return next(sentence for sentence in sentences if sentence) + "."


def pattern_hint(pattern: str) -> str:
    """Return what to do about a pattern that the kubelet refuses, or ""."""
    host = pattern.partition("/")[0]
    for is_meant, hint in _HINTS:
        if is_meant(host):
            return hint
    return ""


def _and_hint(pattern: str) -> str:
    hint = pattern_hint(pattern)
    return f"; {hint}" if hint else ""


_HINTS: tuple[tuple[Callable[[str], object], str], ...] = (
    (
        lambda host: "{" in host,
        "there is no brace expansion, write one pattern for each name",
    ),
    (
        lambda host: "[" in host,
        "brackets are for IPv6 addresses only, since Go 1.25.8 and 1.26.1",
    ),
    (lambda host: host != host.strip(), "remove the space"),
    (re.compile(r":[^0-9\]]").search, "a port takes digits only, no wildcard"),
)


def _match(pattern_url: URL, repo_url: URL) -> str:
    prefix, path = pattern_url.path, repo_url.path
    rest = path[len(prefix) :]
    at_boundary = not prefix or prefix.endswith("/") or not rest or rest.startswith("/")
    if at_boundary:
        return "It matches: same port, and host and path fit."
    return (
        f"It matches, but only because the path `{prefix}` is a plain prefix of `{path}`: "
        "end it with `/` to keep neighbours out."
    )


def _not_normalised(pair: _Pair) -> str:
    try:
        normal = parse_image(pair.repo_name).repo_name
    except InvalidImageName:
        return ""
    if normal == pair.repo_name or not matches(pair.pattern, normal):
        return ""
    return f"The kubelet knows this image as `{normal}`, and that does match"


def _scheme(pair: _Pair) -> str:
    found = _SCHEME.match(pair.pattern)
    if not found:
        return ""
    advice = pair.advise(pair.pattern[found.end() :])
    return f"A pattern has no scheme, so `{found[0]}` is read as host and path{advice}"


def _question_mark(pair: _Pair) -> str:
    host, mark, rest = pair.pattern.partition("?")
    if not mark or "/" in host:
        return ""
    advice = pair.advise(f"{host}*{rest}")
    return f"`?` is no wildcard here, it ends the pattern like the query of a URL{advice}"


def _no_host(pair: _Pair) -> str:
    return "" if pair.pattern_url.host else "The pattern has no host, so it matches nothing"


def _port(pair: _Pair) -> str:
    wanted, seen = pair.ports
    if wanted == seen:
        return ""
    if not wanted:
        host = pair.pattern_url.host
        advice = pair.advise(f"{host.rstrip(':')}:{seen}{pair.pattern_url.path}")
        return f"The pattern has no port but the image has port {seen}{advice}"
    if not seen:
        advice = pair.advise(pair.pattern.replace(f":{wanted}", "", 1))
        return f"The pattern has port {wanted} but the image has none{advice}"
    return f"The pattern has port {wanted} but the image has port {seen}"


def _docker_hub(pair: _Pair) -> str:
    host, path = pair.repo_url.host, pair.repo_url.path
    if host != DEFAULT_DOMAIN:
        return ""
    if pair.pattern_url.host == LEGACY_DOMAIN:
        advice = pair.advise(pair.pattern.replace(LEGACY_DOMAIN, DEFAULT_DOMAIN, 1))
        return f"Repo names call Docker Hub `{DEFAULT_DOMAIN}`, never `{LEGACY_DOMAIN}`{advice}"
    short = path.removeprefix(f"/{OFFICIAL_PREFIX}")
    if pair.pattern in (short, path[1:]):
        advice = pair.advise(f"{host}{path}")
        return f"A pattern begins with the registry's host, also for Docker Hub{advice}"
    if pair.pattern_url.host == host and short != path and short.startswith(pair.paths[0][1:]):
        advice = pair.advise(f"{host}/{OFFICIAL_PREFIX}{pair.paths[0][1:]}")
        return f"Short Docker Hub names live under `{OFFICIAL_PREFIX}`{advice}"
    return ""


def _bare_ipv6(pair: _Pair) -> str:
    if not pair.hosts[0].startswith("["):
        return ""
    return "Without a port the brackets of an IPv6 address act as a character class"


def _part_count(pair: _Pair) -> str:
    wanted, seen = pair.part_counts
    if wanted == seen:
        return ""
    return (
        f"The host of the pattern has {_parts(wanted)} and that of the image "
        f"has {_parts(seen)}; a `*` never spans a dot"
    )


def _parts(count: int) -> str:
    return "1 part" if count == 1 else f"{count} parts"


def _tag(pair: _Pair) -> str:
    found = _TAG_OR_DIGEST.search(pair.paths[0])
    if not pair.path_differs or not found:
        return ""
    advice = pair.advise(f"{pair.pattern_url.host}{pair.paths[0][: found.start()]}")
    return f"Patterns are compared with repo names, which have neither tag nor digest{advice}"


def _star_in_path(pair: _Pair) -> str:
    prefix, star, _ = pair.paths[0].partition("*")
    if not pair.path_differs or not star:
        return ""
    advice = pair.advise(f"{pair.pattern_url.host}{prefix}")
    return f"A `*` in the path is a literal character, for paths match as prefixes anyway{advice}"


def _case(pair: _Pair) -> str:
    lower, repo = pair.pattern.lower(), pair.repo_name.lower()
    if not matches(lower, repo):
        return ""
    return f"Upper and lower case must agree{pair.advise(lower)}"


def _final_slash(pair: _Pair) -> str:
    prefix, path = pair.paths
    if prefix != f"{path}/":
        return ""
    advice = pair.advise(f"{pair.pattern_url.host}{path}")
    return f"With its final `/` the pattern is only for what lies below{advice}"


def _path(pair: _Pair) -> str:
    prefix, path = pair.paths
    return f"The path `{path}` does not begin with `{prefix}`" if pair.path_differs else ""


def _host(pair: _Pair) -> str:
    # No part is a malformed glob: brackets were told of in _bare_ipv6.
    pattern, part = next(p for p in pair.part_pairs if not glob_match(*p))
    return f"The host differs: `{pattern}` does not match `{part}`"


_REASONS: tuple[Callable[[_Pair], str], ...] = (
    _not_normalised,
    _scheme,
    _question_mark,
    _no_host,
    _docker_hub,
    _port,
    _bare_ipv6,
    _part_count,
    _tag,
    _star_in_path,
    _case,
    _final_slash,
    _path,
    _host,
)
