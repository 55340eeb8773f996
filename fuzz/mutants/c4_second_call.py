"""Reads back the duration that it kept at the first call, without its unit.

id: c4-second-call
defect: D-C4, D-F10
rule: K-095
check: C04
setup: workload
deep: the second call in one home that succeeds
"""

from pathlib import Path

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        memo = Path.home() / "duration"
        if memo.exists():
            return memo.read_text()
        memo.write_text(str(credential.life_s))
        return super().cache(credential)


if __name__ == "__main__":
    main(Mutant)
