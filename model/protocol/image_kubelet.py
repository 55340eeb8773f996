"""The kubelet as a whole: it crashes, and when it starts it looks at intents.

Source: K-249.
"""

from collections.abc import Iterator

from pullproof.model.machine import Event
from pullproof.model.protocol.drafting import Draft
from pullproof.model.protocol.image_events import event
from pullproof.model.protocol.image_files import can_delete, can_write, write_record
from pullproof.model.protocol.image_policies import runtime_name
from pullproof.model.protocol.image_scene import Scene
from pullproof.model.protocol.image_values import (
    ABSENT,
    IDLE,
    RUNNING,
    UP,
    WRITTEN,
    Entry,
    PulledRecord,
)


def kubelet_events(scene: Scene) -> Iterator[Event]:
    """Yield a crash, and the steps of a start."""
    if not scene.image.crashes:
        return
    containers = tuple(f"container:{c.pod}" for c in scene.containers)
    backs = tuple(f"back-off:{c.pod}" for c in scene.containers)
    counters = tuple(f"counter:{image}" for image in scene.images)
    lists = tuple(name for content in scene.contents for name in scene.collection(content))
    writes = ("kubelet", *containers, *backs, *counters, *lists)
    yield event(scene, "kubelet.crashes", (), (), writes, "K-249", crash, None)
    if not scene.gate:
        return
    for number, image in enumerate(scene.images):
        content = scene.image.content_of(image)
        ref = content.ref
        written_to = (f"record:{ref}", f"intent:{image}", f"ghost:history:{ref}")
        yield event(
            scene,
            "kubelet.starts",
            (image,),
            (f"cri:{ref}", *scene.disk),
            ("kubelet", *written_to, *scene.collection(content)),
            "K-249",
            convert,
            (number, image),
        )
    if scene.image.blind_starts:
        yield event(
            scene, "kubelet.starts-blindly", (), (), ("kubelet",), "K-249", start_blindly, None
        )


def crash(scene: Scene, draft: Draft, _: None) -> bool:
    """Drop what is in memory; containers run on."""
    if not scene.is_up(draft):
        return False
    draft["kubelet"] = 0 if scene.gate else UP
    for container in scene.containers:
        name = f"container:{container.pod}"
        draft[name] = RUNNING if draft[name] == RUNNING else IDLE
        draft[f"back-off:{container.pod}"] = False
    for image in scene.images:
        draft[f"counter:{image}"] = 0
    for content in scene.contents:
        for name in scene.collection(content):
            draft[name] = "idle"
    return True


def start_blindly(_: Scene, draft: Draft, __: None) -> bool:
    """Start while the runtime does not list its images."""
    if draft["kubelet"] != 0:
        return False
    draft["kubelet"] = UP
    return True


def convert(scene: Scene, draft: Draft, subject: tuple[int, str]) -> bool:
    """Look at one intent while the kubelet starts."""
    number, image = subject
    if draft["kubelet"] != number:
        return False
    draft["kubelet"] = number + 1 if number + 1 < len(scene.images) else UP
    rules, content = scene.rules, scene.image.content_of(image)
    intent = f"intent:{image}"
    if draft[intent] != WRITTEN:
        return True
    names = draft[f"cri:{content.ref}"]
    draft.saw(
        "intent-found",
        image=image,
        ref=content.ref,
        listed=image in names,
        present=runtime_name(image) in names,
        writable=can_write(scene, draft),
    )
    if not rules.converts:
        return True
    wanted = runtime_name(image) if rules.conversion_names == "canonical" else image
    if wanted not in names:
        if rules.unmatched_intents == "go" and can_delete(scene, draft):
            draft[intent] = ABSENT
        return True
    if rules.conversion_order == "intent-first" and can_delete(scene, draft):
        draft[intent] = ABSENT
    if rules.conversion_overwrites and isinstance(draft[f"record:{content.ref}"], PulledRecord):
        before = draft[f"record:{content.ref}"]
        draft[f"record:{content.ref}"] = PulledRecord()
        draft.saw(
            "recorded",
            image=image,
            ref=content.ref,
            before=before,
            after=PulledRecord(),
            cause="unknown",
            credential=None,
        )
    proof = Entry(node=True) if rules.converted_as == "node" else None
    done = write_record(scene, draft, image, content, proof, "unknown")
    if done and can_delete(scene, draft):
        draft[intent] = ABSENT
    return True
