"""Tags, block scalars and lone question marks, as go-yaml takes them.

Where it differs from PyYAML: a comment or tab may follow the header of a block
scalar at once (`|#`), no tab may stand where a block scalar's indent is still
being found, a tag is a handle only if letters alone stand before its second
`!` (`![!` is a tag), and may be followed by a tab; and after a `?` without a
key, in a flow sequence, go-yaml loses the next token (`[?]` lacks its end,
`[?]]` has it).

Source: K-022; go.yaml.in/yaml/v2, as measured.
"""

from typing import Any, cast

import yaml
from yaml.error import Mark
from yaml.events import Event
from yaml.scanner import ScannerError
from yaml.tokens import FlowEntryToken, FlowSequenceEndToken, TagToken, ValueToken

_BREAKS = "\r\n\x85\u2028\u2029"
_BLANKS = " \t"
_END = "\0"
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
_IN_URI = _LETTERS + ";/?:@&=+$,.!~*'()[]%"
_CHOMPING = {"+": True, "-": False}


class GoTokens(yaml.SafeLoader):
    """The part of the scanner that reads tags and block scalars."""

    def scan_tag(self) -> TagToken:
        start = self.get_mark()
        handle: str | None = None
        if self._next(1) == "<":
            self.forward(2)
            suffix = self._uri(start)
            if self._next() != ">":
                raise self._bad("a tag", start, "did not find the expected '>'")
            self.forward()
        else:
            handle, suffix = self._handle_and_suffix(start)
        if self._next() not in _BLANKS + _BREAKS + _END:
            raise self._bad("a tag", start, "did not find expected whitespace or line break")
        return TagToken((handle, suffix), start, self.get_mark())

    def _handle_and_suffix(self, start: Mark) -> tuple[str | None, str]:
        handle = "!"
        self.forward()
        while self._next() in _LETTERS:
            handle += self._taken()
        if self._next() == "!":
            self.forward()
            return f"{handle}!", self._uri(start)
        suffix = handle[1:]
        if self._next() in _IN_URI:
            suffix += self._uri(start)
        return ("!", suffix) if suffix else (None, "!")

    def scan_block_scalar_indicators(self, start_mark: Mark) -> tuple[bool | None, int | None]:
        chomping = self._chomping()
        increment = None
        if self._next() in "0123456789":
            increment = int(self._taken())
            if not increment:
                raise self._bad("a block scalar", start_mark, "indentation indicator equal to 0")
            if chomping is None:
                chomping = self._chomping()
        return chomping, increment

    def scan_block_scalar_ignored_line(self, start_mark: Mark) -> None:
        while self._next() in _BLANKS:
            self.forward()
        if self._next() == "#":
            while self._next() not in _BREAKS + _END:
                self.forward()
        if self._next() not in _BREAKS + _END:
            problem = "did not find expected comment or line break"
            raise self._bad("a block scalar", start_mark, problem)
        self._skip_break()

    def scan_block_scalar_indentation(self) -> tuple[list[str], int, Mark]:
        found = cast(
            "tuple[list[str], int, Mark]",
            super().scan_block_scalar_indentation(),  # pyright: ignore[reportUnknownMemberType]
        )
        self._refuse_tab()
        return found

    def scan_block_scalar_breaks(self, indent: int) -> tuple[list[str], Mark]:
        found = cast(
            "tuple[list[str], Mark]",
            super().scan_block_scalar_breaks(indent),  # pyright: ignore[reportUnknownMemberType]
        )
        if self.column < indent:
            self._refuse_tab()
        return found

    def parse_flow_sequence_entry_mapping_key(self) -> Event:
        parser = cast("Any", self)
        mark = parser.get_token().end_mark
        if not parser.check_token(ValueToken, FlowEntryToken, FlowSequenceEndToken):
            parser.states.append(parser.parse_flow_sequence_entry_mapping_value)
            return cast("Event", parser.parse_flow_node())
        parser.get_token()  # libyaml does, though it was the question mark's turn
        parser.state = parser.parse_flow_sequence_entry_mapping_value
        return cast("Event", parser.process_empty_scalar(mark))

    def fetch_flow_collection_end(self, TokenClass: Any) -> None:
        super().fetch_flow_collection_end(TokenClass)  # pyright: ignore[reportUnknownMemberType]
        self.flow_level = max(0, self.flow_level)  # one bracket too many is told later

    # types-pyyaml leaves what these call without a type.

    def _next(self, ahead: int = 0) -> str:
        return cast("str", self.peek(ahead))  # pyright: ignore[reportUnknownMemberType]

    def _taken(self) -> str:
        character = self._next()
        self.forward()
        return character

    def _uri(self, start: Mark) -> str:
        return str(cast("Any", self).scan_tag_uri("tag", start))

    def _skip_break(self) -> None:
        cast("Any", self).scan_line_break()

    def _chomping(self) -> bool | None:
        return _CHOMPING[self._taken()] if self._next() in _CHOMPING else None

    def _refuse_tab(self) -> None:
        if self._next() == "\t":
            problem = "found a tab character where an indentation space is expected"
            raise self._bad("a block scalar", self.get_mark(), problem)

    def _bad(self, what: str, start: Mark, problem: str) -> ScannerError:
        return ScannerError(f"while scanning {what}", start, problem, self.get_mark())
