"""Comparisons of the exec protocol: durations, requests, responses, keys, hashes.

Source: K-075 to K-079, K-090 to K-105, K-120, K-176.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

from pullproof.corpus.cases import cases
from pullproof.model import cache
from pullproof.model.authconfig import auth_config_hash
from pullproof.model.durations import InvalidDuration, format_duration, parse_duration
from pullproof.model.provider import PROTOCOL_GROUP, CacheType
from pullproof.model.request import Request, encode_request
from pullproof.model.response import Refusal, judge_response
from pullproof.oracle.comparison import (
    Answer,
    Comparison,
    Context,
    JsonMap,
    decoded,
    encoded,
    pairs,
)
from pullproof.oracle.mutation import mutated, pick, smaller, smaller_tuple
from pullproof.oracle.names import ask_text

V1 = f"{PROTOCOL_GROUP}/v1"
IMAGE = "registry.example/team/app"
"""What the oracle's responders are asked for."""

NUMBERS = (
    "0", "1", "5", "00", "9223372036854775807", "9223372036854775808", "2562047", "153722867",
    "9223372036", "92233720368547758080", "0000000000000000000000001", "", "12", "1 ", "\u0661",
)  # fmt: skip
FRACTIONS = ("", "", ".", ".5", ".25", ".999999999999999999999", ".123456789123456789", ".0")
UNITS = ("ns", "us", "µs", "μs", "ms", "s", "m", "h", "d", "", "S", " s", "é", "\udcff")
DURATION_TOKENS = (*UNITS, *"0123456789.+- eE", '"', "\\", "\x7f", "\u0130", "h1m")


def _duration(rng: Random, seeds: Sequence[str]) -> str:
    kind = rng.random()
    if kind < 0.2 and seeds:
        text = pick(rng, seeds)
    elif kind < 0.55:
        terms = [
            pick(rng, NUMBERS[:2]) + pick(rng, FRACTIONS) + pick(rng, UNITS[:8])
            if rng.random() < 0.5
            else f"{rng.getrandbits(40)}{pick(rng, FRACTIONS)}ns"
            for _ in range(1 + int(rng.random() * 3))
        ]
        return pick(rng, ("", "", "+", "-")) + "".join(terms)
    else:
        terms = [
            pick(rng, NUMBERS) + pick(rng, FRACTIONS) + pick(rng, UNITS)
            for _ in range(1 + int(rng.random() * 3))
        ]
        text = pick(rng, ("", "", "+", "-")) + "".join(terms)
    return mutated(rng, text, DURATION_TOKENS) if rng.random() < 0.4 else text


def _duration_seeds(context: Context) -> Iterable[str]:
    return (case.input["text"] for case in cases("wire/durations"))


def _model_duration(value: str, context: Context) -> Answer:
    try:
        ns = parse_duration(value)
    except InvalidDuration as error:
        return str(error)
    return ns, format_duration(ns)


def _real_duration(value: str, real: JsonMap, context: Context) -> Answer:
    return decoded(real["error"]) if "error" in real else (real["ns"], decoded(real["text"]))


class Judged(NamedTuple):
    stdout: bytes
    api_version: str = V1
    token: str = ""
    cache_type: str = ""


