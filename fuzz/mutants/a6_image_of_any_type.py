"""Takes `image` as it comes and dies of a number.

id: a6-image-of-any-type
defect: D-A6
rule: K-075
check: A10
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def decode(self, data: bytes) -> Document:
        request = self.parse(data, "the request")
        self.check_version(request)
        self.check_kind(request)
        return request


if __name__ == "__main__":
    main(Mutant)
