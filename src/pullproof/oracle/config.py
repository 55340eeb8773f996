"""Comparison of configurations: decoding, merging, validation, exact messages.

Source: K-010 to K-037.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import Any, NamedTuple, cast

import yaml

from pullproof.corpus.cases import cases
from pullproof.model.config import ConfigErrors, config_hash, read_config
from pullproof.model.provider import CONFIG_GROUP, PROTOCOL_GROUP, ProviderConfig
from pullproof.oracle.comparison import Answer, Comparison, Context, JsonMap, decoded, encoded
from pullproof.oracle.mutation import mutated, pick, smaller, smaller_tuple

File = tuple[str, str]


class Files(NamedTuple):
    files: tuple[File, ...]
    """Names and contents; with more than one the directory is read."""
    tokens: bool = True


JUNK: tuple[Any, ...] = (
    None, 1, 1.5, True, "x", [], {}, ["a"], {"a": 1}, "", [None], [1], [[]], -0.0, 1e30, "1h", -1,
)  # fmt: skip
PATTERNS = (
    "r.io", "*.r.io:5000/x", "a.io/x", "u@r.io", "[::1]:5", "%41.io", "a b",
    "r.io:5:5", "", "https://r.io", "[::1", "\u00e9.io",
)  # fmt: skip
SOUND_PATTERNS = ("r.io", "*.r.io:5000/x", "a.io/x", "[::1]:5", "*", "\u00e9.io", "r.io/%41")
SCALARS = (
    "a", "", " ", "yes", "null", "~", "0x1F", "1_000", "1.5", "2001-01-01", "#x", "a: b", "- a",
    "\u00e9<>&", "'q'", '"q"', "a\nb", "\t", "<<", "{}", "[a]", "!x", "&a", "*a", "|", "%", "@", "=",
)  # fmt: skip
KEYS = ("a", "A", "a.b/c", "UP.er/K", "a_b/c", "b", "c", "d-", "", "x" * 64, "a/b/c", "\u0130")
JSON_STARTS = ("",) * 12 + (" ", "\n", "\t", "\u00a0", "\ufeff", "\x85\n")
_QUOTED = re.compile(r'"([^"\\\n]*)"(?!:)')
DURATIONS = ("0s", "12h", "1s", "1m", "-1s", "9999999h", "1ns", "+5m", ".5s", "1d", "", "5")
TOKENS = (
    "\n", " ", "  ", "\t", ":", ": ", "- ", "#", "'", '"', "{", "}", "[", "]", ",", "&a ", "*a",
    "!!str ", "|", ">", "%", "@", "`", "\\", "null", "~", "yes", "0x1F", "1_000", "<<: ", "---\n",
    "...\n", "? ", "\u00e9", "\ufeff", "\x85", "\x00", "a", "name: p\n", "!!binary ", "2001-01-01",
)  # fmt: skip


def _keys(rng: Random) -> list[Any]:
    return [pick(rng, KEYS) for _ in range(int(rng.random() * 4))]


def _sound_provider(rng: Random, name: str) -> dict[str, Any]:
    provider: dict[str, Any] = {
        "name": name,
        "matchImages": [pick(rng, SOUND_PATTERNS) for _ in range(1 + int(rng.random() * 2))],
        "defaultCacheDuration": pick(rng, ("0s", "12h", "1m", "1ns", "+5m", ".5s", "0")),
        "apiVersion": f"{PROTOCOL_GROUP}/v1",
    }
    if rng.random() < 0.4:
        provider["args"] = [pick(rng, SCALARS) for _ in range(2)]
    if rng.random() < 0.4:
        provider["env"] = [{"name": "A", "value": pick(rng, SCALARS)}]
    return provider


def _sound_tokens(rng: Random) -> dict[str, Any]:
    require = rng.random() < 0.7
    return {
        "serviceAccountTokenAudience": pick(rng, ("aud", "https://a.example/x?y")),
        "cacheType": pick(rng, ("Token", "ServiceAccount")),
        "requireServiceAccount": require,
        "requiredServiceAccountAnnotationKeys": ["a.b/c", "A"] if require else [],
        "optionalServiceAccountAnnotationKeys": list(dict.fromkeys(("b", pick(rng, "bcd")))),
    }


def _sound_document(rng: Random) -> dict[str, Any]:
    version = pick(rng, ("v1", "v1", "v1beta1", "v1alpha1"))
    providers = [_sound_provider(rng, f"p{at}") for at in range(1 + int(rng.random() * 2))]
    if version == "v1" and rng.random() < 0.6:
        tokens = _sound_tokens(rng)
        if rng.random() < 0.3:
            del tokens["cacheType"]  # what a 1.33 configuration looks like
        providers[0]["tokenAttributes"] = tokens
    return {
        "apiVersion": f"{CONFIG_GROUP}/{version}",
        "kind": "CredentialProviderConfig",
        "providers": providers,
    }


def _provider(rng: Random) -> dict[str, Any]:
    odd = rng.random() < 0.08
    provider: dict[str, Any] = {
        "name": pick(rng, ("a/b", "a b", ".", "..", "", "n\n", '"', "p"))
        if odd
        else f"p{rng.randrange(99)}",
        "matchImages": [pick(rng, PATTERNS) for _ in range(int(rng.random() * 2.2))],
        "defaultCacheDuration": pick(rng, DURATIONS),
        "apiVersion": PROTOCOL_GROUP
        + pick(rng, ("/v1", "/v1", "/v1", "/v1beta1", "/v1alpha1", "/v2", "")),
    }
    if rng.random() < 0.3:
        provider["args"] = ["a", "--b=c"]
    if rng.random() < 0.3:
        provider["env"] = [{"name": "A", "value": "\u00e9<>"}, {"name": "", "value": ""}]
    if rng.random() < 0.6:
        provider["tokenAttributes"] = {
            "serviceAccountTokenAudience": pick(rng, ("aud", "aud", "aud", "")),
            "cacheType": pick(rng, ("Token", "ServiceAccount", "ServiceAccount", "token", "")),
            "requireServiceAccount": pick(rng, (True, False)),
            "requiredServiceAccountAnnotationKeys": _keys(rng),
            "optionalServiceAccountAnnotationKeys": _keys(rng),
        }
    _spoil(rng, provider, 0.06)
    attributes: Any = provider.get("tokenAttributes")
    if isinstance(attributes, dict):
        _spoil(rng, cast("dict[str, Any]", attributes), 0.06)
    return provider


def _spoil(rng: Random, members: dict[str, Any], chance: float) -> None:
    for name in list(members):
        kind = rng.random() / chance
        if kind < 0.3:
            del members[name]
        elif kind < 0.7:
            members[name] = pick(rng, JUNK)
        elif kind < 1:
            members[name.lower()] = members.pop(name)


def _text(rng: Random) -> str:
    versions = ("/v1", "/v1", "/v1", "/v1", "/v1beta1", "/v1alpha1", "/v2")
    document: dict[str, Any] = {
        "apiVersion": CONFIG_GROUP + pick(rng, versions),
        "kind": "CredentialProviderConfig",
        "providers": [_provider(rng) for _ in range(1 + int(rng.random() * 1.5))],
    }
    _spoil(rng, document, 0.03)
    if rng.random() < 0.5:
        document = _sound_document(rng)
    kind = rng.random()
    if kind < 0.4:
        text = pick(rng, JSON_STARTS) + json.dumps(document, ensure_ascii=kind < 0.2)
        return text.replace('"name":', '"name":"dup","name":', 1) if kind < 0.05 else text
    if kind < 0.6:
        flow = kind < 0.5
        return str(
            yaml.safe_dump(document, allow_unicode=True, sort_keys=False, default_flow_style=flow)
        )
    text = _by_hand(document)
    return _without_quotes(rng, text) if rng.random() < 0.3 else text


def _without_quotes(rng: Random, text: str) -> str:
    """Take the quotes off one of the texts, as people do: is it still one?"""
    quoted = list(_QUOTED.finditer(text))
    if not quoted:
        return text
    found = pick(rng, quoted)
    inner = pick(rng, SCALARS) if rng.random() < 0.4 else found[1]
    return text[: found.start()] + inner + text[found.end() :]


def _by_hand(value: Any, indent: str = "") -> str:
    """Write YAML the way people do, one member a line."""
    if isinstance(value, dict) and value:
        members = cast("JsonMap", value).items()
        return "".join(f"{indent}{name}:{_member(member, indent)}" for name, member in members)
    items = cast("Any", value)
    if isinstance(value, list) and value:
        return "".join(f"{indent}- {_by_hand(item, indent + '  ').lstrip(' ')}" for item in items)
    return f"{indent}{json.dumps(value, ensure_ascii=False)}\n"


def _member(value: Any, indent: str) -> str:
    if isinstance(value, dict | list) and value:
        return "\n" + _by_hand(value, indent + "  " if isinstance(value, dict) else indent)
    return " " + _by_hand(value)


def _files(rng: Random, seeds: Sequence[Files]) -> Files:
    tokens = rng.random() < 0.8
    if seeds and rng.random() < 0.25:
        ((name, text), *_) = pick(rng, seeds).files
        return Files(((name, mutated(rng, text, TOKENS)),), tokens)
    files: list[File] = []
    for at in range(1 if rng.random() < 0.85 else 2):
        text = _text(rng)
        files.append((f"{at}.yaml", mutated(rng, text, TOKENS) if rng.random() < 0.3 else text))
    return Files(tuple(files), tokens)


def _seeds(context: Context) -> Iterable[Files]:
    for group in ("config/decoding", "config/validation"):
        for case in cases(group):
            if isinstance(case.input.get("text"), str):
                default = context.version.sa_tokens_on_by_default
                yield Files((("0.yaml", case.input["text"]),), case.input.get("saTokens", default))


def _explain(value: Files, context: Context) -> str:
    if any("${" in text for _, text in value.files):
        return "K-033b: the model keeps placeholders such as ${registry.host} as text, on purpose"
    if any("\ufeff" in text[1:] for _, text in value.files):
        return "K-022: what go-yaml makes of a late byte order mark depends on its buffer"
    return ""


def _ask(value: Files, context: Context) -> JsonMap:
    read = _read_files(value, context)
    files = [[encoded(name), encoded(text)] for name, text in read]
    path = read[0][0] if len(read) == 1 else ""
    return {"files": files, "path": encoded(path), "tokens": value.tokens}


def _read_files(value: Files, context: Context) -> tuple[File, ...]:
    """Return the files that are read; 1.33 knows no directories and gets the first."""
    return value.files if context.version.has_config_directory else value.files[:1]


def _model(value: Files, context: Context) -> Answer:
    folder = f"{context.directory}/config"
    files = [
        (f"{folder}/{name}", text.encode("utf-8", "surrogateescape"))
        for name, text in _read_files(value, context)
    ]
    try:
        providers = read_config(files, context.version, sa_tokens=value.tokens)
    except ConfigErrors as errors:
        return without_internals(errors.kubelet_message)
    hash = config_hash(files) if context.version.has_config_directory else ""
    return hash, [_plain(provider) for provider in providers]


def _plain(provider: ProviderConfig) -> Answer:
    attributes = provider.token_attributes
    tokens = attributes and (
        attributes.service_account_token_audience,
        str(attributes.cache_type or ""),
        attributes.require_service_account,
        list(attributes.required_annotation_keys),
        list(attributes.optional_annotation_keys),
    )
    return (
        provider.name,
        list(provider.match_images),
        provider.default_cache_duration_ns,
        provider.api_version,
        list(provider.args),
        [(variable.name, variable.value) for variable in provider.env],
        tokens,
    )


def _real(value: Files, real: JsonMap, context: Context) -> Answer:
    if "error" in real:
        return without_internals(decoded(real["error"]))
    return real.get("hash", ""), [_real_plain(provider) for provider in real.get("providers", [])]


def _real_plain(provider: JsonMap) -> Answer:
    attributes = provider["tokenAttributes"]
    tokens = attributes and (
        attributes["audience"],
        attributes["cacheType"],
        attributes["require"],
        list(attributes["required"] or []),
        list(attributes["optional"] or []),
    )
    return (
        provider["name"],
        list(provider["matchImages"] or []),
        provider["defaultCacheDuration"],
        provider["apiVersion"],
        list(provider["args"] or []),
        [tuple(pair) for pair in cast("list[list[str]]", provider["env"] or [])],
        tokens,
    )


_INTERNALS = (
    # What Go appends of its own insides: the file's content, source files, map dumps.
    (re.compile(r"(Object '\w+' is missing) in '.*'", re.DOTALL), r"\1"),
    (re.compile(r' in scheme "[^"]*"'), ""),
    (re.compile(r"(unsupported map key of type: %!s\(<nil>\), key: <nil>).*", re.DOTALL), r"\1"),
    (re.compile(r"(yaml: invalid map key).*", re.DOTALL), r"\1"),
    # How a YAML parser says where it gave up is no rule of the kubelet.
    (
        re.compile(r"(error decoding config [^ ]+: )(yaml: (?!unmarshal errors)).*", re.DOTALL),
        r"\1\2",
    ),
)


def without_internals(message: str) -> str:
    """Return the kubelet's message without what only Go's libraries could know."""
    for pattern, replacement in _INTERNALS:
        message = pattern.sub(replacement, message)
    return message


def _smaller(value: Files) -> Iterator[Files]:
    def smaller_file(file: File) -> Iterator[File]:
        for text in _fewer_lines(file[1]):
            yield file[0], text
        for text in smaller(file[1]):
            yield file[0], text

    for files in smaller_tuple(value.files, smaller_file):
        if files:
            yield value._replace(files=files)


def _fewer_lines(text: str) -> Iterator[str]:
    lines = text.splitlines(keepends=True)
    for at in range(len(lines)):
        yield "".join(lines[:at] + lines[at + 1 :])


COMPARISONS: tuple[Comparison[Any], ...] = (
    Comparison(
        "config", ("K-023", "K-026", "K-027", "K-029", "K-030a", "K-032", "K-033a", "K-034a"),
        _files, _ask, _model, _real, _smaller, _seeds, _explain, weight=1,
    ),
)  # fmt: skip
