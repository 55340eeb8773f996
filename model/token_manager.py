"""The kubelet's memory of service account tokens, in nanoseconds and bytes.

The protocol's machine counts in ticks (`protocol.issuer`); this is the same in
numbers: which token is handed out again, which is asked for anew, and what is
forgotten when. A token manager is a value; what it does makes another.

Source: K-150 to K-154.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pullproof.model.goquote import quote
from pullproof.model.versions import KubeletVersion

SECOND_NS = 1_000_000_000
MAX_AGE_S = 24 * 3600
MAX_JITTER_S = 9
"""Refreshes come up to so many whole seconds early, by chance (K-151)."""
CLEANUP_NS = 60 * SECOND_NS
KEY_HAS_UID_FROM = 34
"""First minor whose key has the account's UID (K-150)."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What somebody needs a token for (K-140)."""

    namespace: str
    account: str
    audiences: tuple[str, ...]
    pod: str
    pod_uid: str
    account_uid: str = ""
    seconds: int | None = None
    """As asked for; image pulls leave it to the API server."""


@dataclass(frozen=True, slots=True)
class HeldToken:
    """An answer of the API server."""

    key: str
    pod_uid: str
    token: str
    expires_ns: int
    granted_s: int | None
    """expirationSeconds of the answer; None: it is never refreshed (K-151)."""


def token_key(request: TokenRequest, version: KubeletVersion) -> str:
    """Return the key of a token, which is also what logs name it by.

    Source: K-150.
    """
    audiences = ", ".join(quote(each) for each in request.audiences)
    bound = (
        f'v1.BoundObjectReference{{Kind:"Pod", APIVersion:"v1", Name:{quote(request.pod)}, '
        f"UID:{quote(request.pod_uid)}}}"
    )
    parts = [
        quote(request.account),
        quote(request.namespace),
        f"[]string{{{audiences}}}",
        str(request.seconds or 0),
        bound,
    ]
    if version.minor >= KEY_HAS_UID_FROM:
        parts.append(quote(request.account_uid))
    return "/".join(parts)


def refresh_after_ns(held: HeldToken) -> int | None:
    """Return the last moment at which no refresh is wanted, without jitter.

    With a jitter of j seconds it is j seconds earlier. None: never.

    Source: K-151.
    """
    if held.granted_s is None:
        return None
    issued = held.expires_ns - held.granted_s * SECOND_NS
    by_life = held.expires_ns - held.granted_s * 20 // 100 * SECOND_NS
    return min(issued + MAX_AGE_S * SECOND_NS, by_life)


def wants_refresh(held: HeldToken, now_ns: int) -> bool | None:
    """Return whether a token is asked for anew; None: chance decides (K-151)."""
    after = refresh_after_ns(held)
    if after is None or now_ns <= after - MAX_JITTER_S * SECOND_NS:
        return False
    return True if now_ns > after else None


def is_expired(held: HeldToken, now_ns: int) -> bool:
    """Return whether a token is of no use; at its very end it still is (K-152)."""
    return now_ns > held.expires_ns


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody who needed a token got."""

    token: str = ""
    error: str = ""
    asked: bool = False
    """The API server was asked."""


@dataclass(frozen=True, slots=True)
class TokenManager:
    """Tokens by key."""

    version: KubeletVersion
    held: tuple[HeldToken, ...] = ()

    def get(
        self,
        request: TokenRequest,
        now_ns: int,
        fetch: Callable[[str], HeldToken | str],
        *,
        refreshes: bool = True,
    ) -> tuple["TokenManager", Given]:
        """Return a token, and the manager afterwards.

        Args:
            fetch: Asks the API server: a token for a key, or an error.
            refreshes: What chance says, where chance decides.

        Source: K-151, K-152.
        """
        key = token_key(request, self.version)
        known = next((each for each in self.held if each.key == key), None)
        if known is not None:
            wanted = wants_refresh(known, now_ns)
            if not (refreshes if wanted is None else wanted):
                return self, Given(known.token)
        answer = fetch(key)
        if isinstance(answer, HeldToken):
            others = tuple(each for each in self.held if each.key != key)
            return replace(self, held=(*others, answer)), Given(answer.token, asked=True)
        if known is None:
            return self, Given(error=f"failed to fetch token: {answer}", asked=True)
        if is_expired(known, now_ns):
            error = f"token {key} expired and refresh failed: {answer}"
            return self, Given(error=error, asked=True)
        return self, Given(known.token, asked=True)

    def cleaned(self, now_ns: int) -> "TokenManager":
        """Return the manager after its cleanup of every minute (K-153)."""
        return replace(self, held=tuple(e for e in self.held if not is_expired(e, now_ns)))

    def without_pod(self, uid: str) -> "TokenManager":
        """Return the manager after a pod was deleted (K-153)."""
        return replace(self, held=tuple(e for e in self.held if e.pod_uid != uid))
