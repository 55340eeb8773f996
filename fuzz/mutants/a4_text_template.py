"""Builds its answer from text, so a quote in a password breaks it.

id: a4-text-template
defect: D-A4
rule: K-091
check: A04
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def encode(self, response: Document) -> str:
        entries = ",".join(
            f'"{key}":{{"username":"{entry["username"]}","password":"{entry["password"]}"}}'
            for key, entry in response["auth"].items()
        )
        return (
            f'{{"apiVersion":"{response["apiVersion"]}","kind":"CredentialProviderResponse",'
            f'"cacheKeyType":"Image","cacheDuration":"{response["cacheDuration"]}",'
            f'"auth":{{{entries}}}}}'
        )


if __name__ == "__main__":
    main(Mutant)
