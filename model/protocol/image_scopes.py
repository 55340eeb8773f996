"""Configurations of the image side alone, each about one thing, and larger ones.

Those in `SMALL` together give every property its occasion and every mutant
its counterexample; `SIZED` are for the explorer, by size.
"""

from typing import Any

from pullproof.model.protocol.image_params import (
    ContainerParams,
    ContentParams,
    ImageAccountParams,
    ImageParams,
    ImageSecretParams,
    LoginParams,
)
from pullproof.model.protocol.params import Params

MINOR = 37
A, B, SHORT = "r.test/a:1", "r.test/b:1", "app"
REPO_A, REPO_B, REPO_SHORT = "r.test/a", "r.test/b", "docker.io/library/app"
DIGEST = "r.test/a@sha256:" + "0" * 64
ALICE = LoginParams("alice", (REPO_A, REPO_SHORT))
BOB = LoginParams("bob", (REPO_B,))
"""Opens nothing but b; a stranger to a."""
CAROL = LoginParams("carol", (REPO_A, REPO_B))
EVERYBODY = (ALICE, BOB, CAROL)

ALWAYS = "AlwaysVerify"


def config(name: str, *, minor: int = MINOR, **image: Any) -> Params:
    """Return a configuration of the image side alone."""
    image.setdefault("logins", EVERYBODY)
    return Params(f"image-{name}", minor, image=ImageParams(**image))


def secret(name: str, *logins: str, **more: Any) -> ImageSecretParams:
    return ImageSecretParams(name, logins or ("alice",), **more)


def pod(name: str, image: str = A, *secrets: str, **more: Any) -> ContainerParams:
    return ContainerParams(name, image, secrets=secrets, **more)


OWNER, STRANGER = pod("pod-a", A, "s-a"), pod("pod-b", A, "s-b")
TWO: dict[str, Any] = {
    "containers": (OWNER, STRANGER),
    "secrets": (secret("s-a"), secret("s-b", "bob")),
}
"""One who may pull, one who may not."""

