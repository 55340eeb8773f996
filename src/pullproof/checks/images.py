"""Images to ask about: foreign ones, lookalikes, siblings, unusual names.

Every function returns repo names the kubelet could send under *some*
configuration; whether it would under this one is `plans.is_sent`.
"""

from collections.abc import Iterable, Mapping

from pullproof.checks.hosts import is_admitted, is_sent
from pullproof.model.images import InvalidImageName, repo_name
from pullproof.model.setup import Setup

FOREIGN = {
    "other-registry": "${other.host}/team-a/app",
    "hub": "docker.io/library/nginx",
    "public": "quay.example.org/pullproof/app",
    "elsewhere": "elsewhere.invalid/pullproof/app",
    "bare": "localhost/pullproof/app",
}

UNUSUAL = {
    "bare-host": "localhost/pullproof/app",
    "bare-host-port": "localhost:5000/pullproof/app",
    "ipv4": "10.0.0.1/pullproof/app",
    "ipv4-port": "10.0.0.1:5000/pullproof/app",
    "ipv6-port": "[::1]:5000/pullproof/app",
    "ipv6-long-port": "[fd00:1:2:3:4:5:6:7]:5000/pullproof/app",
    "hub": "docker.io/library/nginx",
    "upper-case-host": "REGISTRY.Example/pullproof/app",
    "many-labels": "a.b.c.d.e.f.g.h.i.j.example/pullproof/app",
    "one-letter": "a.b/c",
    "long-label": f"{'h' * 63}.example/pullproof/app",
    "long-path": f"registry.example/{'n' * 120}/{'m' * 100}",
    "separators": "registry-1.example/a__b/c.d/e---f/0",
    "highest-port": "registry.example:65535/pullproof/app",
}
"""All legal (K-072), each at an edge of what host parsers expect."""

NO_REPO_NAMES = {
    "tag": "registry.example/team-a/app:1.0",
    "digest": f"registry.example/team-a/app@sha256:{'0' * 64}",
    "scheme": "https://registry.example/team-a/app",
    "user-info": "registry.example@elsewhere.invalid/team-a/app",
    "no-host": "app",
    "only-host": "registry.example",
    "slashes": "///",
    "dots": "registry.example/../../team-a/app",
    "backslash": "registry.example\\elsewhere.invalid/app",
    "space": "registry.example/team a/app",
    "percent": "registry.example/%zz/%00/app",
    "colons": "::::/app",
    "open-bracket": "[::1/app",
    "shell": "registry.example/$(exit 3)/`exit 4`/app",
    "non-ascii": "registrÿ.example/äpp",
}
"""What the kubelet never sends as an image, but other callers might."""


def is_owned(setup: Setup, image: str) -> bool:
    """Return whether the policy lets the provider answer `image` with a secret.

    Without a policy everything is allowed.
    """
    owns = setup.policy.owns
    return owns is None or is_admitted(owns, image)


def is_repo_name(text: str) -> bool:
    """Return whether the kubelet could send `text` as an image (K-070)."""
    try:
        return repo_name(text) == text
    except InvalidImageName:
        return False


def foreign(setup: Setup) -> dict[str, str]:
    """Return images that the policy does not allow a secret for, by step id."""
    declined = {f"declined-{number}": image for number, image in enumerate(setup.declined, 1)}
    everything = {**declined, **FOREIGN}
    return {id: image for id, image in everything.items() if not is_owned(setup, image)}


def split_host(image: str) -> tuple[str, str, str]:
    """Return (host without port, ":port" or "", path with its slash)."""
    host, slash, path = image.partition("/")
    name, colon, port = host.rpartition(":")
    if not colon or not port.isdecimal():
        return host, "", slash + path
    return name, colon + port, slash + path


def _lookalike_hosts(host: str) -> Iterable[tuple[str, str]]:
    """Yield (what was done, host) for hosts that only resemble `host`.

    Left out on purpose: upper case and a final dot, which name the same host.
    """
    yield "as-prefix", f"{host}.elsewhere.invalid"
    yield "as-suffix", f"elsewhere{host}"
    yield "as-suffix-dash", f"elsewhere-{host}"
    labels = host.split(".")
    if len(labels) > 1:
        yield "other-top", ".".join([*labels[:-1], "invalid"])
    for at in range(1, len(labels)):
        left, right = ".".join(labels[:at]), ".".join(labels[at:])
        yield f"no-dot-{at}", left + right
        yield f"other-dot-{at}", f"{left}x{right}"


def lookalikes(setup: Setup, image: str) -> dict[str, str]:
    """Return images on hosts that resemble the host of `image`, by step id.

    None of them is owned. Empty if the host is not known before the run.
    """
    if "${" in image:
        return {}
    host, port, path = split_host(image)
    found = {name: f"{other}{port}{path}" for name, other in _lookalike_hosts(host)}
    found["in-path"] = f"elsewhere.invalid/{host}{path}"
    if port:
        # An author who declares a port means that port.
        found["longer-port"] = f"{host}{port}1{path}"
    return {
        name: other
        for name, other in found.items()
        if is_repo_name(other) and not is_owned(setup, other)
    }


SIBLINGS: Mapping[str, str] = {
    "dash": "a-b",
    "dashes": "a---b",
    "underscore": "a_b",
    "underscores": "a__b",
    "dot": "a.b",
    "digits": "42",
    "one-letter": "x",
    "long": "n" * 100,
}
"""Legal last components of a repo name, by step id (K-072)."""


def sibling(image: str, last: str) -> str:
    """Return `image` with another last path component.

    >>> sibling("registry.example/team-a/app", "x")
    'registry.example/team-a/x'
    """
    return f"{image.rpartition('/')[0]}/{last}"


def port_twins(setup: Setup, image: str) -> tuple[str, ...]:
    """Return `image` with each port under which matchImages also admits it."""
    if "${" in image:
        return ()
    host, port, path = split_host(image)
    ports = {split_host(pattern)[1] for pattern in setup.provider.match_images}
    twins = (f"{host}{other}{path}" for other in sorted(ports - {port}))
    return tuple(twin for twin in twins if is_sent(setup, twin))
