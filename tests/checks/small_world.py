"""A whole world as one object: exchange, node endpoint, registry, files, children.

Programs in here are functions that see what a provider sees (a `Visit`), and
the transcript holds what the real emulators would have recorded. Nothing is
shared with `pullproof.adapters`, so it is a second opinion on what a fault is.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import urlencode

from pullproof.checks.check import Check
from pullproof.checks.facts import credentials
from pullproof.model.scenario import (
    LEGAL_TOKENS,
    ExecStep,
    FaultKind,
    PullStep,
    Scenario,
    TokenKind,
)
from pullproof.model.setup import Setup
from pullproof.model.transcript import (
    Actor,
    Attempt,
    Exec,
    FileSeen,
    Minted,
    ProcessSeen,
    Pull,
    Received,
    Secret,
    SecretKind,
    Transcript,
)
from pullproof.model.verdict import Verdict
from tests.checks.factory import NAMES, Answer, FirstDraw, document, resolve

NOW = 1_800_000_000.0
LIFE_S = 900
NODE_PASSWORD = "node-canary-password-77"
MAX_REPLY = 65536
"""What a careful provider reads; the huge reply is just larger."""


class Broken(Exception):
    """No HTTP reply came."""


class Hung(Broken):
    """A bounded client gives up on this one, an unbounded one never does."""


class Refused(Exception):
    """A provider that says no, on its way to stderr."""


@dataclass
class Node:
    """What outlives an exec: the files of one sandbox."""

    files: dict[str, bytes] = field(default_factory=dict[str, bytes])


@dataclass
class Visit:
    """One exec, from the provider's side."""

    world: "World"
    step: ExecStep
    image: str
    token: str
    annotations: dict[str, str]
    node: Node
    writes: dict[str, tuple[int, bytes]] = field(default_factory=dict[str, tuple[int, bytes]])
    children: list[ProcessSeen] = field(default_factory=list[ProcessSeen])

    def ask(
        self, token: str | None = None, *, target: str = "/exchange", agent: str = "provider"
    ) -> tuple[int, bytes]:
        """Send `token` to the exchange; return status and body."""
        return self.world.exchange(self, self.token if token is None else token, target, agent)

    def send(self, actor: Actor, body: bytes, method: str = "POST") -> None:
        """Send something to any other host."""
        self.world.record(actor, self.step.id, method, "/", body)

    def node_credential(self) -> tuple[str, str]:
        return self.world.node_credential(self)

    def write(self, path: str, content: bytes, mode: int = 0o600) -> None:
        self.node.files[path] = content
        self.writes[path] = (mode, content)


Program = Callable[[Visit], Answer]


