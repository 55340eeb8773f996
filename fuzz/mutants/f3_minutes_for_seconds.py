"""Takes seconds for minutes.

id: f3-minutes-for-seconds
defect: D-F3
rule: S-04
check: F01, F03, F02
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        return f"{min(credential.life_s, 720)}m"


if __name__ == "__main__":
    main(Mutant)
