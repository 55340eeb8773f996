"""Configurations worth exploring, small, for every change, and large.

Each configuration is about one thing, so that a counterexample is short and
says what it is about. A scope is a set of them; a property holds in a scope
if it holds in all, and has occasion if it has in one.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from pullproof.model.protocol import image_scopes
from pullproof.model.protocol.image_params import ContentParams, ImageParams
from pullproof.model.protocol.params import (
    AccountParams,
    Params,
    PodParams,
    ProviderParams,
    SecretParams,
)
from pullproof.model.provider import CacheType

A, AB, B = "r.test/a", "r.test/ab", "r.test/b"
OTHER = "other.test/a"
HUB = "docker.io/library/h"

SA_X = AccountParams("sa-x", "ns-1", "app", ((("note", "n"),),), opens=(A, AB))
SA_Y = AccountParams("sa-y", "ns-2", "app", opens=(B,))


def sa(name: str = "p", *answers: str, **more: Any) -> ProviderParams:
    """Return a provider in SA mode."""
    return ProviderParams(name, "sa", answers=answers, **more)


def plain(name: str = "n", *answers: str, **more: Any) -> ProviderParams:
    """Return a provider in plain mode."""
    return ProviderParams(name, "plain", answers=answers, **more)


# Named for `--compare`: the ways to pull, old and new.

LEGACY_SECRETS = Params(
    "legacy-secrets",
    pods=(
        PodParams("pod-a", images=(A, B), secrets=("s-1", "s-2")),
        PodParams("pod-b", images=(A,), secrets=("s-1",)),
    ),
    secrets=(
        SecretParams("s-1", A, (A,), ("rotated", "deleted", "spoiled")),
        SecretParams("s-2", "r.test", (B,), ("deleted",)),
    ),
    node_file="r.test",
    public=(B,),
    horizon=1,
    parallel=2,
    results=True,
)
NODE_LEVEL = Params(
    "node-level",
    providers=(plain("n", "node-image", "node-registry", "fails"),),
    accounts=(SA_X, SA_Y),
    pods=(PodParams("pod-a", "sa-x", (A,)), PodParams("pod-b", "sa-y", (B,))),
    horizon=2,
    parallel=2,
    results=True,
)
SA_TOKEN = Params(
    "sa-token",
    providers=(sa("p", "image", "registry", "outage", "fails"),),
    accounts=(SA_X, SA_Y),
    pods=(PodParams("pod-a", "sa-x", (A,)), PodParams("pod-b", "sa-y", (B,))),
    horizon=2,
    parallel=2,
    results=True,
)
SA_TOKEN_PASS_THROUGH = Params(
    "sa-token-pass-through",
    providers=(sa("p", "pass-through", "pass-through-once", "fails", cache_type=CacheType.TOKEN),),
    accounts=(SA_X,),
    pods=(PodParams("pod-a", "sa-x", (A,)), PodParams("pod-b", "sa-x", (A,))),
    horizon=3,
    parallel=2,
    results=True,
)
PRESETS: Mapping[str, Params] = MappingProxyType(
    {p.name: p for p in (LEGACY_SECRETS, NODE_LEVEL, SA_TOKEN, SA_TOKEN_PASS_THROUGH)}
)
"""By name, for comparisons of one with another."""


# One subject each.

_ANNOTATED = replace(
    SA_X,
    annotations=(
        (("a", "1"), ("note", "n")),
        (("a", "1"), ("o", "2")),
        (("a", "1"), ("q", "2")),
        (("a", "1o2"),),
        (("o", "2"),),
        (("a", "1"), ("note", "m")),
        (("a", "2"),),
    ),
)
_RECREATED = replace(SA_X, incarnations=2)

ACCOUNTS = Params(
    "accounts",
    providers=(sa("p", "image", "registry", "global", "fails"),),
    accounts=(_RECREATED, SA_Y),
    pods=(PodParams("pod-a", "sa-x", (A,)), PodParams("pod-b", "sa-y", (B,))),
    horizon=1,
    parallel=1,
)
ANNOTATIONS = Params(
    "annotations",
    providers=(sa("p", "registry", required=("a",), optional=("o", "q")),),
    accounts=(_ANNOTATED,),
    pods=(PodParams("pod-a", "sa-x", (A,)),),
    horizon=1,
    token_ticks=3,
    credential_ticks=3,
    purge_ticks=0,
)
TOKENS = Params(
    "tokens",
    providers=(sa("p", "registry-short", "image-once"),),
    accounts=(_RECREATED,),
    pods=(PodParams("pod-a", "sa-x", (A,), incarnations=2),),
    horizon=3,
    purge_ticks=0,
    api_faults=("down", "no-tokens"),
)
TOKENS_OF_TWO = Params(
    "tokens-of-two",
    providers=(sa("p", "image-once"), sa("p2", "image-once")),
    accounts=(replace(SA_X, opens=(A, B)), replace(SA_Y, opens=(A, B))),
    pods=(
        PodParams("pod-a", "sa-x", (A,)),
        PodParams("pod-b", "sa-x", (A,)),
        PodParams("pod-c", "sa-y", (A,)),
    ),
    horizon=0,
    purge_ticks=0,
    grants_change=True,
)
PASS_THROUGH = replace(
    SA_TOKEN_PASS_THROUGH, name="pass-through", parallel=1, horizon=2, purge_ticks=0
)
ECHO = Params(
    "echo",
    providers=(sa("p", "echo", "echo-once", "registry", "fails"),),
    accounts=(SA_X,),
    pods=(PodParams("pod-a", "sa-x", (A,)), PodParams("pod-b", "sa-x", (A,))),
    horizon=1,
    parallel=2,
    purge_ticks=0,
)
SHARED_FLIGHTS = Params(
    "shared-flights",
    providers=(plain("q", "node-once", "fails"), plain("b", "node-once", "fails")),
    pods=(PodParams("pod-a", images=(A,)), PodParams("pod-b", images=(A,))),
    horizon=0,
    parallel=2,
    results=True,
)
DOCUMENTS = Params(
    "documents",
    providers=(
        sa(
            "p",
            "registry",
            "wrong-version",
            "unknown-field",
            "wrong-kind",
            "answer-and-exit-1",
            "no-cache-key-type",
            "service-account-key-type",
            "empty-success",
            "fails",
        ),
    ),
    accounts=(SA_X,),
    pods=(PodParams("pod-a", "sa-x", (A, AB)),),
    horizon=1,
    purge_ticks=0,
)
TWO_PROVIDERS = Params(
    "two-providers",
    providers=(
        plain("q", "node-registry", "node-path", "fails", patterns=("r.test",)),
        plain(
            "b",
            "node-path",
            "fails",
            patterns=("s.test", "r.test", "other.test"),
        ),
    ),
    pods=(PodParams("pod-a", images=(A, OTHER)), PodParams("pod-b", images=(AB,))),
    horizon=1,
    purge_ticks=0,
    results=True,
)
PLAIN_FLIGHTS = Params(
    "plain-flights",
    providers=(plain("n", "node-image", "node-global", "fails", api_version="v1beta1"),),
    accounts=(SA_X,),
    pods=(
        PodParams("pod-a", "sa-x", ("r.test/a:1", B)),
        PodParams("pod-b", "", ("r.test/a:2",)),
        PodParams("pod-c", "", ("r.test/a:2",)),
    ),
    horizon=1,
    purge_ticks=0,
    parallel=2,
)
EMPTY_ANSWERS = Params(
    "empty-answers",
    providers=(plain("n", "empty", "empty-registry", "node-registry", "fails"),),
    pods=(PodParams("pod-a", images=(A, B)),),
    public=(A,),
    horizon=2,
)
WITHOUT_ACCOUNT = Params(
    "without-account",
    providers=(
        sa("p", "registry", "node-registry", "fails", require_account=False),
        sa("p2", "registry", patterns=("r.test",)),
    ),
    accounts=(SA_X,),
    pods=(PodParams("pod-a", "sa-x", (A,)), PodParams("pod-b", "", (A,))),
    horizon=1,
    purge_ticks=0,
    api_faults=("no-tokens", "down"),
)
ANNOTATED_OR_NOT = replace(
    WITHOUT_ACCOUNT,
    name="annotated-or-not",
    providers=(
        sa("p", "registry", "node-registry", "fails", require_account=False, optional=("r",)),
        sa("p2", "registry", required=("r",)),
    ),
    accounts=(replace(SA_X, annotations=((("note", "n"), ("r", "1")), ())),),
    api_faults=(),
)
HUB_IMAGES = Params(
    "hub",
    providers=(
        plain("n", "node-hub", "node-registry", "node-path", patterns=("docker.io", "r.test")),
        plain("m", "node-registry", "node-hub", patterns=("docker.io",)),
    ),
    pods=(PodParams("pod-a", images=(HUB, A)),),
    horizon=1,
    purge_ticks=0,
    results=True,
)
DURATIONS = Params(
    "durations",
    providers=(plain("n", "node-default", "node-once", "node-negative", "node-registry"),),
    pods=(PodParams("pod-a", images=(A, B)),),
    horizon=3,
)
DURATIONS_BY_DEFAULT = replace(
    DURATIONS,
    name="durations-by-default",
    providers=(
        plain("n", "node-default", "node-once", "node-negative", "node-image", default_ticks=1),
    ),
)
CACHE_SCOPES = Params(
    "cache-scopes",
    providers=(
        plain("n", "node-image", "node-registry", "node-global", patterns=("r.test", "other.test")),
    ),
    pods=(PodParams("pod-a", images=(A, AB, OTHER)),),
    horizon=2,
    purge_ticks=0,
)
EXCHANGE = Params(
    "exchange",
    providers=(sa("p", "registry", "outage"), sa("p2", "image-once", patterns=("other.test",))),
    accounts=(replace(SA_X, opens=(A,)),),
    pods=(PodParams("pod-a", "sa-x", (A, OTHER)),),
    horizon=3,
    purge_ticks=0,
    key_rotation=True,
    thief=True,
)
REVIEWED = Params(
    "reviewed",
    providers=(sa("p", "registry"),),
    accounts=(_RECREATED,),
    pods=(PodParams("pod-a", "sa-x", (A,), incarnations=2),),
    horizon=1,
    purge_ticks=0,
    review=True,
)
DESTINATIONS = Params(
    "destinations",
    providers=(
        sa("p", "registry", "outage", patterns=("r.test:5000",)),
        sa("p2", "registry-default", patterns=("r.test", "other.test"), default_ticks=2),
    ),
    accounts=(
        replace(SA_X, opens=("r.test:5000/a",)),
        replace(SA_Y, opens=(A, OTHER)),
    ),
    pods=(
        PodParams("pod-a", "sa-x", ("r.test:5000/a", A)),
        PodParams("pod-b", "sa-y", (A, OTHER, "r.test:5000/a")),
    ),
    horizon=1,
    purge_ticks=0,
    results=True,
)
GRANTS = Params(
    "grants",
    providers=(sa("p", "registry"),),
    accounts=(_RECREATED,),
    pods=(PodParams("pod-a", "sa-x", (A,), incarnations=2),),
    horizon=1,
    purge_ticks=0,
    grants_change=True,
    rogue_node=True,
)
LONG_LIVED = Params(
    "long-lived",
    providers=(sa("p", "long", "negative", "registry", "global-both", "wide-key"),),
    accounts=(SA_X, SA_Y),
    pods=(PodParams("pod-a", "sa-x", (A,)), PodParams("pod-b", "sa-y", (B,))),
    horizon=2,
    token_ticks=1,
    credential_ticks=1,
    results=True,
)
PATHS = Params(
    "paths",
    providers=(sa("p", "image-path", "registry-path", "registry", "other-registry"),),
    accounts=(SA_X,),
    pods=(PodParams("pod-a", "sa-x", (A, AB)),),
    secrets=(),
    horizon=1,
    purge_ticks=0,
    results=True,
)
EVERYTHING_JOINED = Params(
    "everything-joined",
    providers=(plain("n", "node-registry", "node-path", "fails"),),
    pods=(PodParams("pod-a", images=(A,), secrets=("s-1", "s-2")),),
    secrets=(
        SecretParams("s-1", A, (A,), ("rotated", "deleted", "spoiled")),
        SecretParams("s-2", "r.test", (B,), ("deleted",)),
    ),
    node_file="r.test",
    public=(A,),
    horizon=1,
    purge_ticks=0,
    results=True,
)
PUBLIC = Params(
    "public",
    pods=(PodParams("pod-a", images=(A, B), secrets=("s-1", "s-1")),),
    secrets=(SecretParams("s-1", A, (), ("deleted",)),),
    public=(A, B),
    horizon=0,
    results=True,
)
OLD_API = Params(
    "refused-old-api",
    providers=(sa("p", "registry", api_version="v1beta1"),),
    accounts=(SA_X,),
    pods=(PodParams("pod-a", "sa-x", (A,)),),
    horizon=0,
)
DUPLICATES = Params(
    "refused-duplicates",
    providers=(plain("n", "node-registry"), plain("n", "node-image")),
    pods=(PodParams("pod-a", images=(A,)),),
    horizon=0,
)

SMALL: tuple[Params, ...] = (
    LEGACY_SECRETS,
    NODE_LEVEL,
    SA_TOKEN,
    PASS_THROUGH,
    ACCOUNTS,
    ANNOTATIONS,
    TOKENS,
    TOKENS_OF_TWO,
    ECHO,
    SHARED_FLIGHTS,
    DOCUMENTS,
    TWO_PROVIDERS,
    PLAIN_FLIGHTS,
    EMPTY_ANSWERS,
    WITHOUT_ACCOUNT,
    ANNOTATED_OR_NOT,
    HUB_IMAGES,
    DURATIONS,
    DURATIONS_BY_DEFAULT,
    CACHE_SCOPES,
    EXCHANGE,
    REVIEWED,
    DESTINATIONS,
    GRANTS,
    LONG_LIVED,
    PATHS,
    EVERYTHING_JOINED,
    PUBLIC,
    OLD_API,
    DUPLICATES,
)
"""Some seconds in all; every property has its occasion here."""


# Both sides: what lookups yield decides who may use an image.

BOTH_SIDES = Params(
    "both-sides",
    37,
    providers=(sa("p", "registry", "fails"),),
    accounts=(SA_X, SA_Y),
    pods=(PodParams("pod-a", "sa-x", (A,)), PodParams("pod-b", "sa-y", (A,))),
    horizon=1,
    purge_ticks=0,
    image=ImageParams(contents=(ContentParams("x", (A,)),)),
)


# The same subjects with more of everything.

CI: tuple[Params, ...] = (
    replace(TOKENS, name="tokens-longer", horizon=4),
    replace(TOKENS_OF_TWO, name="tokens-of-two-longer", horizon=2),
    replace(WITHOUT_ACCOUNT, name="without-account-parallel", parallel=2, horizon=2, results=True),
    replace(ANNOTATED_OR_NOT, name="annotated-parallel", parallel=2, horizon=2, results=True),
    replace(TWO_PROVIDERS, name="two-providers-parallel", parallel=2),
    replace(
        EXCHANGE,
        name="exchange-two-pods",
        pods=(*EXCHANGE.pods, PodParams("pod-b", "sa-x", (A,))),
    ),
    replace(GRANTS, name="grants-longer", horizon=3, restarts=True, results=True),
    BOTH_SIDES,
)
_TWO_PODS = CI[5].pods
LARGE: tuple[Params, ...] = (
    replace(TOKENS_OF_TWO, name="tokens-of-two-parallel", horizon=2, parallel=3),
    replace(EXCHANGE, name="exchange-parallel", parallel=2, pods=_TWO_PODS),
    replace(EXCHANGE, name="exchange-grants", horizon=4, grants_change=True, pods=_TWO_PODS),
    replace(DESTINATIONS, name="destinations-longer", parallel=2, horizon=3),
)
SCOPES: Mapping[str, tuple[Params, ...]] = MappingProxyType(
    {
        "small": SMALL + image_scopes.SMALL,
        "ci": SMALL + image_scopes.SMALL + CI,
        "large": SMALL + image_scopes.SMALL + CI + LARGE + image_scopes.LARGE,
    }
)
"""Scope to its configurations; each holds those of the one before."""
