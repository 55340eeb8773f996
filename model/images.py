"""Image names as the kubelet normalises them.

The provider never sees the image of the pod but its repo name: with domain,
with `library/` for short Docker Hub names, and without tag and digest. The
grammar is that of distribution/reference 0.6, which every current kubelet and
container runtime shares.

Source: K-070, K-071, K-072; distribution/reference and opencontainers/go-digest,
as measured.
"""

import re
from dataclasses import dataclass

from pullproof.model.gocase import to_lower
from pullproof.model.goquote import quote

DEFAULT_DOMAIN = "docker.io"
LEGACY_DOMAIN = "index.docker.io"
OFFICIAL_PREFIX = "library/"
DEFAULT_TAG = "latest"
MAX_PATH_LENGTH = 255
"""Of the name without its domain, in characters (all of them ASCII)."""

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_PATH = rf"{_COMPONENT}(?:/{_COMPONENT})*"
_TAG = r"[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_REFERENCE = re.compile(
    rf"(?:(?P<domain>{_DOMAIN})/)?(?P<path>{_PATH})(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?"
)
_IDENTIFIER = re.compile(r"[a-f0-9]{64}")
_DIGEST_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}


class InvalidImageName(ValueError):
    """No image has such a name; `str()` is the kubelet's message (K-071)."""

    def __init__(self, image: str, reason: str) -> None:
        super().__init__(f"couldn't parse image name {quote(image)}: {reason}")
        self.image = image
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ImageName:
    """A parsed image; `repo_name` is all that a provider gets to see."""

    domain: str
    """As written: never lower-cased (K-072). Empty if the first segment looks
    like a host but is none, `my_host.io`; it is then part of the path."""
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def repo_name(self) -> str:
        return f"{self.domain}/{self.path}" if self.domain else self.path


def parse_image(image: str) -> ImageName:
    """Return the parts of `image` after normalisation.

    Raises:
        InvalidImageName: the kubelet refuses `image`.

    Source: K-070, K-072.
    """
    if _IDENTIFIER.fullmatch(image):
        # Such a text would be ambiguous with the id of an image.
        reason = f"invalid repository name ({image}), cannot specify 64-byte hexadecimal strings"
        raise InvalidImageName(image, reason)
    domain, remainder = _split_domain(image)
    named = remainder.partition(":")[0]
    if to_lower(named) != named:
        reason = f"invalid reference format: repository name ({named}) must be lowercase"
        raise InvalidImageName(image, reason)
    full = f"{domain}/{remainder}"
    found = _REFERENCE.fullmatch(full)
    if found is None:
        lower = _REFERENCE.fullmatch(to_lower(full))
        reason = "repository name must be lowercase" if lower else "invalid reference format"
        raise InvalidImageName(image, reason)
    if len(found["path"]) > MAX_PATH_LENGTH:
        reason = f"repository name must not be more than {MAX_PATH_LENGTH} characters"
        raise InvalidImageName(image, reason)
    digest = found["digest"] or ""
    problem = _digest_problem(digest)
    if problem:
        raise InvalidImageName(image, problem)
    return ImageName(found["domain"] or "", found["path"], found["tag"] or "", digest)


def repo_name(image: str) -> str:
    """Return the repo name of `image`: what providers and keyrings see.

    >>> repo_name("nginx:1.25"), repo_name("r.example:5000/a/b:v1")
    ('docker.io/library/nginx', 'r.example:5000/a/b')

    Raises:
        InvalidImageName: the kubelet refuses `image`; no provider is run.

    Source: K-070.
    """
    return parse_image(image).repo_name


def apply_default_tag(image: str) -> str:
    """Return `image` as the container runtime is asked for it.

    Without tag and digest it gets `:latest`, and never a domain.

    >>> apply_default_tag("nginx")
    'nginx:latest'

    Raises:
        InvalidImageName: the kubelet refuses `image`.

    Source: K-071.
    """
    parsed = parse_image(image)
    if parsed.tag or parsed.digest:
        return image
    return f"{image}:{DEFAULT_TAG}"


def _split_domain(image: str) -> tuple[str, str]:
    """Return the domain and what follows, which may hold tag and digest."""
    first, slash, rest = image.partition("/")
    if not slash:
        return DEFAULT_DOMAIN, OFFICIAL_PREFIX + image
    if first == LEGACY_DOMAIN:
        first = DEFAULT_DOMAIN
    elif not (first == "localhost" or "." in first or ":" in first or to_lower(first) != first):
        first, rest = DEFAULT_DOMAIN, image
    if first == DEFAULT_DOMAIN and "/" not in rest:
        rest = OFFICIAL_PREFIX + rest
    return first, rest


def _digest_problem(digest: str) -> str:
    """Return why `digest`, already of the general form, is refused; else ""."""
    if not digest:
        return ""
    algorithm, _, encoded = digest.partition(":")
    if algorithm != algorithm.lower():
        return "invalid checksum digest format"
    if algorithm not in _DIGEST_LENGTHS:
        return "unsupported digest algorithm"
    if len(encoded) != _DIGEST_LENGTHS[algorithm]:
        return "invalid checksum digest length"
    if encoded != encoded.lower():
        return "invalid checksum digest format"
    return ""
