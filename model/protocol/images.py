"""The image side as components and events: EnsureImageExists and its records.

A pull takes three steps, so that the kubelet may crash between any two: the
kubelet checks, looks up and writes its intent; the runtime pulls; the kubelet
records. Records, intents and what the runtime holds are files and outlive it.

Source: K-180 to K-183, K-200 to K-255.
"""

from collections.abc import Iterator

from pullproof.model.machine import Component, Event
from pullproof.model.protocol.image_ensure import cannot_inspect, end, end_back_off, ensure
from pullproof.model.protocol.image_events import event
from pullproof.model.protocol.image_kubelet import kubelet_events
from pullproof.model.protocol.image_params import ContainerParams
from pullproof.model.protocol.image_pulls import outage, pull, record
from pullproof.model.protocol.image_scene import Scene
from pullproof.model.protocol.image_surroundings import surroundings
from pullproof.model.protocol.image_values import ABSENT, IDLE, NOT_PULLED, UP, SourceState
from pullproof.model.protocol.params import Params
from pullproof.model.protocol.rules import Rules
from pullproof.model.protocol.values import PullSecret


def components(params: Params, rules: Rules) -> Iterator[Component]:
    """Yield the state of the image side."""
    scene = Scene(params, rules.image)
    yield Component("kubelet", UP, "runs, or which intent its start looks at next")
    yield from (Component(name, "ok", "where records are kept") for name in scene.disk)
    yield from (Component(name, (), "whom the registry no longer takes") for name in scene.registry)
    if scene.alone:
        for secret in scene.image.secrets:
            state = PullSecret(f"{secret.name}.1")
            yield Component(f"secret:{secret.name}", state, "an imagePullSecret")
        for account in scene.image.accounts:
            found = SourceState(f"{account.name}.1")
            yield Component(f"source:{account.name}", found, "an account and its provider")
    for content in scene.contents:
        ref = content.ref
        yield Component(f"cri:{ref}", (), "names under which the runtime has it")
        yield Component(f"record:{ref}", None, "its pulled record")
        yield Component(f"ghost:proofs:{ref}", (), "what it was pulled with, by which name")
        yield Component(f"ghost:history:{ref}", NOT_PULLED, "whether the kubelet pulled it")
        for name in scene.collection(content):
            yield Component(name, "idle", "whether collection is about to drop its record")
    for image in scene.images:
        yield Component(f"intent:{image}", ABSENT, "its pull intent")
        yield Component(f"counter:{image}", 0, "pulls of it under way, in memory")
    for container in scene.containers:
        yield Component(f"container:{container.pod}", IDLE, "how far it is")
        yield Component(f"back-off:{container.pod}", False, "whether its pulls back off")


def events(params: Params, rules: Rules) -> Iterator[Event]:
    """Yield what may happen to images, records and credentials."""
    scene = Scene(params, rules.image)
    for container in scene.containers:
        yield from _container_events(scene, container)
    yield from kubelet_events(scene)
    yield from surroundings(scene)


def _container_events(scene: Scene, container: ContainerParams) -> Iterator[Event]:
    content, image, pod = scene.content(container), container.image, container.pod
    ref, own, disk = content.ref, f"container:{pod}", scene.disk
    records = (f"record:{ref}", *scene.collection(content))
    intent = (f"intent:{image}", f"counter:{image}")
    ghosts = (f"ghost:proofs:{ref}", f"ghost:history:{ref}")
    sources = scene.sources(container)
    taken = () if scene.alone else sources
    yield event(
        scene,
        "kubelet.ensures",
        (pod, image),
        ("kubelet", f"back-off:{pod}", f"cri:{ref}", *disk, *sources, *scene.registry),
        (own, *records, *intent, *ghosts, *taken),
        "K-210 K-211 K-212 K-220 K-221 K-222 K-223 K-224 K-225 K-226 K-227 K-183",
        ensure,
        container,
    )
    yield event(
        scene,
        "runtime.pulls",
        (pod, image),
        scene.registry,
        (own, f"cri:{ref}", *ghosts),
        "K-180 K-181 K-182",
        pull,
        container,
    )
    yield event(
        scene,
        "kubelet.records",
        (pod, image),
        ("kubelet", *disk),
        (own, f"back-off:{pod}", *records, *intent, ghosts[1]),
        "K-212 K-213 K-245 K-246 K-247 K-248",
        record,
        container,
    )
    if scene.image.outages:
        yield event(scene, "registry.fails", (pod, image), (), (own,), "K-183", outage, container)
    if scene.image.inspect_faults:
        args, reads = (pod, image), ("kubelet", f"back-off:{pod}", *disk, *sources)
        writes = (own, *intent, ghosts[1], *taken)
        yield event(
            scene, "kubelet.cannot-inspect", args, reads, writes, "K-210", cannot_inspect, container
        )
    yield event(
        scene, "back-off.ends", (pod,), (), (f"back-off:{pod}",), "K-184", end_back_off, container
    )
    if scene.image.pod_restarts:
        yield event(scene, "container.ends", (pod,), (), (own,), "K-215", end, container)
