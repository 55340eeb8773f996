"""Is a wrapper that forgets to pass the token on.

id: g6-token-not-forwarded
defect: D-G6
rule: K-079
check: G06
setup: workload
"""

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def form(self, token: str) -> dict[str, str]:
        return {**super().form(token), "subject_token": ""}


if __name__ == "__main__":
    main(Mutant)
