"""From a step of a scenario to what the kubelet would start: the bytes on
stdin and the environment. Pure; `session` adds sandboxes and processes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pullproof.adapters.edits import apply_edits
from pullproof.adapters.placeholders import resolve, resolve_pairs
from pullproof.model.gojson import encode_string
from pullproof.model.provider import TokenAttributes
from pullproof.model.request import Request, encode_request
from pullproof.model.scenario import ExecStep, Stdin, TokenKind
from pullproof.model.setup import Setup, Workload

Pairs = tuple[tuple[str, str], ...]

_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY")
_NO_PROXY = "127.0.0.1,localhost,::1"


@dataclass(frozen=True, slots=True)
class Lookup:
    """What goes to a provider's stdin, and the token in it."""

    stdin: bytes = field(repr=False)
    token: str = field(repr=False)
    """Empty if the request, as it is sent, holds none."""


def lookup(
    setup: Setup,
    step: ExecStep,
    names: Mapping[str, str],
    token_of: Callable[[TokenKind, Workload], str],
) -> Lookup:
    """Return the request for `step`, edits included.

    A lookup has a token only in SA mode and for a workload; `ABSENT` stands
    for a pod without a service account, which has no annotations either.

    Args:
        token_of: Makes the token of a workload (the world does).

    Raises:
        KeyError: the setup has no such workload.
        InvalidEdit: see `apply_edits`.

    Source: K-012, K-075, K-076, K-103, K-112 to K-114.
    """
    attributes = setup.provider.token_attributes
    request = Request(resolve(step.image, names))
    if attributes and step.workload is not None and step.token is not TokenKind.ABSENT:
        workload = setup.workload(step.workload)
        own = workload.annotations if step.annotations is None else step.annotations
        token = "" if step.token is TokenKind.EMPTY else token_of(step.token, workload)
        selected = select_annotations(attributes, resolve_pairs(own, names))
        request = replace(
            request, service_account_token=token, service_account_annotations=selected
        )
    data = encode_request(request, setup.provider.api_version)
    edits = [replace(edit, arg=resolve(edit.arg, names)) for edit in step.edits]
    data = apply_edits(data, edits)
    if step.stdin is Stdin.CLOSED:
        data = b""
    return Lookup(data, _token_in(data, request.service_account_token))


def select_annotations(attributes: TokenAttributes, annotations: Pairs) -> Pairs:
    """Return the annotations that the config asks for and the account has.

    Where the account lacks a required one the kubelet would not start the
    provider at all (K-113); a scenario that wants it started sends the rest.

    Source: K-103, K-113, K-114.
    """
    wanted = {*attributes.required_annotation_keys, *attributes.optional_annotation_keys}
    return tuple(sorted((key, value) for key, value in annotations if key in wanted))


def environment(
    setup: Setup, step: ExecStep, names: Mapping[str, str], *, home: str, tmp: str
) -> Pairs:
    """Return the provider's environment in the kubelet's order.

    First the kubelet's own (the setup's, made harmless: directories of the
    sandbox, and a proxy of ours for whatever wants to leave the machine), then
    the config's `env`, which therefore wins. Source: K-083.
    """
    own = [*resolve_pairs(setup.base_env, names), ("HOME", home), ("TMPDIR", tmp)]
    present = {name for name, _ in setup.base_env}
    if "PATH" not in present:
        own.append(("PATH", _DEFAULT_PATH))
    own += _proxies({name.upper() for name in present}, names)
    own += resolve_pairs(step.env, names)
    kept = [pair for pair in own if pair[0] not in step.unset_env]
    config = [(variable.name, resolve(variable.value, names)) for variable in setup.provider.env]
    return (*kept, *config)


def command(setup: Setup, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return argv: the executable, and the config's `args`. Source: K-080."""
    return (*setup.command, *(resolve(arg, names) for arg in setup.provider.args))


def _proxies(present: set[str], names: Mapping[str, str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    url = names.get("proxy.url", "")
    for name, value in (*((name, url) for name in _PROXIES), ("NO_PROXY", _NO_PROXY)):
        # Programs differ in which spelling they prefer, so one set by the
        # author must not be overruled by the other one set by us.
        if value and name not in present:
            found += [(name, value), (name.lower(), value)]
    return found


def _token_in(data: bytes, token: str) -> str:
    """Return `token` if `data` still holds it after all edits."""
    written = encode_string(token)[1:-1].encode("utf-8", "surrogateescape")
    return token if token and written in data else ""
