"""Small providers as functions: correct ones of every odd kind, and broken ones.

A `Program` sees exactly the bytes a provider would see on stdin, and the
secret its back end would give it. `as_provider` turns it into what
`factory.perform` plays a scenario against.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from pullproof.model.matching import is_image_allowed
from pullproof.model.scenario import ExecStep, FaultKind
from pullproof.model.setup import Setup
from pullproof.model.transcript import Minted
from tests.checks.factory import PASSWORD, Answer, Provider, document, refusal, request_of, resolve

Program = Callable[[bytes, str], Answer]
SPECIAL = "pa\"ss\\word <&> \u00e4\u20ac $(x) '`"


class Refused(Exception):
    """A clean refusal, on its way to stderr."""


def as_one_line(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()


def indented(value: dict[str, Any]) -> bytes:
    return b"\n\n" + json.dumps(value, indent=4).encode() + b"\n\n"


def reordered(value: dict[str, Any]) -> bytes:
    return json.dumps(dict(sorted(value.items(), reverse=True))).encode()


def escaped(value: dict[str, Any]) -> bytes:
    return json.dumps(value).replace("registry", "\\u0072egistry").encode()


@dataclass(frozen=True, slots=True)
class Honest:
    """A correct provider with every liberty the kubelet's rules leave it."""

    setup: Setup
    key_of: Callable[[str], str] = lambda image: image
    cache_key_type: str = "Image"
    cache_duration: str | None = "5m0s"
    unknown_is_error: bool = False
    ignores_stdin: bool = False
    any_version: bool = False
    lenient: bool = False
    """Takes the first JSON value it finds and ignores what is around it."""
    refuses_odd_passwords: bool = False
    needs_token: bool = True
    stderr: bytes = b""
    more_auth: tuple[tuple[str, tuple[str, str]], ...] = ()
    layout: Callable[[dict[str, Any]], bytes] = as_one_line

    def __call__(self, stdin: bytes, password: str) -> Answer:
        try:
            return self._answer(stdin, password)
        except Refused as reason:
            return refusal(f"provider: {reason}")

    def _answer(self, stdin: bytes, password: str) -> Answer:
        if self.ignores_stdin:
            return self._whole_node(password)
        request = self._read(stdin)
        image = request["image"]
        version = request.get("apiVersion", self.setup.provider.api_version)
        if self.refuses_odd_passwords and not password.isascii():
            raise Refused("the exchange's password cannot be used")
        auth = dict(self.more_auth)
        if self._serves(image):
            auth[self.key_of(image)] = ("user", password)
        elif self.unknown_is_error:
            raise Refused("unknown image")
        plain = document(
            auth,
            api_version=version,
            cache_key_type=self.cache_key_type,
            cache_duration=self.cache_duration,
        )
        return Answer(self.layout(json.loads(plain)), stderr=self.stderr)

    def _whole_node(self, password: str) -> Answer:
        """Whatever is asked: one credential for the hosts this node may use."""
        hosts = {host_key(resolve(image)) for image in self.setup.served}
        return Answer(
            document(
                dict.fromkeys(sorted(hosts), ("user", password)),
                api_version=self.setup.provider.api_version,
            )
        )

    def _serves(self, image: str) -> bool:
        owns = self.setup.policy.owns
        served = {resolve(item) for item in self.setup.served}
        return image in served or (owns is not None and is_image_allowed(owns, image))

    def _read(self, stdin: bytes) -> dict[str, Any]:
        try:
            if self.lenient:
                text = stdin.decode("utf-8", "ignore").lstrip("\ufeff \t\r\n\0")
                request = json.JSONDecoder().raw_decode(text)[0]
            else:
                request = json.loads(stdin.decode())
        except (ValueError, RecursionError):
            raise Refused("stdin holds no JSON") from None
        if not isinstance(request, dict):
            raise Refused("the request is no object")
        return self._checked(cast("dict[str, Any]", request))

    def _checked(self, request: dict[str, Any]) -> dict[str, Any]:
        expected = {self.setup.provider.api_version}
        if not self.any_version and request.get("apiVersion") not in expected:
            raise Refused("unknown apiVersion")
        if not self.lenient and request.get("kind") != "CredentialProviderRequest":
            raise Refused("unknown kind")
        if not isinstance(request.get("image"), str) or not request["image"]:
            raise Refused("no image")
        token = request.get("serviceAccountToken")
        if self.setup.provider.sa_mode and self.needs_token and not isinstance(token, str):
            raise Refused("no token")
        if not isinstance(request.get("serviceAccountAnnotations", {}), dict):
            raise Refused("annotations are no object")
        return request


def host_key(image: str) -> str:
    return image.split("/", 1)[0]


def project_key(image: str) -> str:
    return "/".join(image.split("/")[:2])


def https_key(image: str) -> str:
    return f"https://{host_key(image)}/v2/"


def slash_key(image: str) -> str:
    return f"{host_key(image)}/"


def correct_programs(setup: Setup) -> dict[str, Program]:
    """Return correct providers, each odd in one allowed way."""
    everything = tuple(
        (host_key(resolve(image)), ("user", "static-password-01")) for image in setup.served
    )
    base = Honest(setup)
    return {
        "plain": base,
        "host-keys": replace(base, key_of=host_key, cache_key_type="Registry"),
        "project-keys": replace(base, key_of=project_key),
        "https-keys": replace(base, key_of=https_key),
        "trailing-slash-keys": replace(base, key_of=slash_key),
        "global-cache": replace(base, key_of=host_key, cache_key_type="Global"),
        "no-duration": replace(base, cache_duration=None),
        "zero-duration": replace(base, cache_duration="0s"),
        "refuses-unknown": replace(base, unknown_is_error=True),
        "ignores-stdin": replace(base, ignores_stdin=True),
        "lenient": replace(base, lenient=True, any_version=True),
        "any-version": replace(base, any_version=True),
        "timid": replace(base, refuses_odd_passwords=True),
        "chatty": replace(base, stderr=b"Traceback (most recent call last):\n  handled\n" * 50),
        "whole-list": replace(base, more_auth=everything),
        "empty-wildcard": replace(base, more_auth=(("*.mirror.example", ("", "")),)),
        "useless-extra": replace(base, more_auth=(("mirror.example", ("u", "mirror-password")),)),
        "pretty": replace(base, layout=indented),
        "reordered": replace(base, layout=reordered),
        "escaped": replace(base, layout=escaped),
    }


def as_provider(setup: Setup, program: Program) -> Provider:
    """Return `program` behind an exchange that does what the step's faults say."""

    def play(step: ExecStep) -> Answer:
        kinds = {fault.kind for fault in step.exchange}
        if kinds - {FaultKind.SPECIAL_PASSWORD}:
            return refusal("the exchange failed")
        password = SPECIAL if kinds else PASSWORD
        given = program(request_of(setup, step).stdin, password)
        minted = Minted("m1", step.id, "user", password, "system:x", None, True, ())
        return replace(given, minted=(*given.minted, minted))

    return play
