"""Make a text fit to be shown: no secret, and the same text for the same seed.

Transcripts hold everything (S-12 must be able to search them). Whatever leaves
for a screen, a log or a file passes through here: known secrets in every
common spelling become `<token>`-like marks, anything that looks like a JWT is
masked even if it is unknown, and addresses of this run become placeholders.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from urllib.parse import quote, quote_plus

from pullproof.model.transcript import Transcript

_JWT = re.compile(r"ey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?")
_PASSWORD = re.compile(rb'"password"\s*:\s*"((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_STABLE = frozenset({"exchange.audience", "node.username", "node.password"})
"""Placeholders whose value is no address of this run: shown as it is, or masked."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
MIN_SECRET = 4
"""Shorter values are no secrets: masking them would blank whole reports."""


def spellings(value: str) -> Iterator[str]:
    """Yield `value` as it may stand in a text: raw, JSON, URL, base64, hex."""
    yield value
    data = value.encode("utf-8", "surrogatepass")
    for escaped in (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]):
        yield escaped
        html = escaped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
        yield html
    yield quote(value, safe="", errors="surrogatepass")
    yield quote_plus(value, errors="surrogatepass")
    yield data.hex()
    for shift in range(3):
        # The middle of a base64 text does not change with what follows; what
        # comes before shifts it by one or two bytes.
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * shift + data).decode("ascii").rstrip("=")
            start = 0 if shift == 0 else 4
            inner = text[start : len(text) - len(text) % 4]
            if len(inner) >= 12:
                yield inner


@lru_cache(maxsize=256)
def _pattern(secrets: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    table: dict[str, str] = {}
    for mark, value in secrets:
        if len(value) < MIN_SECRET:
            continue
        for text in spellings(value):
            table.setdefault(text, mark)
    if not table:
        return None, table
    ordered = sorted(table, key=len, reverse=True)
    return re.compile("|".join(re.escape(text) for text in ordered)), table


def mask_values(text: str, secrets: Iterable[tuple[str, str]]) -> str:
    """Return `text` with each (mark, value) of `secrets` replaced by its mark."""
    pattern, table = _pattern(tuple(secrets))
    if pattern is not None:
        text = pattern.sub(lambda found: table[found.group()], text)
    return _JWT.sub("<token>", text)


def mask(text: str, transcript: Transcript) -> str:
    """Return `text` without this transcript's secrets, addresses and folders."""
    secrets = [(f"<{secret.kind.value}>", secret.value) for secret in transcript.secrets]
    secrets += [("<token>", run.token) for run in transcript.execs if run.token]
    secrets += [("<minted-password>", item.password) for item in transcript.minted]
    secrets += [
        ("<node-credential>", value) for name, value in transcript.names if name == "node.password"
    ]
    secrets += [("<password>", value) for value in answered_passwords(transcript)]
    text = mask_values(text, dict.fromkeys(secrets))
    for name, value in sorted(transcript.names, key=lambda item: -len(item[1])):
        if name not in _STABLE and len(value) >= MIN_SECRET:
            text = text.replace(value, "${" + name + "}")
    for place in sorted({run.cwd for run in transcript.execs if len(run.cwd) > 1}, reverse=True):
        text = text.replace(place, "${sandbox}/cwd").replace(
            place.removesuffix("/cwd"), "${sandbox}"
        )
    return text


@lru_cache(maxsize=64)
def answered_passwords(transcript: Transcript) -> tuple[str, ...]:
    """Return the passwords in the providers' answers, in order, each once.

    A provider may hold secrets we know nothing of; what it calls a password is
    one, even in an answer that does not decode.
    """
    found: dict[str, None] = {}
    for run in transcript.execs:
        for match in _PASSWORD.finditer(run.stdout):
            text = match.group(1).decode("utf-8", "replace")
            # As written and as meant: `\u0021` is not a spelling we would try.
            found[text] = None
            with suppress(ValueError):
                found[str(json.loads(f'"{text}"', strict=False))] = None
    return tuple(found)


def printable(text: str) -> str:
    """Return `text` with control and direction characters spelled out.

    A hostile provider must not be able to move the reader's cursor.
    """
    return _CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", text)


def show_bytes(data: bytes, transcript: Transcript, limit: int = 1200) -> str:
    """Return `data` as masked, printable text of at most about `limit` characters."""
    text = printable(mask(data.decode("utf-8", "backslashreplace"), transcript))
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, limit // 3
    return f"{text[:head]} … {len(data)} bytes in all … {text[-tail:]}"
