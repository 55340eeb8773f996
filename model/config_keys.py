"""Kubernetes' qualified names, which annotation keys must be.

Source: K-034f, K-035; apimachinery's validation, as measured.
"""

import re

from pullproof.model.versions import KubeletVersion

_MAX_NAME = 63
_MAX_PREFIX = 253
_NAME_PATTERN = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_PATTERN = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_PREFIX_PATTERN = rf"{_LABEL_PATTERN}(\.{_LABEL_PATTERN})*"
_NAME_RULE = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with "
    f"an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', "
    f"regex used for validation is '{_NAME_PATTERN}')"
)
_PREFIX_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', "
    f"regex used for validation is '{_PREFIX_PATTERN}')"
)
_EMPTY = "must be non-empty"
_CURRENT = KubeletVersion()


def qualified_name_problems(key: str, version: KubeletVersion = _CURRENT) -> tuple[str, ...]:
    """Return why `key` is no qualified name, in Kubernetes' words; () if it is.

    The words have changed in 1.35, the rule has not.

    >>> qualified_name_problems("example.com/role")
    ()

    Source: K-035. The caller lower-cases annotation keys first.
    """
    *prefix, name = key.split("/")
    if len(prefix) > 1:
        what = "a valid label key" if version.speaks_of_label_keys else "a qualified name"
        tail = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return (f"{what} {_NAME_RULE}{tail}",)
    problems = [f"prefix part {problem}" for text in prefix for problem in _prefix(text, version)]
    return (*problems, *(f"name part {problem}" for problem in _name(name, version)))


def _prefix(text: str, version: KubeletVersion) -> list[str]:
    if not text:
        return [_EMPTY]
    problems: list[str] = []
    if len(text.encode("utf-8")) > _MAX_PREFIX:
        problems.append(_too_long(_MAX_PREFIX, version))
    if not re.fullmatch(_PREFIX_PATTERN, text):
        problems.append(_PREFIX_RULE)
    return problems


def _name(text: str, version: KubeletVersion) -> list[str]:
    problems: list[str] = []
    if not text:
        problems.append(_EMPTY)
    elif len(text.encode("utf-8")) > _MAX_NAME:
        problems.append(_too_long(_MAX_NAME, version))
    if not re.fullmatch(_NAME_PATTERN, text):
        problems.append(_NAME_RULE)
    return problems


def _too_long(limit: int, version: KubeletVersion) -> str:
    unit = "bytes" if version.speaks_of_label_keys else "characters"
    return f"must be no more than {limit} {unit}"
