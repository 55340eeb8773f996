"""PyYAML's complaints in go-yaml's words.

The verdict is what counts; the words are only for people who compare with a
kubelet's log. What the table does not know keeps PyYAML's words.

Source: K-023; go.yaml.in/yaml/v2, as measured.
"""

import re

import yaml
from yaml.scanner import ScannerError

from pullproof.model.config_yaml_scalars import InvalidYAML

_NOT_ALLOWED = "are not allowed in this context"
_BY_PROBLEM: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"expected the node content", "did not find expected node content"),
        (r"expected '<document start>'", "did not find expected <document start>"),
        (r"expected ',' or '\}'", "did not find expected ',' or '}'"),
        (r"expected ',' or '\]'", "did not find expected ',' or ']'"),
        (r"that cannot start any token", "found character that cannot start any token"),
        (r"mapping values are not allowed", f"mapping values {_NOT_ALLOWED}"),
        (r"mapping keys are not allowed", f"mapping keys {_NOT_ALLOWED}"),
        (r"sequence entries are not allowed", f"block sequence entries {_NOT_ALLOWED}"),
        (r"found unexpected document separator", "found unexpected document indicator"),
        (
            r"expected alphabetic or numeric character",
            "did not find expected alphabetic or numeric character",
        ),
        (r"expected escape sequence of", "did not find expected hexdecimal number"),
        (r"expected a comment or a line break", "did not find expected comment or line break"),
        (
            r"expected chomping or indentation indicators",
            "did not find expected comment or line break",
        ),
        (r"found unknown escape character", "found unknown escape character"),
        (r"found undefined tag handle", "found undefined tag handle"),
    )
)
_BY_CONTEXT = {
    "while parsing a block mapping": "did not find expected key",
    "while parsing a block collection": "did not find expected '-' indicator",
}


_READER_WORDS = {
    "special characters are not allowed": "control characters are not allowed",
    "invalid start byte": "invalid leading UTF-8 octet",
    "invalid continuation byte": "invalid trailing UTF-8 octet",
    "unexpected end of data": "incomplete UTF-8 octet sequence",
}


def translated(error: yaml.MarkedYAMLError, last_line: int) -> InvalidYAML:
    """Return `error` as go-yaml would have told it, with its real line."""
    mark = error.problem_mark or error.context_mark
    line = None if mark is None else min(mark.line + 1, last_line)
    shown = _shown_line(error)
    where = f"line {shown}: " if shown else ""
    return InvalidYAML(f"yaml: {where}{_words(error)}", line)


def unreadable(error: Exception) -> InvalidYAML:
    """Return the refusal of bytes that are no text for YAML."""
    reason = getattr(error, "reason", "")
    return InvalidYAML(f"yaml: {_READER_WORDS.get(reason, 'invalid UTF-8')}")


def _words(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "unknown problem parsing YAML content"
    for pattern, words in _BY_PROBLEM:
        if pattern.search(problem):
            return words
    if "expected <block end>" in problem:
        return _BY_CONTEXT.get(error.context or "", problem)
    return problem


def _shown_line(error: yaml.MarkedYAMLError) -> int:
    """Return the line that go-yaml prints: one too small, unless the scanner
    found the mistake; 0 prints none."""
    if error.problem_mark is not None and error.problem_mark.line:
        is_scanner = isinstance(error, ScannerError)
        return error.problem_mark.line + (1 if is_scanner else 0)
    return error.context_mark.line if error.context_mark is not None else 0
