"""What the kubelet makes of a provider's stdout.

The order of the questions is the kubelet's and the first refusal ends it:
peek (K-090), version (K-090), decode (K-091), kind (K-092), echo (K-094),
cacheKeyType (K-093). Every refusal has one effect, whatever its stage: the
provider contributes nothing and nothing is cached (K-098).

One liberty: a wrong kind is asked for right after the version. The kubelet
finds it either at the decode (a kind it has no type for) or after it, with one
and the same log line, so nobody outside can tell.

Source: K-090 to K-099, section 4.1; compared with k8s.io/kubelet and apimachinery.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pullproof.model.gojson import InvalidJSON, JsonObject, scan
from pullproof.model.goquote import quote
from pullproof.model.peek import InvalidPeek, Peeked, peek
from pullproof.model.provider import CacheKeyType, CacheType
from pullproof.model.strict_decode import Decoded, Hider, UndecodableResponse, decode
from pullproof.model.versions import KubeletVersion

RESPONSE_KIND = "CredentialProviderResponse"
EXEC_FAILED = "Failed getting credential from external registry credential provider: "
"""How the kubelet's log line begins when an exec or its answer was no good."""

_CURRENT = KubeletVersion()
_UNDECODABLE = "error decoding credential provider plugin response from stdout"


class Stage(StrEnum):
    """At which of the kubelet's questions a response was refused."""

    PEEK = "peek"
    VERSION = "version"
    DECODE = "decode"
    KIND = "kind"
    ECHO = "echo"
    CACHE_KEY_TYPE = "cacheKeyType"


