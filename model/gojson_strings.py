"""Text as Go's encoding/json writes and reads it.

Go strings are bytes; ours are `str`. On the way in, every byte that is not
valid UTF-8 becomes one U+FFFD, as in Go, so decoded text never holds a
surrogate. On the way out a lone surrogate stands for one invalid byte, which
is what `surrogateescape` makes of it.

Source: K-077, K-090, Q-19; compared with Go 1.26.
"""

import codecs
import re

from pullproof.model.goquote import quote

REPLACEMENT = "\ufffd"
_GO_UTF8 = "pullproof.go-utf8"


def _replace_one_byte(error: UnicodeError) -> tuple[str, int]:
    # Python's own `replace` takes several bytes of a cut-off sequence for one
    # mistake; Go counts each of them.
    assert isinstance(error, UnicodeDecodeError)
    return REPLACEMENT, error.start + 1


codecs.register_error(_GO_UTF8, _replace_one_byte)

_ESCAPE = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))",
    re.DOTALL,
)
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SPECIAL = re.compile('[\x00-\x1f"\\\\<>&\u2028\u2029\ud800-\udfff]')
_SPECIAL_TEXT = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}


def decode_utf8(data: bytes) -> str:
    """Return `data` as text, each invalid byte as U+FFFD.

    >>> decode_utf8(b"\\xe2\\x82x")
    '\\ufffd\\ufffdx'
    """
    return data.decode("utf-8", _GO_UTF8)


def decode_string(raw: bytes) -> str:
    """Return the value of a JSON string; `raw` is what stands between its quotes.

    `raw` must already be known to be well formed. A surrogate escape without
    its partner becomes U+FFFD.
    """
    text = decode_utf8(raw)
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


def encode_string(text: str) -> str:
    """Return `text` as the JSON string that Go's encoder writes, quotes included.

    >>> encode_string('a<b>&"\\x7f')
    '"a\\\\u003cb\\\\u003e\\\\u0026\\\\"\\x7f"'

    Source: K-077.
    """
    return '"' + _SPECIAL.sub(_escape, text) + '"'


def quote_byte(byte: int) -> str:
    """Return one byte as encoding/json names it in its error messages."""
    if byte == 0x27:
        return "'\\''"
    return "'\"'" if byte == 0x22 else f"'{quote(chr(byte))[1:-1]}'"


def _unescape(match: re.Match[str]) -> str:
    high, low, single, short = match.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00))
    if single:
        code = int(single, 16)
        return REPLACEMENT if 0xD800 <= code <= 0xDFFF else chr(code)
    return _SHORT.get(short, short)


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    if char in _SPECIAL_TEXT:
        return _SPECIAL_TEXT[char]
    return "\\ufffd" if "\ud800" <= char <= "\udfff" else f"\\u{ord(char):04x}"
