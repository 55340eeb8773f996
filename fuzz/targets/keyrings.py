#!/usr/bin/env python3
"""A keyring gives exactly the credentials whose key matches, longer keys first.

Input: repo name, then auth keys, one line each. Nothing is lost, invented or
given twice; a lookup does not depend on what other keys are there; and no
credential for another registry is ever offered (but for Docker Hub's).

Source: K-131 to K-137.
"""

from collections.abc import Iterator

from pullproof.corpus.cases import cases
from pullproof.model.keyring import HUB_KEY, Keyring, is_hub_image, keyring_key
from pullproof.model.matching import matches
from pullproof.model.response import AuthEntry

_MOST_KEYS = 8


def check(data: bytes) -> None:
    """Look the first line of `data` up in a keyring of the others."""
    name, *keys = (line.decode("utf-8", "surrogateescape") for line in data.split(b"\n"))
    entries = [AuthEntry(key, f"user{i}", "") for i, key in enumerate(keys[:_MOST_KEYS])]
    keyring = Keyring().add("p", entries)
    found = [credential.username for credential in keyring.lookup(name)]
    assert len(found) == len(set(found)), "a credential is offered twice"
    by_user = {entry.username: keyring_key(entry.auth_key) for entry in entries}
    wanted = {user for user, key in by_user.items() if key is not None and matches(key, name)}
    if not wanted and is_hub_image(name):
        wanted = {user for user, key in by_user.items() if key == HUB_KEY}
    assert set(found) == wanted, "not the credentials whose keys match"
    order = [(by_user[user] or "").encode("utf-8", "surrogateescape") for user in found]
    assert order == sorted(order, reverse=True), "a shorter key comes before a longer one"
    for entry in entries[:2] if len(entries) > 1 else ():
        alone = Keyring().add("p", [entry]).lookup(name)
        assert not alone or is_hub_image(name) or entry.username in found, (
            "another key hides this one"
        )
    for entry in entries:
        if not entry.auth_key.startswith(("http://", "https://")):
            with_scheme = keyring_key(f"https://{entry.auth_key}")
            assert with_scheme == by_user[entry.username], "a scheme makes another key"


def from_corpus() -> Iterator[bytes]:
    """Yield lookups and locations of the corpus."""
    for case in cases("names/keyring-lookups"):
        yield "\n".join([case.input["repoName"], *case.input["authKeys"]]).encode()
    for case in cases("names/keyring-keys"):
        yield b"registry.io/foo\n" + case.input_bytes("location")


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
