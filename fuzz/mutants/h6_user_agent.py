"""Names the token in its User-Agent.

id: h6-user-agent
defect: D-H6
rule: S-69
check: H07
setup: workload
"""

from pullproof.fuzz.mutants.base import Credential, Headers, Provider, Reply, main


class Mutant(Provider):
    def exchange(self, token: str) -> Credential:
        self.token_sent = token
        return super().exchange(token)

    def talk(self, method: str, url: str, headers: Headers, body: bytes) -> Reply:
        named = {**headers, "User-Agent": f"provider/1.0 ({self.token_sent})"}
        return super().talk(method, url, named, body)


if __name__ == "__main__":
    main(Mutant)
