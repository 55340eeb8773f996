"""EnsureImageExists up to the pull: presence, records, credentials, intent.

Source: K-183, K-210 to K-212, K-220 to K-231.
"""

from pullproof.model.images import repo_name
from pullproof.model.protocol.drafting import Draft
from pullproof.model.protocol.image_files import (
    can_write,
    count_pull,
    give_up_intent,
    write_record,
)
from pullproof.model.protocol.image_outcomes import NEVER_MESSAGE, NEVER_PULL, fail, start
from pullproof.model.protocol.image_params import ContainerParams, ContentParams
from pullproof.model.protocol.image_scene import Scene
from pullproof.model.protocol.image_values import (
    ABSENT,
    IDLE,
    RUNNING,
    WRITTEN,
    Entry,
    Progress,
    Proof,
)
from pullproof.model.protocol.records import Decision, Evidence, LookupFailed, must_pull
from pullproof.model.protocol.values import Offered, canonical


class Lookup:
    """The pod's credentials, looked up at most once (K-211)."""

    def __init__(self, scene: Scene, draft: Draft, container: ContainerParams) -> None:
        self._scene, self._draft, self._container = scene, draft, container
        self.done = False

    def credentials(self) -> tuple[Offered, ...]:
        scene, draft, container = self._scene, self._draft, self._container
        found = scene.offers(draft, container)
        if not self.done:
            self.done = True
            draft.saw("looked-up", pod=container.pod, image=container.image, mine=found)
        if found.failed and scene.rules.lookup_error != "no-credentials":
            raise LookupFailed
        return found.credentials

    def claims(self) -> tuple[Offered, ...]:
        found = self.credentials()
        return self._scene.claimed(self._draft, self._container, found)


def ensure(scene: Scene, draft: Draft, container: ContainerParams) -> bool:
    """Start a container, refuse it, or begin to pull for it (K-210)."""
    if not scene.is_up(draft) or draft[f"container:{container.pod}"] != IDLE:
        return False
    lookup = Lookup(scene, draft, container)
    rules = scene.rules
    always = container.pull == "Always"
    here = scene.is_present(draft, container) and not (always and rules.always_pulls)
    try:
        _decide(scene, draft, container, lookup, here)
    except LookupFailed:
        if here and rules.lookup_error == "open":
            start(scene, draft, container, "present")
        else:
            fail(draft, container, "ErrLookup")
    if lookup.done and not scene.alone:
        draft[f"offers:{container.pod}"] = None
    return True


def _decide(
    scene: Scene, draft: Draft, container: ContainerParams, lookup: Lookup, here: bool
) -> None:
    rules, never = scene.rules, container.pull == "Never"
    if not here and never and not rules.never_pulls:
        fail(draft, container, NEVER_PULL, NEVER_MESSAGE)
        return
    if rules.looks_up == "eagerly":
        lookup.credentials()
    if here and not scene.gate:
        start(scene, draft, container, "present")
        return
    if rules.looks_up == "before-check":
        lookup.credentials()
    if here and not _is_pull_needed(scene, draft, container, lookup):
        start(scene, draft, container, "present")
        return
    if never and not rules.never_pulls:
        told = f"may not be used, and {NEVER_MESSAGE}"
        message = NEVER_MESSAGE if rules.never_message == "same" else told
        fail(draft, container, NEVER_PULL, message)
        return
    begin_pull(scene, draft, container, lookup.credentials())


def _is_pull_needed(scene: Scene, draft: Draft, container: ContainerParams, lookup: Lookup) -> bool:
    if container.pull == "Never" and not scene.rules.never_verifies:
        return False
    image, ref = container.image, scene.content(container).ref
    record, intent = draft[f"record:{ref}"], draft[f"intent:{image}"]
    evidence = Evidence(record if scene.finds_records else None, draft[f"counter:{image}"], intent)
    decision = must_pull(scene.image, scene.rules, image, evidence, lookup.claims)
    draft.saw(
        "checked",
        pod=container.pod,
        image=image,
        ref=ref,
        pull=decision.pull,
        basis=decision.basis,
        mine=scene.current_offers(draft, container),
        record=record,
        intent=intent,
    )
    _add_match(scene, draft, container, decision)
    return decision.pull


