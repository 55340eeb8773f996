"""Who came, during which step, and with which faults in front of them.

A request belongs to the one step that is running. Only while several run at
once is it told apart by the secrets it carries: the token of a step, or a
password that was handed out during it. A request that carries no secret of a
running step while several run belongs to none.

Source: S-11 (interleaved calls), evidence list of section 5.3.
"""

import base64
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pullproof.adapters.http_request import Request
from pullproof.model.scenario import ExecStep, Fault, Step
from pullproof.model.transcript import Actor, Received

MAX_RECORDS = 5000
MAX_BODY_BYTES = 1024 * 1024
MAX_REPLY_BYTES = 64 * 1024


@dataclass(slots=True)
class _Running:
    step: Step
    ended: threading.Event = field(default_factory=threading.Event)
    spent: dict[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int])
    """How often each fault (side, position) was used."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request on its way through an emulator."""

    number: int
    step: str
    faults: tuple[Fault, ...]
    until: threading.Event | None
    """Set when the step ends."""


class Records:
    """The visitors' book; thread-safe."""

    def __init__(self, secrets_of: Callable[[str], tuple[str, ...]]) -> None:
        self._secrets_of = secrets_of
        self._lock = threading.Lock()
        self._running: dict[str, _Running] = {}
        self._received: dict[int, Received] = {}
        self._arrived = 0
        self._began = time.monotonic()

    def clear(self) -> None:
        """Forget everything and end every running step."""
        with self._lock:
            for running in self._running.values():
                running.ended.set()
            self._running = {}
            self._received = {}
            self._began = time.monotonic()

    def begin(self, step: Step) -> None:
        with self._lock:
            self._running[step.id] = _Running(step)

    def release(self, step_id: str) -> None:
        """Let whatever hangs for this step go; it still runs."""
        with self._lock:
            running = self._running.get(step_id)
        if running is not None:
            running.ended.set()

    def end(self, step_id: str) -> None:
        """From here on nothing is attributed to this step."""
        self.release(step_id)
        with self._lock:
            self._running.pop(step_id, None)

    def arrive(self, actor: Actor, request: Request) -> Visit:
        """Write a request down before anything else can go wrong."""
        step = self._step_of(request)
        with self._lock:
            running = self._running.get(step)
            faults = _faults(running, actor) if running is not None else ()
            self._arrived += 1
            visit = Visit(self._arrived, step, faults, running.ended if running else None)
            if len(self._received) < MAX_RECORDS:
                self._received[visit.number] = Received(
                    actor=actor,
                    step=step,
                    method=request.method,
                    target=request.target,
                    headers=request.headers,
                    body=request.body[:MAX_BODY_BYTES],
                    at_s=time.monotonic() - self._began,
                    fault=",".join(fault.kind for fault in faults),
                )
            return visit

    def answered(
        self,
        visit: Visit,
        *,
        status: int,
        reply: bytes,
        token_verdict: str,
        subject: str,
        minted: str,
    ) -> None:
        """Add the answer to the record of a visit."""
        with self._lock:
            record = self._received.get(visit.number)
            if record is not None:
                self._received[visit.number] = replace(
                    record,
                    status=status,
                    reply=reply[:MAX_REPLY_BYTES],
                    token_verdict=token_verdict,
                    subject=subject,
                    minted=minted,
                )

    def take(self) -> tuple[Received, ...]:
        """Return the records since the last call, in order of arrival."""
        with self._lock:
            received, self._received = self._received, {}
        return tuple(received.values())

    def _step_of(self, request: Request) -> str:
        with self._lock:
            steps = tuple(self._running)
        if len(steps) <= 1:
            return steps[0] if steps else ""
        carried = _texts(request)
        for step in steps:
            if any(
                secret and secret in text for secret in self._secrets_of(step) for text in carried
            ):
                return step
        return ""


def _faults(running: _Running, actor: Actor) -> tuple[Fault, ...]:
    """Return the faults that are still to be used, and use them."""
    step = running.step
    if not isinstance(step, ExecStep):
        return ()
    if actor in (Actor.EXCHANGE, Actor.NODE):
        side, faults = "exchange", step.exchange
    elif actor is Actor.REGISTRY:
        side, faults = "registry", step.registry
    else:
        return ()
    live: list[Fault] = []
    for position, fault in enumerate(faults):
        used = running.spent.get((side, position), 0)
        running.spent[side, position] = used + 1
        if fault.times == 0 or used < fault.times:
            live.append(fault)
    return tuple(live)


def _texts(request: Request) -> tuple[str, ...]:
    """Return the places of a request where a secret may stand in clear."""
    texts = [request.target, request.body.decode("utf-8", "replace")]
    for name, value in request.headers:
        texts.append(value)
        if name.lower() == "authorization":
            texts.append(":".join(basic(value) or ("", "")))
    return tuple(texts)


def basic(authorization: str | None) -> tuple[str, str] | None:
    """Return (username, password) of a Basic `Authorization` value (R-006)."""
    scheme, _, blob = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(blob.strip(), validate=True).decode("utf-8")
    except ValueError:
        return None
    username, colon, password = text.partition(":")
    return (username, password) if colon else None
