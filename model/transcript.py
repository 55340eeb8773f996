"""Everything that was observed while a scenario was performed.

Immutable, complete and unmasked: secrets are masked when a transcript is
shown, not when it is taken (S-12 needs to see them). Judges read this and
nothing else.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pullproof.model.scenario import Scenario


class Ending(StrEnum):
    """How one exec ended, as the kubelet's K-084 tells them apart."""

    EXITED = "exited"
    SIGNALED = "signaled"
    TIMED_OUT = "timed-out"  # we killed it at the deadline (K-082)
    NOT_STARTED = "not-started"


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A file that an exec created or changed."""

    path: str
    """Relative to the sandbox (`home/…`, `tmp/…`, `cwd/…`)."""
    mode: int
    size: int
    content: bytes = field(repr=False)
    """At most the first 64 KiB."""


@dataclass(frozen=True, slots=True)
class ProcessSeen:
    """A child process of the provider, sampled while it ran (Linux only)."""

    argv: tuple[str, ...] = field(repr=False)
    env: tuple[str, ...] = field(repr=False)
    """`NAME=VALUE` entries."""


@dataclass(frozen=True, slots=True)
class Exec:
    """One run of the provider."""

    step: str
    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = field(repr=False)
    cwd: str
    stdin: bytes = field(repr=False)
    stdout: bytes = field(repr=False)
    stderr: bytes = field(repr=False)
    ending: Ending
    exit_code: int | None = None
    signal: int | None = None
    start_error: str = ""
    started_s: float = 0.0
    """Monotonic seconds since the transcript began."""
    duration_s: float = 0.0
    """Until exit *and* end of stdout and stderr, as the kubelet waits (K-082)."""
    exit_after_s: float = 0.0
    """Until the process itself had gone."""
    stdout_truncated: bool = False
    """More came than the harness keeps; the kubelet has no such limit (K-081)."""
    stderr_truncated: bool = False
    stdin_unread: int = 0
    """Bytes of stdin the provider never took from the pipe (0 if unknown)."""
    left_behind: int = 0
    """Processes still alive after the provider had exited (they were ended)."""
    core_dumped: bool = False
    files: tuple[FileSeen, ...] = ()
    children: tuple[ProcessSeen, ...] = ()
    expires_wall_s: float = 0.0
    """Wall clock (emulators' clock) when the exec ended: cache life starts here."""
    token: str = field(default="", repr=False)
    """The token in the request; empty if none was sent."""

    @property
    def succeeded(self) -> bool:
        """Exit status 0 within the deadline (K-084)."""
        return self.ending is Ending.EXITED and self.exit_code == 0


class Actor(StrEnum):
    """Who received a request."""

    ISSUER = "issuer"
    EXCHANGE = "exchange"
    NODE = "node"  # node credential (metadata) endpoint: the node canary
    REGISTRY = "registry"
    OTHER_REGISTRY = "other-registry"
    CANARY = "canary"  # a host nobody configured
    PROXY = "proxy"  # a request that wanted to leave loopback


@dataclass(frozen=True, slots=True)
class Received:
    """One HTTP request at an emulator, and its answer."""

    actor: Actor
    step: str
    """Id of the step during which it came; empty between steps."""
    method: str
    target: str = field(repr=False)
    """Path with query, or an absolute URI at the proxy."""
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    """At most the first 1 MiB."""
    status: int = 0
    """0 if no status line was sent."""
    reply: bytes = field(default=b"", repr=False)
    """At most the first 64 KiB."""
    at_s: float = 0.0
    fault: str = ""
    token_verdict: str = ""
    """`accepted`, or the error class of tokens-and-registries 2.4, for the
    token the request carried; empty if it carried none."""
    subject: str = ""
    """`sub` of an accepted token."""
    minted: str = ""
    """Id of the credential minted in the reply."""


@dataclass(frozen=True, slots=True)
class Minted:
    """A credential an emulator handed out."""

    id: str
    step: str
    username: str
    password: str = field(repr=False)
    subject: str
    """`sub` of the workload it belongs to, or `node`."""
    expires_wall_s: float | None
    """Emulators' clock; None if it does not expire."""
    announced: bool
    """Whether the reply told the expiry correctly."""
    repos: tuple[str, ...]
    """Repository paths (without host) that it opens, for pull."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One credential tried during a pull, in keyring order."""

    auth_key: str
    username: str
    password: str = field(repr=False)
    opened: bool = False
    status: int = 0
    """Status of the manifest request that decided."""


@dataclass(frozen=True, slots=True)
class Pull:
    """What the runtime saw when the kubelet let it pull (K-180)."""

    step: str
    image: str
    attempts: tuple[Attempt, ...]
    """Empty: one anonymous attempt was made."""
    opened: bool
    detail: str = ""


class SecretKind(StrEnum):
    """Which canary a leaked value is (S-82)."""

    TOKEN = "token"
    TOKEN_SIGNATURE = "token-signature"
    MINTED = "minted-password"
    NODE = "node-credential"
    USER = "user-secret"


@dataclass(frozen=True, slots=True)
class Secret:
    kind: SecretKind
    step: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Transcript:
    """One performed scenario."""

    scenario: Scenario
    execs: tuple[Exec, ...]
    received: tuple[Received, ...] = ()
    minted: tuple[Minted, ...] = ()
    pulls: tuple[Pull, ...] = ()
    secrets: tuple[Secret, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    """Placeholder name and its value in this run, for showing texts again
    with placeholders: (`registry.host`, `127.0.0.1:40001`)."""

    def exec(self, step: str) -> Exec:
        for item in self.execs:
            if item.step == step:
                return item
        raise KeyError(step)

    def pull(self, step: str) -> Pull:
        for item in self.pulls:
            if item.step == step:
                return item
        raise KeyError(step)

    def during(self, step: str, *actors: Actor) -> tuple[Received, ...]:
        """Return the requests that came during `step`, at `actors` if given."""
        return tuple(
            item for item in self.received
            if item.step == step and (not actors or item.actor in actors)
        )  # fmt: skip

    def resolve(self, text: str) -> str:
        """Return `text` with this run's values instead of placeholders."""
        for name, value in self.names:
            text = text.replace("${" + name + "}", value)
        return text
