"""The kubelet's own lookup code as a subject: the oracle's `scenario` op.

The machine decides what happens; its tokens and credentials get texts, its
ticks a length, and its answers the bytes a provider would write. The oracle
performs a scenario as a whole, so each group of steps asks it again from the
start. It cannot be halted between an exec's end and what lookups make of it:
`AT_ONCE` names what must happen undrawn.

For configurations with one provider in SA mode, without pull secrets and node
files: those are not the lookup of providers.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from pullproof.model.durations import format_duration
from pullproof.model.machine import Observation, observe
from pullproof.model.protocol.answers import ANSWERS
from pullproof.model.protocol.context import repo_of
from pullproof.model.protocol.exchange import running
from pullproof.model.protocol.keyring_side import Tried
from pullproof.model.protocol.params import Params, PodParams
from pullproof.model.protocol.values import Credential, Flight, Token
from pullproof.model.provider import PROTOCOL_GROUP
from pullproof.model.request import Request, encode_request
from pullproof.oracle.client import Oracle
from pullproof.oracle.comparison import Context, encoded
from pullproof.oracle.scenarios import COMPARISONS, Provider, Scenario, ask
from pullproof.oracle.steps import Account, Advance, Answer, Lookup
from pullproof.oracle.steps import Step as OracleStep
from pullproof.strategies.runs import Label, Step

AT_ONCE = ("kubelet.takes", "kubelet.consults")
TICK_NS = 60 * 10**9
_DEFECTS: dict[str, dict[str, Any]] = {
    "kind": {"kind": "CredentialProviderRequest"},
    "unknown-field": {"surprise": 1},
}
(_SCENARIO,) = COMPARISONS


def text_of(value: Token | Credential) -> str:
    """Return a text that equal values share, and no others."""
    if isinstance(value, Credential) and value.kind == "token" and value.token is not None:
        return text_of(value.token)
    return hashlib.sha256(repr(value).encode()).hexdigest()[:24]


class KubeletLookups:
    """One oracle as a `Subject`."""

    def __init__(self, oracle: Oracle, params: Params) -> None:
        self._oracle, self.params = oracle, params
        self._context = Context(params.version)
        self._steps: list[OracleStep] = []
        self._lookups = 0
        self._numbers: dict[str, int] = {}
        self.done = 0
        """Lookups that ended, so that nobody compares nothing."""

    def begin(self) -> None:
        self._steps, self._lookups, self._numbers = [], 0, {}

    def end(self) -> None:
        pass

    def possible(self) -> frozenset[Label] | None:
        return None

    # What the model says.

    def expects(self, steps: Sequence[Step]) -> tuple[Observation, ...]:
        return _sorted(seen for step in steps for seen in self._expected(step))

    def _expected(self, step: Step) -> Iterator[Observation]:
        for each in step.effect.observations:
            if each.kind == "exec":
                provider = self.params.provider(each["provider"])
                identity = each["identity"]
                stdin = _stdin(provider.api_version, each["sent"], identity.token,
                               identity.disclosed)  # fmt: skip
                yield observe("exec", provider=provider.name, stdin=stdin)
            if each.kind == "offered":
                yield observe("done", found=tuple(map(_shown, each["tried"])))

    # What the kubelet says.

    def performs(self, steps: Sequence[Step]) -> tuple[Observation, ...]:
        before = len(self._steps)
        self._steps += self._translated(steps[0])
        if len(self._steps) == before:
            return ()
        scenario = Scenario(self._providers(), tuple(self._steps))
        (answer,) = self._oracle.ask("scenario", [ask(scenario, self._context)])
        assert "error" not in answer, answer["error"]
        judged: Any = _SCENARIO.real(scenario, answer, self._context)
        events = [event for group in judged[0][before:] for event in group]
        seen = _sorted(self._seen(event) for event in events if event[0] != "token")
        self.done += sum(each.kind == "done" for each in seen)
        return seen

    def _seen(self, event: Any) -> Observation:
        if event[0] == "exec":
            return observe("exec", provider=event[1], stdin=event[2])
        found = tuple((user, password, owner) for user, password, _, owner in event[2])
        return observe("done", found=found)

    def _providers(self) -> tuple[Provider, ...]:
        return tuple(
            Provider(
                each.name,
                each.patterns,
                format_duration(each.default_ticks * TICK_NS),
                f"{PROTOCOL_GROUP}/{each.api_version}",
                str(each.cache_type) if each.mode == "sa" else "",
                each.require_account,
                each.required,
                each.optional,
            )
            for each in self.params.providers
        )

    def _translated(self, step: Step) -> Iterator[OracleStep]:
        event = step.event
        match event.kind:
            case "clock.advances":
                yield Advance(TICK_NS)
            case "kubelet.looks-up":
                yield from self._lookup(step, self.params.pod(event.args[0]), event.args[1])
            case "provider.answers":
                yield self._answer(step, *event.args)
            case _:
                pass  # accounts and the API server are told right before a lookup

    def _lookup(self, step: Step, pod: PodParams, image: str) -> Iterator[OracleStep]:
        namespace = account_name = ""
        if pod.account:
            account = self.params.account(pod.account)
            namespace, account_name = account.namespace, account.kubernetes_name
            live: Any = step.before[f"account:{account.name}"]
            is_gone = not live.uid or step.before.get("api", "up") == "down"
            token = _token_of(step)
            yield Account(
                namespace, account_name, live.uid or "gone", live.annotations,
                None if token is None else text_of(token), is_gone,
            )  # fmt: skip
        self._lookups += 1
        uid: Any = step.before[f"pod:{pod.name}"]
        yield Lookup(self._lookups, namespace or "ns", pod.name, uid.local, account_name,
                     repo_of(image))  # fmt: skip

    def _answer(self, step: Step, provider: str, leader: str, name: str) -> Answer:
        params = self.params.provider(provider)
        slot = f"flights:{provider}"
        before: Any = step.before[slot]
        flight = running(before, provider, leader)
        assert flight is not None
        after: Any = dict(step.effect.writes)[slot]
        landed = next(each for each in after if each not in before)
        stdin = _stdin(params.api_version, flight.image, flight.token, flight.annotations)
        return Answer(provider, stdin, _stdout(params.api_version, name, landed))


def _token_of(step: Step) -> Token | None:
    """Return the token that a lookup's first provider is asked with."""
    for each in step.effect.observations:
        if each.kind in ("exec", "served", "joined"):
            token: Token | None = each["identity"].token
            if token is not None:
                return token
        if each.kind in ("token-request", "token-reused") and each["token"] is not None:
            return each["token"]  # type: ignore[no-any-return]
    return None


