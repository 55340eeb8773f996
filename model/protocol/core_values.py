"""Values of the core's state: small, immutable, one spelling each."""

from enum import IntEnum
from typing import NamedTuple

from pullproof.model.protocol.core_params import NONE, Answers


class Phase(IntEnum):
    WAITING = 1
    """For the provider."""
    ANSWERED = 2
    """The exec is over."""
    PULLING = 3
    """The intent is written, the runtime is at it."""
    PULLED = 4
    """The runtime is done, nothing is recorded yet."""


class Account(NamedTuple):
    life: int
    """Which of its UIDs the account has."""
    annotation: int


class Token(NamedTuple):
    pod: int
    life: int
    """Of the pod's account, when it was issued."""
    issued: int


class Credential(NamedTuple):
    """An answer, and whom it was for."""

    answer: Answers
    account: int = NONE
    life: int = 0
    annotation: int = 0
    token: Token | None = None
    """Where it matters: in an echo, and with cacheType Token."""

    @property
    def identity(self) -> tuple[int, int, int]:
        return self.account, self.life, self.annotation


class Key(NamedTuple):
    base: str
    account: bool = False
    namespace: int | None = None
    uid: tuple[int, int] = (NONE, NONE)
    annotation: int = 0
    token: Token | None = None


class Entry(NamedTuple):
    key: Key
    ends: int
    """Last tick at which it is served; may be in the past."""
    credential: Credential


class Call(NamedTuple):
    """A container's start on its way: what it looked up with, and where it is."""

    phase: Phase
    image: int
    account: int = NONE
    life: int = 0
    annotation: int = 0
    token: Token | None = None
    content: int | None = None
    """Of the pod's pull secret, at the lookup."""
    leader: int = NONE
    """WAITING: whose exec it waits for."""
    result: Credential | None = None
    """ANSWERED: what the exec yielded."""
    key_type: int = 0
    offered: bool = False
    """PULLING: the provider offered a credential."""
    by: str = ""
    """PULLED: whose credential got the image."""

    @property
    def identity(self) -> tuple[int, int, int]:
        return self.account, self.life, self.annotation


class Record(NamedTuple):
    """Who has proven access to an image (K-242); all empty: nobody."""

    everybody: bool = False
    accounts: frozenset[tuple[int, int]] = frozenset()
    """Account and life."""
    secrets: tuple[tuple[int, int], ...] = ()
    """Pull secret and content, by secret."""


class Image(NamedTuple):
    present: bool = False
    intent: bool = False
    """On disk."""
    intents: int = 0
    """In memory: pulls that are on their way."""
    record: Record | None = None
    fetched: bool = False
    """Ghost: the kubelet pulled it."""


class State(NamedTuple):
    now: int
    restarted: int
    accounts: tuple[Account, ...]
    contents: tuple[int, ...]
    tokens: tuple[Token, ...]
    purged: int
    cache: tuple[Entry, ...]
    """One spelling: in the order of the keys' text."""
    calls: tuple[Call | None, ...]
    images: tuple[Image, ...]
    broken: tuple[str, ...]

    def with_account(self, number: int, account: Account) -> "State":
        accounts = (*self.accounts[:number], account, *self.accounts[number + 1 :])
        return self._replace(accounts=accounts)

    def with_call(self, number: int, call: Call | None) -> "State":
        return self._replace(calls=(*self.calls[:number], call, *self.calls[number + 1 :]))

    def with_image(self, number: int, image: Image) -> "State":
        return self._replace(images=(*self.images[:number], image, *self.images[number + 1 :]))

    def breaks(self, *invariants: str) -> "State":
        return self._replace(broken=(*self.broken, *invariants)) if invariants else self
