"""Which credentials a finished lookup yields, and how the pull goes.

Pull secrets, the node's docker config and the providers' answers are joined
(K-170); the keyring of each is sorted and matched as K-132 says; the registry
decides. With the image side in the machine the result is handed over instead
of being pulled with.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pullproof.model.keyring import HUB_KEY, is_hub_image, keyring_key
from pullproof.model.machine import Component
from pullproof.model.matching import matches
from pullproof.model.protocol.context import Context, repo_of
from pullproof.model.protocol.drafting import Draft
from pullproof.model.protocol.exchange import EVERYTHING, opens
from pullproof.model.protocol.params import PodParams
from pullproof.model.protocol.rules import LookupRules
from pullproof.model.protocol.values import (
    NEVER,
    Contribution,
    Coordinates,
    Credential,
    Lookup,
    Offered,
    Offers,
    PullSecret,
    rename,
)

SECRETS, FILE, PROVIDERS = "secrets", "file", "providers"


@dataclass(frozen=True, slots=True)
class Tried:
    """One credential as it is offered to the runtime."""

    auth_key: str
    credential: Credential
    origin: str
    """`secret:<name>`, `file` or the provider's name."""
    coordinates: Coordinates | None = None


def components(context: Context) -> Iterator[Component]:
    """Yield what is remembered of finished lookups."""
    for pod in context.params.pods:
        if context.params.results:
            yield Component(f"result:{pod.name}", "", "how the pod's last pull went")
        if context.params.image is not None:
            yield Component(f"offers:{pod.name}", None, "what its last lookup gave", rename)


def reads(context: Context, pod: PodParams) -> tuple[str, ...]:
    """Return what the end of a lookup reads."""
    found = [f"secret:{name}" for name in pod.secrets] + ["clock"]
    if context.params.results:
        found.append(f"result:{pod.name}")
    if context.params.image is not None:
        found.append(f"offers:{pod.name}")
    if counts(context):
        found.append("busy")
    return tuple(found)


def writes(context: Context, pod: PodParams) -> tuple[str, ...]:
    """Return what the end of a lookup writes."""
    skipped = {"clock", *(f"secret:{name}" for name in pod.secrets)}
    return tuple(name for name in reads(context, pod) if name not in skipped)


def counts(context: Context) -> bool:
    """Return whether the number of lookups under way is bounded."""
    return context.params.parallel < len(context.params.pods)


def finish(
    context: Context, draft: Draft, pod: PodParams, lookup: Lookup, failed: bool = False
) -> None:
    """End a lookup: assemble the keyring, offer credentials, pull.

    Args:
        failed: The lookup itself failed; no rule but a wrong one does that.

    Source: K-170 to K-172, K-180.
    """
    draft[f"lookup:{pod.name}"] = None
    if counts(context):
        draft["busy"] = draft["busy"] - 1
    repo_name = repo_of(lookup.image)
    if failed or _has_bad_secret(context, draft, pod):
        draft.saw("lookup-failed", pod=pod.name, image=lookup.image, by_provider=failed)
        _settle(context, draft, pod, "failed", Offers(repo_name, (), failed=True))
        return
    tried = _union(context, draft, pod, lookup, repo_name)
    draft.saw(
        "offered",
        pod=pod.name,
        pod_local=draft.get(f"pod:{pod.name}", None) and draft[f"pod:{pod.name}"].local,
        image=lookup.image,
        tried=tried,
        gathered=lookup.gathered,
        secrets=tuple(name for name in pod.secrets if _usable(draft, name)),
        now=draft["clock"],
    )
    offers = Offers(repo_name, tuple(_offered(context, draft, each) for each in tried))
    if context.params.image is None:
        outcome = _pull(context, draft, pod, lookup.image, tried)
    else:
        outcome = "handed over"
    _settle(context, draft, pod, outcome, offers)


def _settle(context: Context, draft: Draft, pod: PodParams, outcome: str, offers: Offers) -> None:
    if context.params.results:
        draft[f"result:{pod.name}"] = outcome
    if context.params.image is not None:
        draft[f"offers:{pod.name}"] = offers


def _usable(draft: Draft, name: str) -> bool:
    return bool(draft[f"secret:{name}"].uid)


def _has_bad_secret(context: Context, draft: Draft, pod: PodParams) -> bool:
    if not context.rules.bad_secret_fails:
        return False
    return any(_usable(draft, n) and not draft[f"secret:{n}"].valid for n in pod.secrets)


# The union (K-170).


def secret_credential(context: Context, name: str, secret: PullSecret) -> Credential:
    """Return what a pull secret holds."""
    opened = context.params.secret(name).opens
    return Credential("secret", None, opened, NEVER, f"{name}/{secret.version}")


