"""One configuration under one set of rules, with what follows from both.

Everything that does not change during a run is worked out here, once: which
providers an image reaches, which components hold a pod's tokens, what a key
is made of.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from pullproof.model.cache import registry_of
from pullproof.model.images import repo_name as real_repo_name
from pullproof.model.matching import is_image_allowed
from pullproof.model.protocol.params import (
    AccountParams,
    Params,
    PodParams,
    ProviderParams,
    start_problems,
)
from pullproof.model.protocol.rules import LookupRules
from pullproof.model.protocol.values import CacheKey, Identity, Token
from pullproof.model.provider import CacheType

GLOBAL = "<global>"
"""Base of the Global cache key; how it is spelled is of the past (K-101)."""


@lru_cache(maxsize=4096)
def repo_of(image: str) -> str:
    """Return the repo name of an image as written (K-070)."""
    return real_repo_name(image)


@lru_cache(maxsize=4096)
def reaches(patterns: tuple[str, ...], repo_name: str) -> bool:
    """Return whether matchImages cover a repo name (K-040)."""
    return is_image_allowed(patterns, repo_name)


def _without_port(name: str) -> str:
    host, slash, path = name.partition("/")
    return host.partition(":")[0] + slash + path


@dataclass(frozen=True)
class Context:
    """Parameters and rules; derived values are worked out on first use."""

    params: Params
    rules: LookupRules

    @cached_property
    def starts(self) -> bool:
        """Whether the kubelet comes up with this configuration (K-034)."""
        forgiven = set[str]()
        if not self.rules.duplicate_names_refused:
            forgiven.add("K-031")
        if not self.rules.v1_only:
            forgiven |= {"K-034b"}
        return set(start_problems(self.params)) <= forgiven

    @cached_property
    def providers(self) -> tuple[ProviderParams, ...]:
        """The providers in the order in which they are visited."""
        by_name = {provider.name: provider for provider in self.params.providers}
        found = list(by_name.values())
        if self.rules.provider_order == "name":
            found.sort(key=lambda provider: provider.name)
        return tuple(found)

    def chain(self, image: str) -> tuple[ProviderParams, ...]:
        """Return the providers that are consulted for an image, in order."""
        return tuple(p for p in self.providers if self._asks(p, repo_of(image)))

    def _asks(self, provider: ProviderParams, repo_name: str) -> bool:
        patterns = provider.patterns
        match self.rules.match_images:
            case "none":
                return True
            case "first":
                patterns = patterns[:1]
            case "any":
                pass
        if not self.rules.match_port:
            patterns = tuple(_without_port(pattern) for pattern in patterns)
            repo_name = _without_port(repo_name)
        return reaches(patterns, repo_name)

    def name_of(self, image: str) -> str:
        """Return what the request and the keys call an image (K-070)."""
        return repo_of(image) if self.rules.repo_name_only else image

    def sends_tokens(self, provider: ProviderParams) -> bool:
        return provider.mode == "sa" or self.rules.plain_has_token

    def account_of(self, pod: PodParams) -> AccountParams | None:
        """Return the account a pod's lookups are for; None: it has none."""
        name = pod.account
        if not name and not self.rules.accountless_stays_so and self.params.accounts:
            name = self.params.accounts[0].name
        return self.params.account(name) if name else None

    def is_token_type(self, provider: ProviderParams) -> bool:
        """Return whether the cache key holds the token (K-102)."""
        match self.rules.key_has_token:
            case "never":
                return False
            case "always":
                return True
            case "by-type":
                return provider.cache_type is CacheType.TOKEN

    @staticmethod
    def is_token_type_configured(provider: ProviderParams) -> bool:
        return provider.mode == "sa" and provider.cache_type is CacheType.TOKEN

    # Names of components. A key that lacks a part is a component that is
    # shared, so a mutant shows in what is read.

    def token_slot(self, pod: PodParams, provider: ProviderParams) -> str:
        rules = self.rules
        parts = ["tokens"]
        if rules.token_key_has_pod:
            parts.append(pod.name)
        if rules.token_key_has_audience:
            parts.append(provider.name)
        return ":".join(parts)

    def cache_slot(self, provider: ProviderParams) -> str:
        return f"cache:{provider.name}" if self.rules.cache_per_provider else "cache"

    def flight_slot(self, provider: ProviderParams) -> str:
        return f"flights:{provider.name}" if self.rules.flight_per_provider else "flights"

    # Keys.

    def account_key(
        self,
        provider: ProviderParams,
        account: AccountParams,
        uid: str,
        selected: tuple[tuple[str, str], ...],
        everything: tuple[tuple[str, str], ...],
        token: Token | None,
    ) -> tuple[Any, ...]:
        """Return the service account part of a cache key (K-102)."""
        rules = self.rules
        if not rules.key_has_account_part:
            return ()
        key: list[Any] = []
        if rules.key_has_namespace:
            key.append(account.namespace)
        if rules.key_has_name:
            key.append(account.kubernetes_name)
        if rules.key_has_uid:
            key.append(uid)
        for name, value in selected if rules.key_annotations_selected else everything:
            key += [name] if rules.key_has_annotation_names else []
            key += [value] if rules.key_has_annotation_values else []
        if self.is_token_type(provider):
            key.append(token)
        return tuple(key)

    def cache_key(self, base: str, identity: Identity) -> CacheKey:
        """Return the key of one lookup under a base (K-101)."""
        base = base if self.rules.key_has_base else ""
        if self.rules.key_injective:
            return CacheKey(base, identity.key)
        strings = [part for part in identity.key if isinstance(part, str)]
        others = tuple(part for part in identity.key if not isinstance(part, str))
        return CacheKey(base + "".join(strings), others)

    def bases(self, image: str) -> tuple[str, str, str]:
        """Return the bases under which a lookup looks, in order (K-109)."""
        name = self.name_of(image)
        registry = registry_of(name)
        if self.rules.cache_order == "global-first":
            return (GLOBAL, registry, name)
        return (name, registry, GLOBAL)

    def base_for(self, cache_key_type: str, image: str) -> str:
        """Return the base an answer is stored under (K-101)."""
        kind = cache_key_type
        match self.rules.stored_under:
            case "wider":
                kind = {"Image": "Registry", "Registry": "Global"}.get(kind, kind)
            case "global":
                kind = "Global"
            case "narrower":
                kind = "Image"
            case "answered":
                pass
        return self.scope(kind, self.name_of(image))

    @staticmethod
    def scope(cache_key_type: str, name: str) -> str:
        """Return which images a cacheKeyType speaks for, seen from one."""
        match cache_key_type:
            case "Image":
                return name
            case "Registry":
                return registry_of(name)
            case _:
                return GLOBAL

    def flight_key(
        self, provider: ProviderParams, image: str, identity: Identity
    ) -> tuple[Any, ...]:
        """Return which lookups share an exec (K-120)."""
        rules = self.rules
        key: list[Any] = [self.name_of(image) if rules.flight_has_repo else ""]
        if rules.flight_has_token:
            key.append(identity.token)
        if rules.flight_has_annotations:
            key.append(identity.annotations)
        return tuple(key)
