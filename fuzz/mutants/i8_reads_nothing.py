"""Answers for its registry without reading the request.

id: i8-reads-nothing
defect: D-I8
rule: K-075
check: I08
setup: node
"""

from typing import BinaryIO

from pullproof.fuzz.mutants.base import Provider, main


class Mutant(Provider):
    def read_request(self, stream: BinaryIO) -> bytes:
        return (
            b'{"apiVersion":"credentialprovider.kubelet.k8s.io/v1",'
            b'"kind":"CredentialProviderRequest","image":"registry.example/team-a/app"}'
        )


if __name__ == "__main__":
    main(Mutant)
