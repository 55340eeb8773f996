"""What happens around the kubelet: secrets, registries, disks, image garbage.

Source: K-170, K-172, K-246, K-250, K-252, K-253, K-254; section 12.1.
"""

from collections.abc import Iterator
from dataclasses import replace

from pullproof.model.machine import Event
from pullproof.model.protocol.drafting import Draft
from pullproof.model.protocol.image_events import event
from pullproof.model.protocol.image_files import can_delete
from pullproof.model.protocol.image_params import (
    ContentParams,
    ImageAccountParams,
    ImageSecretParams,
)
from pullproof.model.protocol.image_policies import runtime_name
from pullproof.model.protocol.image_scene import Scene
from pullproof.model.protocol.image_values import (
    COLLECTED,
    CORRUPT,
    NOT_PULLED,
    RUNNING,
    WRITTEN,
    PulledRecord,
    SourceState,
    Unreadable,
)
from pullproof.model.protocol.values import PullSecret


def surroundings(scene: Scene) -> Iterator[Event]:
    """Yield what may happen around the kubelet."""
    if scene.alone:
        yield from _credentials(scene)
    yield from _registry_and_disk(scene)
    for content in scene.contents:
        yield from _content(scene, content)


# Secrets and accounts.


def _credentials(scene: Scene) -> Iterator[Event]:
    for secret in scene.image.secrets:
        yield from _secret_events(scene, secret)
    for account in scene.image.accounts:
        own, args = (f"source:{account.name}",), (account.name,)
        if account.incarnations > 1:
            yield event(scene, "account.recreated", args, (), own, "K-253", _recreate, account)
        if account.fails:
            yield event(scene, "provider.turns", args, (), own, "K-228", _turn_provider, account)


def _secret_events(scene: Scene, secret: ImageSecretParams) -> Iterator[Event]:
    own, args = (f"secret:{secret.name}",), (secret.name,)
    for number, login in enumerate(secret.logins):
        if len(secret.logins) > 1:
            both, subject = (secret.name, login), (secret, number)
            yield event(scene, "secret.rotated", both, (), own, "K-226", _rotate, subject)
    if secret.incarnations > 1:
        yield event(scene, "secret.recreated", args, (), own, "K-250", _recreate_secret, secret)
    if secret.spoils:
        yield event(scene, "secret.spoilt", args, (), own, "K-172", _spoil_secret, secret)


def _rotate(_: Scene, draft: Draft, subject: tuple[ImageSecretParams, int]) -> bool:
    secret, number = subject
    state: PullSecret = draft[f"secret:{secret.name}"]
    if not state.uid or (state.version, state.valid) == (number, True):
        return False
    draft[f"secret:{secret.name}"] = replace(state, version=number, valid=True)
    return True


def _recreate_secret(_: Scene, draft: Draft, secret: ImageSecretParams) -> bool:
    """Delete a secret and create it anew, with what it held."""
    state: PullSecret = draft[f"secret:{secret.name}"]
    born = int(state.uid.rpartition(".")[2])
    if born >= secret.incarnations:
        return False
    draft[f"secret:{secret.name}"] = replace(state, uid=f"{secret.name}.{born + 1}")
    return True


def _spoil_secret(_: Scene, draft: Draft, secret: ImageSecretParams) -> bool:
    state: PullSecret = draft[f"secret:{secret.name}"]
    draft[f"secret:{secret.name}"] = replace(state, valid=not state.valid)
    return True


def _recreate(_: Scene, draft: Draft, account: ImageAccountParams) -> bool:
    state: SourceState = draft[f"source:{account.name}"]
    born = int(state.uid.rpartition(".")[2])
    if born >= account.incarnations:
        return False
    draft[f"source:{account.name}"] = replace(state, uid=f"{account.name}.{born + 1}")
    return True


def _turn_provider(_: Scene, draft: Draft, account: ImageAccountParams) -> bool:
    state: SourceState = draft[f"source:{account.name}"]
    draft[f"source:{account.name}"] = replace(state, answers=not state.answers)
    return True


# The registry and the disk.


def _registry_and_disk(scene: Scene) -> Iterator[Event]:
    for name in scene.image.revocable:
        own = ("registry",)
        yield event(scene, "registry.revokes", (name,), (), own, "K-252", _revoke, name)
    for fault in scene.image.disk_faults:
        yield event(scene, "disk.turns", (fault,), (), ("disk",), "K-247", _turn_disk, fault)
    if scene.image.disk_faults:
        yield event(scene, "disk.turns", ("ok",), (), ("disk",), "K-247", _turn_disk, "ok")
    if scene.image.corruption:
        for image in scene.images:
            args, own = (image,), (f"intent:{image}",)
            yield event(scene, "intent.spoilt", args, (), own, "K-221", _spoil_intent, image)


def _revoke(_: Scene, draft: Draft, name: str) -> bool:
    if name in draft["registry"]:
        return False
    draft["registry"] = tuple(sorted({*draft["registry"], name}))
    return True


