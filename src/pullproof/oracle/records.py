"""Pull records as the kubelet writes them: file names and exact texts.

Source: K-240 to K-242.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from pullproof.model.authconfig import auth_config_hash
from pullproof.model.protocol.image_values import HASH, Entry, PulledRecord
from pullproof.model.protocol.values import Coordinates

GROUP = "kubelet.config.k8s.io"
BETA_FROM = 35
"""First minor that writes v1beta1 (K-241)."""
OMITS_EMPTY_FROM = 35
"""First version of the format that leaves empty lists out (K-242)."""

SPOILT = (
    "{",
    "",
    '{"kind":"ImagePulledRecord","apiVersion":"kubelet.config.k8s.io/v9"}\n',
    '{"kind":"Node","apiVersion":"v1"}\n',
    '{"kind":"ImagePullIntent","apiVersion":"kubelet.config.k8s.io/v1alpha1","image":1}\n',
    '{"kind":"ImagePulledRecord","apiVersion":"kubelet.config.k8s.io/v1alpha1","unknown":1}\n',
)
"""What is no record and no intent, for one reason or another."""


def file_name(text: str) -> str:
    """Return the file of an image (intents) or an image ref (records)."""
    return f"sha256-{hashlib.sha256(text.encode()).hexdigest()}"


def password(user: str) -> str:
    """Return the password of a user of our scenarios."""
    return f"password-of-{user}"


def hash_of(model_hash: str) -> str:
    """Return what the kubelet records where the model has the name of a login."""
    if not model_hash.startswith(HASH):
        return model_hash  # nothing, or what should not be there
    user = model_hash.removeprefix(HASH)
    return auth_config_hash(user, password(user))


def intent_text(image: str, minor: int) -> str:
    """Return the file of a pull intent."""
    return _document("ImagePullIntent", minor, {"image": image})


def record_text(record: PulledRecord, ref: str, updated_s: int, minor: int) -> str:
    """Return the file of a pulled record.

    Args:
        updated_s: When it last changed, in seconds since 1970.
    """
    updated = time_text(updated_s)
    mapping = {key: _entry(entry, minor) for key, entry in sorted(record.mapping)}
    more = {"credentialMapping": mapping} if mapping else {}
    return _document(
        "ImagePulledRecord", minor, {"lastUpdatedTime": updated, "imageRef": ref, **more}
    )


def time_text(moment_s: int) -> str:
    """Return a time as Kubernetes writes it, given in seconds since 1970."""
    return datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _entry(entry: Entry, minor: int) -> Mapping[str, object]:
    secrets = [
        {**_where(secret.where), "credentialHash": hash_of(secret.hash)} for secret in entry.secrets
    ]
    accounts = [
        {**_where(account.where), **({"extra": account.extra} if account.extra else {})}
        for account in entry.accounts
    ]
    found: dict[str, object] = {}
    if secrets or minor < OMITS_EMPTY_FROM:
        found["kubernetesSecrets"] = secrets or None
    if accounts:
        found["kubernetesServiceAccounts"] = accounts
    if entry.node:
        found["nodePodsAccessible"] = True
    return found


def _where(where: Coordinates) -> dict[str, str]:
    return {"uid": where.uid, "namespace": where.namespace, "name": where.name}


def _document(kind: str, minor: int, members: Mapping[str, object]) -> str:
    version = "v1beta1" if minor >= BETA_FROM else "v1alpha1"
    document = {"kind": kind, "apiVersion": f"{GROUP}/{version}", **members}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n"