TEXTS = (
    '"CredentialProviderResponse"', f'"{V1}"', f'"{PROTOCOL_GROUP}/v1beta1"', '"Image"',
    '"Registry"', '"Global"', '"image"', '"1m"', '"-1m"', '"0"', '"0s"', '"1d"', '"5"', '"tok"',
    '""', '"a/b/c"', '"/v1"', '"/"', '"\\u00e9\\u2028<&>"', '"\\ud800x"', '"\\u0000"', "null",
    "true", "false", "0", "-1", "1.5e3", "01", "-", "1.", "nul", "[]", "{}", "[null]", '["a"]',
    '"CredentialProviderRequest"', '"\\uD83D\\uDE00"', '"\xe9"', '"tok\\u0065n"', '{"a":1}',
)  # fmt: skip
NAMES = (
    "kind", "apiVersion", "cacheKeyType", "cacheDuration", "auth", "Kind", "apiversion",
    "APIVERSION", "\\u212aind", "apiVer\u017fion", "metadata", "username", "password", "Username",
    "registry.io", "*.r.io:5000", "", "\\ud800", "cachekeytype", "k\\u0069nd",
)  # fmt: skip
AUTHS = (
    "null", "{}", '{"r.io":{"username":"u","password":"tok"}}', '{"a":null,"b":{"password":"p"}}',
    '{"r.io":{"username":"u","password":"p"},"r.io":{"username":"v","password":"q"}}',
    '{"r.io":{"username":"u","password":"p","username":"v"}}', '{"r.io":{"Username":"u"}}', "[]",
    '{"r.io":{"username":null,"password":"to\\u006b"}}', '{"":{}}', '{"r.io":[]}',
)  # fmt: skip
_ODD_BYTES = b" \t\n{}[],:\"\\0123eE+-.tfnu/\x00\x1f\x80\xff\xe2\xc3\x28'\x7f\xa0"
BYTES = (
    *(_ODD_BYTES[at : at + 1] for at in range(len(_ODD_BYTES))),
    *(b"\xef\xbb\xbf", b"null", b"\\u", b'""', b"//", b"\xed\xa0\x80", b"{}", b'"a":1,'),
)


_CACHE_KEY_TYPES = ('"Image"', '"Registry"', '"Global"') * 4 + ("null", '"X"')
_DURATIONS = ('"1m"', "null", '"1h0.5s"', '"0s"', '"-1s"', '"+2m3.25s"') * 3 + ("5", '"x"')


def _document(rng: Random) -> bytes:
    members = [
        ("kind", '"CredentialProviderResponse"'),
        ("apiVersion", f'"{V1}"'),
        ("cacheKeyType", pick(rng, _CACHE_KEY_TYPES)),
        ("cacheDuration", pick(rng, _DURATIONS)),
        ("auth", pick(rng, AUTHS)),
    ]
    for _ in range(max(0, int(rng.random() * 4) - 1)):
        kind = rng.random()
        at = int(rng.random() * len(members)) if members else 0
        if kind < 0.3 and members:
            del members[at]
        elif kind < 0.65 or not members:
            members.insert(at, (pick(rng, NAMES), pick(rng, TEXTS)))
        else:
            members[at] = (members[at][0], pick(rng, TEXTS))
    space = pick(rng, ("", "", " ", "\n"))
    text = ",".join(f'{space}"{name}":{value}' for name, value in members)
    return f"{{{text}{space}}}".encode("utf-8", "surrogateescape")


_MODES = (("", ""), ("", ""), ("tok", ""), ("tok", "ServiceAccount"), ("tok", "Token"))
_API_VERSIONS = (V1, V1, V1, V1, V1, V1, f"{PROTOCOL_GROUP}/v1beta1", f"{PROTOCOL_GROUP}/v1alpha1")


def _judged(rng: Random, seeds: Sequence[Judged]) -> Judged:
    api_version = pick(rng, _API_VERSIONS)
    token, cache_type = pick(rng, _MODES)
    kind = rng.random()
    if kind < 0.25 and seeds:
        seed = pick(rng, seeds)
        stdout, api_version = seed.stdout, seed.api_version
    else:
        stdout = _document(rng)
        if api_version != V1 and kind < 0.9:
            stdout = stdout.replace(V1.encode(), api_version.encode())
    if api_version != V1:
        token = cache_type = ""
    if rng.random() < 0.35:
        stdout = mutated(rng, stdout, BYTES)
    return Judged(stdout, api_version, token, cache_type)


def _judged_seeds(context: Context) -> Iterable[Judged]:
    for case in cases("wire/responses"):
        stdout = case.input_bytes("stdout")
        api_version = case.input.get("apiVersion", V1)
        if len(stdout) < 10_000 and api_version in _API_VERSIONS:
            token = case.input.get("sentToken", "") if api_version == V1 else ""
            cache_type = case.input.get("cacheType", "") if token else ""
            yield Judged(stdout, api_version, token, cache_type)


def _ask_judged(value: Judged, context: Context) -> JsonMap:
    return {
        "stdout": encoded(value.stdout),
        "api": value.api_version,
        "token": encoded(value.token),
        "cacheType": value.cache_type,
    }


