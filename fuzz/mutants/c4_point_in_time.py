"""Writes when the credential expires instead of how long to keep it.

id: c4-point-in-time
defect: D-C4
rule: K-095
check: C04
setup: workload
"""

from datetime import UTC, datetime, timedelta

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        until = datetime.now(UTC) + timedelta(seconds=credential.life_s)
        return until.isoformat(timespec="seconds")


if __name__ == "__main__":
    main(Mutant)