@dataclass
class World:
    setup: Setup
    clock: float = NOW
    received: list[Received] = field(default_factory=list[Received])
    minted: list[Minted] = field(default_factory=list[Minted])
    secrets: list[Secret] = field(default_factory=list[Secret])
    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    asked: dict[str, int] = field(default_factory=dict[str, int])
    holders: dict[str, tuple[TokenKind, str]] = field(
        default_factory=dict[str, tuple[TokenKind, str]]
    )

    # -- tokens ----------------------------------------------------------------

    def token(self, step: ExecStep) -> str:
        if step.workload is None or not self.setup.provider.sa_mode:
            return ""
        if step.token in (TokenKind.EMPTY, TokenKind.ABSENT):
            return ""
        workload = self.setup.workload(step.workload)
        life = 90 if step.token is TokenKind.VALID_SHORT else 3600
        claims = {"sub": workload.subject, "jti": step.id, "exp": self.clock + life}
        if step.token is TokenKind.NOT_A_JWT:
            token = "just-a-text"
        else:
            parts = (json.dumps({"alg": "RS256", "kind": step.token.value}), json.dumps(claims))
            signature = hashlib.sha256(f"{step.id}{step.token}".encode()).digest()
            token = ".".join(_b64(part.encode()) for part in parts) + "." + _b64(signature)
        self.holders[token] = (step.token, workload.name)
        self.secrets.append(Secret(SecretKind.TOKEN, step.id, token))
        return token

    # -- hosts -----------------------------------------------------------------

    def record(
        self, actor: Actor, step: str, method: str, target: str, body: bytes, **more: Any
    ) -> None:
        headers = more.pop("headers", (("User-Agent", "provider"),))
        self.received.append(Received(actor, step, method, target, headers, body, **more))

    def _faults(self, step: ExecStep) -> list[tuple[FaultKind, str]]:
        count = self.asked[step.id] = self.asked.get(step.id, 0) + 1
        return [(f.kind, f.arg) for f in step.exchange if not f.times or count <= f.times]

    def exchange(self, visit: Visit, token: str, target: str, agent: str) -> tuple[int, bytes]:
        step = visit.step
        body = urlencode({"subject_token": token}).encode()
        faults = self._faults(step)
        status, document, minted = self._mint(visit, token, faults)
        reply = json.dumps(document).encode()
        for kind, arg in faults:
            status, reply = _spoil(kind, arg, status, document, reply, token)
        if minted is not None and json.dumps(minted.password)[1:-1].encode() in reply:
            self.minted.append(minted)
            self.secrets.append(Secret(SecretKind.MINTED, step.id, minted.password))
        else:
            minted = None
        held, _ = self.holders.get(token, (TokenKind.NOT_A_JWT, ""))
        verdict = "" if not token else "accepted" if held in LEGAL_TOKENS else "refused"
        self.record(
            Actor.EXCHANGE,
            step.id,
            "POST",
            target,
            body,
            status=status,
            reply=reply,
            token_verdict=verdict,
            minted=minted.id if minted else "",
            headers=(("User-Agent", agent),),
        )
        for fault, _ in faults:
            if fault in (FaultKind.HANG, FaultKind.DRIP):
                raise Hung
            if fault in (FaultKind.RESET, FaultKind.CLOSE):
                raise Broken
        return status, reply

    def _mint(
        self, visit: Visit, token: str, faults: list[tuple[FaultKind, str]]
    ) -> tuple[int, dict[str, Any], Minted | None]:
        kind, name = self.holders.get(token, (TokenKind.NOT_A_JWT, ""))
        if kind not in LEGAL_TOKENS or not name:
            return 400, {"error": "invalid_request", "error_description": "no"}, None
        life: float = 90 if kind is TokenKind.VALID_SHORT else LIFE_S
        announced: object = int(life)
        for fault, arg in faults:
            if fault is FaultKind.EXPIRED_CREDENTIAL:
                life, announced = 0, 0
            if fault is FaultKind.EXPIRES_IN:
                announced = json.loads(arg)
                if isinstance(announced, int | float) and announced >= 0:
                    life = float(announced)
        workload = self.setup.workload(name)
        number = len(self.minted) + 1
        minted = Minted(
            id=f"m{number}",
            step=visit.step.id,
            username=f"user-{name}",
            password=f"minted-{visit.step.id}-{number}-{name}/x+y",
            subject=workload.subject,
            expires_wall_s=self.clock + life,
            announced=announced == life,
            repos=tuple(resolve(image) for image in workload.images),
        )
        value = {"access_token": minted.password, "username": minted.username}
        return 200, {**value, "expires_in": announced, "issued": "x" * 80}, minted

    def node_credential(self, visit: Visit) -> tuple[str, str]:
        faults = self._faults(visit.step)
        self.record(Actor.NODE, visit.step.id, "GET", "/node", b"")
        if faults:
            raise Broken
        self.minted.append(
            Minted("node", visit.step.id, "node", NODE_PASSWORD, "node", None, True, ("*",))
        )
        return "node", NODE_PASSWORD

    # -- registry --------------------------------------------------------------

    def pull(self, step: PullStep, execs: dict[str, Exec]) -> Pull:
        self.clock += step.wait_s
        image = resolve(step.image)
        attempts = tuple(
            Attempt(c.auth_key, c.username, c.password, self._opens(c.password, image))
            for c in credentials(self.setup, execs[step.exec], image)
        )
        return Pull(step.id, image, attempts, any(a.opened for a in attempts))

    def _opens(self, password: str, image: str) -> bool:
        if password in self.holders:
            kind, name = self.holders[password]
            return kind in LEGAL_TOKENS and image in self.setup.workload(name).images
        return any(
            password == m.password
            and (m.expires_wall_s is None or m.expires_wall_s > self.clock)
            and (m.repos == ("*",) or image in m.repos)
            for m in self.minted
        )

    # -- execs -----------------------------------------------------------------

    def run(self, step: ExecStep, program: Program) -> Exec:
        token = self.token(step)
        node = self.nodes.setdefault(step.sandbox, Node()) if step.sandbox else Node()
        annotations: dict[str, str] = {}
        if step.workload is not None:
            own = self.setup.workload(step.workload).annotations
            annotations = dict(own if step.annotations is None else step.annotations)
        visit = Visit(self, step, resolve(step.image), token, annotations, node)
        answer = program(visit)
        files = tuple(
            FileSeen(path, mode, len(content), content)
            for path, (mode, content) in visit.writes.items()
        )
        seen: dict[str, Any] = {
            "stdout": answer.stdout,
            "stderr": answer.stderr,
            "ending": answer.ending,
            "exit_code": answer.exit_code,
            "signal": answer.signal,
            "duration_s": answer.duration_s,
            "exit_after_s": answer.duration_s,
            "files": files,
            "children": tuple(visit.children),
            **answer.extra,
        }
        return Exec(
            step=step.id,
            argv=self.setup.command,
            env=self.setup.base_env,
            cwd="/",
            stdin=b'{"kind":"CredentialProviderRequest"}\n',
            expires_wall_s=self.clock,
            token=token,
            **seen,
        )


