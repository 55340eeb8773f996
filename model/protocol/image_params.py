"""Bounds of the image side: owned by it; `Params.image` holds one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageParams:
    """What the image side of a configuration may do."""

    gate: bool = True
    """KubeletEnsureSecretPulledImages (K-200)."""
    policy: str = "NeverVerifyPreloadedImages"
    """imagePullCredentialsVerificationPolicy (K-201)."""
