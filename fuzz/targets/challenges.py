#!/usr/bin/env python3
"""A challenge is read as the one thing its header says, and read back as it was written.

What is accepted, written anew in the plainest form, is the same challenges; no
parameter comes twice; what we write ourselves we read. A header that says two
things is refused, so that no password goes where the first of two realms points.

Source: R-001 to R-006; RFC 9110 section 11.
"""

import re
from collections.abc import Iterator

from pullproof.fuzz.targets.support.cursor import texts
from pullproof.model.challenge import (
    Challenge,
    MalformedChallenge,
    format_bearer,
    parse_challenges,
    quote,
)

MAX_LEN = 96
_WRITABLE = re.compile(r"[\t\x20-\x7e\x80-\U0010ffff]*")
_EXAMPLES = (
    'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"',
    'Basic realm="simple"',
    'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"',
    "Negotiate",
    "NTLM TlRMTVNTUAABAAAA==",
    "Bearer",
    'Bearer realm="a",realm="b"',
    'bearer realm = "a" , service = b',
    ', Bearer realm="",,error=invalid_token,',
    'Bearer realm="a" service="b"',
    "Basic YTpi=, Digest nonce=x",
)


def check(data: bytes) -> None:
    """Read `data` as a header, and its lines as what a challenge says."""
    if b"\n" in data and len(data) < 4096:
        _check_written(*texts(data, 3))
    try:
        found = parse_challenges(data.decode("latin-1"))
    except MalformedChallenge:
        return
    assert found, "no challenge, and no error"
    for challenge in found:
        names = [name for name, _ in challenge.params]
        assert len(names) == len(set(names)), "a parameter comes twice"
        assert challenge.scheme == challenge.scheme.lower(), "a scheme is in lower case"
        assert not (challenge.params and challenge.token68), "a blob and parameters"
    written = ", ".join(map(_written, found))
    if len(written) < 16_000:
        assert parse_challenges(written) == found, "the same challenges, written anew, are others"


def from_corpus() -> Iterator[bytes]:
    """Yield headers of every form the grammar has."""
    yield from (example.encode("latin-1") for example in _EXAMPLES)
    yield b"https://auth.example/token\nregistry.example\nrepository:a/b:pull"


def _check_written(realm: str, service: str, scope: str) -> None:
    if not all(map(_WRITABLE.fullmatch, (realm, service, scope))):
        return
    (challenge,) = parse_challenges(format_bearer(realm, service, scope))
    assert challenge.scheme == "bearer", "another scheme was written"
    assert challenge.get("realm") == realm, "another realm was written"
    assert challenge.get("Service") == service, "another service was written"
    assert (challenge.get("scope") or "") == scope, "another scope was written"


def _written(challenge: Challenge) -> str:
    if challenge.token68:
        return f"{challenge.scheme} {challenge.token68}"
    params = ", ".join(f"{name}={quote(value)}" for name, value in challenge.params)
    return f"{challenge.scheme} {params}".rstrip()


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