RULES = {
    Stage.PEEK: "K-090",
    Stage.VERSION: "K-090",
    Stage.DECODE: "K-091",
    Stage.KIND: "K-092",
    Stage.ECHO: "K-094",
    Stage.CACHE_KEY_TYPE: "K-093",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The response is dropped as a whole."""

    stage: Stage
    rule: str
    kubelet_message: str = field(repr=False)
    """Exactly what the kubelet logs (see `exec_failed` for 1.35 and later). It may
    hold texts of the response (Q-19)."""
    detail: str
    """Our diagnosis; holds no secret of the response and not the token."""


@dataclass(frozen=True, slots=True)
class AuthEntry:
    """One credential of a response and the images it is for."""

    auth_key: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """A response the kubelet works with."""

    cache_key_type: CacheKeyType
    cache_duration_ns: int | None
    """Nanoseconds; None: absent, the configured default applies (K-105)."""
    auth: tuple[AuthEntry, ...]
    """In document order; auth keys are unique and not yet looked at (K-097)."""


def judge_response(
    stdout: bytes,
    *,
    api_version: str,
    sent_token: str = "",
    cache_type: CacheType | None = None,
    version: KubeletVersion = _CURRENT,
    image: str = "",
) -> Response | Refusal:
    """Return the response in `stdout`, or why the kubelet drops it.

    Args:
        stdout: All of it, of a provider that exited with status 0.
        api_version: The configured one, sent in the request.
        sent_token: Service account token of the request; empty if none.
        cache_type: Of the provider's configuration; None is "not Token" (K-094).
        version: Decides whether there is an echo guard.
        image: Repo name of the request, quoted in the echo guard's log line.

    Source: K-090 to K-096.
    """
    try:
        document = scan(stdout)
        peeked = peek(document)
    except (InvalidJSON, InvalidPeek) as problem:
        return _unreadable(stdout, problem, version)
    # A document without members has no apiVersion and cannot come further.
    if peeked.api_version != api_version or not isinstance(document, JsonObject):
        return _other_version(Hider(document, sent_token), api_version, peeked, version)
    if peeked.kind != RESPONSE_KIND:
        return _other_kind(Hider(document, sent_token), peeked, version)
    try:
        decoded = decode(document, sent_token)
    except UndecodableResponse as problem:
        return _refusal(Stage.DECODE, exec_failed(_UNDECODABLE, version), str(problem))
    if version.has_echo_guard and cache_type is not CacheType.TOKEN and sent_token:
        for entry in decoded.auth:
            if entry.password == sent_token:  # K-094: nothing but the password
                return _echoed(image, cache_type, version)
    try:
        cache_key_type = CacheKeyType(decoded.cache_key_type)
    except ValueError:
        return _other_cache_key_type(Hider(document, sent_token), decoded, version)
    return Response(
        cache_key_type,
        decoded.cache_duration_ns,
        tuple(AuthEntry(*entry) for entry in decoded.auth),
    )


def exec_failed(error: str, version: KubeletVersion) -> str:
    """Return the log line about an exec that failed or whose answer was no good.

    Since 1.35 the line goes on with the names of provider, image and, in SA
    mode, pod and service account; they are left out.
    """
    if version.logs_structured:
        whole = f"failed to get credential from external registry credential provider: {error}"
        return _structured(whole)
    return EXEC_FAILED + error


def _structured(error: str) -> str:
    return f'"Failed to provide credentials for image" err{_klog_value(error)}'


def _klog_value(text: str) -> str:
    """Return a value as klog writes it: lines are kept as lines, not escaped."""
    if "\n" not in text:
        return "=" + quote(text)
    whole = text if text.endswith("\n") else text + "\n"
    lines = "".join(f"\t{line}\n" for line in whole[:-1].split("\n"))
    return f"=<\n{lines} >"


def _refusal(stage: Stage, message: str, detail: str) -> Refusal:
    return Refusal(stage, RULES[stage], message, detail)


def _unreadable(
    stdout: bytes, problem: InvalidJSON | InvalidPeek, version: KubeletVersion
) -> Refusal:
    text = str(problem)
    if isinstance(problem, InvalidJSON):
        text = f"couldn't get version/kind; json parse error: {text}"
    message = exec_failed(f"error reading GVK from response: {text}", version)
    return _refusal(Stage.PEEK, message, _first_look(stdout, problem))


def _first_look(stdout: bytes, problem: InvalidJSON | InvalidPeek) -> str:
    """Return what is wrong with bytes that are no versioned JSON document."""
    if isinstance(problem, InvalidPeek):
        return _PEEK_DETAILS.get(stdout.strip()[:1], "apiVersion or kind is malformed")
    if not stdout.strip(b" \t\r\n"):
        return "stdout holds only white space" if stdout else "stdout is empty"
    if stdout.startswith(b"\xef\xbb\xbf"):
        return "stdout begins with a byte order mark"
    place = f"at byte {problem.offset} of {len(stdout)}"
    if problem.message.endswith("after top-level value"):
        return f"stdout goes on after the JSON document, {place}"
    if problem.message == "unexpected end of JSON input":
        return f"the JSON document on stdout is cut off, {place}"
    if not stdout.lstrip().startswith((b"{", b"[", b'"')):
        return f"stdout holds something that is not JSON, {place}"
    return f"the JSON document on stdout is malformed {place}: {problem.message}"


_PEEK_DETAILS = {
    b"[": "stdout is a JSON array, not an object",
    b'"': "stdout is a JSON string, not an object",
    **dict.fromkeys((b"t", b"f"), "stdout is a JSON boolean, not an object"),
    **{b"%c" % byte: "stdout is a JSON number, not an object" for byte in b"-0123456789"},
    b"{": 'apiVersion or kind is no string, or apiVersion has more than one "/"',
}


def _other_version(hide: Hider, expected: str, peeked: Peeked, version: KubeletVersion) -> Refusal:
    message = exec_failed(
        "apiVersion from credential plugin response did not match "
        f"expected apiVersion:{expected}, actual apiVersion:{peeked.api_version}",
        version,
    )
    actual = hide(peeked.api_version) if peeked.written else "missing"
    return _refusal(Stage.VERSION, message, f'apiVersion is {actual}, not "{expected}"')


def _other_kind(hide: Hider, peeked: Peeked, version: KubeletVersion) -> Refusal:
    actual = hide(peeked.kind) if peeked.kind else "missing"
    message = exec_failed(_UNDECODABLE, version)
    return _refusal(Stage.KIND, message, f'kind is {actual}, not "{RESPONSE_KIND}"')


def _echoed(image: str, cache_type: CacheType | None, version: KubeletVersion) -> Refusal:
    message = (
        "Credential provider plugin returned the service account token as the password for image "
        f"{quote(image)}, which is not allowed when service account cache type is not set to "
        "'Token'"
    )
    if version.logs_structured:
        message = _structured(
            "credential provider plugin returned the service account token as the password which "
            "is not allowed when service account cache type is not set to 'Token'"
        )
    detail = f"a password is the service account token, and cacheType is {cache_type or 'not set'}"
    return _refusal(Stage.ECHO, message, detail)


def _other_cache_key_type(hide: Hider, decoded: Decoded, version: KubeletVersion) -> Refusal:
    text = decoded.cache_key_type
    about = "credential provider plugin did not return a valid cacheKeyType: "
    message = _structured(about + text) if version.logs_structured else about + quote(text)
    actual = f"cacheKeyType {hide(text)}" if text else "an absent or empty cacheKeyType"
    detail = f"{actual} is none of {', '.join(CacheKeyType)}"
    return _refusal(Stage.CACHE_KEY_TYPE, message, detail)
