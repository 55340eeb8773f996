"""The pull and what is written down of it.

Source: K-180 to K-182, K-212, K-213.
"""

from pullproof.model.images import repo_name
from pullproof.model.protocol.drafting import Draft
from pullproof.model.protocol.image_files import (
    can_write,
    count_pull,
    decrement,
    give_up_intent,
    write_record,
)
from pullproof.model.protocol.image_outcomes import fail, start
from pullproof.model.protocol.image_params import ContainerParams
from pullproof.model.protocol.image_scene import Scene, opens
from pullproof.model.protocol.image_values import (
    IDLE,
    RECORDED,
    WRITTEN,
    Entry,
    Progress,
    Proof,
)
from pullproof.model.protocol.records import entry_of_all
from pullproof.model.protocol.values import Offered, canonical


def pull(scene: Scene, draft: Draft, container: ContainerParams) -> bool:
    """Let the runtime pull with one credential after the other (K-180)."""
    progress: Progress = draft[f"container:{container.pod}"]
    if progress.stage != "pulling":
        return False
    repo = repo_name(container.image)
    tried, used = _attempts(scene, draft, progress.credentials, repo)
    is_public = repo in scene.image.public
    draft.saw(
        "attempted",
        pod=container.pod,
        image=container.image,
        offered=progress.credentials,
        tried=tried,
        used=used,
        public=is_public,
    )
    if used is None:
        draft[f"container:{container.pod}"] = Progress("failed", found_intent=progress.found_intent)
        return True
    draft[f"container:{container.pod}"] = Progress(
        "pulled", progress.credentials if scene.rules.records != "used" else (), used
    )
    _arrive(scene, draft, container, used)
    return True


ANONYMOUS = Offered("none")


def _attempts(
    scene: Scene, draft: Draft, offered: tuple[Offered, ...], repo: str
) -> tuple[tuple[Offered, ...], Offered | None]:
    """Return what is tried, in order, and what the pull succeeds with."""
    rules, revoked = scene.rules, draft.get("registry", ())
    if not offered:
        is_public = repo in scene.image.public
        used = ANONYMOUS if is_public and rules.anonymous_alone else None
        return ((ANONYMOUS,) if rules.anonymous_alone else ()), used
    tried: list[Offered] = []
    used = None
    for each in offered if rules.tries != "first" else offered[:1]:
        tried.append(each)
        if opens(each, repo, revoked):
            used = each
            if rules.tries == "until-success":
                break
    if used is None and rules.anonymous_last:
        tried.append(ANONYMOUS)
        used = ANONYMOUS if repo in scene.image.public else None
    return tuple(tried), used


def _arrive(scene: Scene, draft: Draft, container: ContainerParams, used: Offered) -> None:
    """Put a pulled image into the runtime, and remember how it came there."""
    content, image = scene.content(container), container.image
    names = f"cri:{content.ref}"
    draft[names] = tuple(sorted({*draft[names], *scene.brings(image)}))
    proofs, history = f"ghost:proofs:{content.ref}", f"ghost:history:{content.ref}"
    proof = _proof(repo_name(image), used)
    others = [p for p in draft[proofs] if p != proof and not _is_lesser(p, proof)]
    draft[proofs] = canonical((*others, proof))
    if draft[history] != RECORDED:
        draft[history] = ("unrecorded", image)


def _is_lesser(known: Proof, new: Proof) -> bool:
    same = (known.repo_name, known.where, known.hash) == (new.repo_name, new.where, new.hash)
    return same and not known.pulled


def _proof(repo: str, used: Offered) -> Proof:
    match used.source:
        case "none" | "node":
            return Proof(repo, "node")
        case "secret" | "account":
            return Proof(repo, used.source, used.coordinates, used.hash)


def outage(_: Scene, draft: Draft, container: ContainerParams) -> bool:
    """Let the registry fail a pull, whatever the credentials."""
    progress: Progress = draft[f"container:{container.pod}"]
    if progress.stage != "pulling":
        return False
    draft[f"container:{container.pod}"] = Progress("failed", found_intent=progress.found_intent)
    return True


# Afterwards (K-212, K-213, K-247, K-248).


def record(scene: Scene, draft: Draft, container: ContainerParams) -> bool:
    """Let the kubelet write down how a pull went (K-212)."""
    progress: Progress = draft[f"container:{container.pod}"]
    if not scene.is_up(draft) or progress.stage not in ("pulled", "failed"):
        return False
    content, image, rules = scene.content(container), container.image, scene.rules
    if progress.stage == "failed":
        draft[f"container:{container.pod}"] = IDLE
        draft[f"back-off:{container.pod}"] = True
        if rules.failure_records and scene.gate:
            write_record(scene, draft, image, content, Entry(node=True), "failed")
        give_up_intent(scene, draft, container, progress.found_intent)
        fail(draft, container, "ErrImagePull")
        return True
    if scene.gate:
        _record_success(scene, draft, container, progress)
    start(scene, draft, container, "pull")
    return True


def _record_success(
    scene: Scene, draft: Draft, container: ContainerParams, progress: Progress
) -> None:
    rules, image, content = scene.rules, container.image, scene.content(container)
    if rules.intent_order == "after" and can_write(scene, draft):
        draft[f"intent:{image}"] = WRITTEN
        count_pull(scene, draft, image)
    proof = entry_of_all(rules, progress.credentials, progress.used)
    source = progress.used.source if progress.used else "none"
    done = write_record(scene, draft, image, content, proof, source, progress.used)
    if (done or not rules.write_error_keeps) and rules.success_decrements:
        decrement(scene, draft, image)
