#!/usr/bin/env python3
"""No lookup gets another account's credentials, an expired one, or the token itself.

Bytes choose configuration, lookups, answers, the passing of time and changes of
accounts; lookups overlap. A provider here writes into the password for whom it
was asked. Beside the cache a plain list of all answers is kept, and what comes
from the cache must be in it: for this account, not expired, for this image.

Source: K-100 to K-123. Holds: I-05, I-06, I-07, I-11, I-16, I-17.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from pullproof.fuzz.targets.support.cursor import Cursor
from pullproof.model.durations import format_duration
from pullproof.model.provide import Cache, Exec, Outcome, Pod, ServiceAccount, begin, finish
from pullproof.model.provider import CacheType, ProviderConfig, TokenAttributes

API_VERSION = "credentialprovider.kubelet.k8s.io/v1"
SECOND = 1_000_000_000
_IMAGES = ("r.test/a", "r.test/b", "q.test/a")
_PODS = (("x", "p"), ("y", "p"), ("x", ""))
"""Namespace and account; the last is a static pod."""
_KEY_TYPES = ("Image", "Registry", "Global", "image")
_DURATIONS = (None, 0, 1, -1, 60, 1000)
_MOST_STEPS = 60


def _config(cache_type: CacheType | None, required: bool = False) -> ProviderConfig:
    attributes = None
    if cache_type is not None:
        keys = ("role",)
        attributes = TokenAttributes(
            "a", required, cache_type, keys if required else (), () if required else keys
        )
    return ProviderConfig("p", ("r.test", "q.test"), 5 * SECOND, token_attributes=attributes)


CONFIGS = (
    _config(None),
    _config(CacheType.SERVICE_ACCOUNT),
    _config(CacheType.TOKEN),
    _config(CacheType.SERVICE_ACCOUNT, required=True),
)


@dataclass(frozen=True)
class _Who:
    """For whom a lookup is; all that may keep two apart."""

    account: tuple[str, str, str] | None = None
    role: str = ""
    token: str = ""

    def secret(self) -> str:
        return json.dumps([self.account, self.role, self.token])


@dataclass(frozen=True)
class _Answer:
    who: _Who
    image: str
    key_type: str
    expires_ns: int

    def is_for(self, image: str) -> bool:
        if self.key_type == "Image":
            return image == self.image
        return self.key_type == "Global" or image.split("/")[0] == self.image.split("/")[0]


@dataclass
class _World:
    config: ProviderConfig
    now_ns: int = 0
    cache: Cache = field(default_factory=lambda: Cache(0))
    lives: dict[str, int] = field(default_factory=lambda: {"x": 0, "y": 0})
    roles: dict[str, str] = field(default_factory=lambda: {"x": "", "y": ""})
    tokens: int = 0
    pending: list[tuple[Exec, _Who]] = field(default_factory=list[tuple[Exec, _Who]])
    answers: list[_Answer] = field(default_factory=list[_Answer])

    def who(self, namespace: str, account: str) -> _Who:
        if self.config.token_attributes is None or not account:
            return _Who()
        per_token = self.config.token_attributes.cache_type is CacheType.TOKEN
        uid = f"uid-{self.lives[namespace]}"
        token = self.token(namespace, account) if per_token else ""
        return _Who((namespace, account, uid), self.roles[namespace], token)

    def token(self, namespace: str, account: str) -> str:
        return f"token-{namespace}-{account}-{self.lives[namespace]}-{self.tokens}"

    def look_up(self, cursor: Cursor) -> None:
        image, (namespace, account) = cursor.pick(_IMAGES), cursor.pick(_PODS)
        role = self.roles[namespace]
        annotations = (("other", "x"), ("role", role)) if role else (("other", "x"),)
        source = ServiceAccount(f"uid-{self.lives[namespace]}", annotations) if account else None
        token = self.token(namespace, account) if account else None
        pod = Pod(namespace, service_account=account)
        step, self.cache = begin(self.config, self.cache, self.now_ns, image, pod, source, token)
        who = self.who(namespace, account)
        if isinstance(step, Exec):
            self.pending.append((step, who))
        elif step.from_cache:
            self._check_cached(step, who, image)
        else:
            assert not step.auth, "credentials without a provider"

    def _check_cached(self, outcome: Outcome, who: _Who, image: str) -> None:
        (entry,) = outcome.auth
        assert entry.password == who.secret(), "another account's credentials"
        live = [a for a in self.answers if a.expires_ns >= self.now_ns]
        assert any(a.who == who and a.is_for(image) for a in live), "nobody answered that"

    def answer(self, cursor: Cursor) -> None:
        if not self.pending:
            return
        step, who = self.pending.pop(cursor.byte() % len(self.pending))
        key_type, duration = cursor.pick(_KEY_TYPES), cursor.pick(_DURATIONS)
        token = step.request.service_account_token
        echoes = cursor.byte() % 8 == 1 and bool(token)
        password = token if echoes else who.secret()
        stdout = _stdout(key_type, duration, step.request.image, password)
        outcome, self.cache = finish(self.config, self.cache, self.now_ns, step, stdout)
        attributes = self.config.token_attributes
        per_token = attributes is not None and attributes.cache_type is CacheType.TOKEN
        if key_type == "image" or (echoes and not per_token):
            assert outcome.refusal is not None, "the kubelet refuses that"
            assert not outcome.auth, "a refused answer contributes"
            return
        assert [entry.password for entry in outcome.auth] == [password], "not the answer"
        if echoes:  # stored for this token; its password says for whom
            self.pending = [each for each in self.pending if each[1] != who]
            self.tokens += 1
            return
        life_ns = self.config.default_cache_duration_ns if duration is None else duration * SECOND
        if life_ns:
            self.answers.append(_Answer(who, step.request.image, key_type, self.now_ns + life_ns))

    def change(self, cursor: Cursor) -> None:
        namespace = cursor.pick(("x", "y"))
        match cursor.byte() % 3:
            case 0:
                self.lives[namespace] += 1
            case 1:
                self.roles[namespace] = cursor.pick(("", "reader", "writer"))
            case _:
                self.tokens += 1


def check(data: bytes) -> None:
    """Let happen what `data` chooses."""
    cursor = Cursor(data)
    world = _World(cursor.pick(CONFIGS))
    for _ in range(_MOST_STEPS):
        if not cursor.left:
            break
        match cursor.byte() % 8:
            case 0 | 1 | 2:
                world.look_up(cursor)
            case 3 | 4 | 5:
                world.answer(cursor)
            case 6:
                world.now_ns += cursor.pick((1, SECOND, 60 * SECOND, 1000 * SECOND))
            case _:
                world.change(cursor)


def from_corpus() -> Iterator[bytes]:
    """Yield histories in which answers are cached and asked for again."""
    for config in range(len(CONFIGS)):
        ask_a, ask_b = bytes([0, 0, 0]), bytes([0, 0, 1])
        for key_type in range(3):
            answer = bytes([3, 0, key_type, 4, 0])
            again = bytes([0, key_type, 0])
            recreate, annotate = bytes([7, 0, 0]), bytes([7, 0, 1, 1])
            history = (ask_a, answer, ask_b, again, recreate, ask_a, answer, annotate, again)
            yield (
                bytes([config]) + b"".join(history) + bytes([6, 2]) + again + bytes([6, 3]) + again
            )
    yield bytes([2, 0, 0, 0, 3, 0, 0, 4, 1, 0, 0, 0])


def _stdout(key_type: str, duration: int | None, image: str, password: str) -> bytes:
    document: dict[str, object] = {
        "kind": "CredentialProviderResponse",
        "apiVersion": API_VERSION,
        "cacheKeyType": key_type,
        "auth": {image.split("/")[0]: {"username": "u", "password": password}},
    }
    if duration is not None:
        document["cacheDuration"] = format_duration(duration * SECOND)
    return json.dumps(document).encode()


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
