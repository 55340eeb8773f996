"""Go's `url.Parse`, as far as the kubelet relies on it.

The kubelet reads match patterns, auth keys and repo names as URLs and then
looks only at host and path. What counts is therefore *which texts Go
refuses*, and what it makes of escapes and ports.

Which texts those are has changed with Go, not with Kubernetes. This module
keeps the rules of Go 1.26.8 in their default, strict form: brackets only
around an IPv6 address at the very start of the host (since Go 1.25.8 and
1.26.1), and, if the caller wants it, one colon at most outside of brackets for
http and https (GODEBUG urlstrictcolons). A kubelet built with an older Go still
takes `registr[xyz].io`, and one before 1.36 takes `a:1:2`; nobody should rely
on either.

Texts stand for Go strings: bytes outside of UTF-8, which percent escapes may
produce, are carried as lone surrogates (`surrogateescape`).

Source: K-041, K-131; Go net/url and net/netip, as measured (Go std).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from pullproof.model.goquote import quote
from pullproof.model.ipaddr import InvalidAddress, check_address

_LETTERS_AND_DIGITS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_PLAIN_IN_HOST = frozenset(_LETTERS_AND_DIGITS + b"-_.~!$&'()*+,;=:[]<>\"")
_PLAIN_IN_USERINFO = frozenset(_LETTERS_AND_DIGITS + b"-._:~!$&'()*+,;=%@")
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:")
_PORT = re.compile(rb"(:[0-9]*)?")
_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")
_STRICT_COLONS = ("http", "https")
_Allowed = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class URL:
    """The parts the kubelet reads; escapes are decoded."""

    scheme: str
    """In lower case; empty if the text has none."""
    host: str
    """With its port and, for IPv6, its brackets."""
    path: str


class InvalidURL(ValueError):
    """Go's `url.Parse` refuses the text; `str()` is Go's message."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"parse {quote(text)}: {reason}")
        self.text = text
        self.reason = reason


class _Refused(Exception):
    """Why a part is refused, in Go's words."""


def parse(text: str, *, strict_colons: bool = True) -> URL:
    """Return the parts of `text`.

    Args:
        strict_colons: Whether one colon at most may stand in the host of a http
            or https URL (`KubeletVersion.has_strict_colons`).

    >>> parse("https://user@registry.example:5000/team%2Da?x#y")
    URL(scheme='https', host='registry.example:5000', path='/team-a')

    Raises:
        InvalidURL: Go refuses `text`.

    Source: K-041.
    """
    url, _, fragment = _bytes(text).partition(b"#")
    try:
        parsed = _parse(url, strict_colons)
    except _Refused as refused:
        raise InvalidURL(_text(url), str(refused)) from None
    try:
        _unescape(fragment)
    except _Refused as refused:
        raise InvalidURL(text, str(refused)) from None
    return parsed


def split_host_port(host: str) -> tuple[str, str]:
    """Return name and port of `host`; all of it and "" if it has no port.

    Brackets go only together with a port (Q-08). A host that Go's
    `net.SplitHostPort` refuses counts as one without a port.

    >>> split_host_port("[::1]:5000"), split_host_port("[::1]")
    (('::1', '5000'), ('[::1]', ''))

    Source: K-042.
    """
    name, colon, port = host.rpartition(":")
    bracketed = name.startswith("[") and name.endswith("]")
    if bracketed:
        name = name[1:-1]
    if not colon or "[" in name + port or "]" in name + port or (":" in name and not bracketed):
        return host, ""
    return name, port


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _parse(url: bytes, strict_colons: bool) -> URL:
    if any(byte < 0x20 or byte == 0x7F for byte in url):
        raise _Refused("net/url: invalid control character in URL")
    if url == b"*":
        return URL("", "", "*")
    scheme, rest = _split_scheme(url)
    rest = rest.partition(b"?")[0]
    if not rest.startswith(b"/"):
        if scheme:
            return URL(scheme, "", "")  # opaque: neither host nor path
        if b":" in rest.partition(b"/")[0]:
            raise _Refused("first path segment in URL cannot contain colon")
    host = b""
    if rest.startswith(b"//") and (scheme or not rest.startswith(b"///")):
        authority, slash, path = rest[2:].partition(b"/")
        host, rest = (
            _host_of_authority(authority, strict_colons and scheme in _STRICT_COLONS),
            slash + path,
        )
    return URL(scheme, _text(host), _text(_unescape(rest)))


def _split_scheme(url: bytes) -> tuple[str, bytes]:
    if url.startswith(b":"):
        raise _Refused("missing protocol scheme")
    found = _SCHEME.match(url)
    if found is None:
        return "", url
    return found[0][:-1].decode().lower(), url[found.end() :]


def _host_of_authority(authority: bytes, strict_colons: bool) -> bytes:
    userinfo, _, host = authority.rpartition(b"@")
    host = _host(host, strict_colons)
    if not _PLAIN_IN_USERINFO.issuperset(userinfo):
        raise _Refused("net/url: invalid userinfo")
    username, _, password = userinfo.partition(b":")
    _unescape(username)
    _unescape(password)
    return host


def _host(host: bytes, strict_colons: bool) -> bytes:
    bracket = host.rfind(b"[")
    if bracket > 0:
        raise _Refused("invalid IP-literal")
    if bracket == 0:
        return _ip_literal(host)
    colons = host.count(b":")
    if colons:
        first = host.find(b":") if strict_colons else host.rfind(b":")
        _check_port(host[first:])
    return _unescape_host(host)


def _ip_literal(host: bytes) -> bytes:
    end = host.rfind(b"]")
    if end < 0:
        raise _Refused("missing ']' in host")
    _check_port(host[end + 1 :])
    name, percent, zone = host[1:end].partition(b"%25")
    address = _unescape_host(name) + _unescape_zone(percent + zone)
    try:
        version = check_address(_text(address))
    except InvalidAddress as error:
        raise _Refused(f"invalid host: {error}") from None
    if version == 4:
        raise _Refused("invalid IP-literal")
    return b"[" + address + b"]" + host[end + 1 :]


def _check_port(port: bytes) -> None:
    if not _PORT.fullmatch(port):
        raise _Refused(f"invalid port {quote(_text(port))} after host")


def _unescape_host(host: bytes) -> bytes:
    """Only bytes beyond ASCII, and the percent sign, may be escaped in a host."""
    return _unescape(host, _PLAIN_IN_HOST, lambda byte: byte >= 0x80 or byte == 0x25)


def _unescape_zone(zone: bytes) -> bytes:
    """A zone may escape what it could also say plainly, and the space."""
    return _unescape(zone, _PLAIN_IN_HOST, lambda byte: byte in _PLAIN_IN_HOST or byte in b" %")


def _unescape(
    data: bytes,
    plain: frozenset[int] | None = None,
    may_escape: _Allowed = lambda byte: True,
) -> bytes:
    result = bytearray()
    at = 0
    while at < len(data):
        byte = data[at]
        if byte == 0x25:
            escape = _ESCAPE.match(data, at)
            value = int(escape[0][1:], 16) if escape else 0
            if escape is None or not may_escape(value):
                raise _Refused(f"invalid URL escape {quote(_text(data[at : at + 3]))}")
            result.append(value)
            at += 3
            continue
        if plain is not None and byte < 0x80 and byte not in plain:
            raise _Refused(f"invalid character {quote(chr(byte))} in host name")
        result.append(byte)
        at += 1
    return bytes(result)
