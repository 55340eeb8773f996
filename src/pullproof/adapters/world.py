"""Everything around a provider, on loopback: the embedded world.

Seven listeners on ephemeral ports of 127.0.0.1: issuer, exchange, node
endpoint, registry, a second registry that is nobody's, a canary host and a
forward proxy. They share one wall clock that a scenario can push forward, one
book of credentials and one book of visitors.

The registry stands in for every host an image may name; only the path counts.

Source: sections 5.3 and 6; S-80 to S-84.
"""

import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from pullproof.adapters.canary import handle_canary, handle_proxy
from pullproof.adapters.credentials import (
    NODE_USERNAME,
    CredentialBook,
    Grants,
    SecretSource,
)
from pullproof.adapters.exchange import PATH as EXCHANGE_PATH
from pullproof.adapters.exchange import Exchange
from pullproof.adapters.faults import Context, Outcome, Plan, Reply, carries, is_announced, lay_over
from pullproof.adapters.faults import terms as terms_of
from pullproof.adapters.http_request import Request
from pullproof.adapters.http_server import Answer, Listener, Server, Way
from pullproof.adapters.issuer import Issuer
from pullproof.adapters.node import PATH as NODE_PATH
from pullproof.adapters.node import NodeEndpoint
from pullproof.adapters.placeholders import resolve
from pullproof.adapters.pull import PullCredential, pull_image
from pullproof.adapters.records import Records, Visit
from pullproof.adapters.registry import Registry
from pullproof.adapters.token_service import Login, TokenService
from pullproof.model.jose import TokenRefused
from pullproof.model.scenario import PullStep, Step, TokenKind
from pullproof.model.setup import Identity, Setup, Workload
from pullproof.model.transcript import Actor, Minted, Pull, Received
from pullproof.model.verify import Policy, Verified, verify

DEFAULT_AUDIENCE = "registry.example"
SETTLE_S = 0.2
"""How long the end of a step waits at most for whoever is still connected."""

Emulator = Callable[[Request, Visit, float], Outcome]


