"""Image names and verification policies: what needs no proof of access.

Source: K-200 to K-205, K-243. From 1.36 on the allowlist and the records cut
tag and digest off the name as written; before, the allowlist compared the
whole text, and records used the normalised repo name.
"""

from dataclasses import dataclass
from functools import lru_cache

from pullproof.model.images import (
    InvalidImageName,
    apply_default_tag,
    parse_image,
)
from pullproof.model.protocol.image_params import ImageParams
from pullproof.model.protocol.image_rules import ImageRules

WILDCARD = "/*"
TRIMS_TAGS_FROM = 36
"""First minor whose allowlist and records cut tag and digest off as-written names."""


class InvalidPattern(ValueError):
    """The kubelet does not take this allowlist entry; `str()` is why (K-203)."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One allowlist entry."""

    text: str
    """Without the asterisk."""
    is_prefix: bool


@lru_cache(maxsize=1024)
def parse_pattern(text: str) -> Pattern:
    """Return an allowlist entry as the kubelet reads it.

    Raises:
        InvalidPattern: the kubelet refuses its configuration.

    Source: K-203.
    """
    if text != text.strip():
        raise InvalidPattern(f"leading/trailing spaces are not allowed: {text}")
    is_prefix = text.endswith(WILDCARD)
    rest = text[:-1] if is_prefix else text
    if not rest:
        raise InvalidPattern(f"the supplied pattern is too short: {text}")
    if "*" in rest:
        raise InvalidPattern(
            f"not a valid wildcard pattern, only patterns ending with '/*' are allowed: {text}"
        )
    if is_prefix:
        if len(rest) == 1:
            raise InvalidPattern("at least registry hostname is required")
        return Pattern(rest, True)
    try:
        parsed = parse_image(rest)
    except InvalidImageName as error:
        raise InvalidPattern(f"failed to parse as an image name: {error}") from error
    if rest != parsed.repo_name:
        raise InvalidPattern(f"neither tag nor digest is accepted in an image reference: {text}")
    return Pattern(rest, False)


@lru_cache(maxsize=4096)
def untagged(image: str) -> str:
    """Return the name as written, without tag and digest.

    >>> untagged("nginx:1"), untagged("r.test/a@sha256:" + "0" * 64)
    ('nginx', 'r.test/a')
    """
    parsed = parse_image(image)
    name = image.removesuffix(f"@{parsed.digest}") if parsed.digest else image
    return name.removesuffix(f":{parsed.tag}") if parsed.tag else name


@lru_cache(maxsize=4096)
def runtime_name(image: str) -> str:
    """Return what a runtime calls an image: normalised, with tag or digest.

    >>> runtime_name("nginx"), runtime_name("r.test/a:1")
    ('docker.io/library/nginx:latest', 'r.test/a:1')
    """
    parsed = parse_image(apply_default_tag(image))
    if parsed.digest:
        return f"{parsed.repo_name}@{parsed.digest}"
    return f"{parsed.repo_name}:{parsed.tag}"


def is_listed(
    allowlist: tuple[str, ...], image: str, *, cuts_tag: bool, by_segment: bool = True
) -> bool:
    """Return whether an image, as the pod writes it, is on the allowlist.

    Source: K-204.
    """
    name = untagged(image) if cuts_tag else image
    for pattern in map(parse_pattern, allowlist):
        prefix = pattern.text if by_segment else pattern.text.rstrip("/")
        if name.startswith(prefix) if pattern.is_prefix else name == pattern.text:
            return True
    return False


def is_exempt(params: ImageParams, minor: int, image: str, pulled_by_kubelet: bool) -> bool:
    """Return whether the configured policy asks for no proof: the truth, for judges.

    Source: K-202.
    """
    match params.policy:
        case "NeverVerify":
            return True
        case "AlwaysVerify":
            return False
        case "NeverVerifyPreloadedImages":
            return not pulled_by_kubelet
        case "NeverVerifyAllowlistedImages":
            return is_listed(params.allowlist, image, cuts_tag=minor >= TRIMS_TAGS_FROM)


def requires_verification(
    params: ImageParams, rules: ImageRules, image: str, pulled_by_kubelet: bool
) -> bool:
    """Return whether access to a present image must be proven, by the rules.

    Source: K-202.
    """
    policy = params.policy
    if rules.policy == "never-verify":
        policy = "NeverVerify"
    elif rules.policy == "preloaded":
        policy = "NeverVerifyPreloadedImages"
    match policy:
        case "NeverVerify":
            return False
        case "AlwaysVerify":
            return True
        case "NeverVerifyPreloadedImages":
            return _verifies_preloaded(rules, pulled_by_kubelet)
        case "NeverVerifyAllowlistedImages":
            return _verifies_listed(params, rules, image, pulled_by_kubelet)


def _verifies_preloaded(rules: ImageRules, pulled_by_kubelet: bool) -> bool:
    match rules.preloaded_policy:
        case "always":
            return True
        case "inverted":
            return not pulled_by_kubelet
        case "pulled" | "recorded":
            return pulled_by_kubelet


def _verifies_listed(
    params: ImageParams, rules: ImageRules, image: str, pulled_by_kubelet: bool
) -> bool:
    listed = is_listed(
        params.allowlist,
        image,
        cuts_tag=rules.allowlist_name == "untagged",
        by_segment=rules.allowlist_prefix == "segment",
    )
    match rules.allowlist_policy:
        case "unlisted":
            return listed
        case "preloaded":
            return not listed or pulled_by_kubelet
        case "listed":
            return not listed
