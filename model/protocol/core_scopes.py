"""The configurations that both models of the core count, and the mistakes they judge."""

from dataclasses import dataclass, replace

from pullproof.model.protocol.core_params import NONE, Answers, CoreParams, KeyTypes, Mistake

_ALL = Answers.MINTED | Answers.ECHOED | Answers.EMPTY | Answers.FAILED
_TYPES = KeyTypes.IMAGE | KeyTypes.REGISTRY | KeyTypes.GLOBAL

CONFIGURATIONS = (
    CoreParams("plain", sa_mode=False, images=(0, 0, 1), key_types=_TYPES, answers=_ALL),
    CoreParams(
        "identities",
        uids=2,
        annotations=2,
        required=True,
        answers=Answers.MINTED | Answers.FAILED,
    ),
    CoreParams(
        "expiry",
        duration=None,
        default=2,
        answers=Answers.MINTED | Answers.EMPTY,
        key_types=KeyTypes.IMAGE | KeyTypes.GLOBAL,
        images=(0, 1),
        horizon=6,
        purge=3,
    ),
    CoreParams("already-expired", duration=-1, images=(0, 0), horizon=4, purge=1, uids=2),
    CoreParams("not-cached", duration=0, callers=(0, 0), answers=_ALL, uids=2, horizon=1),
    CoreParams(
        "tokens",
        per_token=True,
        duration=3,
        callers=(0, 1),
        pods=(0, 0),
        faults=True,
        horizon=3,
        refresh=0,
        life=1,
        slots=12,
    ),
    CoreParams(
        "echo", callers=(0, 0, 1), pods=(0, 0), answers=_ALL, horizon=0, key_types=KeyTypes.GLOBAL
    ),
    CoreParams(
        "without-account",
        callers=(0, 1),
        pods=(0, NONE),
        require_sa=False,
        annotations=2,
        images=(0, 1),
        horizon=0,
        key_types=KeyTypes.IMAGE | KeyTypes.GLOBAL,
    ),
    CoreParams(
        "account-required",
        callers=(0, 1),
        pods=(0, NONE),
        require_sa=True,
        uids=2,
        answers=Answers.MINTED | Answers.FAILED,
        horizon=3,
    ),
    CoreParams(
        "namespaces",
        callers=(0, 1),
        pods=(0, 1),
        accounts=2,
        uids=2,
        horizon=1,
        key_types=KeyTypes.REGISTRY,
    ),
    CoreParams(
        "flights",
        callers=(0, 0, 1),
        pods=(0, NONE),
        images=(0, 0),
        annotations=2,
        horizon=0,
    ),
    CoreParams(
        "records",
        callers=(0, 1),
        pods=(0, NONE),
        records=True,
        images=(0,),
        public=frozenset({0}),
        uids=2,
        answers=Answers.MINTED | Answers.FAILED,
        restarts=1,
        horizon=1,
    ),
    CoreParams(
        "secrets",
        callers=(0, 1),
        pods=(0, 1),
        accounts=2,
        records=True,
        pod_secrets=(0, 1),
        secrets=(0, 1),
        contents=3,
        images=(0, 0),
        preloaded=frozenset({1}),
        answers=Answers.MINTED | Answers.FAILED,
        duration=0,
        horizon=0,
    ),
    CoreParams(
        "minor-33",
        minor=33,
        callers=(0, 1),
        pods=(0, 0),
        answers=Answers.MINTED | Answers.ECHOED,
        uids=2,
        records=True,
        horizon=0,
    ),
    CoreParams(
        "together",
        callers=(0, 1),
        pods=(0, 0),
        annotations=2,
        uids=2,
        answers=Answers.MINTED | Answers.ECHOED | Answers.FAILED,
        horizon=2,
    ),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A mistake in a small configuration, and the invariants that it must break."""

    params: CoreParams
    breaks: frozenset[str]
    why_none: str = ""
    """Why no state shows the mistake; empty: some must."""


def _made(base: CoreParams, mistake: Mistake, *breaks: str, why_none: str = "") -> Verdict:
    name = mistake.name.lower().replace("_", "-")
    return Verdict(replace(base, name=name, mistake=mistake), frozenset(breaks), why_none)


_LIVES = CoreParams("lives", uids=2, annotations=2, horizon=1)
_TWO = CoreParams("two", callers=(0, 1), pods=(0, 0), horizon=1, answers=Answers(3))
_PER_TOKEN = replace(_TWO, answers=Answers.MINTED, per_token=True)
_TIME = CoreParams("time", horizon=4, purge=9, faults=True)
_STATIC = CoreParams("static", callers=(0, 1), pods=(0, NONE), horizon=1)
_RECORDS = CoreParams(
    "records", callers=(0, 1), pods=(0, 0), uids=2, records=True, horizon=0, restarts=1
)
_ACCOUNTS = CoreParams(
    "accounts", callers=(0, 1), pods=(0, 1), accounts=2, uids=2, annotations=1, horizon=1
)

VERDICTS = (
    _made(_LIVES, Mistake.NOTHING, why_none="it is right"),
    _made(_LIVES, Mistake.KEY_WITHOUT_UID, "I-05"),
    _made(_ACCOUNTS, Mistake.KEY_WITHOUT_UID_AND_NAMESPACE, "I-05"),
    _made(
        _ACCOUNTS,
        Mistake.KEY_WITHOUT_NAMESPACE,
        why_none="no two accounts ever have the same UID",
    ),
    _made(_LIVES, Mistake.KEY_WITHOUT_ANNOTATION, "I-05"),
    _made(_PER_TOKEN, Mistake.KEY_WITHOUT_TOKEN, "I-06"),
    _made(_STATIC, Mistake.KEY_WITHOUT_ACCOUNT, "I-11"),
    _made(_TWO, Mistake.NO_ECHO_GUARD, "I-07"),
    _made(_TWO, Mistake.FLIGHT_BY_IMAGE, "I-07", "I-24"),
    _made(_TWO, Mistake.FLIGHT_WITHOUT_TOKEN, "I-07", "I-24"),
    _made(_RECORDS, Mistake.NIL_SOURCE, "I-25"),
    _made(_TIME, Mistake.EXPIRY_NOT_CHECKED, "I-16"),
    _made(
        _TIME, Mistake.EXPIRY_EARLY, why_none="one tick less of service promises nothing to anybody"
    ),
    _made(replace(_TWO, duration=0), Mistake.ZERO_IS_STORED, "I-17"),
    _made(_RECORDS, Mistake.RECORD_BY_NAME, "I-26"),
    _made(_RECORDS, Mistake.EMPTY_RECORD_OPENS, "I-31"),
    _made(_RECORDS, Mistake.INTENT_AFTER_PULL, "I-30"),
    _made(_RECORDS, Mistake.INTENTS_FORGOTTEN, "I-30"),
    _made(_LIVES, Mistake.TOKEN_WITHOUT_UID, "I-36"),
    _made(_PER_TOKEN, Mistake.TOKEN_WITHOUT_POD, "I-03"),
    _made(_TIME, Mistake.EXPIRED_TOKEN_USED, "I-33"),
    _made(replace(_LIVES, required=True), Mistake.REQUIRED_NOT_CHECKED, "I-09"),
    _made(replace(_STATIC, require_sa=True), Mistake.ACCOUNT_NOT_REQUIRED, "I-10"),
    Verdict(
        replace(_RECORDS, name="minor-33", minor=33, answers=Answers(3), restarts=0),
        frozenset({"I-07", "I-25", "I-36"}),
    ),
)
"""The last is no mistake but what 1.33 really did: B-05, B-06 and B-07."""
