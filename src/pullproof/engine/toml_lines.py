"""Where a key stands in a TOML text, so that an error can name its line.

The standard reader gives values without places. This finds the line of a path
such as `("workload", 1, "images")` by table headers and key names; it is for
messages only and says None where the text is written in a way it does not
follow (inline tables over several lines).
"""

import re
from collections.abc import Sequence

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_.-]+))\s*=""")


def line_of(text: str, path: Sequence[str | int]) -> int | None:
    """Return the 1-based line where `path` is set, or that of its nearest
    enclosing table; None if not even that is found."""
    best: int | None = None
    best_depth = 0
    table: tuple[str | int, ...] = ()
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            name = header.group(2)
            table = tuple(part.strip().strip("\"'") for part in name.split("."))
            if header.group(1) == "[[":
                seen[name] = seen.get(name, -1) + 1
                table = (*table, seen[name])
            here = table
        elif key := _KEY.match(line):
            spelled = next(group for group in key.groups() if group is not None)
            parts = (spelled,) if key.group(3) is None else tuple(spelled.split("."))
            here = (*table, *parts)
        else:
            continue
        depth = len(here)
        if depth > best_depth and tuple(path[:depth]) == here:
            best, best_depth = number, depth
    return best


def spell(path: Sequence[str | int]) -> str:
    """Return `path` as people write it: `workload[1].images[0]`."""
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else (f".{part}" if out else part)
    return out
