"""The hash by which the kubelet remembers which credential pulled an image.

Source: K-175, K-176; compared with Go's encoding/json.
"""

import hashlib

from pullproof.model.gojson_strings import encode_string


def auth_config_hash(
    username: str = "",
    password: str = "",
    *,
    auth: str = "",
    email: str = "",
    server_address: str = "",
    identity_token: str = "",
    registry_token: str = "",
) -> str:
    """Return `authConfigHash`: lower-case hex SHA-256 without a prefix (K-176).

    Providers can fill only the first two; the others come from pull secrets.

    >>> auth_config_hash("user", "password")[:16]
    'a55436fc140d5165'
    """
    fields = {
        "username": username,
        "password": password,
        "auth": auth,
        "email": email,
        "serveraddress": server_address,
        "identitytoken": identity_token,
        "registrytoken": registry_token,
    }
    members = (f'"{name}":{encode_string(text)}' for name, text in fields.items() if text)
    return hashlib.sha256(f"{{{','.join(members)}}}".encode()).hexdigest()
