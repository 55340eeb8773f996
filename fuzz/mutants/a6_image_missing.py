"""Dies of a request without an image.

id: a6-image-missing
defect: D-A6
rule: S-17
check: A15
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, Refused, main


class Mutant(Provider):
    def decode(self, data: bytes) -> Document:
        request = self.parse(data, "the request")
        self.check_version(request)
        self.check_kind(request)
        if not isinstance(request["image"], str):
            raise Refused("the image is not a string")
        return request


if __name__ == "__main__":
    main(Mutant)