def _union(
    context: Context, draft: Draft, pod: PodParams, lookup: Lookup, repo_name: str
) -> tuple[Tried, ...]:
    rules = context.rules
    members = {
        SECRETS: _secret_entries(context, draft, pod),
        FILE: _file_entries(context),
        PROVIDERS: _provider_entries(lookup.gathered),
    }
    order = [SECRETS, FILE, PROVIDERS]
    if rules.union_order == "providers-first":
        order.reverse()
    match rules.union:
        case "no-secrets":
            members[SECRETS] = ()
        case "no-file":
            members[FILE] = ()
        case "no-providers":
            if members[SECRETS] or members[FILE]:
                members[PROVIDERS] = ()
        case "all":
            pass
    found = [t for member in order for t in keyring_lookup(rules, members[member], repo_name)]
    if not rules.union_complete:
        hit = keyring_lookup(rules, members[SECRETS], repo_name)
        return hit or tuple(found)
    return tuple(found)


def _secret_entries(context: Context, draft: Draft, pod: PodParams) -> tuple[Tried, ...]:
    found: list[Tried] = []
    for name in pod.secrets:
        secret: PullSecret = draft[f"secret:{name}"]
        if secret.uid and secret.valid:
            where = Coordinates("", name, secret.uid)
            key = context.params.secret(name).auth_key
            found.append(
                Tried(key, secret_credential(context, name, secret), f"secret:{name}", where)
            )
    return tuple(found)


def _file_entries(context: Context) -> tuple[Tried, ...]:
    key = context.params.node_file
    return (Tried(key, Credential("static", None, EVERYTHING), "file"),) if key else ()


def _provider_entries(gathered: tuple[Contribution, ...]) -> tuple[Tried, ...]:
    return tuple(
        Tried(entry.auth_key, entry.credential, each.provider, each.coordinates)
        for each in gathered
        for entry in each.auth
    )


@lru_cache(maxsize=1 << 15)
def _key_of(auth_key: str) -> str | None:
    return keyring_key(auth_key)


@lru_cache(maxsize=1 << 15)
def _matches(key: str, repo_name: str) -> bool:
    return matches(key, repo_name)


_is_hub = lru_cache(maxsize=1 << 12)(is_hub_image)


@lru_cache(maxsize=1 << 15)
def auth_key_matches(auth_key: str, repo_name: str) -> bool:
    """Return whether a response's key is for an image (K-131, K-132)."""
    key = _key_of(auth_key)
    return key is not None and _matches(key, repo_name)


def keyring_lookup(
    rules: LookupRules, entries: tuple[Tried, ...], repo_name: str
) -> tuple[Tried, ...]:
    """Return the entries of one keyring that an image gets, in order.

    Source: K-131, K-132, K-137.
    """
    keyed = [(key, entry) for entry in entries if (key := _key_of(entry.auth_key)) is not None]
    if rules.keyring_order != "arrival":
        keyed.sort(key=lambda pair: pair[0].encode(), reverse=rules.keyring_order == "reverse")
    if not rules.keys_match_image:
        return tuple(entry for _, entry in keyed)
    found = tuple(entry for key, entry in keyed if _matches(key, repo_name))
    hub = tuple(entry for key, entry in keyed if key == HUB_KEY)
    match rules.hub_fallback:
        case "last":
            return found or (hub if _is_hub(repo_name) else ())
        case "always":
            extra = hub if _is_hub(repo_name) else ()
            return found + tuple(entry for entry in extra if entry not in found)
        case "any-image":
            return found or hub
        case "never":
            return found


# The pull (K-180).


def _pull(
    context: Context, draft: Draft, pod: PodParams, image: str, tried: tuple[Tried, ...]
) -> str:
    rules, now, repo_name = context.rules, draft["clock"], repo_of(image)
    is_public = repo_name in context.params.public
    attempts = tried if rules.tries_all else tried[:1]
    used: Tried | None = None
    anonymous = False
    outcome = "refused"
    if attempts:
        used = next((t for t in attempts if opens(context, t.credential, repo_name, now)), None)
        outcome = "ok" if used else "refused"
        if used is None and rules.anonymous_last:
            anonymous = True
    else:
        anonymous = rules.anonymous_alone
    if anonymous and is_public:
        outcome = "ok"
    draft.saw(
        "pulled",
        pod=pod.name,
        image=image,
        outcome=outcome,
        used=used,
        anonymous=anonymous,
        public=is_public,
        offered=len(tried),
        tried=tried,
        now=now,
    )
    return outcome


def _offered(context: Context, draft: Draft, tried: Tried) -> Offered:
    """Return a credential as the image side sees it (K-175)."""
    credential = tried.credential
    repo_names = {repo_of(image) for pod in context.params.pods for image in pod.images}
    opened = tuple(sorted(r for r in repo_names if opens(context, credential, r, draft["clock"])))
    if tried.origin.startswith("secret:"):
        return Offered("secret", tried.coordinates, credential.name, opened)
    if tried.coordinates is not None:
        return Offered("account", tried.coordinates, "", opened)
    return Offered("node", None, "", opened)
