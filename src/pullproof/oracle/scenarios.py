"""Comparison of whole kubelets: caches, flights, tokens and keyrings over time.

An input is a configuration and a list of steps. Where a step answers an exec
in flight, it names it by what the *model* would have sent; if the kubelet sent
something else, that is the disagreement.

Source: K-100 to K-123, K-130 to K-137, section 12.
"""

import json
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple, cast

from pullproof.model.config import read_config
from pullproof.model.provider import CONFIG_GROUP, PROTOCOL_GROUP
from pullproof.model.versions import KubeletVersion
from pullproof.oracle.comparison import Answer as Judged
from pullproof.oracle.comparison import Comparison, Context, JsonMap, decoded, encoded, pairs
from pullproof.oracle.mutation import pick, smaller_tuple
from pullproof.oracle.reference import Event, ReferenceKubelet
from pullproof.oracle.steps import Account, Advance, Answer, Lookup, Step

SECOND_NS = 1_000_000_000
HOSTS = ("registry.example", "other.example:5000", "docker.io", "a.b.example")
REPOS = (
    "registry.example/team-a/app", "registry.example/team-a/app", "registry.example/b",
    "registry.example/team-a/app-x", "registry.example/b",
    "other.example:5000/app", "docker.io/library/nginx", "a.b.example/x",
)  # fmt: skip
PATTERNS = (
    "registry.example", "registry.example/team-a", "*.example", "*.example", "*.example:5000",
    "registry.example", "docker.io", "*.*.example", "*.io",
)  # fmt: skip
AUTH_KEYS = (
    "registry.example", "*.example", "registry.example", "*.*", "registry.example/team-a/app", "https://registry.example/v1/", "*.example",
    "other.example:5000", "index.docker.io", "docker.io", "a.*.example", "[bad",
)  # fmt: skip
_ITS_TWIN = "https://registry.example/v1/"
"""Becomes the same keyring key; in one response the order would be chance (Q-10)."""
_CACHE_KEY_TYPES = ("Image", "Registry", "Global") * 5 + ("image",)
NAMESPACES = ("ns-a", "ns-b")
ACCOUNTS = ("puller", "other", "")
TOKENS = ("token-1", "token-2", "token-3")
ANNOTATIONS = ("example.com/role", "example.com/opt")
LIVES = (None, "0s", "1s", "5m", "-1s", "20m", "1ns")
WAITS_NS = (
    1, SECOND_NS - 1, SECOND_NS, SECOND_NS + 1, 300 * SECOND_NS - 1, 300 * SECOND_NS, 1,
    300 * SECOND_NS + 1, 900 * SECOND_NS, 900 * SECOND_NS + 1, 1200 * SECOND_NS,
)  # fmt: skip


class Provider(NamedTuple):
    name: str
    patterns: tuple[str, ...]
    default: str
    api_version: str = f"{PROTOCOL_GROUP}/v1"
    cache_type: str = ""
    """Empty: plain mode."""
    require: bool = False
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


class Scenario(NamedTuple):
    providers: tuple[Provider, ...]
    steps: tuple[Step, ...]


def _provider(rng: Random, name: str) -> Provider:
    patterns = tuple({pick(rng, PATTERNS): None for _ in range(1 + int(rng.random() * 2))})
    default = pick(rng, ("0s", "1m", "10m", "1s"))
    if rng.random() < 0.4:
        version = pick(rng, ("v1", "v1", "v1beta1", "v1alpha1"))
        return Provider(name, patterns, default, f"{PROTOCOL_GROUP}/{version}")
    require = rng.random() < 0.5
    required = ANNOTATIONS[:1] if require and rng.random() < 0.4 else ()
    optional = ANNOTATIONS[1:] if rng.random() < 0.4 else ()
    cache_type = pick(rng, ("ServiceAccount", "ServiceAccount", "Token"))
    return Provider(
        name, patterns, default, f"{PROTOCOL_GROUP}/v1", cache_type, require, required, optional
    )


def _account(rng: Random) -> Account:
    annotations = tuple(
        (key, pick(rng, ("1", "2", ""))) for key in ANNOTATIONS if rng.random() < 0.7
    )
    token = None if rng.random() < 0.08 else pick(rng, TOKENS)
    uid = pick(rng, ("uid-1", "uid-2"))
    gone = rng.random() < 0.1
    return Account(pick(rng, NAMESPACES), pick(rng, ACCOUNTS[:2]), uid, annotations, token, gone)


