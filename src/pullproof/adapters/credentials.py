"""Secrets the emulators hand out, and what they open.

Every secret is a canary of its own kind (S-82): minted passwords, the node's
password and registry tokens never look alike, so that a leak names its
source. They are derived from the seed and a counter.

Source: S-03, S-05, S-57, S-82.
"""

import hashlib
import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pullproof.adapters.placeholders import resolve
from pullproof.model.claims import split_subject
from pullproof.model.scope import Scope, pull
from pullproof.model.setup import Setup, Workload
from pullproof.model.transcript import Minted

NODE_SUBJECT = "node"
NODE_USERNAME = "node"
SPECIAL_CHARACTERS = '"\\<>&\u00e9\u20ac'
"""At the end of a password under `special-password`: everything that breaks
JSON written by hand, shells, XML, or bytes read as Latin-1 (D-A4)."""


class SecretSource:
    """Texts that nobody guesses from each other; thread-safe."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._counter = itertools.count(1)

    def next(self, kind: str) -> tuple[int, str]:
        """Return a number that is used once and 40 hex digits for it."""
        number = next(self._counter)
        return number, self.fixed(f"{kind} {number}")

    def fixed(self, label: str) -> str:
        """Return the 40 hex digits of `label`, the same in every run."""
        return hashlib.sha256(f"pullproof {self._seed} {label}".encode()).hexdigest()[:40]


def repository_path(image: str) -> str:
    """Return the repository of an image, without host, tag and digest.

    The embedded registry stands in for every host, so only the path counts.

    >>> repository_path("registry.example:5000/team-a/app:1")
    'team-a/app'
    >>> repository_path("docker.io/library/nginx")
    'library/nginx'
    """
    name = image.partition("@")[0]
    head, slash, tail = name.rpartition("/")
    name = head + slash + tail.partition(":")[0]
    first, slash, rest = name.partition("/")
    is_host = "." in first or ":" in first or first == "localhost"
    return rest if slash and is_host else name


class Grants:
    """Who may pull what: read from the setup, fixed for the world's life."""

    def __init__(self, setup: Setup, names: Mapping[str, str]) -> None:
        def paths(images: tuple[str, ...]) -> frozenset[str]:
            return frozenset(repository_path(resolve(image, names)) for image in images)

        self._workloads = setup.workloads
        self._own = {item.name: paths(item.images) for item in setup.workloads}
        owned = frozenset[str]().union(*self._own.values())
        self._shared = paths(setup.served) - owned
        self.everything = tuple(sorted(owned | self._shared))

    def workload(self, namespace: str, account: str, uid: str) -> Workload | None:
        """Return the workload that runs under this service account.

        A token without uid proves the name only, and is taken for it.
        """
        for workload in self._workloads:
            if (workload.namespace, workload.service_account) == (namespace, account):
                known = workload.service_account_uid
                return workload if uid in ("", known) or not known else None
        return None

    def of_workload(self, workload: Workload) -> tuple[str, ...]:
        """Return the repositories of a workload: its own and the unowned."""
        same_account = (
            self._own[item.name] for item in self._workloads if item.subject == workload.subject
        )
        return tuple(sorted(self._shared.union(*same_account)))


@dataclass(frozen=True, slots=True)
class Terms:
    """How a fault wants the next credential to be."""

    lifetime_s: float | None = None
    """Instead of what the policy says; may be 0."""
    special: bool = False


class CredentialBook:
    """Credentials that are or were valid at the registry; thread-safe."""

    def __init__(self, secrets: SecretSource, node_password: str, everything: tuple[str, ...]):
        self._secrets = secrets
        self._node_password = node_password
        self._everything = everything
        self._lock = threading.Lock()
        self._known: dict[str, Minted] = {}
        self._new: list[Minted] = []
        self.clear()

    def clear(self) -> None:
        """Forget every credential but the node's."""
        node = Minted(
            NODE_SUBJECT, "", NODE_USERNAME, self._node_password, NODE_SUBJECT, None, False,
            self._everything,
        )  # fmt: skip
        with self._lock:
            self._known = {self._node_password: node}
            self._new = []

    def draft_workload(
        self, step: str, subject: str, repos: tuple[str, ...], expires_s: float, *, special: bool
    ) -> Minted:
        """Return a new credential that opens nothing before `publish`."""
        number, text = self._secrets.next("minted")
        password = f"ppx_{text}{SPECIAL_CHARACTERS if special else ''}"
        fields = split_subject(subject)
        username = "+".join(fields) if fields else "workload"
        return Minted(f"minted-{number}", step, username, password, subject, expires_s, True, repos)

    def draft_node(self, step: str, expires_s: float, *, special: bool) -> Minted:
        """Return the node's credential, or one with a special password."""
        number, _ = self._secrets.next("node")
        password = self._node_password + (SPECIAL_CHARACTERS if special else "")
        return Minted(
            f"node-{number}", step, NODE_USERNAME, password, NODE_SUBJECT, expires_s, True,
            self._everything,
        )  # fmt: skip

    def publish(self, minted: Minted, *, announced: bool) -> None:
        """Make `minted` valid and report it with the next `take`."""
        minted = replace(minted, announced=announced)
        with self._lock:
            self._known[minted.password] = minted
            self._new.append(minted)

    def find(self, password: str, now: float) -> Minted | None:
        """Return the unexpired credential with this password."""
        minted = self.of_password(password)
        if minted is None or (minted.expires_wall_s is not None and now >= minted.expires_wall_s):
            return None
        return minted

    def of_password(self, password: str) -> Minted | None:
        """Return the credential with this password, expired or not."""
        with self._lock:
            return self._known.get(password)

    def of_step(self, step: str) -> tuple[str, ...]:
        """Return the passwords that were handed out during `step`."""
        with self._lock:
            return tuple(item.password for item in self._new if item.step == step)

    def take(self) -> tuple[Minted, ...]:
        """Return what was published since the last call."""
        with self._lock:
            new, self._new = tuple(self._new), []
            return new


def pulls(repos: tuple[str, ...]) -> tuple[Scope, ...]:
    """Return the scopes of pulls from `repos`."""
    return tuple(pull(repo) for repo in repos)
