"""Puts user name and password into the key, as in a URL.

id: h5-userinfo-key
defect: D-H5
rule: S-68
check: H05
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def encode(self, response: Document) -> str:
        response["auth"] = {
            f"{entry['username']}:{entry['password']}@{key}": entry
            for key, entry in response["auth"].items()
        }
        return super().encode(response)


if __name__ == "__main__":
    main(Mutant)