def _stdout(rng: Random, api_version: str, serial: int) -> bytes | None:
    kind = rng.random()
    if kind < 0.07:
        return None
    if kind < 0.1:
        return pick(rng, (b"", b"{}", b"oops"))
    auth: dict[str, dict[str, str]] = {}
    for at in range(int(0.3 + rng.random() * 3)):
        secret = pick(rng, TOKENS) if rng.random() < 0.06 else f"password-{serial}"
        auth[pick(rng, AUTH_KEYS)] = {"username": f"user-{serial}-{at}", "password": secret}
    if AUTH_KEYS[0] in auth:
        auth.pop(_ITS_TWIN, None)
    document: dict[str, Any] = {
        "kind": "CredentialProviderResponse",
        "apiVersion": api_version if rng.random() < 0.97 else f"{PROTOCOL_GROUP}/v2",
        "cacheKeyType": pick(rng, _CACHE_KEY_TYPES),
        "auth": auth,
    }
    life = pick(rng, LIVES)
    if life is not None:
        document["cacheDuration"] = life
    return json.dumps(document).encode()


def _scenario(rng: Random, seeds: Sequence[Scenario]) -> Scenario:
    providers = tuple(_provider(rng, f"p{at}") for at in range(1 + int(rng.random() * 2.5)))
    steps: list[Step] = [
        Account(
            namespace, name, "uid-1", tuple((key, "1") for key in ANNOTATIONS), pick(rng, TOKENS)
        )
        for namespace in NAMESPACES
        for name in ACCOUNTS[:2]
        if rng.random() < 0.8
    ]
    reference = _reference(providers, KubeletVersion())
    for step in steps:
        reference.perform(step)
    in_flight: list[tuple[str, bytes]] = []
    for number in range(1, 4 + int(rng.random() * 16)):
        step = _step(rng, providers, in_flight, number)
        steps.append(step)
        answered = dict(step.answers) if isinstance(step, Lookup) else {}
        for event in reference.perform(step):
            if event[0] == "exec" and event[1] not in answered:
                in_flight.append((str(event[1]), _as_bytes(event[2])))
    return Scenario(providers, tuple(steps))


def _step(
    rng: Random, providers: Sequence[Provider], in_flight: list[tuple[str, bytes]], number: int
) -> Step:
    kind = rng.random()
    if in_flight and kind < 0.3:
        name, stdin = in_flight.pop(int(rng.random() * len(in_flight)))
        api_version = next(one.api_version for one in providers if one.name == name)
        return Answer(name, stdin, _stdout(rng, api_version, number))
    if kind < 0.4:
        return _account(rng)
    if kind < 0.5:
        return Advance(pick(rng, WAITS_NS))
    answers = [(one.name, _stdout(rng, one.api_version, number)) for one in providers]
    kept = tuple(answer for answer in answers if rng.random() < 0.75)
    pod = pick(rng, ("pod-1", "pod-2"))
    account = pick(rng, ACCOUNTS)
    return Lookup(number, pick(rng, NAMESPACES), pod, f"{pod}-uid", account, pick(rng, REPOS), kept)


def _as_bytes(value: object) -> bytes:
    assert isinstance(value, bytes)
    return value


def config_text(providers: Sequence[Provider], version: KubeletVersion) -> bytes:
    """Return the kubelet's configuration file for `providers`."""
    items: list[dict[str, Any]] = []
    for one in providers:
        item: dict[str, Any] = {
            "name": one.name,
            "matchImages": list(one.patterns),
            "defaultCacheDuration": one.default,
            "apiVersion": one.api_version,
        }
        if one.cache_type:
            item["tokenAttributes"] = {
                "serviceAccountTokenAudience": "audience.example",
                "requireServiceAccount": one.require,
                "requiredServiceAccountAnnotationKeys": list(one.required),
                "optionalServiceAccountAnnotationKeys": list(one.optional),
            }
            if version.has_cache_type:
                item["tokenAttributes"]["cacheType"] = one.cache_type
        items.append(item)
    document = {
        "apiVersion": f"{CONFIG_GROUP}/v1",
        "kind": "CredentialProviderConfig",
        "providers": items,
    }
    return json.dumps(document).encode()


def _reference(providers: Sequence[Provider], version: KubeletVersion) -> ReferenceKubelet:
    text = config_text(providers, version)
    return ReferenceKubelet(read_config([("config", text)], version, sa_tokens=True), version)