def _stdin(
    version: str, image: str, token: Token | None, annotations: tuple[tuple[str, str], ...]
) -> bytes:
    text = "" if token is None else text_of(token)
    return encode_request(Request(image, text, annotations), f"{PROTOCOL_GROUP}/{version}")


def _stdout(version: str, name: str, landed: Flight) -> bytes | None:
    """Return what the provider writes; None: it fails."""
    answer = ANSWERS.get(landed.outcome)
    if answer is None or answer.defect == "exit":
        return None
    document: dict[str, Any] = {
        "kind": "CredentialProviderResponse",
        "apiVersion": f"{PROTOCOL_GROUP}/{'v2' if answer.defect == 'version' else version}",
        "cacheKeyType": answer.cache_key_type,
        "auth": {
            each.auth_key: {"username": each.credential.kind, "password": text_of(each.credential)}
            for each in landed.auth
        },
        **_DEFECTS.get(answer.defect, {}),
    }
    if landed.keep_ticks is not None:
        document["cacheDuration"] = format_duration(landed.keep_ticks * TICK_NS)
    return json.dumps(document).encode()


def _shown(tried: Tried) -> tuple[object, ...]:
    where = tried.coordinates
    owner = None if where is None else (where.namespace, where.name, where.uid)
    return tried.credential.kind, text_of(tried.credential), owner


def _sorted(seen: Iterator[Observation]) -> tuple[Observation, ...]:
    return tuple(sorted(seen, key=repr))


__all__ = ["AT_ONCE", "KubeletLookups", "encoded"]
