"""One configuration of the image side under one set of rules.

What does not change during a run is worked out here: which container wants
which content, what its components are called, and which credentials it gets.
"""

from dataclasses import dataclass
from functools import cached_property

from pullproof.model.images import repo_name
from pullproof.model.protocol.drafting import Draft
from pullproof.model.protocol.image_params import (
    ContainerParams,
    ContentParams,
    ImageAccountParams,
    ImageParams,
    ImageSecretParams,
)
from pullproof.model.protocol.image_policies import runtime_name
from pullproof.model.protocol.image_rules import ImageRules
from pullproof.model.protocol.image_values import HASH, UP, SourceState
from pullproof.model.protocol.params import Params
from pullproof.model.protocol.values import Coordinates, Offered, Offers, PullSecret

EVERYTHING = "*"


class NotLookedUp(Exception):
    """The pod's lookup has not ended yet, so the step cannot happen."""


@dataclass(frozen=True)
class Scene:
    """Parameters and rules of the image side."""

    params: Params
    rules: ImageRules

    @cached_property
    def image(self) -> ImageParams:
        if self.params.image is None:
            raise ValueError(f"configuration {self.params.name!r} has no image side")
        return self.params.image

    @property
    def alone(self) -> bool:
        """Whether there is no lookup side to get credentials from."""
        return not self.params.pods

    @cached_property
    def gate(self) -> bool:
        return self.image.gate_at(self.params.minor) and self.rules.gate == "configured"

    @cached_property
    def containers(self) -> tuple[ContainerParams, ...]:
        if self.image.containers:
            return self.image.containers
        return tuple(ContainerParams(pod.name, pod.images[0]) for pod in self.params.pods)

    @cached_property
    def images(self) -> tuple[str, ...]:
        """Image strings of containers, each once: those that have intents."""
        return tuple(dict.fromkeys(container.image for container in self.containers))

    @cached_property
    def contents(self) -> tuple[ContentParams, ...]:
        return self.image.contents

    def content(self, container: ContainerParams) -> ContentParams:
        return self.image.content_of(container.image)

    def users(self, content: ContentParams) -> tuple[str, ...]:
        """Return the components of containers that want a content."""
        return tuple(_of(c) for c in self.containers if self.content(c) is content)

    @property
    def finds_records(self) -> bool:
        """Whether a record is read under the ref it was written under (K-254)."""
        return self.rules.record_ref == "status" and not self.image.refs_differ

    # Names of components.

    @property
    def disk(self) -> tuple[str, ...]:
        return ("disk",) if self.image.disk_faults else ()

    def collection(self, content: ContentParams) -> tuple[str, ...]:
        return (f"gc:{content.ref}",) if self.image.collection else ()

    @property
    def registry(self) -> tuple[str, ...]:
        return ("registry",) if self.image.revocable else ()

    def sources(self, container: ContainerParams) -> tuple[str, ...]:
        """Return the components that a container's credentials come from."""
        if not self.alone:
            return (f"offers:{container.pod}",)
        found = [f"secret:{name}" for name in container.secrets]
        found += [f"source:{container.account}"] if container.account else []
        return tuple(found)

    # What names mean to the runtime.

    def is_present(self, draft: Draft, container: ContainerParams) -> bool:
        """Return what ImageStatus says (K-210)."""
        names = draft[f"cri:{self.content(container).ref}"]
        if self.rules.default_tag:
            return runtime_name(container.image) in names
        return container.image in names

    def brings(self, image: str) -> tuple[str, ...]:
        """Return the names under which a pulled image is then known."""
        repo = repo_name(image)
        others = self.image.content_of(image).names
        digests = [n for n in others if "@" in n and repo_name(n) == repo]
        return tuple(sorted({runtime_name(image), *(runtime_name(n) for n in digests)}))

    # Credentials (K-170, K-175).

    def offers(self, draft: Draft, container: ContainerParams) -> Offers:
        """Return what a lookup yields now.

        Raises:
            NotLookedUp: the lookup side has not finished one for this image.
        """
        repo = repo_name(container.image)
        if not self.alone:
            found: Offers | None = draft[f"offers:{container.pod}"]
            if found is None or found.repo_name not in ("", repo):
                raise NotLookedUp
            return found
        secrets = [(name, draft[f"secret:{name}"]) for name in container.secrets]
        if any(state.uid and not state.valid for _, state in secrets):
            return Offers(repo, (), failed=True)
        credentials = [self._secret(self.image.secret(n), s) for n, s in secrets if s.uid]
        if self.image.node_login:
            opened = self.image.login(self.image.node_login).opens
            credentials.append(Offered("node", None, f"{HASH}{self.image.node_login}", opened))
        if container.account:
            state: SourceState = draft[f"source:{container.account}"]
            if state.uid and state.answers:
                credentials.append(account_offer(self.image.account(container.account), state))
        return Offers(repo, tuple(credentials))

    def current_offers(self, draft: Draft, container: ContainerParams) -> Offers | None:
        """Return what a lookup would yield; None: the lookup side has not said."""
        try:
            return self.offers(draft, container)
        except NotLookedUp:
            return None

    def _secret(self, secret: ImageSecretParams, state: PullSecret) -> Offered:
        login = self.image.login(secret.logins[state.version])
        where = Coordinates(secret.namespace, secret.account or secret.name, state.uid)
        return Offered("secret", where, f"{HASH}{login.name}" if login.hashed else "", login.opens)

    def claimed(
        self, draft: Draft, container: ContainerParams, offered: tuple[Offered, ...]
    ) -> tuple[Offered, ...]:
        """Return offers as the check of records sees them (K-228)."""
        if self.rules.account_must_answer or not container.account or not self.alone:
            return offered
        if any(each.source == "account" for each in offered):
            return offered
        state: SourceState = draft[f"source:{container.account}"]
        if not state.uid:
            return offered
        return (*offered, account_offer(self.image.account(container.account), state))

    def is_up(self, draft: Draft) -> bool:
        return bool(draft["kubelet"] == UP)


def account_offer(account: ImageAccountParams, state: SourceState) -> Offered:
    """Return what an SA mode provider's credential looks like."""
    where = Coordinates(account.namespace, account.account or account.name, state.uid)
    return Offered("account", where, "", account.opens)


def _of(container: ContainerParams) -> str:
    return f"container:{container.pod}"


def opens(offered: Offered, repo: str, revoked: tuple[str, ...]) -> bool:
    """Return whether the registry lets a credential pull from a repo."""
    if repo not in offered.opens and EVERYTHING not in offered.opens:
        return False
    name = offered.hash.removeprefix(HASH) if offered.hash else ""
    where = offered.coordinates.name if offered.source == "account" and offered.coordinates else ""
    return not ({name, where} - {""}) & set(revoked)
