"""Finding a secret in bytes, in the shapes programs write secrets in.

A finding names kinds of secrets and places, never values. Source: S-10, S-12.
"""

import base64
import json
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote, quote_plus

from pullproof.model.gojson_strings import encode_string
from pullproof.model.setup import Setup
from pullproof.model.transcript import Actor, Received, Secret, SecretKind, Transcript

MIN_LENGTH = 8
"""Shorter values would be found by chance and are not searched for."""

_NAMES = {
    SecretKind.TOKEN: "the service account token",
    SecretKind.TOKEN_SIGNATURE: "the signature of the service account token",
    SecretKind.MINTED: "a credential from the exchange",
    SecretKind.NODE: "the node credential",
    SecretKind.USER: "a secret from the user's environment",
}

# The token contains its signature: one leak, one name.
_COVERS = {SecretKind.TOKEN: SecretKind.TOKEN_SIGNATURE}

PROVIDER_SECRETS = frozenset(
    {SecretKind.TOKEN, SecretKind.TOKEN_SIGNATURE, SecretKind.MINTED, SecretKind.NODE}
)
"""What a run hands to the provider; the user's own secrets may have destinations
of their own that we know nothing about."""


def _base64_cores(value: bytes) -> Iterable[bytes]:
    """Yield what base64 of any text around `value` must contain.

    Base64 works on groups of three bytes, so there are three alignments; the
    digits at both ends that also depend on neighbours are left out.
    """
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + value)
        start = -(-before * 8 // 6)
        end = (before + len(value)) * 8 // 6
        yield encoded[start:end]
        yield base64.urlsafe_b64encode(b"\0" * before + value)[start:end]


@lru_cache(maxsize=512)
def shapes(value: str) -> tuple[bytes, ...]:
    """Return the byte strings that give `value` away, most direct first.

    Empty if the value is too short to search for.
    """
    if len(value) < MIN_LENGTH:
        return ()
    raw = value.encode("utf-8", "surrogatepass")
    found = [
        raw,
        quote(value, safe="", errors="replace").encode(),
        quote(value, errors="replace").encode(),
        quote_plus(value, errors="replace").encode(),
        json.dumps(value)[1:-1].encode(),
        json.dumps(value, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass"),
        encode_string(value)[1:-1].encode("utf-8", "surrogatepass"),
        raw.hex().encode(),
        *_base64_cores(raw),
    ]
    return tuple(dict.fromkeys(found))


def known_secrets(transcript: Transcript) -> tuple[Secret, ...]:
    """Return every secret of this run: listed ones, tokens sent, credentials minted."""
    listed = list(transcript.secrets)
    for exec in transcript.execs:
        if exec.token:
            listed.append(Secret(SecretKind.TOKEN, exec.step, exec.token))
    for minted in transcript.minted:
        kind = SecretKind.NODE if minted.subject == "node" else SecretKind.MINTED
        listed.append(Secret(kind, minted.step, minted.password))
    unique = {(secret.kind, secret.value): secret for secret in reversed(listed)}
    return tuple(reversed(unique.values()))


def find(data: bytes, secrets: Iterable[Secret]) -> tuple[Secret, ...]:
    """Return those of `secrets` that `data` gives away in some shape."""
    return tuple(
        secret for secret in secrets if any(shape in data for shape in shapes(secret.value))
    )


def carried(received: Received, secrets: Iterable[Secret]) -> tuple[Secret, ...]:
    """Return those of `secrets` that a request brought: target, headers or body."""
    parts = [received.target, *(f"{name}: {value}" for name, value in received.headers)]
    head = "\n".join(parts).encode("utf-8", "surrogateescape")
    return find(head + b"\n\n" + received.body, secrets)


def strangers(setup: Setup) -> frozenset[Actor]:
    """Return the emulators that nothing in this setup names.

    An author may make the second registry part of the setup (in matchImages,
    an environment variable, a policy); it is no stranger then.
    """
    texts = [*setup.provider.match_images, *setup.provider.args, *setup.served]
    texts += [item.value for item in setup.provider.env]
    texts += [value for _, value in setup.base_env]
    texts += setup.policy.owns or ()
    named = "\n".join(texts)
    places = {Actor.OTHER_REGISTRY: "${other.host}", Actor.CANARY: "${canary.url}"}
    return frozenset(actor for actor, place in places.items() if place not in named)


def describe(secrets: Iterable[Secret]) -> str:
    """Return the kinds of `secrets` in words, each once: no values."""
    kinds = {secret.kind for secret in secrets}
    kinds -= {small for big, small in _COVERS.items() if big in kinds}
    return " and ".join(_NAMES[kind] for kind in SecretKind if kind in kinds)