SECRETS = config("secrets", **TWO, crashes=True)
SECRETS_ALWAYS = config("secrets-always-verified", **TWO, policy=ALWAYS)
ROTATED = config(
    "rotated",
    containers=(OWNER, pod("pod-b", A, "s-b"), pod("pod-c", A, "s-c")),
    secrets=(
        secret("s-a", "alice", "bob"),
        secret("s-b", "alice", namespace="ns-2", account="s-a"),
        secret("s-c", "bob", namespace="ns-2"),
    ),
)
NAMESAKES = config(
    "namesakes",
    containers=(OWNER, STRANGER),
    secrets=(
        secret("s-a", "alice", incarnations=2),
        secret("s-b", "bob", namespace="ns-2", account="s-a"),
    ),
)
RECREATED = config(
    "recreated",
    containers=(OWNER,),
    secrets=(secret("s-a", "alice", "bob", incarnations=2),),
)
UNHASHED = config(
    "unhashed",
    containers=(OWNER, STRANGER),
    secrets=(secret("s-a", "opaque"), secret("s-b", "obscure")),
    logins=(LoginParams("opaque", (REPO_A,), hashed=False), LoginParams("obscure", (), False)),
)
LIMITED = config(
    "limited",
    containers=(OWNER, pod("pod-b", A, "s-b")),
    secrets=(secret("s-a", "alice", "carol"), secret("s-b", "alice", "bob")),
    secrets_limit=1,
)
_OF_ACCOUNTS: dict[str, Any] = {
    "containers": (pod("pod-a", account="sa-a"), pod("pod-b", account="sa-b")),
    "accounts": (
        ImageAccountParams("sa-a", account="app", incarnations=2, fails=True),
        ImageAccountParams("sa-b", "ns-2", account="app", opens=()),
    ),
}
ACCOUNTS = config("accounts", **_OF_ACCOUNTS)
ACCOUNTS_33 = config("accounts-33", minor=33, gate=True, **_OF_ACCOUNTS)
ACCOUNTS_34 = config("accounts-34", minor=34, gate=True, **_OF_ACCOUNTS)
ACCOUNTS_ALIKE = config(
    "accounts-alike",
    containers=(pod("pod-a", account="sa-a"), pod("pod-b", account="sa-b")),
    accounts=(ImageAccountParams("sa-a"), ImageAccountParams("sa-b")),
)
MIXED = config(
    "mixed",
    containers=(OWNER, pod("pod-b", account="sa-a"), pod("pod-c", A, "s-b")),
    secrets=(secret("s-a"), secret("s-b", "carol")),
    accounts=(ImageAccountParams("sa-a", incarnations=2),),
)
SEVERAL = config(
    "several-credentials",
    containers=(pod("pod-a", A, "s-b", "s-a", account="sa-a"), pod("pod-b", A, "s-b")),
    secrets=(secret("s-a"), secret("s-b", "bob")),
    accounts=(ImageAccountParams("sa-a"),),
    revocable=("alice",),
)
PUBLIC = config(
    "public",
    containers=(pod("pod-a"), STRANGER),
    secrets=(secret("s-b", "bob", spoils=True),),
    public=(REPO_A,),
)
NODE = config(
    "node-login",
    containers=(pod("pod-a"), pod("pod-b", A, "s-a")),
    secrets=(secret("s-a", "alice", "bob"),),
    node_login="carol",
    revocable=("carol",),
)
ALIASES = config(
    "aliases",
    contents=(ContentParams("x", (A, B), (B,)),),
    containers=(pod("pod-a", A, "s-a"), pod("pod-b", B, "s-a"), pod("pod-c", B, "s-c")),
    secrets=(secret("s-a"), secret("s-c", "carol")),
)
PRELOADED = config(
    "preloaded",
    contents=(ContentParams("x", (A,), (A,), removable=True),),
    **TWO,
    collection=True,
)
PRELOADED_ALWAYS = config(
    "preloaded-always-verified",
    contents=(ContentParams("x", (A,), (A,)),),
    **TWO,
    policy=ALWAYS,
)
UNVERIFIED = config(
    "never-verified", contents=(ContentParams("x", (A,), (A,)),), **TWO, policy="NeverVerify"
)
POLICIES = config(
    "pull-policies",
    contents=(ContentParams("x", (A,), (A,)),),
    containers=(OWNER, pod("pod-b", A, "s-b", pull="Never"), pod("pod-c", A, "s-a", pull="Always")),
    secrets=(secret("s-a"), secret("s-b", "bob", spoils=True)),
    inspect_faults=True,
)
ALLOWLIST = config(
    "allowlist",
    contents=(
        ContentParams("x", (A,), (A,)),
        ContentParams("y", ("s.test/org-2/b:1",), ("s.test/org-2/b:1",)),
        ContentParams("z", (SHORT,), (SHORT,)),
    ),
    containers=(
        OWNER,
        STRANGER,
        pod("pod-c", "s.test/org-2/b:1", "s-b"),
        pod("pod-d", SHORT, "s-b"),
    ),
    secrets=(secret("s-a"), secret("s-b", "bob")),
    policy="NeverVerifyAllowlistedImages",
    allowlist=(REPO_A, "s.test/org/*", REPO_SHORT),
    pod_restarts=False,
)
CRASHES = config(
    "crashes", **TWO, crashes=True, blind_starts=True, disk_faults=("full",), outages=True
)
CONVERTED = config(
    "converted",
    containers=(OWNER, STRANGER, pod("pod-c", account="sa-c")),
    secrets=(secret("s-a"), secret("s-b", "bob")),
    accounts=(ImageAccountParams("sa-c"),),
    crashes=True,
    pod_restarts=False,
)
PUBLIC_CRASHES = config(
    "public-crashes",
    containers=(pod("pod-a"), STRANGER),
    secrets=(secret("s-b", "bob"),),
    public=(REPO_A,),
    crashes=True,
)
READ_ONLY = config("read-only", **TWO, disk_faults=("full", "read-only"))
SPELLINGS = config(
    "spellings",
    contents=(ContentParams("x", (SHORT, f"{SHORT}:latest")),),
    containers=(pod("pod-a", SHORT, "s-a"), pod("pod-b", f"{SHORT}:latest", "s-b")),
    secrets=(secret("s-a"), secret("s-b", "bob")),
    crashes=True,
)
DIGESTS = config(
    "digests",
    contents=(ContentParams("x", (A, DIGEST)),),
    containers=(OWNER, pod("pod-b", DIGEST, "s-b")),
    secrets=(secret("s-a"), secret("s-b", "bob")),
    disk_faults=("full",),
)
CORRUPTED = config("corrupted", **TWO, corruption=True, crashes=True)
CORRUPTED_UNVERIFIED = config(
    "corrupted-never-verified", **TWO, corruption=True, policy="NeverVerify", pod_restarts=False
)
SHORT_PUBLIC = config(
    "short-and-public",
    contents=(ContentParams("x", (SHORT,)),),
    containers=(pod("pod-a", SHORT),),
    public=(REPO_SHORT,),
)
COLLECTED = config(
    "collected",
    contents=(ContentParams("x", (A,), removable=True),),
    containers=(OWNER, STRANGER, pod("pod-c", A, "s-c")),
    secrets=(secret("s-a"), secret("s-b", "bob"), secret("s-c", "carol")),
    collection=True,
    early_stops=True,
)
MISMATCHED = config("mismatched", **TWO, refs_differ=True)
GATE_OFF = config("gate-off", **TWO, gate=False)
GATE_OFF_34 = config("gate-off-34", minor=34, **TWO)