def _model_judged(value: Judged, context: Context) -> Answer:
    answer = judge_response(
        value.stdout,
        api_version=value.api_version,
        sent_token=value.token,
        cache_type=CacheType(value.cache_type) if value.cache_type else None,
        version=context.version,
        image=IMAGE,
    )
    if isinstance(answer, Refusal):
        return answer.kubelet_message
    auth = sorted((one.auth_key, one.username, one.password) for one in answer.auth)
    life = cache.store(answer.cache_duration_ns, 0)
    base = cache.base_key(answer.cache_key_type, IMAGE, context.version)
    key = cache.cache_key(base, _account_part(value, context)) if life is not None else b""
    return str(answer.cache_key_type), answer.cache_duration_ns, auth, life, key


def _account_part(value: Judged, context: Context) -> bytes:
    if not value.token:
        return b""
    is_token = value.cache_type == "Token" and context.version.has_cache_type
    cache_type = CacheType.TOKEN if is_token else None
    return cache.service_account_key(
        "namespace", "account", "account-uid", (), cache_type, value.token
    )


def _real_judged(value: Judged, real: JsonMap, context: Context) -> Answer:
    if not real["accepted"]:
        return _line(real["log"], context)
    auth = sorted(tuple(decoded(part) for part in entry) for entry in real["auth"])
    key = decoded(real.get("key")).encode("utf-8", "surrogateescape")
    return real["cacheKeyType"], real["duration"], auth, real["life"], key


def _line(log: Sequence[str], context: Context) -> str:
    """Return the one line of the log, without what `judge_response` cannot know."""
    lines = [decoded(line) for line in log]
    if context.version.logs_structured:
        lines = [line.rpartition(" provider=")[0] for line in lines]
    return "\n".join(lines)


def _smaller_judged(value: Judged) -> Iterator[Judged]:
    if value.token:
        yield value._replace(token="", cache_type="")
    for stdout in smaller(value.stdout):
        yield value._replace(stdout=stdout)


class Asked(NamedTuple):
    image: str
    api_version: str = V1
    token: str = ""
    annotations: tuple[tuple[str, str], ...] = ()


LETTERS = (
    "a", "b", "registry.example", "/", ":", "<", ">", "&", "'", '"', "\\", "\b", "\f", "\n", "\t",
    "\v", "\x00", "\x7f", "\x85", "é", "\u2028", "\u2029", "\ufffd", "\u200b", "\U0001f600",
    "\xad", "\u0378", "example.com/role",
)  # fmt: skip


def _model_flight(value: Asked, context: Context) -> Answer:
    return cache.flight_key(value.image, value.token, value.annotations)


def _text(rng: Random) -> str:
    return "".join(pick(rng, LETTERS) for _ in range(int(rng.random() * 5)))


def _annotations(rng: Random) -> tuple[tuple[str, str], ...]:
    return tuple({_text(rng): _text(rng) for _ in range(int(rng.random() * 4))}.items())


def _asked(rng: Random, seeds: Sequence[Asked]) -> Asked:
    return Asked(_text(rng), pick(rng, _API_VERSIONS), _text(rng), _annotations(rng))


def _ask_asked(value: Asked, context: Context) -> JsonMap:
    return {
        "image": encoded(value.image),
        "api": value.api_version,
        "token": encoded(value.token),
        "annotations": pairs(value.annotations),
    }


def _model_asked(value: Asked, context: Context) -> Answer:
    return encode_request(Request(value.image, value.token, value.annotations), value.api_version)


def _real_key(value: Any, real: JsonMap, context: Context) -> Answer:
    return None if "error" in real else decoded(real["key"]).encode("utf-8", "surrogateescape")


def _smaller_pair(value: tuple[str, str]) -> Iterator[tuple[str, str]]:
    for name in smaller(value[0]):
        yield name, value[1]
    for text in smaller(value[1]):
        yield value[0], text


def _smaller_asked(value: Asked) -> Iterator[Asked]:
    for annotations in smaller_tuple(value.annotations, _smaller_pair):
        if len(dict(annotations)) == len(annotations):
            yield value._replace(annotations=annotations)
    for image in smaller(value.image):
        yield value._replace(image=image)
    for token in smaller(value.token):
        yield value._replace(token=token)


