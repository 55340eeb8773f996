"""Turning a good answer into the bad one a scenario asks for.

An emulator first decides what it would answer; then the faults of the step
are laid over that, in order. So a fault never hides whether the token was
good, and a credential counts as handed out only if its password really was in
the bytes that went out.

Source: fault vocabulary of section 5.3; D-H4, D-J1 to D-J4.
"""

import json
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pullproof.adapters.credentials import Terms
from pullproof.adapters.http_request import Headers
from pullproof.adapters.http_server import Answer, Way
from pullproof.model.scenario import Fault, FaultKind
from pullproof.model.transcript import Minted

JSON = "application/json"
NUMBER = 42
"""What `number-member` puts in the place of a member."""
MAX_LIFETIME_S = 10 * 365 * 86400.0


@dataclass(frozen=True, slots=True)
class RawJson:
    """JSON text that is written as it stands: `1e3`, `-1`, even `NaN`."""

    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What an emulator says: a JSON object, or bytes."""

    status: int
    document: Mapping[str, object] | None = field(default=None, repr=False)
    body: bytes = field(default=b"", repr=False)
    headers: Headers = ()
    content_type: str = JSON


@dataclass(frozen=True, slots=True)
class Outcome:
    """An emulator's reply and what it found out on the way."""

    reply: Reply
    secret: str = field(default="", repr=False)
    """Token or password of the request, for answers that echo it."""
    token_verdict: str = ""
    subject: str = ""
    minted: Minted | None = None
    """Drafted; handed out only if the password leaves with the reply."""


@dataclass(frozen=True, slots=True)
class Context:
    """What faults need to know about the request they spoil."""

    canary_url: str
    own_url: str
    path: str
    secret: str = field(default="", repr=False)
    until: threading.Event | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A reply and how it is to travel."""

    reply: Reply
    way: Way = Way.WHOLE
    delay_s: float = 0.0
    drip_s: float = 0.05
    padding: int = 0

    def body(self) -> bytes:
        """Return the whole body, without padding."""
        if self.reply.document is None:
            return self.reply.body
        return render(self.reply.document).encode()

    def sent(self) -> bytes:
        """Return the part of the body that goes out."""
        body = self.body()
        return {Way.WHOLE: body, Way.HALF: body[: len(body) // 2]}.get(self.way, b"")

    def answer(self, until: threading.Event | None) -> Answer:
        """Return what the server is to do."""
        reply, body = self.reply, self.body()
        typed = (("Content-Type", reply.content_type),) if body or self.padding else ()
        return Answer(
            status=reply.status,
            headers=(*typed, *reply.headers),
            body=body,
            way=self.way,
            delay_s=self.delay_s,
            drip_s=self.drip_s,
            padding=self.padding,
            until=until,
        )


def render(document: Mapping[str, object]) -> str:
    """Return the JSON text of `document`; `RawJson` values stand as they are."""

    def text(value: object) -> str:
        return value.text if isinstance(value, RawJson) else json.dumps(value)

    return "{" + ",".join(f"{json.dumps(name)}:{text(v)}" for name, v in document.items()) + "}"


def lay_over(faults: Sequence[Fault], outcome: Outcome, context: Context) -> Plan:
    """Return the outcome's reply with `faults` laid over it, in order."""
    plan = Plan(outcome.reply)
    for fault in faults:
        plan = _FAULTS[fault.kind](plan, fault.arg, context)
    return plan


def terms(faults: Sequence[Fault]) -> Terms:
    """Return how a credential minted under `faults` is to be.

    A number that is announced is made true, so that a provider that believes
    it is right; a text that one reader takes for a number is made true as
    well, so that a lenient reader is not wrong either.
    """
    wanted = Terms()
    for fault in faults:
        match fault.kind:
            case FaultKind.EXPIRED_CREDENTIAL:
                wanted = replace(wanted, lifetime_s=0.0)
            case FaultKind.SPECIAL_PASSWORD:
                wanted = replace(wanted, special=True)
            case FaultKind.EXPIRES_IN:
                wanted = replace(wanted, lifetime_s=_seconds(fault.arg))
            case FaultKind.NUMBER_MEMBER if fault.arg == "expires_in":
                wanted = replace(wanted, lifetime_s=float(NUMBER))
            case _:
                pass
    return wanted


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text.strip().strip('"'))
    except ValueError:
        return None
    return min(seconds, MAX_LIFETIME_S) if seconds >= 0 and math.isfinite(seconds) else None


def is_announced(plan: Plan, minted: Minted, now: float) -> bool:
    """Return whether the reply tells the expiry of `minted` correctly."""
    value = (plan.reply.document or {}).get("expires_in")
    if isinstance(value, RawJson):
        try:
            value = json.loads(value.text)
        except ValueError:
            return False
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    return minted.expires_wall_s is not None and abs(now + value - minted.expires_wall_s) <= 1


def carries(plan: Plan, password: str) -> bool:
    """Return whether `password` is in the bytes that go out."""
    return json.dumps(password)[1:-1].encode() in plan.sent()