# Larger: about everything at once.

_SECRETS = (secret("s-a", "alice", "bob", incarnations=2), secret("s-b", "carol"))
_ACCOUNTS = (ImageAccountParams("sa-a", incarnations=2, fails=True),)
_ALIASED = ContentParams("x", (A, B), (B,), removable=True)
_PAIR: dict[str, Any] = {
    "contents": (_ALIASED,),
    "containers": (OWNER, pod("pod-b", B, "s-b")),
    "secrets": _SECRETS,
    "collection": True,
}
_TRIO: dict[str, Any] = {
    "containers": (*_PAIR["containers"], pod("pod-c", account="sa-a")),
    "secrets": _SECRETS,
    "accounts": _ACCOUNTS,
}
PAIR = config("pair", **_PAIR)
PAIR_CRASHES = config("pair-crashes", **_PAIR, crashes=True)
PAIR_FAULTS = config("pair-faults", **_PAIR, crashes=True, disk_faults=("full",))
TRIO = config("trio", contents=(_ALIASED,), collection=True, **_TRIO)
TRIO_FAULTS = config(
    "trio-faults",
    contents=(ContentParams("x", (A, B), (B,)),),
    crashes=True,
    corruption=True,
    outages=True,
    disk_faults=("full",),
    **_TRIO,
)
SIZED: tuple[Params, ...] = (LIMITED, PAIR, PAIR_CRASHES, PAIR_FAULTS, TRIO, TRIO_FAULTS)
"""From a thousand states to more than ten million, smallest first."""

LARGE: tuple[Params, ...] = (PAIR_CRASHES, PAIR_FAULTS, TRIO)
"""Those that are worth minutes; the largest is for who asks for it by name."""

SMALL: tuple[Params, ...] = (
    SECRETS,
    SECRETS_ALWAYS,
    NAMESAKES,
    RECREATED,
    UNHASHED,
    LIMITED,
    ACCOUNTS,
    ACCOUNTS_ALIKE,
    MIXED,
    SEVERAL,
    PUBLIC,
    NODE,
    ALIASES,
    PRELOADED,
    PRELOADED_ALWAYS,
    UNVERIFIED,
    POLICIES,
    ALLOWLIST,
    CRASHES,
    CONVERTED,
    PUBLIC_CRASHES,
    READ_ONLY,
    SPELLINGS,
    DIGESTS,
    CORRUPTED,
    CORRUPTED_UNVERIFIED,
    SHORT_PUBLIC,
    COLLECTED,
    MISMATCHED,
    GATE_OFF,
    GATE_OFF_34,
    ROTATED,
)
