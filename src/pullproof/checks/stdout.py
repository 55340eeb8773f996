"""Telling what is wrong with a stdout that the kubelet has already refused.

Only for choosing words: whether it is refused is the model's decision.
"""

import json


def _first_value(text: str) -> tuple[object, int] | None:
    """Return the JSON value that `text` begins with and where it ends, or None."""
    start = len(text) - len(text.lstrip(" \t\r\n"))
    try:
        value, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return value, end


def follows_document(stdout: bytes) -> int:
    """Return how many bytes other than white space follow a leading JSON object.

    0 if there are none, or if stdout does not begin with an object.
    """
    text = stdout.decode("utf-8", "surrogateescape")
    found = _first_value(text)
    if found is None or not isinstance(found[0], dict):
        return 0
    return len(text[found[1] :].strip(" \t\r\n").encode("utf-8", "surrogateescape"))
