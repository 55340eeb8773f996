"""Keeps seconds in 32 bits, with a sign.

id: f9-32-bits
defect: D-F9
rule: S-04
check: F14
setup: workload
deep: the exchange gives 2147483648 seconds or some more
"""

from pullproof.fuzz.mutants.base import Credential, Provider, main


class Mutant(Provider):
    def cache(self, credential: Credential) -> str | None:
        life_s = (credential.life_s + 2**31) % 2**32 - 2**31
        return f"{min(life_s - 30, 43200)}s" if life_s != 0 else "0s"


if __name__ == "__main__":
    main(Mutant)
