"""Lets a workload's annotation choose where the token is sent.

id: e5-annotation-url
defect: D-E5
rule: S-64
check: E05
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decide(self, request: Document) -> Document:
        self.chosen = self.annotations(request).get("registry.example/exchange-url", "")
        return super().decide(request)

    def exchange_url(self, token: str) -> str:
        return self.chosen if "://" in self.chosen else super().exchange_url(token)


if __name__ == "__main__":
    main(Mutant)
