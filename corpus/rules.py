"""The catalogue of rules: id to one line in our words.

Rules come from the project's specification (`K` kubelet, `I` and `S`
invariants, `Q` quirks, `B` bugs, `T` tokens, `JV` token variants, `X`
exchanges, `R` registries, `E` components, `D` defect classes). Ids are stable.
Everything that explains a rule reads it here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

KINDS = MappingProxyType(
    {
        "K": "what the kubelet does",
        "I": "security invariant of the kubelet's side",
        "Q": "surprising but real behaviour",
        "B": "historical or latent bug",
        "T": "service account tokens and their verification",
        "JV": "hostile token variant",
        "X": "token exchange",
        "R": "registry and its token service",
        "E": "real component or emulator",
        "S": "end-to-end invariant",
        "D": "defect class met in shipped providers",
    }
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `evidence` is read, derived, unverified or seen."""

    id: str
    summary: str
    source: str
    evidence: str
    since: str = ""
    """First Kubernetes minor, where the rule names one."""
    severity: str = ""
    """Defect classes only: S exposure, B breaks pulls, R reliability, H hygiene."""

    @property
    def kind(self) -> str:
        return KINDS[self.id.partition("-")[0]]


@cache
def all_rules() -> Mapping[str, Rule]:
    """Return every rule by id, in catalogue order."""
    text = files("pullproof.corpus").joinpath("rules.json").read_text("utf-8")
    rows: dict[str, dict[str, str]] = json.loads(text)
    return MappingProxyType(
        {
            id_: Rule(
                id=id_,
                summary=row["summary"],
                source=row["source"],
                evidence=row["evidence"],
                since=row.get("since", ""),
                severity=row.get("severity", ""),
            )
            for id_, row in rows.items()
        }
    )


def rule(id_: str) -> Rule:
    """Return the rule called `id_`.

    Raises:
        LookupError: no such rule; the message names near ones.
    """
    import difflib

    rules = all_rules()
    if id_ in rules:
        return rules[id_]
    near = difflib.get_close_matches(id_, rules, n=4, cutoff=0.5)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    raise LookupError(f"no rule {id_!r}{hint}")
