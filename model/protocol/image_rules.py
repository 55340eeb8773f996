"""What the image side does, decision by decision: owned by it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageRules:
    """Correct by default; a mutant is another value."""


def image_rules_for(minor: int) -> ImageRules:
    """Return the rules of Kubernetes 1.`minor`."""
    del minor
    return ImageRules()
