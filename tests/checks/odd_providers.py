"""Setups for the classes F to K, and correct providers with every odd habit.

Each habit here is one that a careless check would take for a defect.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, replace

from pullproof.model.provider import CacheType, EnvVar
from pullproof.model.setup import Identity, Setup
from pullproof.model.versions import KubeletVersion
from tests.checks.factory import SA_PROVIDER, WORKLOADS, Answer, document, make_setup, plain_setup
from tests.checks.small_world import (
    Broken,
    NodeIdentity,
    PassThrough,
    Program,
    Provider,
    Refused,
    Visit,
)

HALF_A_DAY_NS = 12 * 3600 * 10**9
A, B = WORKLOADS
TEAM_A = replace(A, images=("registry.example/team-a/app", "registry.example/team-a/tool"))
ATTRIBUTES = SA_PROVIDER.token_attributes
assert ATTRIBUTES is not None

SETUP = make_setup(
    provider=replace(
        SA_PROVIDER,
        default_cache_duration_ns=HALF_A_DAY_NS,
        env=(EnvVar("EXCHANGE_URL", "${exchange.url}"),),
    ),
    workloads=(TEAM_A, B),
    served=(*TEAM_A.images, *B.images),
)
OPTIONAL_ACCOUNT = replace(
    SETUP,
    provider=replace(
        SETUP.provider,
        token_attributes=replace(
            ATTRIBUTES, require_service_account=False, required_annotation_keys=()
        ),
    ),
)
PASS_THROUGH = replace(
    SETUP,
    identity=Identity.PASS_THROUGH,
    provider=replace(
        SETUP.provider, token_attributes=replace(ATTRIBUTES, cache_type=CacheType.TOKEN)
    ),
)
NODE = plain_setup(served=SETUP.served)
BEFORE_THE_GUARD = replace(
    SETUP,
    version=KubeletVersion(33),
    identity=Identity.PASS_THROUGH,
    provider=replace(SETUP.provider, token_attributes=replace(ATTRIBUTES, cache_type=None)),
)


class NothingCached(Provider):
    def duration(self, life: int | None) -> str | None:
        return "0s"


class LeavesItOut(Provider):
    """Legal, and right where the default is short."""

    def duration(self, life: int | None) -> str | None:
        return None


class WholeRegistry(Provider):
    """The credential opens all that its workload has in the registry."""

    def key(self, visit: Visit) -> str:
        return visit.image.split("/", 1)[0]


class Several(Provider):
    """Adds a fixed credential for a mirror, whatever the exchange says."""

    def success(self, visit: Visit, username: str, password: str, life: int | None) -> Answer:
        auth = {visit.image: (username, password), "mirror.example": ("m", "a-fixed-password")}
        return Answer(document(auth, cache_duration=self.duration(life)))


class UnknownIsError(Provider):
    def unknown(self, visit: Visit) -> Answer:
        raise Refused("unknown image")


class UnknownIsGlobalOnce(Provider):
    def unknown(self, visit: Visit) -> Answer:
        return Answer(document({}, cache_key_type="Global", cache_duration="0s"))


class Remembers(Provider):
    """Private state in HOME, nothing secret: how often it ran, and for whom."""

    def answer(self, visit: Visit) -> Answer:
        visit.write("home/.state", visit.node.files.get("home/.state", b"") + visit.image.encode())
        return super().answer(visit)


class KeyedByToken(Provider):
    """Keeps credentials privately, keyed by the whole token: nobody else can hit them.

    A SHOULD at most (H03): it writes a secret to disk.
    """

    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        path = f"home/{hashlib.sha256(visit.token.encode()).hexdigest()}"
        if path in visit.node.files:
            user, password, life = json.loads(visit.node.files[path])
            return user, password, life
        found = super().exchange(visit)
        visit.write(path, json.dumps(found).encode(), 0o600)
        return found


class Verifies(Provider):
    """Looks into the token itself, and never bothers the exchange with a bad one."""

    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        kind, _ = visit.world.holders[visit.token]
        if not kind.value.startswith("valid"):
            raise Refused("this token is no good")
        return super().exchange(visit)


class Scribbles(Provider):
    """Prints whose token it was, its header and the error code: no secrets."""

    def failure(self, visit: Visit, reason: str) -> Answer:
        parts = visit.token.split(".")
        shown = parts[:2] if len(parts) == 3 else []
        text = f"{reason}; token header and claims {shown}; usage: see --help\n"
        return Answer(stderr=text.encode(), exit_code=3)


class TwoHosts(Provider):
    """Asks the node endpoint each time, as a client of the exchange."""

    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        with suppress(Broken):
            visit.node_credential()
        return super().exchange(visit)


class Patient(Provider):
    """Has something for pods without an account, and says so in an empty answer."""

    def without_token(self, visit: Visit) -> Answer:
        return Answer(document({}, cache_duration="10m0s"))


@dataclass(frozen=True)
class Jittered(Provider):
    """Spreads cache lives, so that nodes do not come back all at once."""

    def success(self, visit: Visit, username: str, password: str, life: int | None) -> Answer:
        spread = int(hashlib.sha256(visit.token.encode()).hexdigest()[:2], 16)
        answer = super().success(visit, username, password, life)
        text = json.loads(answer.stdout)
        text["cacheDuration"] = f"{max(0, min(life or 0, 86400) - 60 - spread)}s"
        return Answer(json.dumps(text).encode())


class EmptyOnFailure(Provider):
    """Not nice (F10, a SHOULD), yet no promise is broken: nothing is cached."""

    def failure(self, visit: Visit, reason: str) -> Answer:
        return Answer(document({}, cache_duration="0s"), stderr=reason.encode())


ODD: dict[str, tuple[Setup, Program]] = {
    "plain": (SETUP, Provider()),
    "chatty": (SETUP, Provider(chatter=b"level=info msg=starting\n" * 200)),
    "retries": (SETUP, Provider(retries=3)),
    "nothing cached": (SETUP, NothingCached()),
    "left out, default 0": (
        replace(SETUP, provider=replace(SETUP.provider, default_cache_duration_ns=0)),
        LeavesItOut(),
    ),
    "whole registry": (SETUP, WholeRegistry(cache_key_type="Registry")),
    "several keys": (SETUP, Several()),
    "unknown is an error": (SETUP, UnknownIsError()),
    "unknown is global, once": (SETUP, UnknownIsGlobalOnce()),
    "remembers": (SETUP, Remembers()),
    "keyed by token": (SETUP, KeyedByToken()),
    "verifies": (SETUP, Verifies()),
    "scribbles": (SETUP, Scribbles()),
    "node as client": (SETUP, TwoHosts()),
    "jittered": (SETUP, Jittered()),
    "empty on failure": (SETUP, EmptyOnFailure()),
    "no account needed": (OPTIONAL_ACCOUNT, Patient()),
    "pass-through": (PASS_THROUGH, PassThrough()),
    "pass-through on 1.33": (BEFORE_THE_GUARD, PassThrough()),
    "node": (NODE, NodeIdentity()),
    "guessed": (replace(SETUP, declared=False), NodeIdentity()),
}
"""Correct providers, each in the setup that makes it so."""

TOLD: dict[str, set[str]] = {
    "keyed by token": {"H03"},
    "left out, default 0": {"F08"},
    "empty on failure": {"F10"},
}
"""What a SHOULD or an advice rightly says of them."""
