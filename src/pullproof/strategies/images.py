"""Image names: repo names, patterns and auth keys that match them.

Covers K-070 (what a repo name looks like), section 2 (match_images) and K-131
(auth keys). Hosts are from names reserved for examples and from loopback.
"""

from collections.abc import Mapping

from hypothesis import strategies as st

from pullproof.strategies.deviation import Deviation

HOSTS = (
    "registry.example",
    "a.registry.example",
    "registry.example:5000",
    "localhost",
    "127.0.0.1:5000",
    "docker.io",
    "REGISTRY.example",
    "[2001:db8::1]:5000",
)
_COMPONENT = r"[a-z0-9]{1,8}((\.|_|__|-{1,2})[a-z0-9]{1,4}){0,2}"

_INVALID: Mapping[str, str] = {
    "empty": "",
    "upper case path": "registry.example/Team/App",
    "scheme": "https://registry.example/team/app",
    "white space": "registry.example/team app",
    "double slash": "registry.example//app",
    "trailing slash": "registry.example/app/",
    "three underscores": "registry.example/a___b",
    "leading dot": "registry.example/.app",
    "only a digest's worth of hex": "a" * 64,
    "query": "registry.example/app?x=1",
    "short digest": "registry.example/app@sha256:abcd",
    "path of 256 characters": "registry.example/" + "a" * 256,
}


def hosts() -> st.SearchStrategy[str]:
    """Return hosts with and without ports, in the spellings a repo name can have."""
    return st.sampled_from(HOSTS)


@st.composite
def _paths(draw: st.DrawFn, low: int = 1, high: int = 3) -> str:
    parts = draw(st.lists(st.from_regex(_COMPONENT, fullmatch=True), min_size=low, max_size=high))
    return "/".join(parts)


def images(host: str | None = None) -> st.SearchStrategy[str]:
    """Return repo names: domain and path, no tag, no digest (K-070).

    Args:
        host: Only images of this host, with its port if it has one.
    """

    def name(host: str, path: str) -> str:
        # A lone component at Docker Hub is one of its `library`.
        return (
            f"{host}/library/{path}"
            if host == "docker.io" and "/" not in path
            else host + "/" + path
        )

    return st.builds(name, hosts() if host is None else st.just(host), _paths())


def deviant_images() -> st.SearchStrategy[Deviation[str]]:
    """Return texts that name no image (K-071). Narrow on purpose: a table."""
    return st.sampled_from([Deviation(name, text) for name, text in _INVALID.items()])


@st.composite
def match_images(draw: st.DrawFn, image: str) -> str:
    """Return a pattern of `matchImages` that matches the repo name `image`.

    Narrow on purpose: wildcards replace whole labels, and IPv6 hosts keep
    theirs (K-041 to K-047).
    """
    host, _, path = image.partition("/")
    prefixes = ["/" + "/".join(path.split("/")[:n]) for n in range(1, path.count("/") + 2)]
    suffix = draw(st.sampled_from(["", *prefixes]))
    name, colon, port = host.partition(":")
    if not host.startswith("[") and name.replace(".", "").isalpha():
        labels = name.split(".")
        number = draw(st.integers(0, len(labels)))
        if number < len(labels):
            labels[number] = "*"
        host = ".".join(labels) + colon + port
    return host + suffix


@st.composite
def auth_keys(draw: st.DrawFn, image: str) -> str:
    """Return an auth key that gives its credential to `image` (K-131, K-137)."""
    host, _, path = image.partition("/")
    parts = path.split("/")
    number = draw(st.integers(0, len(parts)))
    key = "/".join([host, *parts[:number]])
    return draw(st.sampled_from([key, "https://" + key]))