def _model(value: Scenario, context: Context) -> Judged:
    reference = _reference(value.providers, context.version)
    seen = [reference.perform(step) for step in value.steps]
    return seen, reference.cached()


def ask(value: Scenario, context: Context, bin_dir: str = "") -> JsonMap:
    """Return `value` as the oracle reads it."""
    return {
        "config": encoded(config_text(value.providers, context.version)),
        "binDir": bin_dir,
        "steps": [ask_step(step) for step in value.steps],
    }


def ask_step(step: Step) -> JsonMap:
    """Return one step as the oracle reads it."""
    match step:
        case Account():
            return {
                "do": "account",
                "namespace": step.namespace,
                "account": step.name,
                "uid": step.uid,
                "annotations": pairs(step.annotations),
                "token": encoded(step.token or ""),
                "tokenError": "" if step.token is not None else "no token today",
                "gone": step.gone,
            }
        case Lookup():
            return {
                "do": "lookup",
                "lookup": step.number,
                "namespace": step.namespace,
                "account": step.account,
                "pod": step.pod,
                "podUID": step.pod_uid,
                "image": encoded(step.image),
                "answers": {name: ask_answer(stdout) for name, stdout in step.answers},
            }
        case Answer():
            return {
                "do": "answer",
                "provider": step.provider,
                "stdin": encoded(step.stdin),
                "answer": ask_answer(step.stdout),
            }
        case Advance():
            return {"do": "advance", "nanoseconds": step.nanoseconds}


def ask_answer(stdout: bytes | None) -> JsonMap:
    return {"failed": True} if stdout is None else {"stdout": encoded(stdout)}


def _real(value: Scenario, real: JsonMap, context: Context) -> Judged:
    return observed(real)


def observed(real: JsonMap) -> Judged:
    """Return the oracle's answer in the form of `ReferenceKubelet`: events by step, and the cache."""
    if "error" in real:
        return decoded(real["error"])
    seen = [sorted((_event(event) for event in events), key=repr) for events in real["steps"]]
    lines = cast("list[JsonMap]", real["cache"] or [])
    cached = sorted((line["provider"], _bytes(line["key"]), line["life"]) for line in lines)
    return seen, cached


def _event(event: JsonMap) -> Event:
    match event["event"]:
        case "exec":
            return "exec", event["provider"], _bytes(event["stdin"])
        case "token":
            names = ("namespace", "account", "uid", "audience", "pod", "podUID")
            audience = ",".join(event["audiences"])
            return ("token", *({**event, "audience": audience}.get(name, "") for name in names))
        case _:
            found = tuple(_credential(one) for one in event.get("credentials") or ())
            return "done", event["lookup"], found


def _credential(one: JsonMap) -> Event:
    source: Any = one.get("source") or {}
    owner: Any = source.get("serviceAccount")
    coordinates: Any = owner and (owner["Namespace"], owner["Name"], owner["UID"])
    return decoded(one["username"]), decoded(one["password"]), one.get("hash", ""), coordinates


def _bytes(text: str) -> bytes:
    return decoded(text).encode("utf-8", "surrogateescape")


def _finds(answer: Judged) -> bool:
    """Whether some lookup found a credential."""
    if not isinstance(answer, tuple):
        return False
    seen, _ = cast("tuple[list[list[Event]], object]", answer)
    return any(event[0] == "done" and event[2] for events in seen for event in events)


def _smaller(value: Scenario) -> Iterator[Scenario]:
    steps = value.steps
    width = len(steps) // 2
    while width:
        for start in range(0, len(steps), width):
            yield value._replace(steps=steps[:start] + steps[start + width :])
        width //= 2
    for providers in smaller_tuple(value.providers, _smaller_provider):
        if providers:
            yield value._replace(providers=providers)


def _smaller_provider(value: Provider) -> Iterator[Provider]:
    for patterns in smaller_tuple(value.patterns, lambda _: iter(())):
        if patterns:
            yield value._replace(patterns=patterns)
    if value.cache_type:
        yield value._replace(cache_type="", required=(), optional=())


COMPARISONS: tuple[Comparison[Any], ...] = (
    Comparison(
        "scenario",
        ("K-100", "K-105", "K-106", "K-107", "K-108", "K-109", "K-110", "K-112", "K-113", "K-114",
         "K-115", "K-116", "K-117", "K-118", "K-120", "K-121", "K-123", "K-134", "K-182"),
        _scenario, ask, _model, _real, _smaller, is_positive=_finds,
    ),
)  # fmt: skip
