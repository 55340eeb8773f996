"""A kubelet made of the model's functions, driven by the steps of a scenario.

It observes what the oracle observes of the real one: tokens requested,
providers run with which bytes, credentials found and in which order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from pullproof.model.authconfig import auth_config_hash
from pullproof.model.keyring import Credential, Keyring
from pullproof.model.provide import (
    Cache,
    Coordinates,
    Exec,
    Outcome,
    Pod,
    ServiceAccount,
    asks_for_token,
    begin,
    finish,
)
from pullproof.model.provider import ProviderConfig
from pullproof.model.request import encode_request
from pullproof.model.versions import KubeletVersion
from pullproof.oracle.steps import Account, Advance, Answer, Lookup, Step

Event: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A lookup on its way through the providers."""

    lookup: Lookup
    at: int = 0
    outcomes: tuple[Outcome, ...] = ()

    def with_outcome(self, outcome: Outcome) -> "_Waiting":
        return replace(self, at=self.at + 1, outcomes=(*self.outcomes, outcome))


class ReferenceKubelet:
    """One kubelet from its start on."""

    def __init__(self, providers: Sequence[ProviderConfig], version: KubeletVersion) -> None:
        self._providers = providers
        self._version = version
        self._now_ns = 0
        self._caches = [Cache(last_purge_ns=0) for _ in providers]
        self._accounts: dict[tuple[str, str], Account] = {}
        self._flights: dict[tuple[int, bytes], tuple[Exec, list[tuple[_Waiting, Exec]]]] = {}
        self._events: list[Event] = []
        self._answers: Mapping[str, bytes | None] = {}

    def perform(self, step: Step) -> list[Event]:
        """Do one step and return what could be seen of it, sorted: lookups that
        go on at the same time have no order among them."""
        self._events = []
        match step:
            case Account():
                self._accounts[step.namespace, step.name] = step
            case Advance(nanoseconds):
                self._now_ns += nanoseconds
            case Lookup():
                self._answers = dict(step.answers)
                self._go_on(_Waiting(step))
            case Answer():
                self._answers = {}
                self._land(step)
        return sorted(self._events, key=repr)

    def cached(self) -> list[tuple[str, bytes, int]]:
        """Return provider, key and time to live of all that is remembered."""
        return sorted(
            (provider.name, entry.key, entry.expires_ns - self._now_ns)
            for provider, cache in zip(self._providers, self._caches, strict=True)
            for entry in cache.entries
        )

    def _go_on(self, waiting: _Waiting) -> None:
        while waiting.at < len(self._providers):
            step = self._begin(waiting)
            if isinstance(step, Exec):
                outcome = self._execute(waiting, step)
                if outcome is None:
                    return
                step = outcome
            waiting = waiting.with_outcome(step)
        self._done(waiting)

    def _begin(self, waiting: _Waiting) -> Exec | Outcome:
        at, lookup = waiting.at, waiting.lookup
        provider = self._providers[at]
        pod = Pod(lookup.namespace, lookup.pod, lookup.pod_uid, lookup.account)
        known = self._accounts.get((lookup.namespace, lookup.account))
        account = token = None
        if known is not None and not known.gone:
            account, token = ServiceAccount(known.uid, known.annotations), known.token
        if asks_for_token(provider, lookup.image, pod, account):
            self._note_token(provider, lookup, account)
        step, self._caches[at] = begin(
            provider,
            self._caches[at],
            self._now_ns,
            lookup.image,
            pod,
            account,
            token,
            self._version,
        )
        return step

    def _note_token(
        self, provider: ProviderConfig, lookup: Lookup, account: ServiceAccount | None
    ) -> None:
        assert provider.token_attributes is not None
        assert account is not None
        # B-05: 1.33 does not say which incarnation of the account it means.
        uid = account.uid if self._version.has_cache_type else ""
        audience = provider.token_attributes.service_account_token_audience
        self._events.append(
            ("token", lookup.namespace, lookup.account, uid, audience, lookup.pod, lookup.pod_uid)
        )

    def _execute(self, waiting: _Waiting, exec: Exec) -> Outcome | None:
        """Return the outcome, or None if the lookup has to wait for it."""
        provider = self._providers[waiting.at]
        flight = (waiting.at, exec.flight_key)
        if flight in self._flights:
            self._flights[flight][1].append((waiting, exec))
            return None
        stdin = encode_request(exec.request, provider.api_version)
        self._events.append(("exec", provider.name, stdin))
        if provider.name not in self._answers:
            self._flights[flight] = (exec, [(waiting, exec)])
            return None
        return self._finish(waiting.at, exec, self._answers[provider.name])

    def _finish(self, at: int, exec: Exec, stdout: bytes | None) -> Outcome:
        outcome, self._caches[at] = finish(
            self._providers[at], self._caches[at], self._now_ns, exec, stdout, self._version
        )
        return outcome

    def _land(self, answer: Answer) -> None:
        for (at, key), (exec, waiting) in list(self._flights.items()):
            provider = self._providers[at]
            stdin = encode_request(exec.request, provider.api_version)
            if provider.name == answer.provider and stdin == answer.stdin:
                del self._flights[at, key]
                finished = [
                    one.with_outcome(self._finish(at, own, answer.stdout)) for one, own in waiting
                ]
                for one in finished:
                    self._go_on(one)

    def _done(self, waiting: _Waiting) -> None:
        ring = Keyring(strict_colons=self._version.has_strict_colons)
        for at, outcome in enumerate(waiting.outcomes):
            ring = ring.add(str(at), outcome.auth)
        found = [
            self._shown(one, waiting.outcomes[int(one.source)].coordinates)
            for one in ring.lookup(waiting.lookup.image)
        ]
        self._events.append(("done", waiting.lookup.number, tuple(found)))

    def _shown(self, one: Credential, coordinates: Coordinates | None) -> Event:
        owner = None
        if coordinates is not None and self._version.has_cache_type:  # B-06: none in 1.33
            owner = (coordinates.namespace, coordinates.name, coordinates.uid)
        hashed = auth_config_hash(one.username, one.password)
        return one.username, one.password, hashed, owner
