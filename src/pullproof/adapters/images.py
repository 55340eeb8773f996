"""One tiny image per repository, the same bytes in every run.

An OCI image of three parts: manifest, configuration, one layer with nothing
in it. The configuration names the repository, so no two repositories share a
manifest, and a pull that was answered with another repository's image shows.

Source: R-046, R-047, R-052.
"""

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
TAG = "latest"

_EMPTY_TAR = bytes(1024)
_LAYER = gzip.compress(_EMPTY_TAR, mtime=0)


@dataclass(frozen=True, slots=True)
class Image:
    """A manifest and the blobs it names."""

    manifest: bytes = field(repr=False)
    digest: str
    blobs: Mapping[str, tuple[str, bytes]] = field(repr=False)
    """Media type and bytes, by digest."""


def digest_of(data: bytes) -> str:
    """Return the digest of `data` as `sha256:` and hex."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


@lru_cache(maxsize=1024)
def image_of(repository: str) -> Image:
    """Return the image of `repository`."""
    config = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Labels": {"org.opencontainers.image.title": repository}},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(_EMPTY_TAR)]},
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": _descriptor(CONFIG_TYPE, config),
            "layers": [_descriptor(LAYER_TYPE, _LAYER)],
        }
    )
    blobs = {digest_of(config): (CONFIG_TYPE, config), digest_of(_LAYER): (LAYER_TYPE, _LAYER)}
    return Image(manifest, digest_of(manifest), blobs)


def _descriptor(media_type: str, data: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
