"""YAML's first document as a tree that keeps lines, tags and aliases.

PyYAML does the scanning (with `GoScanner`) and the grammar, which are those of
libyaml, like go-yaml's. Its own composer is not used: it refuses anchors that
are defined again, reads on after the first document, and loses where an alias
stood.

Source: K-022, K-023; go.yaml.in/yaml/v2, as measured.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from pullproof.model.config_yaml_errors import translated, unreadable
from pullproof.model.config_yaml_scalars import InvalidYAML, Scalar
from pullproof.model.config_yaml_scanner import GoScanner

MAX_DEPTH = 64
"""Nothing in a configuration is deeper than six levels. The kubelet stops at
10 000, but refuses what is that deep for other reasons, too."""

_TAG_PREFIX = "tag:yaml.org,2002:"


@dataclass(slots=True, eq=False)
class Sequence:
    line: int
    children: "list[Node]" = field(default_factory=list["Node"])


@dataclass(slots=True, eq=False)
class Mapping:
    line: int
    children: "list[Node]" = field(default_factory=list["Node"])
    """Key, value, key, value, ..."""


@dataclass(slots=True, eq=False)
class Alias:
    line: int
    name: str
    target: "Node"


Node = Scalar | Sequence | Mapping | Alias


def compose(data: bytes) -> Node:
    """Return the root of the first document; an empty scalar if there is none.

    Raises:
        InvalidYAML: `data` cannot be scanned so far.
    """
    try:
        return _Composer(yaml.parse(data, Loader=GoScanner)).document()
    except yaml.MarkedYAMLError as error:
        raise translated(error, last_line=len(data.splitlines())) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise unreadable(error) from None


class _Composer:
    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self.events = events
        self.anchors: dict[str, Node] = {}

    def document(self) -> Node:
        """Return the first document's root; an empty scalar if there is none."""
        root: Node = Scalar(1, "", "", True)
        stack: list[Sequence | Mapping] = []
        for event in self.events:
            if isinstance(event, yaml.DocumentEndEvent):
                break  # what follows is not even scanned
            if isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
            if not isinstance(event, yaml.NodeEvent):
                continue
            node = self._node(event)
            if stack:
                stack[-1].children.append(node)
            else:
                root = node
            if isinstance(node, Sequence | Mapping):
                stack.append(node)
                if len(stack) > MAX_DEPTH:
                    raise InvalidYAML(f"yaml: exceeded max depth of {MAX_DEPTH}", node.line)
        return root

    def _node(self, event: yaml.NodeEvent) -> Node:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            name = str(event.anchor)
            if name not in self.anchors:
                raise InvalidYAML(f"yaml: unknown anchor '{name}' referenced", line)
            return Alias(line, name, self.anchors[name])
        node = _new_node(event, line)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node


def _new_node(event: yaml.NodeEvent, line: int) -> Node:
    tag = str(getattr(event, "tag", None) or "").removeprefix(_TAG_PREFIX)
    is_bare = tag == "!"
    tag = "" if is_bare else tag
    if isinstance(event, yaml.ScalarEvent):
        # A lone `!` makes a text of whatever follows it.
        return Scalar(line, tag, event.value, event.implicit[0] and not is_bare)
    return (Sequence if isinstance(event, yaml.SequenceStartEvent) else Mapping)(line)
