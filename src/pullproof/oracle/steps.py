"""What can happen to a kubelet in a stateful comparison, as values."""

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Account:
    """From now on the API server has this service account, or has it no more."""

    namespace: str
    name: str
    uid: str
    annotations: tuple[tuple[str, str], ...] = ()
    token: str | None = field(default="token", repr=False)
    """What a token request gives; None: an error."""
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Lookup:
    """A container of a pod needs the credentials for an image."""

    number: int
    namespace: str
    pod: str
    pod_uid: str
    account: str
    """Empty: the pod has none."""
    image: str
    answers: tuple[tuple[str, bytes | None], ...] = ()
    """What providers answer at once: stdout, None for a failure. The others stay
    in flight."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The exec of a provider that got these bytes ends."""

    provider: str
    stdin: bytes
    stdout: bytes | None


@dataclass(frozen=True, slots=True)
class Advance:
    """Time passes."""

    nanoseconds: int


Step: TypeAlias = Account | Lookup | Answer | Advance
