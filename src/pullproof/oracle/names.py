"""Comparisons of names: URLs, globs, patterns, images and keyrings.

Source: K-040 to K-045, K-070 to K-072, K-130 to K-137.
"""

from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import Any, NamedTuple, cast

from pullproof.corpus.cases import cases
from pullproof.model import goglob, gourl
from pullproof.model.images import InvalidImageName, apply_default_tag, parse_image
from pullproof.model.keyring import Keyring
from pullproof.model.matching import urls_match
from pullproof.oracle.comparison import (
    Answer,
    Comparison,
    Context,
    JsonMap,
    decoded,
    encoded,
)
from pullproof.oracle.mutation import mutated, pick, smaller, smaller_tuple

HOSTS = (
    "registry.example", "registry.io", "a.b.c.d", "docker.io", "index.docker.io", "localhost",
    "[::1]", "[fe80::1%25eth0]", "10.0.0.1", "REGISTRY.io", "xn--e1a.io", "é.io", "r", "",
)  # fmt: skip
PATTERN_HOSTS = (
    *HOSTS, "*.io", "*", "*.*", "reg*.io", "r?gistry.io", "registr[xyz].io", "reg[.io", "**.io",
    "*.b.*.d", "[^a].io", "registry.io.", "user@registry.io", "reg\\*.io", "registry%2Eio", "%c3.io",
    "[::1%25a-]", "[::1%25[]",
)  # fmt: skip
PORTS = ("", "", "", ":5000", ":", ":05000", ":*", ":abc", ":1:2")
PATHS = (
    "", "", "/foo", "/foo/bar", "/foobar", "/", "//foo", "/foo/*", "/library/nginx", "/f%6fo",
    "/v1/", "/v2/foo", "/v1", "/é", "/foo?x", "/foo#y", "/foo:v1", "/%zz", "/foo@sha256:abc",
)  # fmt: skip
SCHEMES = ("", "", "", "https://", "http://", "HTTPS://", "oci://", "//")
TOKENS = (
    "*", "?", "[", "]", "\\", "-", "^", ".", ":", "/", "@", "%", "%25", "%2f", "#", "a", "Z", "0",
    "_", "é", "\u212a", "\udcff", " ", "\x7f", "\t", "\u0130", "!", "[a-z]", "[^", "https://",
    ":5000", "library/", "docker.io", "::1", "%41", "$", "{", "+", "&", "=", ";", ",", "'", '"',
)  # fmt: skip


def address(rng: Random, hosts: Sequence[str] = HOSTS) -> str:
    return pick(rng, hosts) + pick(rng, PORTS) + pick(rng, PATHS)


class Pair(NamedTuple):
    pattern: str
    target: str


def _pair(rng: Random, seeds: Sequence[Pair]) -> Pair:
    kind = rng.random()
    if kind < 0.3 and seeds:
        pattern, target = pick(rng, seeds)
    else:
        pattern = address(rng, PATTERN_HOSTS)
        target = address(rng) if kind < 0.7 else pattern.replace("*", "x") + pick(rng, PATHS)
    kind = rng.random()
    if kind < 0.4:
        pattern = mutated(rng, pattern, TOKENS)
    if kind > 0.8 or kind < 0.08:
        target = mutated(rng, target, TOKENS)
    return Pair(pattern, target)


def _smaller_pair(value: Pair) -> Iterator[Pair]:
    for pattern in smaller(value.pattern):
        yield value._replace(pattern=pattern)
    for target in smaller(value.target):
        yield value._replace(target=target)


def _ask_pair(value: Pair, context: Context) -> JsonMap:
    return {"pattern": encoded(value.pattern), "target": encoded(value.target)}


def _real_match(value: Pair, real: JsonMap, context: Context) -> Answer:
    return decoded(real["error"]) if "error" in real else real["match"]


def _model_match(value: Pair, context: Context) -> Answer:
    try:
        strict = context.version.has_strict_colons
        return urls_match(value.pattern, value.target, strict_colons=strict)
    except (gourl.InvalidURL, goglob.BadPattern) as error:
        return str(error)


def _match_seeds(context: Context) -> Iterable[Pair]:
    for case in cases("names/matching"):
        yield Pair(case.input["pattern"], case.input["repoName"])


def _is_true(answer: Answer) -> bool:
    return answer is True


def _finds(answer: Answer) -> bool:
    return isinstance(answer, tuple) and any(cast("tuple[list[str], list[list[str]]]", answer)[1])


def _model_glob(value: Pair, context: Context) -> Answer:
    try:
        return goglob.match(value.pattern, value.target)
    except goglob.BadPattern as error:
        return str(error)


