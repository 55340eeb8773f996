"""Answers with empty texts when the exchange fails.

id: c8-on-failure
defect: D-C8
rule: K-181
check: C11, F10
setup: workload
"""

from pullproof.fuzz.mutants.base import BadStatus, Credential, Document, Provider, main


class Mutant(Provider):
    def credential(self, request: Document) -> Credential:
        try:
            return super().credential(request)
        except BadStatus:
            return Credential("", "", 0)


if __name__ == "__main__":
    main(Mutant)
