"""Makes scenarios of the image side: a configuration, and a walk through it.

The walk is chosen among what the model says is possible at the moment, so
that few moves are wasted; the oracle gets what came of it, for its own minor.
"""

from collections.abc import Iterator, Sequence
from random import Random

from pullproof.model.protocol.image_params import (
    ContainerParams,
    ContentParams,
    ImageAccountParams,
    ImageParams,
    ImageSecretParams,
    LoginParams,
    PullPolicy,
    VerificationPolicy,
)
from pullproof.oracle import images
from pullproof.oracle.comparison import Comparison
from pullproof.oracle.images import ImageScenario
from pullproof.oracle.mutation import pick
from pullproof.oracle.node_run import DETECT, LOOK, PRUNE, SPACE, START, SWEEP, NodeRun

_DIGEST = "@sha256:" + "0123456789abcdef" * 4
_CONTENTS = (
    ("r.test/a:1", "r.test/a:2", f"r.test/a{_DIGEST}", "r.test/b:1", "r.test/ab:1"),
    ("nginx:1", "docker.io/library/nginx:1", "nginx", "r.test/mirror/nginx:1"),
    ("localhost:5000/x/y", "localhost:5000/x/y:latest", "r.test.example/c"),
)  # fmt: skip
_REPOS = (
    "r.test/a", "r.test/b", "r.test/ab", "docker.io/library/nginx", "localhost:5000/x/y",
    "r.test.example/c",
)  # fmt: skip
_ALLOWLIST = (
    "r.test/a", "r.test/*", "r.test/a/*", "docker.io/library/*", "docker.io/library/nginx", "localhost:5000/x/y",
)  # fmt: skip
_POLICIES: tuple[VerificationPolicy, ...] = (
    "NeverVerifyPreloadedImages", "NeverVerifyPreloadedImages", "AlwaysVerify",
    "NeverVerifyAllowlistedImages", "NeverVerify",
)  # fmt: skip
_PULLS: tuple[PullPolicy, ...] = ("IfNotPresent", "IfNotPresent", "IfNotPresent", "Always", "Never")
_WAITS = ("wait(1)", "wait(9)", "wait(10)", "wait(20)", "wait(301)", "wait(700)")
_LOGINS = ("alice", "bob", "carol")
_TRIES = 40
_WEIGHTS = {
    "kubelet.ensures": 4, "runtime.pulls": 4, "kubelet.records": 4, "container.ends": 2,
    "secret.rotated": 2, "secret.recreated": 2, "account.recreated": 2, "provider.turns": 2,
}  # fmt: skip
"""Kinds of moves that most others wait for, or that change whose a credential is."""
_COLLECTS = (LOOK, LOOK, SWEEP, PRUNE, PRUNE)
_PRESSURE = (SPACE, SPACE, DETECT, DETECT, PRUNE, PRUNE, SWEEP, LOOK)
_SPOILS = ("record.spoilt", "intent.spoilt")


def configuration(rng: Random) -> ImageParams:
    """Return a small node: images, pods, secrets, accounts and what may fail."""
    stops_early = rng.random() < 0.2
    kinds = rng.sample(_CONTENTS, 2 if stops_early else 1 + int(rng.random() * 1.8))
    contents = tuple(_content(rng, ref, known) for ref, known in zip("xyz", kinds, strict=False))
    names = [name for content in contents for name in content.names]
    secrets = tuple(_secret(rng, f"s{at}" + "x" * at) for at in range(int(rng.random() * 3)))
    accounts = tuple(_account(rng, name) for name in ("acc", "bcc") if rng.random() < 0.5)
    containers = tuple(
        _container(rng, f"p{at}", names, secrets, accounts)
        for at in range(2 + int(rng.random() * 2.5))
    )
    crashes = rng.random() < 0.7
    policy = pick(rng, _POLICIES)
    return ImageParams(
        gate=None if rng.random() < 0.1 else rng.random() < 0.95,
        policy=policy,
        allowlist=tuple({pick(rng, _ALLOWLIST) for _ in range(2)})
        if policy == "NeverVerifyAllowlistedImages"
        else (),
        contents=contents,
        containers=containers,
        secrets=secrets,
        accounts=accounts,
        logins=tuple(LoginParams(name, _opens(rng)) for name in _LOGINS),
        node_login=pick(rng, ("", "", "alice", "carol")),
        public=tuple(repo for repo in _REPOS if rng.random() < 0.15),
        revocable=(*_LOGINS, "acc") if rng.random() < 0.3 else (),
        outages=rng.random() < 0.3,
        crashes=crashes,
        blind_starts=crashes and rng.random() < 0.2,
        disk_faults=("full", "read-only") if rng.random() < 0.25 else (),
        corruption=rng.random() < 0.3,
        collection=stops_early or rng.random() < 0.4,
        early_stops=stops_early,
        inspect_faults=rng.random() < 0.2,
        refs_differ=rng.random() < 0.08,
    )


