"""What to do to a provider: a plan that is data.

A scenario is an ordered list of steps. It can be saved, replayed and made
smaller, because it holds names of variants instead of bytes wherever the
bytes depend on the run (tokens, ports). Adapters perform it and return a
`Transcript`; what should happen is not in here, that is the model's word.

Texts may hold placeholders: `${registry.host}`, `${exchange.url}`,
`${issuer.url}`, `${node.url}`, `${other.host}` (a second registry, not the
provider's), `${canary.url}`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class TokenKind(StrEnum):
    """Named service account tokens for one workload; VALID is the simplest.

    Each but VALID and the legal shapes deviates in one thing and is otherwise
    signed by the issuer's key, so that only the named check can refuse it.
    """

    VALID = "valid"
    VALID_ES256 = "valid-es256"
    VALID_TYP_JWT = "valid-typ-jwt"  # T-004
    VALID_SHORT = "valid-short"  # about 90 s left (T-046)
    EMPTY = "empty"  # the API returned no token: field absent (K-076)
    ABSENT = "absent"  # SA-less call (K-112)
    EXPIRED = "expired"  # JV-043
    NOT_YET_VALID = "not-yet-valid"  # JV-044
    WRONG_AUDIENCE = "wrong-audience"  # JV-051
    API_AUDIENCE = "api-audience"  # JV-053
    AUDIENCE_PREFIX = "audience-prefix"  # JV-051
    WRONG_ISSUER = "wrong-issuer"  # JV-054
    OTHER_CLUSTER = "other-cluster"  # JV-055: other issuer, other key
    WRONG_KEY = "wrong-key"  # right kid, attacker's key: JV-056
    UNKNOWN_KID = "unknown-kid"  # JV-020
    ALG_NONE = "alg-none"  # JV-001
    HS256_PEM = "hs256-pem"  # JV-007
    EMBEDDED_JWK = "embedded-jwk"  # JV-027
    TAMPERED = "tampered"  # claims changed, signature kept
    NO_EXPIRY = "no-expiry"  # JV-038
    NO_SUBJECT = "no-subject"  # JV-059
    SUBJECT_MISMATCH = "subject-mismatch"  # JV-060
    LEGACY = "legacy"  # JV-064
    NOT_A_JWT = "not-a-jwt"
    MANY_DOTS = "many-dots"  # JV-065
    HUGE = "huge"  # 256 KiB


LEGAL_TOKENS = frozenset(
    {
        TokenKind.VALID,
        TokenKind.VALID_ES256,
        TokenKind.VALID_TYP_JWT,
        TokenKind.VALID_SHORT,
    }
)


class FaultKind(StrEnum):
    """What goes wrong at an emulator. `arg` of the fault is in brackets."""

    DELAY = "delay"  # [milliseconds] before the answer
    HANG = "hang"  # never answers; connection stays open
    DRIP = "drip"  # [milliseconds between bytes] endless slow body
    RESET = "reset"  # connection reset before any byte
    CLOSE = "close"  # closed before the headers
    HALF_BODY = "half-body"  # Content-Length promises more than comes
    STATUS = "status"  # [code], with an OAuth error body that echoes the token
    STATUS_OK_BODY = "status-ok-body"  # [code] with the body of a success
    EMPTY_BODY = "empty-body"  # 200, nothing
    NOT_JSON = "not-json"  # 200, an HTML page
    JSON_NULL = "json-null"
    JSON_LIST = "json-list"
    DROP_MEMBER = "drop-member"  # [member name]
    NULL_MEMBER = "null-member"  # [member name]
    EMPTY_MEMBER = "empty-member"  # [member name]: ""
    NUMBER_MEMBER = "number-member"  # [member name]: 42
    ERROR_200 = "error-200"  # 200 with {"error": ...}
    HUGE_BODY = "huge-body"  # [bytes] of valid JSON white space and more
    REDIRECT = "redirect"  # [code] to the canary host, 307 keeps the body
    EXPIRES_IN = "expires-in"  # [seconds or a JSON text such as null, "300", -1]
    EXPIRED_CREDENTIAL = "expired-credential"  # minted already past its expiry
    UNAVAILABLE = "unavailable"  # 503 with Retry-After
    SPECIAL_PASSWORD = "special-password"  # minted password holds " \\ < > & and non-ASCII
    CHALLENGE_REALM = "challenge-realm"  # registry's realm names the canary (S-66)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, for the first `times` requests of a step (0: all of them)."""

    kind: FaultKind
    arg: str = ""
    times: int = 0


class EditKind(StrEnum):
    """One change to the request bytes the kubelet would have sent."""

    SET = "set"  # path, JSON text of the new value
    DROP = "drop"  # path
    ADD = "add"  # path of a new member, JSON text
    RENAME = "rename"  # path, new member name
    DUPLICATE = "duplicate"  # path, JSON text of the second value
    REVERSE = "reverse"  # members in reverse order
    PRETTY = "pretty"  # indented over several lines
    NO_NEWLINE = "no-newline"  # without the final newline
    PREPEND = "prepend"  # bytes, as a Python-escaped latin-1 text
    APPEND = "append"
    TRUNCATE = "truncate"  # arg: number of bytes kept
    RAW = "raw"  # the whole input, as an escaped latin-1 text
    NEST = "nest"  # arg: depth; deeply nested unknown member
    PAD = "pad"  # arg: bytes of white space before the final newline