def play(setup: Setup, scenario: Scenario, program: Program) -> Transcript:
    """Return the transcript of `scenario`, played against `program`."""
    world = World(setup)
    execs: dict[str, Exec] = {}
    pulls: list[Pull] = []
    for step in scenario.steps:
        if isinstance(step, PullStep):
            pulls.append(world.pull(step, execs))
        else:
            execs[step.id] = world.run(step, program)
    world.secrets.append(Secret(SecretKind.NODE, "", NODE_PASSWORD))
    return Transcript(
        scenario,
        tuple(execs.values()),
        tuple(world.received),
        tuple(world.minted),
        tuple(pulls),
        tuple(world.secrets),
        NAMES,
    )


def verdict(check: Check, setup: Setup, program: Program, draw: Any = None) -> Verdict:
    """Return what `check` says of `program`, on its own scenario."""
    return check.judge(setup, play(setup, check.propose(setup, draw or FirstDraw()), program))


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _spoil(
    kind: FaultKind, arg: str, status: int, document: dict[str, Any], reply: bytes, token: str
) -> tuple[int, bytes]:
    """Return the reply after one fault."""
    good = status == 200
    error = json.dumps({"error": "invalid", "error_description": f"{token} is bad" + "." * 60})
    match kind:
        case FaultKind.STATUS:
            return int(arg), error.encode()
        case FaultKind.UNAVAILABLE:
            return 503, error.encode()
        case FaultKind.STATUS_OK_BODY:
            return int(arg), reply
        case FaultKind.REDIRECT:
            return int(arg), b""
        case FaultKind.EMPTY_BODY:
            return 200, b""
        case FaultKind.NOT_JSON:
            return 200, b"<html>Welcome</html>"
        case FaultKind.JSON_NULL:
            return 200, b"null"
        case FaultKind.JSON_LIST:
            return 200, b"[]"
        case FaultKind.ERROR_200:
            return 200, error.encode()
        case FaultKind.HALF_BODY:
            return status, reply[: len(reply) // 2 + 20]
        case FaultKind.HUGE_BODY:
            return status, reply + b" " * MAX_REPLY
        case FaultKind.DROP_MEMBER if good:
            return status, json.dumps({k: v for k, v in document.items() if k != arg}).encode()
        case FaultKind.NULL_MEMBER if good:
            return status, json.dumps({**document, arg: None}).encode()
        case FaultKind.EMPTY_MEMBER if good:
            return status, json.dumps({**document, arg: ""}).encode()
        case FaultKind.NUMBER_MEMBER if good:
            return status, json.dumps({**document, arg: 42}).encode()
        case _:
            return status, reply


def as_object(value: Any) -> dict[str, Any]:
    """Return a JSON object, or an empty one for any other value."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


# -- a correct provider in steps, to be changed one step at a time ---------------


@dataclass(frozen=True)
class Provider:
    """A correct provider; subclasses and `replace` change single habits."""

    cache_key_type: str = "Image"
    chatter: bytes = b""
    retries: int = 0
    margin_s: int = 60

    def __call__(self, visit: Visit) -> Answer:
        try:
            answer = self.answer(visit)
        except Refused as reason:
            return self.failure(visit, str(reason))
        except Broken:
            return self.failure(visit, "the exchange cannot be reached")
        return replace(answer, stderr=self.chatter + answer.stderr)

    def failure(self, visit: Visit, reason: str) -> Answer:
        return Answer(stderr=self.chatter + reason.encode() + b"\n", exit_code=1)

    def serves(self, visit: Visit) -> bool:
        return visit.image in {resolve(image) for image in visit.world.setup.served}

    def unknown(self, visit: Visit) -> Answer:
        return Answer(document({}, cache_duration="1h0m0s"))

    def answer(self, visit: Visit) -> Answer:
        if not self.serves(visit):
            return self.unknown(visit)
        if not visit.token:
            return self.without_token(visit)
        username, password, life = self.exchange(visit)
        return self.success(visit, username, password, life)

    def without_token(self, visit: Visit) -> Answer:
        raise Refused("the request has no serviceAccountToken")

    def ask(self, visit: Visit) -> tuple[int, bytes]:
        for _ in range(self.retries):
            try:
                status, body = visit.ask()
            except Broken:
                continue
            if status < 500:
                return status, body
        return visit.ask()

    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        status, body = self.ask(visit)
        return self.read(status, body)

    def read(self, status: int, body: bytes) -> tuple[str, str, int | None]:
        if status != 200:
            raise Refused(f"the exchange answered with status {status}")
        if len(body) > MAX_REPLY:
            raise Refused("the exchange's reply is too long")
        try:
            found = as_object(json.loads(body))
        except ValueError:
            raise Refused("the exchange's reply is no JSON") from None
        password = found.get("access_token")
        if not isinstance(password, str) or not password:
            raise Refused("the exchange's reply has no access_token")
        life = found.get("expires_in")
        return found.get("username") or "user", password, life if isinstance(life, int) else None

    def duration(self, life: int | None) -> str | None:
        return f"{max(0, min(life or 0, 86400) - self.margin_s)}s"

    def key(self, visit: Visit) -> str:
        return visit.image

    def success(self, visit: Visit, username: str, password: str, life: int | None) -> Answer:
        return Answer(
            document(
                {self.key(visit): (username, password)},
                cache_key_type=self.cache_key_type,
                cache_duration=self.duration(life),
            )
        )


@dataclass(frozen=True)
class PassThrough(Provider):
    """The token is the password; right with cacheType Token only."""

    def exchange(self, visit: Visit) -> tuple[str, str, int | None]:
        return "token", visit.token, 0


@dataclass(frozen=True)
class NodeIdentity(Provider):
    """One credential for the whole node."""

    def answer(self, visit: Visit) -> Answer:
        if not self.serves(visit):
            return self.unknown(visit)
        username, password = visit.node_credential()
        return self.success(visit, username, password, 600)
