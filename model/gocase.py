"""Go's `strings.ToLower`: one code point for one, and no mercy for bad bytes.

Source: Go strings and unicode packages, as measured (Go std).
"""

_DOTTED_CAPITAL_I = "\u0130"
"""The one letter that Python's `lower` turns into two."""


def to_lower(text: str) -> str:
    """Return `text` in lower case as Go does it.

    Bytes outside of UTF-8 (lone surrogates here) become U+FFFD, and so even a
    text without a single letter can be changed.

    >>> to_lower("REG\\u0130"), to_lower("a\\udcff") == "a\\ufffd"
    ('regi', True)
    """
    if text.isascii():
        return text.lower()
    return "".join(_lower(character) for character in text)


def _lower(character: str) -> str:
    if character == _DOTTED_CAPITAL_I:
        return "i"
    return "\ufffd" if "\ud800" <= character <= "\udfff" else character.lower()