def _add_match(scene: Scene, draft: Draft, container: ContainerParams, decision: Decision) -> None:
    """Record a secret that matched, as a check does by the way (K-226)."""
    content = scene.content(container)
    secret = decision.adds
    if secret is not None:
        matched = Offered("secret", secret.where, secret.hash)
        proof = Entry(secrets=(secret,))
        write_record(scene, draft, container.image, content, proof, "match", matched)
    if decision.basis in ("hash", "coordinates"):
        mine = scene.offers(draft, container).credentials
        for each in mine:
            if each.source == "secret":
                _match_ghost(draft, container, content, each)


def _match_ghost(
    draft: Draft, container: ContainerParams, content: ContentParams, mine: Offered
) -> None:
    """Remember that a secret is as good as one that pulled (K-226)."""
    name, repo = f"ghost:proofs:{content.ref}", repo_name(container.image)
    proofs: tuple[Proof, ...] = draft[name]
    known = [p for p in proofs if p.repo_name == repo and p.source == "secret"]
    if any(p.where == mine.coordinates and p.hash == mine.hash for p in known):
        return
    by_place = any(p.where == mine.coordinates for p in known)
    by_hash = bool(mine.hash) and any(p.hash == mine.hash and p.pulled for p in known)
    if by_place or (mine.hash and any(p.hash == mine.hash for p in known)):
        proof = Proof(repo, "secret", mine.coordinates, mine.hash, pulled=by_hash)
        draft[name] = canonical((*proofs, proof))


# The pull (K-212, K-180).


def begin_pull(
    scene: Scene, draft: Draft, container: ContainerParams, credentials: tuple[Offered, ...]
) -> None:
    """Write the intent, look whether pulls back off, and ask the runtime (K-212)."""
    rules, image = scene.rules, container.image
    found = False
    if scene.gate and rules.intent_order == "before":
        found = draft[f"intent:{image}"] != ABSENT
        if can_write(scene, draft):
            draft[f"intent:{image}"] = WRITTEN
            count_pull(scene, draft, image)
        elif rules.intent_error_aborts:
            fail(draft, container, "failed to record image pull intent")
            return
    if draft[f"back-off:{container.pod}"] and rules.back_off:
        fail(draft, container, "ErrImagePullBackOff")
        give_up_intent(scene, draft, container, found)
        return
    draft.saw(
        "pulling",
        pod=container.pod,
        image=image,
        durable=draft[f"intent:{image}"] == WRITTEN,
        backing_off=draft[f"back-off:{container.pod}"],
        credentials=credentials,
    )
    kept = found and not rules.failure_forgets
    draft[f"container:{container.pod}"] = Progress("pulling", credentials, found_intent=kept)


# What else happens to a container.


def cannot_inspect(scene: Scene, draft: Draft, container: ContainerParams) -> bool:
    """Let the runtime not answer what is there (K-210)."""
    is_idle = scene.is_up(draft) and draft[f"container:{container.pod}"] == IDLE
    if not is_idle or container.pull == "Always":
        return False
    draft.saw("not-inspected", pod=container.pod, image=container.image)
    match scene.rules.inspect_error:
        case "fail":
            fail(draft, container, "ErrImageInspect")
        case "absent":
            lookup = Lookup(scene, draft, container)
            try:
                begin_pull(scene, draft, container, lookup.credentials())
            except LookupFailed:
                fail(draft, container, "ErrLookup")
        case "present":
            draft[f"container:{container.pod}"] = RUNNING
            draft.saw("started-blindly", pod=container.pod, image=container.image)
    return True


def end_back_off(_: Scene, draft: Draft, container: ContainerParams) -> bool:
    """Let the back-off of one pod and image run out (K-184)."""
    if not draft[f"back-off:{container.pod}"]:
        return False
    draft[f"back-off:{container.pod}"] = False
    return True


def end(_: Scene, draft: Draft, container: ContainerParams) -> bool:
    """Let a container end, so that it is to be started again."""
    if draft[f"container:{container.pod}"] != RUNNING:
        return False
    draft[f"container:{container.pod}"] = IDLE
    return True
