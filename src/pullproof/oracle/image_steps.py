"""Steps for the oracle's op `images`: who asks for an image, with what.

Every credential goes by a user name that tells where it is from; the oracle
notes the names that the runtime gets, in order.

Source: K-170, K-175, K-210.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from pullproof.model.images import apply_default_tag, repo_name
from pullproof.model.protocol.image_params import ContainerParams, ContentParams
from pullproof.model.protocol.image_policies import runtime_name
from pullproof.model.protocol.image_scene import Scene
from pullproof.model.protocol.image_values import HASH, SourceState
from pullproof.model.protocol.values import Offered, PullSecret
from pullproof.oracle.comparison import JsonMap
from pullproof.oracle.records import password

PULL_REF = "pulled-as-"
"""In front of what PullImage returns, where it differs (K-254)."""


def user_of(offered: Offered) -> str:
    """Return the user name by which the runtime knows a credential."""
    if offered.source == "account" and offered.coordinates:
        return _account_user(offered.coordinates.name)
    return offered.hash.removeprefix(HASH)


def _account_user(name: str) -> str:
    return f"account-{name}"


def ensure_step(
    scene: Scene, state: Mapping[str, Any], container: ContainerParams, *, inspect_error: bool
) -> JsonMap:
    """Return the step in which a container needs its image, with its credentials of now."""
    secrets = [secret_step(scene, name, state[f"secret:{name}"]) for name in container.secrets]
    return {
        "do": "ensure",
        "container": container.pod,
        "namespace": "ns",
        "pod": container.pod,
        "podUID": f"{container.pod}-uid",
        "image": container.image,
        "pull": container.pull,
        "secrets": [each for each in secrets if each],
        "node": _node_ring(scene, state, container),
        "inspectError": inspect_error,
    }


def _node_ring(
    scene: Scene, state: Mapping[str, Any], container: ContainerParams
) -> list[dict[str, object]]:
    """Return what does not come from pull secrets: the node's file, then providers."""
    host = _host(container.image)
    ring: list[dict[str, object]] = []
    if scene.image.node_login:
        ring.append(_ring_entry(host, scene.image.node_login))
    if container.account:
        account = scene.image.account(container.account)
        source: SourceState = state[f"source:{container.account}"]
        if source.uid and source.answers:
            name = account.account or account.name
            where = {"UID": source.uid, "Namespace": account.namespace, "Name": name}
            ring.append({**_ring_entry(host, _account_user(name)), "account": where})
    return ring


def _ring_entry(host: str, user: str) -> dict[str, object]:
    return {"key": host, "username": user, "password": password(user)}


def secret_step(scene: Scene, name: str, state: PullSecret) -> JsonMap | None:
    """Return a pull secret as the API server has it; None: it is gone.

    Every other one is of the old type.
    """
    if not state.uid:
        return None
    secret = scene.image.secret(name)
    user = secret.logins[state.version]
    entry = {"username": user, "password": password(user)}
    hosts = sorted({_host(name) for content in scene.contents for name in content.names})
    auths = dict.fromkeys(hosts, entry)
    is_old = len(name) % 2 == 0
    kind = "dockercfg" if is_old else "dockerconfigjson"
    return {
        "namespace": secret.namespace,
        "name": secret.account or secret.name,
        "uid": state.uid,
        "type": f"kubernetes.io/{kind}",
        "data": json.dumps(auths if is_old else {"auths": auths}) if state.valid else "{",
    }


@lru_cache(maxsize=256)
def _host(image: str) -> str:
    return repo_name(image).partition("/")[0]


def content_of(scene: Scene, content: ContentParams) -> JsonMap:
    """Return one image for the oracle's runtime, under all its names."""
    names: dict[str, JsonMap] = {}
    for name in content.names:
        known = {"name": runtime_name(name), "brings": list(scene.brings(name))}
        names |= {name: known, apply_default_tag(name): known}
    pull_ref = PULL_REF + content.ref if scene.image.refs_differ else ""
    return {"ref": content.ref, "pullRef": pull_ref, "names": names}


def _present(scene: Scene, args: tuple[str, ...]) -> JsonMap:
    (name,) = args
    ref = scene.image.content_of(name).ref
    return {"do": "present", "ref": ref, "name": runtime_name(name)}


def _finish(_: Scene, args: tuple[str, ...]) -> JsonMap:
    return {"do": "finish", "container": args[0]}


def _disk(_: Scene, args: tuple[str, ...]) -> JsonMap:
    return {"do": "disk", "state": args[0]}


def _remove(_: Scene, args: tuple[str, ...]) -> JsonMap:
    return {"do": "remove", "ref": args[0]}


SIMPLE_STEPS: Mapping[str, Callable[[Scene, tuple[str, ...]], JsonMap]] = {
    "container.ends": _finish,
    "disk.turns": _disk,
    "node.preloads": _present,
    "runtime.removes": _remove,
}
"""By kind of event, for those that are one step and nothing to be seen."""
