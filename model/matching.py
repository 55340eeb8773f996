"""Whether a pattern matches a repo name, as the kubelet decides it.

`matchImages` of the configuration and the auth keys of a response follow the
same rules. They look like globs or URLs and are neither: only the host may
hold wildcards, part by part; port and path are compared literally, the path
as a plain prefix of bytes.

Source: K-040 to K-045, section 2.1.
"""

from collections.abc import Iterable

from pullproof.model.goglob import BadPattern
from pullproof.model.goglob import match as glob_match
from pullproof.model.gourl import URL, InvalidURL, parse, split_host_port


def parse_schemeless(text: str, *, strict_colons: bool = True) -> URL:
    """Return `text`, which must come without a scheme, as a URL.

    Raises:
        InvalidURL: Go refuses `https://` + `text`.

    Source: K-041.
    """
    return parse(f"https://{text}", strict_colons=strict_colons)


def split_host(url: URL) -> tuple[tuple[str, ...], str]:
    """Return the dot-separated parts of the host, and the port or "".

    Source: K-042.
    """
    name, port = split_host_port(url.host)
    return tuple(name.split(".")), port


def urls_match(pattern: str, target: str, *, strict_colons: bool = True) -> bool:
    """Return whether `pattern` matches the repo name `target`.

    Raises:
        InvalidURL: one of the two is no URL.
        BadPattern: a part of the pattern's host is malformed. Only parts that
            are reached count: port, number of parts and path come first.

    Source: K-043, K-045.
    """
    pattern_url = parse_schemeless(pattern, strict_colons=strict_colons)
    target_url = parse_schemeless(target, strict_colons=strict_colons)
    pattern_parts, pattern_port = split_host(pattern_url)
    target_parts, target_port = split_host(target_url)
    return (
        pattern_port == target_port
        and len(pattern_parts) == len(target_parts)
        and _is_path_prefix(pattern_url.path, target_url.path)
        and all(map(glob_match, pattern_parts, target_parts))
    )


def matches(pattern: str, repo_name: str, *, strict_colons: bool = True) -> bool:
    """Return whether `pattern` matches; any error means no (K-040)."""
    try:
        return urls_match(pattern, repo_name, strict_colons=strict_colons)
    except (InvalidURL, BadPattern):
        return False


def is_image_allowed(
    match_images: Iterable[str], repo_name: str, *, strict_colons: bool = True
) -> bool:
    """Return whether a provider with these patterns is asked (K-040)."""
    return any(matches(it, repo_name, strict_colons=strict_colons) for it in match_images)


def explain(pattern: str, repo_name: str) -> str:
    """Return one sentence: why `pattern` does or does not match `repo_name`.

    >>> explain("registry.example", "registry.example:5000/app")
    'The pattern has no port but the image has port 5000: write `registry.example:5000`.'

    Never fails: what is no pattern or no repo name is said in the sentence.

    Source: K-040 to K-045, section 2.1.
    """
    # The reasons need this module to try their advice out.
    from pullproof.model.matching_reasons import reason

    return reason(pattern, repo_name)


def _is_path_prefix(prefix: str, path: str) -> bool:
    """Compare bytes: an escape in a pattern may end within a character."""
    return path.encode("utf-8", "surrogateescape").startswith(
        prefix.encode("utf-8", "surrogateescape")
    )
