"""The values of the image side: records, intents, and how far a pull got.

Each is small and canonical; lists are sorted as the kubelet sorts them.
"""

from dataclasses import dataclass
from typing import Literal

from pullproof.model.protocol.values import Coordinates, Offered

HASH = "sha256:"
"""A hash of a login is this and its name."""
ABSENT, WRITTEN, CORRUPT = "", "written", "corrupt"
"""States of an intent file."""
UP = "up"
"""The kubelet runs; while it starts, its component is the next image's number."""


@dataclass(frozen=True, slots=True)
class RecordedSecret:
    """A pull secret in a record: coordinates and hash (K-242)."""

    where: Coordinates
    hash: str


@dataclass(frozen=True, slots=True)
class RecordedAccount:
    """A service account in a record: coordinates and nothing else (K-213)."""

    where: Coordinates
    extra: str = ""
    """What a wrong kubelet writes besides."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is proven for one repo name of a record (K-242)."""

    node: bool = False
    secrets: tuple[RecordedSecret, ...] = ()
    accounts: tuple[RecordedAccount, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.node or self.secrets or self.accounts)


@dataclass(frozen=True, slots=True)
class PulledRecord:
    """ImagePulledRecord: repo name to entry, sorted by name; may be empty."""

    mapping: tuple[tuple[str, Entry], ...] = ()

    def get(self, key: str) -> Entry | None:
        return dict(self.mapping).get(key)

    def put(self, key: str, entry: Entry) -> "PulledRecord":
        return PulledRecord(tuple(sorted({**dict(self.mapping), key: entry}.items(), key=_name)))


def _name(pair: tuple[str, Entry]) -> str:
    return pair[0]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record file that does not decode."""


RecordFile = PulledRecord | Unreadable | None
Stage = Literal["idle", "pulling", "pulled", "failed", "running"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a container is."""

    stage: Stage = "idle"
    credentials: tuple[Offered, ...] = ()
    """While pulling: what the lookup gave, in order; used ones when pulled."""
    used: Offered | None = None
    """When pulled: with what."""
    found_intent: bool = False
    """An older intent was there; kept only if a rule asks for it."""


IDLE, RUNNING = Progress("idle"), Progress("running")


@dataclass(frozen=True, slots=True)
class SourceState:
    """A service account and its provider, image side alone."""

    uid: str
    answers: bool = True


@dataclass(frozen=True, slots=True)
class Proof:
    """Ghost: a credential with which this content was pulled by this name."""

    repo_name: str
    source: Literal["node", "secret", "account"]
    where: Coordinates | None = None
    hash: str = ""
    pulled: bool = True
    """False: not pulled with, but added by a coordinate match (K-226)."""


PullHistory = tuple[str, str]
"""Ghost: ("", ""), ("unrecorded", image), ("forgotten", image), ("recorded", ""), ("collected", "")."""
NOT_PULLED: PullHistory = ("", "")
COLLECTED: PullHistory = ("collected", "")
RECORDED: PullHistory = ("recorded", "")