# --- one function per kind --------------------------------------------------

_Lay = Callable[[Plan, str, Context], Plan]


def _number(arg: str, default: int) -> int:
    return int(arg) if arg.strip().isdecimal() else default


def _way(way: Way) -> _Lay:
    return lambda plan, arg, context: replace(plan, way=way)


def _whole(make: Callable[[str, Context], Reply]) -> _Lay:
    """A fault that puts another reply in the place of the good one."""
    return lambda plan, arg, context: replace(plan, reply=make(arg, context))


def _member(change: Callable[[dict[str, object], str], None]) -> _Lay:
    """A fault in one member of a good JSON object; errors are left alone."""

    def lay(plan: Plan, arg: str, context: Context) -> Plan:
        if plan.reply.document is None or plan.reply.status >= 300:
            return plan
        document = dict(plan.reply.document)
        change(document, arg)
        return replace(plan, reply=replace(plan.reply, document=document))

    return lay


def _drop(document: dict[str, object], name: str) -> None:
    document.pop(name, None)


def _put(value: object) -> Callable[[dict[str, object], str], None]:
    def change(document: dict[str, object], name: str) -> None:
        document[name] = value

    return change


def _expires_in(document: dict[str, object], text: str) -> None:
    document["expires_in"] = RawJson(text)


def _error(code: int, error: str, context: Context, *headers: tuple[str, str]) -> Reply:
    """An OAuth error that repeats the secret it was sent, as some servers do;
    whoever logs it leaks (D-H4)."""
    description = f"cannot use {context.secret}" if context.secret else "cannot do that now"
    return Reply(code, {"error": error, "error_description": description}, headers=headers)


def _page(arg: str, context: Context) -> Reply:
    page = f"<!doctype html><title>Sign in</title><p>Welcome back, {context.secret}</p>\n"
    return Reply(200, body=page.encode(), content_type="text/html; charset=utf-8")


def _redirect(arg: str, context: Context) -> Reply:
    location = ("Location", context.canary_url + context.path)
    return Reply(_number(arg, 307), headers=(location,))


def _canary_realm(plan: Plan, arg: str, context: Context) -> Plan:
    # S-66: only the realm changes; everything else is the registry's word.
    headers = tuple(
        (name, value.replace(f'"{context.own_url}', f'"{context.canary_url}'))
        if name.lower() == "www-authenticate"
        else (name, value)
        for name, value in plan.reply.headers
    )
    return replace(plan, reply=replace(plan.reply, headers=headers))


_FAULTS: Mapping[FaultKind, _Lay] = {
    FaultKind.DELAY: lambda plan, arg, context: replace(
        plan, delay_s=plan.delay_s + _number(arg, 100) / 1000
    ),
    FaultKind.HANG: _way(Way.HANG),
    FaultKind.DRIP: lambda plan, arg, context: replace(
        plan, way=Way.DRIP, drip_s=_number(arg, 50) / 1000
    ),
    FaultKind.RESET: _way(Way.RESET),
    FaultKind.CLOSE: _way(Way.CLOSE),
    FaultKind.HALF_BODY: _way(Way.HALF),
    FaultKind.STATUS: _whole(
        lambda arg, context: _error(_number(arg, 500), "invalid_request", context)
    ),
    FaultKind.STATUS_OK_BODY: lambda plan, arg, context: replace(
        plan, reply=replace(plan.reply, status=_number(arg, 500))
    ),
    FaultKind.EMPTY_BODY: _whole(lambda arg, context: Reply(200)),
    FaultKind.NOT_JSON: _whole(_page),
    FaultKind.JSON_NULL: _whole(lambda arg, context: Reply(200, body=b"null")),
    FaultKind.JSON_LIST: _whole(lambda arg, context: Reply(200, body=b"[]")),
    FaultKind.DROP_MEMBER: _member(_drop),
    FaultKind.NULL_MEMBER: _member(_put(None)),
    FaultKind.EMPTY_MEMBER: _member(_put("")),
    FaultKind.NUMBER_MEMBER: _member(_put(NUMBER)),
    FaultKind.ERROR_200: _whole(lambda arg, context: _error(200, "invalid_grant", context)),
    FaultKind.HUGE_BODY: lambda plan, arg, context: replace(
        plan, padding=_number(arg, 64 * 1024 * 1024)
    ),
    FaultKind.REDIRECT: _whole(_redirect),
    FaultKind.EXPIRES_IN: _member(_expires_in),
    FaultKind.EXPIRED_CREDENTIAL: lambda plan, arg, context: plan,  # see `terms`
    FaultKind.UNAVAILABLE: _whole(
        lambda arg, context: _error(503, "temporarily_unavailable", context, ("Retry-After", "1"))
    ),
    FaultKind.SPECIAL_PASSWORD: lambda plan, arg, context: plan,  # see `terms`
    FaultKind.CHALLENGE_REALM: _canary_realm,
}
