"""Names a page with the token as where it came from.

id: h6-token-in-referer
defect: D-H6
rule: S-69
check: H07
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Headers, Provider, Reply, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        self.page = f"https://node.example/?token={token}"
        return super().exchange(token)

    def talk(self, method: str, url: str, headers: Headers, body: bytes) -> Reply:
        return super().talk(method, url, {**headers, "Referer": self.page}, body)


if __name__ == "__main__":
    main(Mutant)