@dataclass(frozen=True, slots=True)
class Edit:
    kind: EditKind
    path: str = ""
    """A member name, or names joined by `/` (`serviceAccountAnnotations/x`)."""
    arg: str = ""


class Stdin(StrEnum):
    """How stdin is delivered. The kubelet does WHOLE."""

    WHOLE = "whole"
    CHUNKED = "chunked"  # in small pieces with pauses, then EOF
    CLOSED = "closed"  # EOF at once, nothing sent


@dataclass(frozen=True, slots=True)
class ExecStep:
    """Run the provider once."""

    id: str
    image: str
    """Repo name (K-070), with placeholders."""
    workload: str | None = None
    """Name of a workload of the setup; None for plain and SA-less lookups."""
    token: TokenKind = TokenKind.VALID
    """Ignored unless the provider is in SA mode and a workload is given."""
    annotations: tuple[tuple[str, str], ...] | None = None
    """Instead of the workload's own; None keeps those."""
    edits: tuple[Edit, ...] = ()
    """Applied in order to the exact request; empty means the kubelet's bytes."""
    stdin: Stdin = Stdin.WHOLE
    exchange: tuple[Fault, ...] = ()
    """Faults at the exchange (and at the node credential endpoint)."""
    registry: tuple[Fault, ...] = ()
    sandbox: str = ""
    """Steps with one name share HOME, TMPDIR and working directory; an empty
    name is a fresh one of the step's own."""
    group: str = ""
    """Neighbouring steps of one non-empty group run at the same time."""
    env: tuple[tuple[str, str], ...] = ()
    """Added to the kubelet's environment, before the config's `env`."""
    unset_env: tuple[str, ...] = ()
    deadline_s: float | None = None
    """Instead of the setup's deadline."""
    watch_children: bool = False
    """Sample argv and environment of the provider's children while it runs."""


@dataclass(frozen=True, slots=True)
class PullStep:
    """Pull `image` with the credentials the kubelet's keyring would choose
    from the response of an earlier exec."""

    id: str
    image: str
    exec: str
    """Id of the `ExecStep` whose response is used."""
    cached: bool = False
    """The response is used as a cache hit, so it may be another image's."""
    wait_s: float = 0.0
    """Model time that passes first, on the emulators' clock only."""


Step = ExecStep | PullStep


@dataclass(frozen=True, slots=True)
class Scenario:
    """Steps and the facts a judge may rely on."""

    check: str
    """Id of the check this was generated for."""
    steps: tuple[Step, ...]
    label: str = ""
    """What is special about it, in a few words, for people."""
    facts: tuple[tuple[str, str], ...] = ()
    """Named facts the generator hands to the judge. They must describe the
    input, never the expected output."""

    @property
    def execs(self) -> tuple[ExecStep, ...]:
        return tuple(step for step in self.steps if isinstance(step, ExecStep))

    def step(self, step_id: str) -> Step:
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def fact(self, name: str, default: str = "") -> str:
        return dict(self.facts).get(name, default)


def to_json(scenario: Scenario) -> dict[str, Any]:
    """Return `scenario` as plain JSON values; `from_json` reads them back."""
    from dataclasses import asdict

    def plain(step: Step) -> dict[str, Any]:
        kind = "exec" if isinstance(step, ExecStep) else "pull"
        return {"kind": kind, **asdict(step)}

    return {
        "check": scenario.check,
        "label": scenario.label,
        "facts": dict(scenario.facts),
        "steps": [plain(step) for step in scenario.steps],
    }


def from_json(document: dict[str, Any]) -> Scenario:
    """Return the scenario that `to_json` made `document` from.

    Raises:
        KeyError, TypeError, ValueError: not such a document (validate it
            against `schemas/case.schema.json` first).
    """

    def pairs(value: Any) -> tuple[tuple[str, str], ...]:
        return tuple((str(name), str(text)) for name, text in value)

    def faults(value: Any) -> tuple[Fault, ...]:
        return tuple(Fault(FaultKind(f["kind"]), f["arg"], f["times"]) for f in value)

    def step(value: dict[str, Any]) -> Step:
        fields = {name: item for name, item in value.items() if name != "kind"}
        if value["kind"] == "pull":
            return PullStep(**fields)
        fields["token"] = TokenKind(fields["token"])
        fields["stdin"] = Stdin(fields["stdin"])
        fields["exchange"] = faults(fields["exchange"])
        fields["registry"] = faults(fields["registry"])
        fields["env"] = pairs(fields["env"])
        fields["unset_env"] = tuple(fields["unset_env"])
        if fields["annotations"] is not None:
            fields["annotations"] = pairs(fields["annotations"])
        fields["edits"] = tuple(
            Edit(EditKind(e["kind"]), e["path"], e["arg"]) for e in fields["edits"]
        )
        return ExecStep(**fields)

    return Scenario(
        check=document["check"],
        label=document["label"],
        facts=tuple(sorted(document["facts"].items())),
        steps=tuple(step(item) for item in document["steps"]),
    )
