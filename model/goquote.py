"""Go's `strconv.Quote`, which `%q` in the kubelet's messages means.

Texts stand for Go strings: bytes that are usually UTF-8. A byte that is not
is carried as a lone surrogate (`surrogateescape`) and quoted as `\\xhh`.

Source: Go strconv, as measured (Go std).
"""

import re
import unicodedata

_NAMED = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    '"': '\\"',
    "\\": "\\\\",
}
_PRINTABLE_CLASSES = "LMNPS"
_PLAIN = re.compile(r"[ !#-\[\]-~]*")
"""What stands for itself; nearly every text is of this kind."""


def quote(text: str) -> str:
    """Return `text` as a Go string literal in double quotes.

    >>> quote('a"b')
    '"a\\\\"b"'
    """
    if _PLAIN.fullmatch(text):
        return f'"{text}"'
    return f'"{"".join(_quoted(character) for character in text)}"'


def _quoted(character: str) -> str:
    if character in _NAMED:
        return _NAMED[character]
    if character == " " or unicodedata.category(character)[0] in _PRINTABLE_CLASSES:
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
