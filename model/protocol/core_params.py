"""Configurations and mistakes of the core, for both of its models.

The core is modelled twice: as a `Machine` (`core.py`) and for spin
(`model/formal/core.pml`). These are the values that both understand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import IntEnum, IntFlag
from types import MappingProxyType

NONE = -1
"""No service account, no pull secret."""


class Answers(IntFlag):
    """What the provider may answer."""

    MINTED = 1
    ECHOED = 2
    """The token itself as the password."""
    EMPTY = 4
    FAILED = 8


class KeyTypes(IntFlag):
    """The cacheKeyTypes that the provider may answer with."""

    IMAGE = 1
    REGISTRY = 2
    GLOBAL = 4


class Mistake(IntEnum):
    """What an implementation may get wrong; the numbers are those of core.pml."""

    NOTHING = 0
    KEY_WITHOUT_UID = 1
    KEY_WITHOUT_NAMESPACE = 2
    KEY_WITHOUT_ANNOTATION = 3
    KEY_WITHOUT_TOKEN = 4
    KEY_WITHOUT_ACCOUNT = 5
    NO_ECHO_GUARD = 6
    FLIGHT_BY_IMAGE = 7
    NIL_SOURCE = 8
    EXPIRY_NOT_CHECKED = 9
    EXPIRY_EARLY = 10
    ZERO_IS_STORED = 11
    RECORD_BY_NAME = 12
    EMPTY_RECORD_OPENS = 13
    INTENT_AFTER_PULL = 14
    INTENTS_FORGOTTEN = 15
    TOKEN_WITHOUT_UID = 16
    TOKEN_WITHOUT_POD = 17
    EXPIRED_TOKEN_USED = 18
    REQUIRED_NOT_CHECKED = 19
    ACCOUNT_NOT_REQUIRED = 20
    FLIGHT_WITHOUT_TOKEN = 21
    KEY_WITHOUT_UID_AND_NAMESPACE = 22


@dataclass(frozen=True, slots=True)
class CoreParams:
    """One configuration. Times are ticks."""

    name: str
    minor: int = 34
    """33: no echo guard, no cacheType, no coordinates, tokens without UID."""
    sa_mode: bool = True
    per_token: bool = False
    """cacheType Token instead of ServiceAccount."""
    require_sa: bool = False
    required: bool = False
    """The one selected annotation is required, not optional."""
    callers: tuple[int, ...] = (0,)
    """Containers that want images: the pod of each."""
    pods: tuple[int, ...] = (0,)
    """The service account of each pod, or NONE."""
    accounts: int = 1
    """All of one name, each in its own namespace."""
    uids: int = 1
    """How often an account may live."""
    annotations: int = 1
    """Values of the selected annotation; value 0 means that it is absent."""
    images: tuple[int, ...] = (0,)
    """The registry of each image."""
    public: frozenset[int] = frozenset()
    """Images that an anonymous pull gets."""
    preloaded: frozenset[int] = frozenset()
    pod_secrets: tuple[int, ...] = ()
    """The pull secret of each pod, or NONE; empty: nobody has one."""
    secrets: tuple[int, ...] = ()
    """The content of each pull secret at the start."""
    contents: int = 1
    answers: Answers = Answers.MINTED
    key_types: KeyTypes = KeyTypes.IMAGE
    duration: int | None = 1
    """The answer's cacheDuration, from -4 on; None: it has none."""
    default: int = 0
    """defaultCacheDuration."""
    horizon: int = 2
    """Last tick of the clock, at most 14."""
    purge: int = 2
    life: int = 2
    """A token is expired when it is older than this."""
    refresh: int = 1
    """A token is renewed when it is older than this."""
    faults: bool = False
    """Token requests may fail."""
    records: bool = False
    """Pulls and pull records; else lookups alone."""
    restarts: int = 0
    slots: int = 6
    """Room in spin's cache; an overflow is an error there, never a wrong count."""
    mistake: Mistake = Mistake.NOTHING

    def wrong(self, *mistakes: Mistake) -> bool:
        """Return whether this implementation makes one of these mistakes."""
        return self.mistake in mistakes

    @property
    def lasts(self) -> int:
        """How long an answer is kept (K-105)."""
        return self.default if self.duration is None else self.duration

    def account_of(self, caller: int) -> int:
        """Return the service account that a lookup of this caller is for, or NONE."""
        return self.pods[self.callers[caller]] if self.sa_mode else NONE

    def secret_of(self, caller: int) -> int:
        """Return the pull secret of this caller's pod, or NONE."""
        return self.pod_secrets[self.callers[caller]] if self.pod_secrets else NONE

    def macros(self) -> Mapping[str, int]:
        """Return the -D definitions of core.pml for the same configuration."""
        return MappingProxyType(
            {
                "MINOR": self.minor,
                "SA_MODE": int(self.sa_mode),
                "PER_TOKEN": int(self.per_token),
                "REQUIRE_SA": int(self.require_sa),
                "REQUIRED": int(self.required),
                "CALLERS": len(self.callers),
                "PODS": len(self.pods),
                "POD_MAP": _digits(self.callers),
                "SAS": self.accounts,
                "SA_MAP": _digits(1 + account for account in self.pods),
                "UIDS": self.uids,
                "ANNS": self.annotations,
                "IMAGES": len(self.images),
                "REG_MAP": _digits(self.images),
                "PUBLIC": _mask(self.public),
                "PRELOADED": _mask(self.preloaded),
                "SECRETS": len(self.secrets),
                "SECRET_MAP": _digits(1 + secret for secret in self.pod_secrets),
                "SECRET_START": _digits(self.secrets),
                "CONTENTS": self.contents,
                "ANSWERS": int(self.answers),
                "KEY_TYPES": int(self.key_types),
                "DURATION": 0 if self.duration is None else self.duration,
                "NIL": int(self.duration is None),
                "DEFAULT": self.default,
                "HORIZON": self.horizon,
                "PURGE": self.purge,
                "LIFE": self.life,
                "REFRESH": self.refresh,
                "FAULTS": int(self.faults),
                "RECORDS": int(self.records),
                "RESTARTS": self.restarts,
                "SLOTS": self.slots,
                "MUTANT": int(self.mistake),
            }
        )

    def shown(self) -> Mapping[str, str]:
        """Return what differs from the defaults, for reports."""
        usual = CoreParams("")
        return MappingProxyType(
            {
                field.name: str(getattr(self, field.name))
                for field in fields(self)
                if field.name != "name" and getattr(self, field.name) != getattr(usual, field.name)
            }
        )


def _digits(values: Iterable[int]) -> int:
    return sum(value << 3 * place for place, value in enumerate(values))


def _mask(members: Iterable[int]) -> int:
    return sum(1 << member for member in members)
