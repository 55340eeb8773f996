"""The hash of a credential in the kubelet's records."""

import hashlib

import pytest

from pullproof.corpus.cases import Case, cases
from pullproof.model.authconfig import auth_config_hash


@pytest.mark.rule("K-176")
class TestK176AuthConfigHash:
    """SHA-256 of the JSON that Go's encoder writes, empty fields left out."""

    @pytest.mark.parametrize("case", cases("wire/auth-config-hashes"), ids=lambda case: case.id)
    def test_the_hash_is_the_kubelets(self, case: Case) -> None:
        fields = dict(case.input)
        found = auth_config_hash(
            fields.get("username", ""),
            fields.get("password", ""),
            auth=fields.get("auth", ""),
            email=fields.get("email", ""),
            server_address=fields.get("serveraddress", ""),
            identity_token=fields.get("identitytoken", ""),
            registry_token=fields.get("registrytoken", ""),
        )
        assert found == case.expect["hash"]

    def test_html_is_escaped_before_hashing(self) -> None:
        written = b'{"password":"\\u003c\\u0026\\u003e"}'
        assert auth_config_hash(password="<&>") == hashlib.sha256(written).hexdigest()