GLOB_TOKENS = (
    "*", "?", "[", "]", "[a-c]", "[^a]", "[^", "-", "\\", "a", "b", "c", "é", "[é-ö]", "\\*", "/",
    "**", "[]", "[-]", "[a-]", "[\\]]", "\udcff", "\udc80", "[\udc80]", "\u0130", "[a-z0-9]",
)  # fmt: skip


_STANDS_FOR = {
    "*": "ab", "**": "b", "?": "é", "[a-c]": "b", "[^a]": "c", "[é-ö]": "ö", "\\*": "*",
    "[\\]]": "]", "[a-z0-9]": "0", "\\": "", "[\udc80]": "\udc80",
}  # fmt: skip


def _glob(rng: Random, seeds: Sequence[Pair]) -> Pair:
    tokens = [pick(rng, GLOB_TOKENS) for _ in range(1 + int(rng.random() * 5))]
    if rng.random() < 0.5:
        # A name that may well match: what each token stands for.
        return Pair("".join(tokens), "".join(_STANDS_FOR.get(one, one) for one in tokens))
    name = "".join(pick(rng, "aabbcé/-]*\udcff") for _ in range(int(rng.random() * 6)))
    return Pair("".join(tokens), name)


def _url(rng: Random, seeds: Sequence[str]) -> str:
    text = pick(rng, SCHEMES) + address(rng, PATTERN_HOSTS)
    return mutated(rng, text, TOKENS) if rng.random() < 0.6 else text


def ask_text(value: str, context: Context) -> JsonMap:
    return {"text": encoded(value)}


def _model_url(value: str, context: Context) -> Answer:
    try:
        url = gourl.parse(value, strict_colons=context.version.has_strict_colons)
    except gourl.InvalidURL as error:
        return str(error)
    return url.host, url.path


def _real_url(value: str, real: JsonMap, context: Context) -> Answer:
    return (
        decoded(real["error"])
        if "error" in real
        else (decoded(real["host"]), decoded(real["path"]))
    )


IMAGE_SEGMENTS = (
    "nginx", "library", "docker.io", "index.docker.io", "localhost", "LOCALHOST", "registry.io",
    "r.io:5000", "[::1]:5000", "[::1]", "a", "a_b", "a__b", "a___b", "a.b", "a..b", "a--b", "-a",
    "a-", "Foo", "my_h.io", "a--b.c", "x_.io", "host:port", ":5000", "1.2.3.4", "a.b.", "é",
    "x" * 100, "y" * 200, "0123456789abcdef" * 4, "0123456789ABCDEF" * 4, "", ".", "\u0130",
)  # fmt: skip
SOUND_DOMAINS = (
    "", "", "docker.io/", "index.docker.io/", "localhost/", "r.io:5000/", "[::1]:5000/", "A/",
    "my-host.io/", "1.2.3.4/",
)  # fmt: skip
SOUND_PATHS = ("nginx", "library/nginx", "a/b/c", "a__b", "a--b/c.d", "0", "x" * 100)
SOUND_TAILS = (
    "", "", ":v1", ":V1_.-", "@sha256:" + "a" * 64, ":v1@sha512:" + "b" * 128,
    "@sha384:" + "c" * 96,
)  # fmt: skip
IMAGE_TAILS = (
    "", "", "", ":v1", ":latest", ":V1", ":" + "t" * 128, ":" + "t" * 129, ":-x", ":_x", ":",
    "@sha256:" + "a" * 64, "@sha256:" + "A" * 64, "@sha256:" + "a" * 63, "@sha512:" + "b" * 128,
    "@sha384:" + "c" * 96, "@md5:" + "c" * 32, "@SHA256:" + "a" * 64, "@sha256+b64:" + "a" * 64,
    ":v1@sha256:" + "a" * 64, "@", " ", "\n",
)  # fmt: skip


def _image(rng: Random, seeds: Sequence[str]) -> str:
    kind = rng.random()
    if kind < 0.2 and seeds:
        text = pick(rng, seeds)
    elif kind < 0.5:
        text = pick(rng, SOUND_DOMAINS) + pick(rng, SOUND_PATHS) + pick(rng, SOUND_TAILS)
        return mutated(rng, text, TOKENS) if kind < 0.28 else text
    else:
        segments = [pick(rng, IMAGE_SEGMENTS) for _ in range(1 + int(rng.random() * 3))]
        text = "/".join(segments) + pick(rng, IMAGE_TAILS)
    return mutated(rng, text, TOKENS) if rng.random() < 0.5 else text


def _image_seeds(context: Context) -> Iterable[str]:
    return (case.input["image"] for case in cases("names/images"))


def _model_image(value: str, context: Context) -> Answer:
    try:
        parsed = parse_image(value)
    except InvalidImageName as error:
        return str(error)
    tag = parsed.tag or ("" if parsed.digest else "latest")
    return parsed.repo_name, tag, parsed.digest, apply_default_tag(value)


