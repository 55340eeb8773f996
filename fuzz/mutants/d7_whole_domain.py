"""Has a key for the whole domain beside the image's.

id: d7-whole-domain
defect: D-D7
rule: S-09
check: D05
setup: workload
"""

from pullproof.fuzz.mutants.base import Document, Provider, main


class Mutant(Provider):
    def answer(self, request: Document, auth: Document, duration: str | None) -> Document:
        more = {f"*.{key.split('/')[0].split('.', 1)[1]}": entry for key, entry in auth.items()}
        return super().answer(request, {**auth, **more}, duration)


if __name__ == "__main__":
    main(Mutant)