class World:
    """The emulators of one setup; a context manager.

    Args:
        setup: Whose workloads, images, identity and audience count.
        seed: Of keys and canaries; equal seeds give equal ones.
        registry_port: A fixed port for the registry; 0 chooses one.

    Raises:
        PortTaken: the fixed port is in use.
    """

    def __init__(self, setup: Setup, *, seed: int, registry_port: int = 0) -> None:
        self._lock = threading.Lock()
        self._offset_s = 0.0
        self._accident: Exception | None = None
        self._tokens: dict[str, list[str]] = {}
        self._secrets = SecretSource(seed)
        self._listeners = self._listen(registry_port)
        self._server = Server(tuple(self._listeners.values()))
        hosts = {actor: listener.host for actor, listener in self._listeners.items()}
        node_password = "ppn_" + self._secrets.fixed("node password")
        self.names: Mapping[str, str] = _names(setup, hosts, node_password)
        """Placeholder names and their values in this world."""
        self._setup = setup
        grants = Grants(setup, self.names)
        self._grants = grants
        self._issuer = Issuer(
            self.names["issuer.url"],
            seed=seed,
            audience=self.names["exchange.audience"],
            other_issuer=f"{self.names['canary.url']}/other-cluster",
        )
        self._policy = Policy(self._issuer.url, self.names["exchange.audience"])
        self._book = CredentialBook(self._secrets, node_password, grants.everything)
        self._records = Records(self._secrets_of)
        self._registries = (
            self._registry(hosts[Actor.REGISTRY], grants.everything, self._authenticate),
            self._registry(hosts[Actor.OTHER_REGISTRY], (), _nobody),
        )
        self._emulators: Mapping[Actor, Emulator] = self._build_emulators()

    def _listen(self, registry_port: int) -> dict[Actor, Listener]:
        listeners: dict[Actor, Listener] = {}
        try:
            # The fixed port first: no other listener may take it by chance.
            for actor in (Actor.REGISTRY, *(item for item in Actor if item is not Actor.REGISTRY)):
                port = registry_port if actor is Actor.REGISTRY else 0
                listeners[actor] = Listener(self._handler(actor), port)
        except BaseException:
            for listener in listeners.values():
                listener.socket.close()
            raise
        return listeners

    def _registry(
        self, host: str, repositories: tuple[str, ...], login: Callable[[str, str, float], Login]
    ) -> Registry:
        return Registry(host, repositories, TokenService(login, self._secrets))

    def _build_emulators(self) -> Mapping[Actor, Emulator]:
        exchange = Exchange(
            verifier=self._verify,
            grants=self._grants,
            book=self._book,
            targets=frozenset(
                {
                    self.names["exchange.audience"],
                    self.names["registry.host"],
                    self._issuer.audience,
                }
            ),
        )
        node = NodeEndpoint(self._book)
        registry, other = self._registries
        return {
            Actor.ISSUER: lambda request, visit, now: self._issuer.handle(request),
            Actor.EXCHANGE: lambda request, visit, now: exchange.handle(
                request, step=visit.step, now=now, terms=terms_of(visit.faults)
            ),
            Actor.NODE: lambda request, visit, now: node.handle(
                request, step=visit.step, now=now, terms=terms_of(visit.faults)
            ),
            Actor.REGISTRY: lambda request, visit, now: registry.handle(request, now=now),
            Actor.OTHER_REGISTRY: lambda request, visit, now: other.handle(request, now=now),
            Actor.CANARY: lambda request, visit, now: handle_canary(request),
            Actor.PROXY: lambda request, visit, now: handle_proxy(request),
        }

    # --- life ---------------------------------------------------------------

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every step, connection and thread; idempotent."""
        self._records.clear()
        self._server.close()

    def reset(self) -> None:
        """Forget credentials, faults, records and the clock's advances.

        Keys and ports stay. Call it between scenarios.
        """
        self._records.clear()
        self._book.clear()
        for registry in self._registries:
            registry.tokens.clear()
        with self._lock:
            self._offset_s = 0.0
            self._tokens = {}

    # --- clock --------------------------------------------------------------

    def now(self) -> float:
        """Return the emulators' wall clock, in seconds since 1970."""
        with self._lock:
            return time.time() + self._offset_s

    def advance(self, seconds: float) -> None:
        """Push the emulators' wall clock forward."""
        with self._lock:
            self._offset_s += seconds

    # --- steps --------------------------------------------------------------

    def begin(self, step: Step) -> None:
        """From here on requests belong to `step` and meet its faults."""
        self._records.begin(step)

    def end(self, step_id: str) -> None:
        """Let go whatever hangs for this step, then stop attributing to it.

        Waits shortly for requests that a provider sent just before it went,
        as long as anybody is still connected.
        """
        self._records.release(step_id)
        self._server.settle(SETTLE_S)
        self._records.end(step_id)

    def take(self) -> tuple[tuple[Received, ...], tuple[Minted, ...]]:
        """Return what was received and minted since the last call.

        Raises:
            Exception: whatever went wrong inside an emulator since then; it
                is our bug and must not pass for the provider's.
        """
        with self._lock:
            accident, self._accident = self._accident, None
        if accident is not None:
            raise accident
        return self._records.take(), self._book.take()

    def token(self, kind: TokenKind, workload: Workload, step: str) -> str:
        """Return a fresh token of `kind`; requests with it belong to `step`."""
        _, text = self._secrets.next("jti")
        jti = str(uuid.UUID(hex=text[:32], version=4))
        token = self._issuer.token(kind, workload, jti=jti, now=self.now())
        with self._lock:
            self._tokens.setdefault(step, []).append(token)
        return token

    def pull(self, step: PullStep, credentials: Sequence[PullCredential], image: str) -> Pull:
        """Return what came of pulling `image` with `credentials`, in order.

        The clock is not advanced by `step.wait_s`; that is `advance`.
        """
        return pull_image(self.names["registry.host"], step, credentials, image)

    # --- requests -----------------------------------------------------------

    def _secrets_of(self, step: str) -> tuple[str, ...]:
        with self._lock:
            tokens = tuple(self._tokens.get(step, ()))
        return (*tokens, *self._book.of_step(step))

    def _handler(self, actor: Actor) -> Callable[[Request], Answer]:
        def handle(request: Request) -> Answer:
            try:
                return self._answer(actor, request)
            except Exception as accident:  # noqa: BLE001 - kept, and raised by `take`
                with self._lock:
                    self._accident = self._accident or accident
                return Answer(500)

        return handle

    def _answer(self, actor: Actor, request: Request) -> Answer:
        now = self.now()
        visit = self._records.arrive(actor, request)
        if not request.complete and actor is not Actor.EXCHANGE:
            outcome = Outcome(Reply(400))
        else:
            outcome = self._emulators[actor](request, visit, now)
        own_url = f"http://{self._listeners[actor].host}"
        context = Context(
            self.names["canary.url"], own_url, request.path, outcome.secret, visit.until
        )
        plan = lay_over(visit.faults, outcome, context)
        minted = self._hand_out(outcome, plan, now)
        self._records.answered(
            visit,
            status=0 if plan.way in (Way.HANG, Way.CLOSE, Way.RESET) else plan.reply.status,
            reply=plan.sent(),
            token_verdict=outcome.token_verdict,
            subject=outcome.subject,
            minted=minted,
        )
        return plan.answer(visit.until)

    def _hand_out(self, outcome: Outcome, plan: Plan, now: float) -> str:
        """Make the credential valid if it leaves; return its id or nothing."""
        minted = outcome.minted
        if minted is None or not carries(plan, minted.password):
            return ""
        self._book.publish(minted, announced=is_announced(plan, minted, now))
        return minted.id

    def _verify(self, token: str, now: float) -> Verified:
        issuer = self._issuer
        return verify(token, keys=issuer.keys, policy=self._policy, now=now, others=issuer.others)

    def _authenticate(self, username: str, password: str, now: float) -> Login:
        """Return what a username and a password open at the registry."""
        if not username:
            return Login(ok=False)
        minted = self._book.find(password, now)
        if minted is not None:
            return Login(True, minted.repos, minted.subject, minted.expires_wall_s)
        if self._setup.identity is not Identity.PASS_THROUGH:
            return Login(ok=False)
        try:
            verified = self._verify(password, now)
        except TokenRefused as refused:
            return Login(ok=False, token_verdict=str(refused.error))
        workload = self._grants.workload(
            verified.namespace, verified.service_account, verified.service_account_uid
        )
        repos = self._grants.of_workload(workload) if workload is not None else ()
        return Login(True, repos, verified.subject, verified.expires_s, "accepted")


def _nobody(username: str, password: str, now: float) -> Login:
    return Login(ok=False)


def _names(setup: Setup, hosts: Mapping[Actor, str], node_password: str) -> dict[str, str]:
    names = {
        "registry.host": hosts[Actor.REGISTRY],
        "other.host": hosts[Actor.OTHER_REGISTRY],
        "exchange.url": f"http://{hosts[Actor.EXCHANGE]}{EXCHANGE_PATH}",
        "issuer.url": f"http://{hosts[Actor.ISSUER]}",
        "node.url": f"http://{hosts[Actor.NODE]}{NODE_PATH}",
        "node.username": NODE_USERNAME,
        "node.password": node_password,
        "canary.url": f"http://{hosts[Actor.CANARY]}",
        "proxy.url": f"http://{hosts[Actor.PROXY]}",
    }
    attributes = setup.provider.token_attributes
    audience = attributes.service_account_token_audience if attributes else DEFAULT_AUDIENCE
    # An audience may name other places of this world, but not itself.
    own = "${exchange.audience}"
    names["exchange.audience"] = resolve(audience, names).replace(own, DEFAULT_AUDIENCE)
    return names
