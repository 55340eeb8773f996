"""What no property and no code of this project is about, and why; and where else it is held.

`tests/model/protocol/test_coverage.py` holds that each K- and I- rule is
cited somewhere or is in `OUT_OF_SCOPE`, and that each I- and S- invariant is
a property of the machine or is in `ELSEWHERE`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

OUT_OF_SCOPE: Mapping[str, str] = MappingProxyType(
    {
        "K-008": (
            "the gate on the flags went with 1.26; before it, a kubelet with the gate off has no "
            "providers at all, which is a configuration without providers"
        ),
        "K-086": "metrics: nobody decides by them, and no provider can see them",
        "K-111": "the machine has one clock, and it never jumps; emulators have a clock of their own",
        "K-142": (
            "with the gate off no token is asked for, so that nothing shows which pod fields "
            "the kubelet would have had"
        ),
        "K-216": "metrics: nobody decides by them, and no provider can see them",
        "K-185": "the limit on pulls per second: to a provider like any other failed pull (K-183)",
    }
)
"""Rule to the reason why nothing here is about it."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An invariant that is no property of the machine under its own name."""

    says: str
    why: str = ""
    """Why the machine does not show it; empty: it does, under `same_as`."""
    same_as: tuple[str, ...] = ()
    """Properties that say the same, or the part of it that a machine can show."""
    held_by: tuple[str, ...] = ()
    """Checks by id, tests by path."""


_FILES = "the machine has no processes, files or descriptors"
_BYTES = "the machine has values where this is about bytes"
_MANNER = "about how verdicts are given, not about the protocol"

ELSEWHERE: Mapping[str, Elsewhere] = MappingProxyType(
    {
        "S-12": Elsewhere(
            "Secrets leave no trace in stderr, files, arguments or environments.",
            _FILES,
            ("I-19",),
            ("H01", "H02", "H03", "H04", "H10", "H11", "F15"),
        ),
        "S-16": Elsewhere(
            "Nothing is decided by claims that were not verified.",
            "a provider of the machine does not read its token",
            ("S-02",),
            ("G14", "K07", "K09"),
        ),
        "S-17": Elsewhere(
            "Any input ends within a minute, in bounded memory.",
            "the machine has neither sizes nor seconds",
            (),
            ("A06", "A12", "G15", "I01", "J03", "J06"),
        ),
        "S-19": Elsewhere(
            "What was fetched is what the digest names.",
            "content of the machine is its name and cannot be another",
            (),
            ("tests/adapters/test_pull.py",),
        ),
        "S-20": Elsewhere(
            "One request mints one credential.",
            "an exchange of the machine answers once and is not asked again",
            (),
            ("J08",),
        ),
        "S-21": Elsewhere(
            "The same request gets the same answer.",
            "steps of the machine are functions; its answers are chosen by events",
            (),
            ("F13", "K10", "K11"),
        ),
        "S-51": Elsewhere("Audience binding at the exchange.", same_as=("S-01",), held_by=("G10",)),
        "S-52": Elsewhere("Issuer pinned by configuration.", same_as=("S-02",), held_by=("G11",)),
        "S-53": Elsewhere(
            "Signature and algorithm pinned.",
            "a forged token of the machine is one with a key that nobody trusts",
            ("S-02",),
            ("G12", "tests/model/test_jose.py"),
        ),
        "S-54": Elsewhere("exp and nbf honoured.", same_as=("S-06",), held_by=("G13",)),
        "S-55": Elsewhere("Minted life bounded by policy.", same_as=("S-03",)),
        "S-56": Elsewhere(
            "cacheDuration within the credential's life.", same_as=("S-04",), held_by=("F01", "F06")
        ),
        "S-57": Elsewhere(
            "A's credential does not open B's repository.",
            same_as=("S-05", "R-05"),
            held_by=("K01", "K02"),
        ),
        "S-58": Elsewhere(
            "Exactly the scope that is needed is asked for.",
            "the exchange of the machine takes the scope from the account, not from the request",
            ("S-05",),
            ("K02",),
        ),
        "S-59": Elsewhere("The narrowest auth key.", same_as=("S-09",), held_by=("E01", "E02")),
        "S-60": Elsewhere(
            "No reuse inside the provider.", same_as=("S-11",), held_by=("K03", "K05")
        ),
        "S-61": Elsewhere("Reuse ends at expiry.", same_as=("S-06",), held_by=("K07",)),
        "S-62": Elsewhere("With TokenReview, revocation at once.", same_as=("S-07",)),
        "S-63": Elsewhere(
            "No silent fallback to another identity.", same_as=("S-08",), held_by=("G04", "I15")
        ),
        "S-64": Elsewhere(
            "The token goes to the configured exchange only.", same_as=("S-10",), held_by=("G06",)
        ),
        "S-65": Elsewhere(
            "No redirect is followed with the token.",
            "the machine has no HTTP",
            ("S-10",),
            ("J04",),
        ),
        "S-66": Elsewhere(
            "A challenge is no authority.",
            "the machine has no HTTP",
            ("S-10",),
            ("J10", "tests/model/test_challenge.py"),
        ),
        "S-67": Elsewhere("TLS verified.", "the machine has no TLS", (), ("H08",)),
        "S-68": Elsewhere(
            "One answer, secrets only in passwords.", _BYTES, ("I-20",), ("H05", "H06")
        ),
        "S-69": Elsewhere(
            "No secret on any path, error paths too.", _FILES, ("I-19",), ("H01", "H04")
        ),
        "S-70": Elsewhere(
            "Failure is visible and not cached.",
            same_as=("S-13", "I-18"),
            held_by=("F09", "J01"),
        ),
        "S-71": Elsewhere(
            "One mint, counted retries, bounded time and size.",
            "the machine has neither sizes nor seconds, and nobody asks twice",
            (),
            ("J06", "J07", "J08", "J09"),
        ),
        "S-72": Elsewhere("No API server audience.", same_as=("S-15",)),
        "S-73": Elsewhere(
            "The registry's credential never reaches storage.",
            "the client's, not the provider's; the embedded registry has no separate storage",
        ),
        "S-74": Elsewhere(
            "The client verifies digests.",
            "content of the machine is its name and cannot be another",
            (),
            ("tests/adapters/test_pull.py",),
        ),
        "S-80": Elsewhere(
            "Violated, held or not exercised.", _MANNER, (), ("tests/checks/test_g_tokens.py",)
        ),
        "S-81": Elsewhere("Emulators that accept all show no isolation.", _MANNER),
        "S-82": Elsewhere(
            "Different canaries tell where a leak came from.",
            _MANNER,
            (),
            ("tests/checks/test_leak_search.py",),
        ),
        "S-83": Elsewhere("Clocks are injected.", _MANNER, (), ("tests/adapters/test_world.py",)),
        "S-84": Elsewhere(
            "What the client does is not the provider's fault.",
            _MANNER,
            (),
            ("tests/adapters/test_pull.py",),
        ),
        "S-85": Elsewhere("Whether revocation shows is the exchange's.", _MANNER),
    }
)
"""Invariant to where it is held instead."""