def _account(rng: Random, name: str) -> ImageAccountParams:
    return ImageAccountParams(
        name,
        pick(rng, ("ns", "ns", "other")),
        pick(rng, ("", "shared")),
        _opens(rng),
        incarnations=1 + int(rng.random() * 2),
        fails=rng.random() < 0.5,
    )


def _opens(rng: Random) -> tuple[str, ...]:
    return tuple(repo for repo in _REPOS if rng.random() < 0.75)


def _content(rng: Random, ref: str, known: tuple[str, ...]) -> ContentParams:
    names = tuple(name for name in known if rng.random() < 0.6) or known[:1]
    preloaded = tuple(name for name in names if rng.random() < 0.6)
    return ContentParams(ref, names, preloaded, removable=rng.random() < 0.7)


def _secret(rng: Random, name: str) -> ImageSecretParams:
    logins = tuple(dict.fromkeys(pick(rng, _LOGINS) for _ in range(1 + int(rng.random() * 2))))
    return ImageSecretParams(
        name,
        logins,
        namespace=pick(rng, ("ns", "ns", "other")),
        account=pick(rng, ("", "", "shared")),
        incarnations=1 + int(rng.random() * 2),
        spoils=rng.random() < 0.2,
    )


def _container(
    rng: Random,
    pod: str,
    names: Sequence[str],
    secrets: Sequence[ImageSecretParams],
    accounts: Sequence[ImageAccountParams],
) -> ContainerParams:
    mine = [secret.name for secret in secrets if rng.random() < 0.6]
    rng.shuffle(mine)
    account = pick(rng, accounts).name if accounts and rng.random() < 0.6 else ""
    image = names[0] if rng.random() < 0.5 else pick(rng, names)
    return ContainerParams(pod, image, pick(rng, _PULLS), tuple(mine), account)


def walk(rng: Random, image: ImageParams, minor: int, length: int) -> tuple[str, ...]:
    """Return moves that are possible one after the other."""
    run = NodeRun(image, minor)
    weighted = [name for name, e in run.events.items() for _ in range(_WEIGHTS.get(e.kind, 1) - 1)]
    choices = (*run.moves, *_WAITS, *weighted)
    spoils = tuple(name for name, e in run.events.items() if e.kind in _SPOILS)
    made: list[str] = []
    opening = _opening(rng, run)
    for _ in range(length * _TRIES):
        if len(made) >= length:
            break
        move = next(opening, "") or _next(rng, run, choices, spoils)
        before = dict(run.state)
        if run.perform(move).steps or run.state != before:
            made.append(move)
    return tuple(made)


def _opening(rng: Random, run: NodeRun) -> Iterator[str]:
    """Yield moves to a kubelet that finds images and records of an earlier one."""
    image = run.scene.image
    if not run.scene.gate or rng.random() < 0.5:
        return
    first, *others = image.contents
    early = (first,) if image.early_stops else image.contents
    yield from _preloads(early)
    if image.crashes:
        yield "kubelet.crashes()"
        for content in image.contents:
            own = [move for move in run.inheritances if move.startswith(f"inherits({content.ref},")]
            yield pick(rng, own if rng.random() < 0.85 else run.inheritances)
        yield START
    if image.early_stops:  # images of different age: it is certain which goes first
        yield from (DETECT, *_preloads(others), "wait(1)", DETECT)
        yield from (SPACE, PRUNE) if rng.random() < 0.5 else ()


def _preloads(contents: Sequence[ContentParams]) -> Iterator[str]:
    return (f"node.preloads({name})" for content in contents for name in content.preloaded)


def _next(rng: Random, run: NodeRun, choices: Sequence[str], spoils: Sequence[str]) -> str:
    chance = rng.random()
    if not run.is_up and chance < 0.6:
        if chance < 0.15:
            return pick(rng, run.inheritances)
        return pick(rng, spoils) if spoils and chance < 0.35 else START
    if run.scene.image.collection and chance < 0.12:
        return pick(rng, _PRESSURE if run.scene.image.early_stops else _COLLECTS)
    return pick(rng, choices)


def generate(rng: Random, seeds: Sequence[ImageScenario]) -> ImageScenario:
    """Return one scenario; sometimes one of the corpus with another walk."""
    image = configuration(rng)
    if seeds and rng.random() < 0.1:
        image = pick(rng, seeds).image
    minor = pick(rng, (34, 37))
    return ImageScenario(image, walk(rng, image, minor, 5 + int(rng.random() * 30)))


COMPARISONS: tuple[Comparison[ImageScenario], ...] = (
    Comparison(
        "images",
        ("K-170", "K-172", "K-180", "K-183", "K-184", "K-200", "K-202", "K-204", "K-205", "K-210",
         "K-211", "K-212", "K-213", "K-214", "K-220", "K-221", "K-222", "K-223", "K-224", "K-225",
         "K-226", "K-227", "K-228", "K-229", "K-231", "K-240", "K-241", "K-242", "K-243", "K-245",
         "K-246", "K-247", "K-248", "K-249", "K-250", "K-254"),
        generate, images.ask, images.model, images.real, images.smaller,
        is_positive=images.has_started,
    ),
)  # fmt: skip