def _turn_disk(_: Scene, draft: Draft, state: str) -> bool:
    if (draft["disk"] == "ok") == (state == "ok"):
        return False
    draft["disk"] = state
    return True


def _spoil_intent(_: Scene, draft: Draft, image: str) -> bool:
    if draft[f"intent:{image}"] != WRITTEN:
        return False
    draft[f"intent:{image}"] = CORRUPT
    return True


# Images of the runtime, and garbage collection (K-250).


def _content(scene: Scene, content: ContentParams) -> Iterator[Event]:
    ref = content.ref
    names, record, history = f"cri:{ref}", f"record:{ref}", f"ghost:history:{ref}"
    for name in content.preloaded:
        args = (name,)
        yield event(scene, "node.preloads", args, (), (names,), "K-246", _preload, (content, name))
    users = scene.users(content)
    if content.removable:
        yield event(
            scene, "runtime.removes", (ref,), users, (names, history), "K-250", _remove, content
        )
    if scene.image.corruption:
        yield event(scene, "record.spoilt", (ref,), (), (record,), "K-221", _spoil, content)
    for own in scene.collection(content):
        reads = ("kubelet", names, record, *users)
        yield event(scene, "gc.lists", (ref,), reads, (own,), "K-250", _list, content)
        if scene.image.early_stops:
            yield event(
                scene, "gc.stops-early", (ref,), reads, (own,), "K-250", _stop_early, content
            )
        yield event(
            scene,
            "gc.drops",
            (ref,),
            ("kubelet", names, *scene.disk),
            (own, record, history),
            "K-250",
            _drop,
            content,
        )


def _preload(_: Scene, draft: Draft, subject: tuple[ContentParams, str]) -> bool:
    content, name = subject
    names = draft[f"cri:{content.ref}"]
    if runtime_name(name) in names:
        return False
    draft[f"cri:{content.ref}"] = tuple(sorted({*names, runtime_name(name)}))
    return True


def _is_used(scene: Scene, draft: Draft, content: ContentParams) -> bool:
    return any(draft[name] == RUNNING for name in scene.users(content))


def _remove(scene: Scene, draft: Draft, content: ContentParams) -> bool:
    names = f"cri:{content.ref}"
    is_pulled = any(draft[name].stage == "pulled" for name in scene.users(content))
    if not draft[names] or is_pulled or _is_used(scene, draft, content):
        return False
    draft[names] = ()
    draft[f"ghost:history:{content.ref}"] = NOT_PULLED
    return True


def _spoil(_: Scene, draft: Draft, content: ContentParams) -> bool:
    if not isinstance(draft[f"record:{content.ref}"], PulledRecord):
        return False
    draft[f"record:{content.ref}"] = Unreadable()
    return True


def _may_list(scene: Scene, draft: Draft, content: ContentParams) -> bool:
    # A record that does not decode is not listed, so it is never dropped.
    has_record = isinstance(draft[f"record:{content.ref}"], PulledRecord)
    is_at_rest = draft[f"gc:{content.ref}"] == "idle"
    return scene.gate and scene.is_up(draft) and has_record and is_at_rest


def _list(scene: Scene, draft: Draft, content: ContentParams) -> bool:
    """List what images are left; images in use are not looked at."""
    if not _may_list(scene, draft, content) or scene.rules.collects == "never":
        return False
    is_listed = bool(draft[f"cri:{content.ref}"]) and scene.finds_records
    if scene.rules.collection_list == "looked-at" and _is_used(scene, draft, content):
        is_listed = False
    if scene.rules.collects == "absent" and is_listed:
        return False
    draft[f"gc:{content.ref}"] = "unlisted"
    draft.saw(
        "unlisted",
        ref=content.ref,
        present=bool(draft[f"cri:{content.ref}"]),
        used=_is_used(scene, draft, content),
    )
    return True


def _stop_early(scene: Scene, draft: Draft, content: ContentParams) -> bool:
    """End collection before this image was looked at."""
    is_looked_at = scene.rules.collection_list == "complete"
    is_present = bool(draft[f"cri:{content.ref}"])
    if is_looked_at or not is_present or not _may_list(scene, draft, content):
        return False
    draft[f"gc:{content.ref}"] = "unlisted"
    return True


def _drop(scene: Scene, draft: Draft, content: ContentParams) -> bool:
    """Drop the record of an image that was not listed."""
    ref = content.ref
    if not scene.is_up(draft) or draft[f"gc:{ref}"] != "unlisted":
        return False
    draft[f"gc:{ref}"] = "idle"
    record = draft[f"record:{ref}"]
    if not isinstance(record, PulledRecord) or not can_delete(scene, draft):
        return True
    draft[f"record:{ref}"] = None
    is_present = bool(draft[f"cri:{ref}"])
    is_pulled = is_present and draft[f"ghost:history:{ref}"][0] == "recorded"
    draft.saw("dropped", ref=ref, present=is_present, pulled=is_pulled, record=record)
    if is_pulled:
        draft[f"ghost:history:{ref}"] = COLLECTED
    return True
