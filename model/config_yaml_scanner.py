"""PyYAML's scanner with go-yaml's idea of tabs, colons and byte order marks.

Both descend from libyaml and differ in places that people do get wrong in
configurations: go-yaml takes tabs as white space within a line, ends a
plain scalar in `[...]` and `{...}` only at a colon before white space, and
skips a byte order mark at the start of any line. It knows `\\'` and not `\\/`,
refuses escapes that are no character, directives that it does not know, and
any version but 1.1: a file that begins with `%YAML 1.2` stops the kubelet.

Source: K-022; go.yaml.in/yaml/v2, as measured.
"""

from typing import TypeAlias, cast

import yaml
from yaml.error import Mark
from yaml.parser import ParserError
from yaml.scanner import ScannerError
from yaml.tokens import DirectiveToken, ScalarToken

from pullproof.model.config_yaml_tokens import GoTokens

_BREAKS = "\r\n\x85\u2028\u2029"
_KEPT_BREAKS = "\u2028\u2029"
_BLANKS = " \t"
_END = "\0"
_BLANK_OR_END = _BLANKS + _BREAKS + _END
_FLOW_ENDS = ",?[]{}"
Directives: TypeAlias = "tuple[tuple[int, int] | None, dict[str, str] | None]"


class GoScanner(GoTokens):
    """Give this to `yaml.parse` as the loader; only its events are of use."""

    ESCAPE_REPLACEMENTS = {  # type: ignore[misc]  # noqa: RUF012 (the stubs call it final)
        **{c: text for c, text in yaml.SafeLoader.ESCAPE_REPLACEMENTS.items() if c != "/"},
        "'": "'",
    }

    _version_mark: Mark | None = None

    def scan_flow_scalar_non_spaces(self, double: bool, start_mark: Mark) -> list[str]:
        try:
            parts: list[str] = super().scan_flow_scalar_non_spaces(  # pyright: ignore[reportUnknownMemberType]
                double, start_mark
            )
        except ValueError:  # beyond U+10FFFF
            parts = ["\ud800"]
        # The reader lets no lone surrogate in, so it is one that an escape made.
        if any("\ud800" <= character <= "\udfff" for part in parts for character in part):
            raise ScannerError(
                "while parsing a quoted scalar",
                start_mark,
                "found invalid Unicode character escape code",
                self.get_mark(),
            )
        return parts

    def scan_directive(self) -> DirectiveToken:
        token = super().scan_directive()
        if token.name not in ("YAML", "TAG"):
            raise ScannerError(
                "while scanning a directive",
                token.start_mark,
                "found unknown directive name",
                token.start_mark,
            )
        if token.name == "YAML":
            self._version_mark = token.start_mark
        return token

    def process_directives(self) -> Directives:
        found = cast(
            "Directives",
            super().process_directives(),  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]
        )
        if self.yaml_version not in (None, (1, 1)):
            problem = "found incompatible YAML document"
            raise ParserError(None, None, problem, self._version_mark)
        return found

    def scan_to_next_token(self) -> None:
        while True:
            if self.column == 0 and self._at() == "\ufeff":
                # Only the first one of a file is no character of its line.
                self.column += self.index > 0
                self.forward()
            # At the beginning of a line in block context a tab is no indent.
            blanks = _BLANKS if self.flow_level or not self.allow_simple_key else " "
            while self._at() in blanks:
                self.forward()
            if self._at() == "#":
                while self._at() not in _BREAKS + _END:
                    self.forward()
            if not self._line_break():
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def fetch_stream_end(self) -> None:
        if self.column:  # the end stands on a line of its own
            self.line += 1
            self.column = 0
        super().fetch_stream_end()

    def scan_plain(self) -> ScalarToken:
        start = end = self.get_mark()
        indent = self.indent + 1
        parts: list[str] = []
        gap = ""
        while not self._at_document_marker() and self._at() != "#":
            word = self._word()
            if word:
                parts += (gap, word)
                self.forward(len(word))
                end = self.get_mark()
                self.allow_simple_key = False
            if self._at() not in _BLANKS + _BREAKS:
                break
            gap = self._gap(indent)
            if not self.flow_level and self.column < indent:
                break
        return ScalarToken("".join(parts), True, start, end)

    # types-pyyaml leaves what these two call without a type.

    def _at(self, ahead: int = 0) -> str:
        return cast("str", self.peek(ahead))  # pyright: ignore[reportUnknownMemberType]

    def _ahead(self, length: int) -> str:
        return cast("str", self.prefix(length))  # pyright: ignore[reportUnknownMemberType]

    def _line_break(self) -> str:
        """Read a line break; return what it folds to, "" if there is none."""
        character = self._at()
        if character not in _BREAKS:
            return ""
        self.forward(2 if self._ahead(2) == "\r\n" else 1)
        return character if character in _KEPT_BREAKS else "\n"

    def _at_document_marker(self) -> bool:
        if self.column != 0 or self._ahead(3) not in ("---", "..."):
            return False
        return self._at(3) in _BLANK_OR_END

    def _word(self) -> str:
        length = 0
        while True:
            character = self._at(length)
            if character in _BLANK_OR_END:
                break
            if character == ":" and self._at(length + 1) in _BLANK_OR_END:
                break
            if self.flow_level and character in _FLOW_ENDS:
                break
            length += 1
        return self._ahead(length)

    def _gap(self, indent: int) -> str:
        """Read white space and line breaks; return what they fold to."""
        blanks = first_break = more_breaks = ""
        while self._at() in _BLANKS + _BREAKS:
            if self._at() in _BREAKS:
                line_break = self._line_break()
                if first_break:
                    more_breaks += line_break
                first_break = first_break or line_break
                self.allow_simple_key = True
                continue
            if first_break and self.column < indent and self._at() == "\t":
                raise ScannerError(
                    "while scanning a plain scalar",
                    self.get_mark(),
                    "found a tab character that violates indentation",
                    self.get_mark(),
                )
            blanks += self._at()
            self.forward()
        if not first_break:
            return blanks
        if first_break != "\n":
            return first_break + more_breaks
        return more_breaks or " "
