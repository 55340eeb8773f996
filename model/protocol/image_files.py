"""Records and intents as files: written, counted, taken away.

Source: K-245 to K-248, K-250. A write may fail, and so may a deletion.
"""

from pullproof.model.protocol.drafting import Draft
from pullproof.model.protocol.image_params import ContainerParams, ContentParams
from pullproof.model.protocol.image_scene import Scene
from pullproof.model.protocol.image_values import ABSENT, NOT_PULLED, RECORDED, Entry
from pullproof.model.protocol.records import record_key, written
from pullproof.model.protocol.values import Offered


def write_record(
    scene: Scene,
    draft: Draft,
    image: str,
    content: ContentParams,
    proof: Entry | None,
    cause: str,
    credential: Offered | None = None,
) -> bool:
    """Merge a proof into a record; return False if it could not be written.

    Args:
        cause: A source of `Offered`, `match`, `unknown` or `failed`.
        credential: What was really used, for whoever watches.
    """
    name, key = f"record:{content.ref}", record_key(scene.rules, image)
    before = draft[name]
    after, changes = written(scene.rules, before, key, proof)
    if changes:
        if not can_write(scene, draft):
            return False
        draft[name] = after
        if scene.rules.collects_by_time:
            for collection in scene.collection(content):
                draft[collection] = "idle"
    draft.saw(
        "recorded",
        image=image,
        ref=content.ref,
        before=before,
        after=after,
        cause=cause,
        credential=credential,
    )
    history = f"ghost:history:{content.ref}"
    if draft[history] != NOT_PULLED:
        draft[history] = RECORDED
    return True


def can_write(scene: Scene, draft: Draft) -> bool:
    return all(draft[name] == "ok" for name in scene.disk)


def can_delete(scene: Scene, draft: Draft) -> bool:
    return all(draft[name] != "read-only" for name in scene.disk)


def count_pull(scene: Scene, draft: Draft, image: str) -> None:
    """Count one more pull of a name (K-248).

    Pulls whose record was not written are counted for ever (K-247); more of
    them than one make no difference, so that the counter stays small.
    """
    most = sum(container.image == image for container in scene.containers) + 1
    draft[f"counter:{image}"] = min(draft[f"counter:{image}"] + 1, most)


def decrement(scene: Scene, draft: Draft, image: str) -> None:
    """Count a pull as ended; the last one takes the intent (K-248)."""
    counter, intent = f"counter:{image}", f"intent:{image}"
    count: int = draft[counter]
    if scene.rules.counter == "flag" and count > 1:
        draft[intent] = ABSENT
    if count > 1:
        draft[counter] = count - 1
    elif can_delete(scene, draft):
        draft[counter] = 0
        draft[intent] = ABSENT


def give_up_intent(scene: Scene, draft: Draft, container: ContainerParams, found: bool) -> None:
    """End a pull that failed, or backed off (K-248)."""
    image, rules = container.image, scene.rules
    if not scene.gate or not rules.failure_decrements:
        return
    counter, intent = f"counter:{image}", f"intent:{image}"
    is_last, was = draft[counter] <= 1, draft[intent]
    if is_last and found and not rules.failure_forgets:
        draft[counter] = 0
        return
    decrement(scene, draft, image)
    history = f"ghost:history:{scene.content(container).ref}"
    taken = is_last and was != ABSENT and draft[intent] == ABSENT
    if taken and draft[history] == ("unrecorded", image):
        draft[history] = ("forgotten", image)