class Account(NamedTuple):
    namespace: str
    name: str
    uid: str
    annotations: tuple[tuple[str, str], ...] = ()
    cache_type: str = ""
    token: str = ""


def _long(rng: Random) -> str:
    if rng.random() < 0.004:
        return "x" * pick(rng, (65535, 65536))
    return _text(rng)


def _account(rng: Random, seeds: Sequence[Account]) -> Account:
    annotations = tuple({_text(rng): _long(rng) for _ in range(int(rng.random() * 3))}.items())
    cache_type = pick(rng, ("", "ServiceAccount", "Token"))
    return Account(_text(rng), _long(rng), _text(rng), annotations, cache_type, _text(rng))


def _ask_account(value: Account, context: Context) -> JsonMap:
    return {
        "namespace": encoded(value.namespace),
        "name": encoded(value.name),
        "uid": encoded(value.uid),
        "annotations": pairs(value.annotations),
        "cacheType": value.cache_type,
        "token": encoded(value.token),
    }


def _model_account(value: Account, context: Context) -> Answer:
    is_token = value.cache_type == "Token" and context.version.has_cache_type
    cache_type = CacheType.TOKEN if is_token else None
    try:
        return cache.service_account_key(*value[:4], cache_type, value.token)
    except cache.KeyTooLong:
        return None


def _smaller_account(value: Account) -> Iterator[Account]:
    for at in (0, 1, 2, 5):
        field = Account._fields[at]
        for text in smaller(str(value[at])):
            changes: dict[str, Any] = {field: text}
            yield value._replace(**changes)
    for annotations in smaller_tuple(value.annotations, _smaller_pair):
        if len(dict(annotations)) == len(annotations):
            yield value._replace(annotations=annotations)


class Hashed(NamedTuple):
    username: str = ""
    password: str = ""
    auth: str = ""
    email: str = ""
    server_address: str = ""
    identity_token: str = ""
    registry_token: str = ""


_HASHED_NAMES = (
    "Username", "Password", "Auth", "Email", "ServerAddress", "IdentityToken", "RegistryToken",
)  # fmt: skip


def _hashed(rng: Random, seeds: Sequence[Hashed]) -> Hashed:
    return Hashed(*(_text(rng) if rng.random() < 0.5 else "" for _ in _HASHED_NAMES))


def _ask_hashed(value: Hashed, context: Context) -> JsonMap:
    return {name: encoded(text) for name, text in zip(_HASHED_NAMES, value, strict=True)}


def _model_hashed(value: Hashed, context: Context) -> Answer:
    username, password, *_ = value
    others = {
        name: text for name, text in value._asdict().items() if name not in ("username", "password")
    }
    return auth_config_hash(username, password, **others).encode()


def _smaller_hashed(value: Hashed) -> Iterator[Hashed]:
    for field, text in value._asdict().items():
        for other in smaller(str(text)):
            yield value._replace(**{field: other})


def example(value: object) -> str:
    """Return a value as JSON for people; bytes as text where they are text."""
    return json.dumps(value, default=_plain, ensure_ascii=True)


def _plain(value: object) -> object:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else repr(value)


COMPARISONS: tuple[Comparison[Any], ...] = (
    Comparison(
        "duration", ("K-095",),
        _duration, ask_text, _model_duration, _real_duration, smaller, _duration_seeds, weight=4,
    ),
    Comparison(
        "respond", ("K-090", "K-091", "K-092", "K-093", "K-094", "K-096", "K-101", "K-105"),
        _judged, _ask_judged, _model_judged, _real_judged, _smaller_judged, _judged_seeds, weight=5,
    ),
    Comparison(
        "encode", ("K-012", "K-075", "K-076", "K-077"),
        _asked, _ask_asked, _model_asked, _real_key, _smaller_asked,
    ),
    Comparison(
        "accountKey", ("K-102", "K-104"),
        _account, _ask_account, _model_account, _real_key, _smaller_account,
    ),
    Comparison(
        "flightKey", ("K-120",), _asked, _ask_asked, _model_flight, _real_key, _smaller_asked,
    ),
    Comparison("authHash", ("K-176",), _hashed, _ask_hashed, _model_hashed, _real_key, _smaller_hashed),
)  # fmt: skip
