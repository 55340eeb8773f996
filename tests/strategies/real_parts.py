"""The embedded issuer, exchange and registry as a subject, over loopback HTTP.

The model is the kubelet, the node and the thief; it decides which token is
presented where and which credentials a pull tries. Each token of the model has
a real one, signed when the model issues it, and each credential the one that
the real exchange minted. What the exchange and the registry say must be what
the model says: accepted or not, what it opens, how long it lives.

Left out: the other provider's exchange (there is one in a `World`), and node
and static credentials.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from pullproof.adapters.credentials import repository_path
from pullproof.adapters.issuer import JWKS_PATH, Issuer
from pullproof.adapters.token_service import Login
from pullproof.adapters.world import World
from pullproof.model.jose import parse_compact
from pullproof.model.jwks import KeySet
from pullproof.model.machine import Observation, observe
from pullproof.model.protocol.exchange import FORGED_KEY
from pullproof.model.protocol.params import AccountParams, Params, PodParams, ProviderParams
from pullproof.model.protocol.values import Credential, Token
from pullproof.model.provider import ProviderConfig, TokenAttributes
from pullproof.model.scenario import PullStep, TokenKind
from pullproof.model.setup import Setup, Workload
from pullproof.model.verify import Verified, check_claims, verify
from pullproof.strategies.runs import Label, Step
from tests.helpers.worlds import exchange, send

A, B, OTHER = "r.test/a", "r.test/b", "other.test/c"
ACCOUNTS = (
    AccountParams("sa-x", "ns-1", "app", opens=(A,)),
    AccountParams("sa-y", "ns-2", "app", opens=(B,)),
)
PODS = (PodParams("pod-a", "sa-x", (A, B, OTHER)), PodParams("pod-b", "sa-y", (B, A)))


def provider(name: str, *answers: str, pattern: str = "r.test") -> ProviderParams:
    return ProviderParams(name, "sa", (pattern,), answers)


@dataclass(frozen=True)
class Scale:
    """A configuration, and how long its ticks are in the world."""

    params: Params
    tick_s: int


EXPIRING_TOKENS = Scale(
    # A token of 3600 s and 60 s of leeway is good for two more ticks, a
    # credential of at most 900 s for none.
    Params(
        "real-parts-tokens",
        providers=(
            provider("p", "registry", "image-once"),
            provider("p2", "image-once", pattern="other.test"),
        ),
        accounts=ACCOUNTS,
        pods=PODS,
        horizon=4,
        token_ticks=2,
        credential_ticks=0,
        purge_ticks=0,
        key_rotation=True,
        thief=True,
    ),
    1300,
)
EXPIRING_CREDENTIALS = Scale(
    # 3600 s are eight ticks and a little; 900 s are two.
    Params(
        "real-parts-credentials",
        providers=(provider("p", "registry", "image", "long"),),
        accounts=ACCOUNTS,
        pods=PODS,
        horizon=5,
        token_ticks=8,
        credential_ticks=2,
        purge_ticks=0,
    ),
    440,
)


class Mistake(StrEnum):
    """What a wrong exchange or registry does."""

    NONE = ""
    ANY_AUDIENCE = "the exchange does not look at the audience"
    EXPIRED_TOKENS = "the exchange does not look at the expiry"
    RETIRED_KEYS = "the exchange keeps keys that were withdrawn"
    STALE_KEYS = "the exchange never fetches keys again"
    EARLY_KEYS = "the exchange knows keys that it has not fetched"
    ANY_KEY = "the exchange does not look at the signature"
    WIDE_SCOPE = "the registry opens everything to everybody"
    EXPIRED_CREDENTIALS = "the registry does not look at the expiry"


class RotatingIssuer(Issuer):
    """An issuer whose second key comes, and whose first goes."""

    published: tuple[str, ...] = ()

    def jwks(self) -> dict[str, object]:
        keys = {"RS256": self.rs256.jwk, "ES256": self.es256.jwk}
        return {"keys": [dict(keys[alg]) for alg in self.published]}


class RotatingWorld(World):
    """A world whose issuer changes keys and whose exchange fetches them."""

    def __init__(self, setup: Setup, *, seed: int, mistake: Mistake = Mistake.NONE) -> None:
        super().__init__(setup, seed=seed)
        self._mistake = mistake
        own = self._issuer
        self._rotating = RotatingIssuer(
            own.url, seed=seed, audience=own.audience, other_issuer=own.other_issuer
        )
        self._issuer = self._rotating
        self._trusted = KeySet(())
        self.current = TokenKind.VALID

    def start_over(self) -> None:
        """Forget everything, and have the first key again."""
        self.reset()
        self.current = TokenKind.VALID
        self._trusted = KeySet(())
        self._rotating.published = ("RS256",)
        self._fetch()
        if self._mistake is Mistake.EARLY_KEYS:
            both = (self._rotating.rs256.jwk, self._rotating.es256.jwk)
            self._trusted = KeySet.from_document({"keys": [dict(key) for key in both]})

    def rotate(self) -> None:
        """Sign with the second key from here on, and publish both."""
        self.current = TokenKind.VALID_ES256
        self._rotating.published = ("RS256", "ES256")

    def withdraw(self) -> None:
        """Publish the second key only."""
        self._rotating.published = ("ES256",)

    def fetch_keys(self) -> None:
        """Have the exchange read what the issuer publishes, over HTTP."""
        if self._mistake is Mistake.STALE_KEYS:
            return
        self._fetch()

    def _fetch(self) -> None:
        got = KeySet.from_document(send(self.names["issuer.url"] + JWKS_PATH).json)
        known = self._trusted.keys if self._mistake is Mistake.RETIRED_KEYS else ()
        new = tuple(key for key in got.keys if key not in known)
        self._trusted = KeySet((*known, *new))

    def _verify(self, token: str, now: float) -> Verified:
        policy, claims = self._policy, parse_compact(token).claims
        if self._mistake is Mistake.ANY_AUDIENCE:
            policy = replace(policy, audience=str(claims["aud"]).strip("[']"))
        if self._mistake is Mistake.EXPIRED_TOKENS:
            now = float(str(claims["iat"]))
        if self._mistake is Mistake.ANY_KEY:
            return check_claims(claims, policy, now)
        return verify(token, keys=self._trusted, policy=policy, now=now)

    def _authenticate(self, username: str, password: str, now: float) -> Login:
        if self._mistake is Mistake.EXPIRED_CREDENTIALS:
            found = self._book.of_password(password)
            return Login(True, found.repos, found.subject) if found else Login(ok=False)
        login = super()._authenticate(username, password, now)
        if self._mistake is Mistake.WIDE_SCOPE and login.ok:
            return replace(login, repos=self._grants.everything)
        return login


class RealCredential(NamedTuple):
    """What the runtime is given."""

    auth_key: str
    username: str
    password: str


def setup_of(params: Params) -> Setup:
    """Return the setup in which the accounts of `params` are workloads."""
    first = params.providers[0]
    workloads = tuple(
        Workload(
            account.name,
            account.namespace,
            account.kubernetes_name,
            account.uid(1),
            f"pod-of-{account.name}",
            f"uid-of-pod-of-{account.name}",
            images=account.opens,
        )
        for account in params.accounts
    )
    attributes = TokenAttributes(first.token_audience, require_service_account=True)
    config = ProviderConfig(first.name, first.patterns, 0, token_attributes=attributes)
    served = tuple(image for account in params.accounts for image in account.opens)
    return Setup(config, ("/p",), served=served, workloads=workloads)


class RealParts:
    """A `RotatingWorld` as a `Subject`."""

    def __init__(self, world: RotatingWorld, scale: Scale) -> None:
        self.world = world
        self._params, self._tick_s = scale.params, scale.tick_s
        self._audience = scale.params.providers[0].token_audience
        self._workloads = {w.name: w for w in setup_of(scale.params).workloads}
        self._now = 0
        self._tokens: dict[Token, str] = {}
        self._credentials: dict[Credential, tuple[str, str]] = {}
        self.counts: Counter[str] = Counter()
        """What was compared, so that nobody compares nothing."""

    def begin(self) -> None:
        self.world.start_over()
        self._now = 0
        self._tokens, self._credentials = {}, {}

    def end(self) -> None:
        self.world.take()

    def possible(self) -> frozenset[Label] | None:
        return None

    # What the model says.

    def expects(self, steps: Sequence[Step]) -> tuple[Observation, ...]:
        return tuple(seen for step in steps for seen in self._expected(step))

    def _expected(self, step: Step) -> Iterator[Observation]:
        for each in step.effect.observations:
            match each.kind:
                case "exchange-refused" if each["audience"] == self._audience:
                    yield observe("refused")
                case "minted" if each["audience"] == self._audience:
                    made: Credential = each["credential"]
                    opens = tuple(sorted(map(repository_path, made.opens)))
                    yield observe("minted", opens=opens, last_tick=made.expires)
                case "pulled":
                    used = each["used"]
                    at = each["tried"].index(used) if used is not None else None
                    yield observe("pulled", image=each["image"], used=at)
                case _:
                    pass

    # What the parts say.

    def performs(self, steps: Sequence[Step]) -> tuple[Observation, ...]:
        found = tuple(seen for step in steps for seen in self._performed(step))
        self.world.take()  # raises what went wrong inside
        self.counts.update(each.kind for each in found)
        return found

    def _performed(self, step: Step) -> Iterator[Observation]:
        match step.event.kind:
            case "clock.advances":
                self.world.advance(self._tick_s)
                self._now += 1
            case "issuer.rotates":
                self.world.rotate()
            case "issuer.withdraws":
                self.world.withdraw()
            case "exchange.fetches-keys":
                self.world.fetch_keys()
            case _:
                pass
        presented: Token | None = None
        for each in step.effect.observations:
            match each.kind:
                case "token-request" if each["token"] is not None:
                    self._issue(each["token"])
                case "token-sent" if each["audience"] == self._audience:
                    presented = each["token"]
                    assert presented is not None
                    answer = self._exchange(presented)
                    yield self._told(answer)
                    model = next((o for o in step.effect.observations if o.kind == "minted"), None)
                    if model is not None and answer is not None:
                        names = answer["username"], answer["access_token"]
                        self._credentials[model["credential"]] = names
                case "pulled":
                    yield self._pull(each)
                case _:
                    pass

    def _issue(self, token: Token) -> None:
        kind = self.world.current
        if token.audience != self._audience:
            kind = TokenKind.WRONG_AUDIENCE
        workload = self._workloads[token.account]
        self._tokens[token] = self.world.token(kind, workload, "lockstep")

    def _exchange(self, token: Token) -> dict[str, Any] | None:
        if token.key == FORGED_KEY:
            workload = self._workloads[token.account]
            text = self.world.token(TokenKind.WRONG_KEY, workload, "lockstep")
        else:
            text = self._tokens[token]
        got = exchange(self.world, text)
        return got.json if got.status == 200 else None

    def _told(self, answer: dict[str, Any] | None) -> Observation:
        if answer is None:
            return observe("refused")
        scopes = [scope.split(":")[1] for scope in answer["scope"].split()]
        last = self._now + answer["expires_in"] // self._tick_s
        return observe("minted", opens=tuple(sorted(scopes)), last_tick=last)

    def _pull(self, pulled: Observation) -> Observation:
        offered = [
            RealCredential(each.auth_key, *self._credentials.get(each.credential, ("u", "nothing")))
            for each in pulled["tried"]
        ]
        done = self.world.pull(PullStep("pull", pulled["image"], "exec"), offered, pulled["image"])
        used = len(done.attempts) - 1 if done.attempts and done.attempts[-1].opened else None
        return observe("pulled", image=pulled["image"], used=used)
