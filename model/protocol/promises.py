"""What people expect and the kubelet does not promise.

Each row is true of no rule and is expected to be violated by the real rules:
its counterexample, in the reader's own configuration, is the finding. The
specification names them in K-156, Q-03, K-107 and the like, and asks that no
conformance check asserts them.
"""

from pullproof.model.protocol import facts
from pullproof.model.protocol.context import repo_of
from pullproof.model.protocol.observed import KUBELET, LOOKUPS, Row, Seen

PREFIX = "P-"
"""Ids of properties that are promise-only begin with it."""


def is_promise_only(property_id: str) -> bool:
    """Return whether a property is one the kubelet's own rules may violate."""
    return property_id.startswith(PREFIX)


def _tokens_live(seen: Seen) -> bool:
    tokens = [each.credential.token for each in facts.tried(seen) if each.credential.token]
    return all(token.expires >= seen["now"] for token in tokens)


def _own_pod(seen: Seen) -> bool:
    tokens = [each.credential.token for each in facts.tried(seen) if each.credential.token]
    return all((token.pod, token.pod_uid) == (seen["pod"], seen["pod_local"]) for token in tokens)


def _pod_is_known(seen: Seen) -> bool:
    return bool(seen["pod_local"])


def _at_segment(auth_key: str, repo_name: str) -> bool:
    """Return whether a key ends where a path segment of the name does."""
    _, slash, path = auth_key.partition("/")
    wanted = repo_name.partition("/")[2]
    if not slash or not path:
        return True
    return wanted == path or wanted.startswith(path.rstrip("/") + "/")


def _segments(seen: Seen) -> bool:
    return all(_at_segment(t.auth_key, repo_of(seen["image"])) for t in facts.tried(seen))


def _is_shared(seen: Seen) -> bool:
    return facts.identity(seen).coordinates is None


def _cache_could_serve(seen: Seen) -> bool:
    owner = facts.account(seen)
    if owner is None or seen["rule"] not in ("K-113", "K-115"):
        return False
    return any(
        entry.expires >= seen.view["clock"]
        and entry.origin.coordinates is not None
        and entry.origin.coordinates.name == owner.kubernetes_name
        for entry in facts.cache(seen)
    )


def _config_order(seen: Seen) -> bool:
    names = [provider.name for provider in seen.params.providers]
    ranks = [names.index(each.origin) for each in facts.by_provider(seen)]
    return ranks == sorted(ranks)


def _same_account_cached(seen: Seen) -> bool:
    who = facts.identity(seen)
    return facts.is_token_type(seen) and any(
        entry.expires >= seen["now"]
        and entry.origin.coordinates == who.coordinates
        and entry.origin.token is not None
        and who.token is not None
        and entry.origin.token.pod == who.token.pod
        for entry in facts.cache(seen)
    )


def _granted(seen: Seen) -> bool:
    audience = facts.provider(seen).token_audience
    return bool(seen.view.get(f"grant:{audience}", True))


def _secret_matches(seen: Seen) -> bool:
    names = facts.pod(seen).secrets
    image = seen["image"]
    return any(
        seen.view[f"secret:{name}"].uid
        and facts.key_covers(seen.params.secret(name).auth_key, image)
        for name in names
    )


def _credential_lives(seen: Seen) -> bool:
    return all(
        entry.credential.expires < 0 or entry.credential.expires >= seen["now"]
        for entry in seen["entry"].auth
    )


def _anything(_: Seen) -> bool:
    return True


PROMISES: tuple[Row, ...] = (
    Row(
        "P-01",
        "A credential is not offered after the token it was minted from has expired.",
        "K-156",
        KUBELET,
        ("offered",),
        _tokens_live,
        lambda seen: any(each.credential.token for each in facts.tried(seen)),
    ),
    Row(
        "P-02",
        "A credential is offered only for the very pod whose token it came from.",
        "K-156 K-102",
        LOOKUPS,
        ("offered",),
        lambda seen: not _pod_is_known(seen) or _own_pod(seen),
        lambda seen: any(each.credential.token for each in facts.tried(seen)),
    ),
    Row(
        "P-03",
        "An auth key's path covers whole path segments.",
        "Q-03 B-17",
        KUBELET,
        ("offered",),
        _segments,
        lambda seen: any("/" in each.auth_key for each in facts.tried(seen)),
    ),
    Row(
        "P-04",
        "An empty answer is not remembered.",
        "K-107",
        LOOKUPS,
        ("served",),
        lambda seen: bool(seen["entry"].auth),
        _anything,
    ),
    Row(
        "P-05",
        "A credential of a plain or SA-less lookup stays with one pod.",
        "K-118 K-120",
        LOOKUPS,
        ("served", "joined"),
        lambda seen: not _is_shared(seen),
        _anything,
    ),
    Row(
        "P-06",
        "A valid cached credential is used when the API server cannot be asked.",
        "K-116",
        LOOKUPS,
        ("refused-lookup",),
        lambda seen: not _cache_could_serve(seen),
        lambda seen: seen["rule"] in ("K-113", "K-115"),
    ),
    Row(
        "P-07",
        "Credentials are tried in the order of the providers.",
        "K-133",
        KUBELET,
        ("offered",),
        _config_order,
        lambda seen: len({each.origin for each in facts.by_provider(seen)}) > 1,
    ),
    Row(
        "P-08",
        "A public image can always be pulled.",
        "K-180",
        KUBELET,
        ("pulled",),
        lambda seen: not seen["public"] or seen["outcome"] == "ok",
        lambda seen: bool(seen["public"]),
    ),
    Row(
        "P-09",
        "A cached credential serves its pod until it expires, whatever happens to tokens.",
        "K-155",
        LOOKUPS,
        ("exec",),
        lambda seen: not _same_account_cached(seen),
        lambda seen: facts.is_token_type(seen) and bool(facts.cache(seen)),
    ),
    Row(
        "P-10",
        "No credential is tried twice for one image.",
        "K-182",
        KUBELET,
        ("offered",),
        lambda seen: (
            len({(t.auth_key, t.credential) for t in facts.tried(seen)}) == len(facts.tried(seen))
        ),
        lambda seen: len(facts.tried(seen)) > 1,
    ),
    Row(
        "P-11",
        "A provider gets no token for an audience whose grant was withdrawn.",
        "K-162 K-151",
        LOOKUPS,
        ("exec",),
        lambda seen: facts.identity(seen).token is None or _granted(seen),
        lambda seen: facts.identity(seen).token is not None,
    ),
    Row(
        "P-12",
        "No provider is run while a pull secret covers the image.",
        "K-171",
        LOOKUPS,
        ("exec",),
        lambda seen: not _secret_matches(seen),
        lambda seen: bool(facts.pod(seen).secrets),
    ),
    Row(
        "P-13",
        "What the cache serves can still be pulled with.",
        "S-04 K-105",
        LOOKUPS,
        ("served",),
        _credential_lives,
        _anything,
    ),
)
