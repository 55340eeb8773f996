"""Kubernetes minors as data: what differs between kubelets.

Source: K-011, K-012, sections 5.5 and 10. `KubeletVersion` answers questions;
nothing else in the model compares version numbers.
"""

from dataclasses import dataclass

OLDEST_MINOR = 20
NEWEST_MINOR = 37
DEFAULT_MINOR = 34


class UnknownVersion(ValueError):
    """The text names no Kubernetes version the model knows."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"unknown Kubernetes version {text!r}; "
            f"expected 1.{OLDEST_MINOR} to 1.{NEWEST_MINOR}, for example 1.{DEFAULT_MINOR}"
        )
        self.text = text


@dataclass(frozen=True, slots=True, order=True)
class KubeletVersion:
    """One Kubernetes minor, 1.`minor`, with default feature gates."""

    minor: int = DEFAULT_MINOR

    @classmethod
    def parse(cls, text: str) -> "KubeletVersion":
        """Return the version named by `text`: "1.34", "v1.34" or "1.34.2".

        Raises:
            UnknownVersion: not such a text, or a minor outside the model.
        """
        parts = text.removeprefix("v").split(".")
        if len(parts) not in (2, 3) or parts[0] != "1" or not all(p.isdecimal() for p in parts):
            raise UnknownVersion(text)
        minor = int(parts[1])
        if not OLDEST_MINOR <= minor <= NEWEST_MINOR:
            raise UnknownVersion(text)
        return cls(minor)

    def __str__(self) -> str:
        return f"1.{self.minor}"

    @property
    def api_versions(self) -> tuple[str, ...]:
        """Served versions of both API groups, oldest first (K-011)."""
        served = ["v1alpha1"]
        if self.minor >= 24:
            served.append("v1beta1")
        if self.minor >= 26:
            served.append("v1")
        return tuple(served)

    @property
    def has_token_attributes(self) -> bool:
        """The v1 types have the service account fields (K-012)."""
        return self.minor >= 33

    @property
    def sa_tokens_on_by_default(self) -> bool:
        """Gate KubeletServiceAccountTokenForCredentialProviders (section 10)."""
        return self.minor >= 34

    @property
    def has_cache_type(self) -> bool:
        return self.minor >= 34

    @property
    def has_echo_guard(self) -> bool:
        """K-094."""
        return self.minor >= 34

    @property
    def has_config_directory(self) -> bool:
        """K-021."""
        return self.minor >= 34

    @property
    def global_base(self) -> str:
        """Base of the Global cache key (K-101)."""
        return "<global>" if self.minor >= 34 else "global"

    @property
    def logs_stderr(self) -> bool:
        """Whether a failed provider's stderr reaches the kubelet log (K-084)."""
        return self.minor >= 28

    @property
    def keeps_config_order(self) -> bool:
        """K-005: before, providers were visited in name order."""
        return self.minor >= 33

    @property
    def has_strict_colons(self) -> bool:
        """Whether a second colon makes a host of matchImages and auth keys invalid (K-041).

        Go 1.26 decides so, unless a module asks for an older Go's ways; Kubernetes'
        own module does until 1.35.
        """
        return self.minor >= 36

    @property
    def speaks_of_label_keys(self) -> bool:
        """How validation words what is wrong with annotation keys (K-034f)."""
        return self.minor >= 35

    @property
    def logs_structured(self) -> bool:
        """Whether a lookup without credentials is logged as `message err="…"` (K-098)."""
        return self.minor >= 35