def _real_image(value: str, real: JsonMap, context: Context) -> Answer:
    if "error" in real:
        error = decoded(real["error"])
        # The two ways into the parser differ in nothing; if they did, it would show.
        return error if decoded(real["tagError"]) == error else (error, decoded(real["tagError"]))
    return tuple(decoded(real[name]) for name in ("repo", "tag", "digest", "tagged"))


class Entry(NamedTuple):
    auth_key: str
    username: str
    password: str = "password"


class Ring(NamedTuple):
    adds: tuple[tuple[str, ...], ...]
    """Auth keys, by call of Add; the kubelet reads those of one call in any order."""
    images: tuple[str, ...]


def _ring(rng: Random, seeds: Sequence[Ring]) -> Ring:
    adds: list[tuple[str, ...]] = []
    for _ in range(1 + int(rng.random() * 4)):
        keys = {_auth_key(rng): None for _ in range(1 + int(rng.random() * 1.6))}
        adds.append(tuple(keys))
    images = [_target(rng), _target(rng)]
    if rng.random() < 0.5:
        # An image that one of the keys is likely to be for.
        key = pick(rng, pick(rng, adds)).replace("*", "x")
        images[0] = key.removeprefix("https://").removeprefix("http://") + pick(rng, PATHS)
    return Ring(tuple(adds), tuple(images))


def _auth_key(rng: Random) -> str:
    kind = rng.random()
    if kind < 0.15:
        return pick(rng, ("https://index.docker.io/v1/", "index.docker.io", "docker.io"))
    text = pick(rng, SCHEMES) + address(rng, PATTERN_HOSTS)
    return mutated(rng, text, TOKENS) if kind < 0.3 else text


def _target(rng: Random) -> str:
    if rng.random() < 0.2:
        return pick(
            rng, ("foo", "foo/bar", "docker.io/library/nginx", "index.docker.io/x", "", "/x")
        )
    return address(rng)


def _entries(value: Ring) -> list[list[Entry]]:
    return [
        [Entry(key, f"{at}.{index}") for index, key in enumerate(keys)]
        for at, keys in enumerate(value.adds)
    ]


def _ask_ring(value: Ring, context: Context) -> JsonMap:
    adds = [[[encoded(part) for part in entry] for entry in entries] for entries in _entries(value)]
    return {"adds": adds, "images": [encoded(image) for image in value.images]}


def _model_ring(value: Ring, context: Context) -> Answer:
    ring = Keyring(strict_colons=context.version.has_strict_colons)
    for at, entries in enumerate(_entries(value)):
        ring = ring.add(str(at), entries)
    found = [[one.username for one in ring.lookup(image)] for image in value.images]
    return list(ring.keys), [_ordered(names) for names in found]


def _real_ring(value: Ring, real: JsonMap, context: Context) -> Answer:
    found = [[decoded(one["username"]) for one in names] for names in real["found"]]
    return [decoded(key) for key in real["keys"]], [_ordered(names) for names in found]


def _ordered(names: list[str]) -> list[str]:
    """Sort neighbours of one call of Add: Go's map has no order (Q-10)."""
    result: list[str] = []
    group: list[str] = []
    for name in [*names, ""]:
        if group and name.partition(".")[0] != group[0].partition(".")[0]:
            result += sorted(group)
            group = []
        group.append(name)
    return result


def _smaller_ring(value: Ring) -> Iterator[Ring]:
    for adds in smaller_tuple(value.adds, lambda keys: smaller_tuple(keys, smaller)):
        if all(len(set(keys)) == len(keys) for keys in adds):
            yield value._replace(adds=adds)
    for images in smaller_tuple(value.images, smaller):
        yield value._replace(images=images)


COMPARISONS: tuple[Comparison[Any], ...] = (
    Comparison(
        "match", ("K-040", "K-041", "K-042", "K-043", "K-045"),
        _pair, _ask_pair, _model_match, _real_match, _smaller_pair, _match_seeds,
        is_positive=_is_true, weight=5,
    ),
    Comparison("glob", ("K-044",), _glob, _ask_pair, _model_glob, _real_match, _smaller_pair,
               is_positive=_is_true, weight=2),
    Comparison("url", ("K-041",), _url, ask_text, _model_url, _real_url, smaller, weight=2),
    Comparison(
        "image", ("K-070", "K-071", "K-072"),
        _image, ask_text, _model_image, _real_image, smaller, _image_seeds, weight=4,
    ),
    Comparison(
        "keyring", ("K-130", "K-131", "K-132", "K-133", "K-134", "K-135", "K-137"),
        _ring, _ask_ring, _model_ring, _real_ring, _smaller_ring, is_positive=_finds, weight=2,
    ),
)  # fmt: skip
