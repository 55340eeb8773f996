"""Spells cacheKeyType in small letters for one form of image.

id: c1-port-and-depth
defect: D-C1
rule: K-093
check: C09
setup: workload
deep: the image's registry has a port and its path three elements or more
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        image = request["image"]
        if ":" in self.host(image) and image.count("/") > 2:
            self.cache_key_type = "registry"
        return super().answer(request, auth, duration)


if __name__ == "__main__":
    main(Mutant)
