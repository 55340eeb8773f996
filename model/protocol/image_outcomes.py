"""How an attempt to start a container ends: started, or refused with an error."""

from pullproof.model.protocol.drafting import Draft
from pullproof.model.protocol.image_params import ContainerParams
from pullproof.model.protocol.image_scene import Scene
from pullproof.model.protocol.image_values import RUNNING

NEVER_PULL = "ErrImageNeverPull"
NEVER_MESSAGE = "is not present with pull policy of Never"


def start(scene: Scene, draft: Draft, container: ContainerParams, via: str) -> None:
    """Start a container from what the runtime has.

    Args:
        via: `present` without a pull, or `pull` after one of its own.
    """
    content = scene.content(container)
    draft[f"container:{container.pod}"] = RUNNING
    draft.saw(
        "started",
        pod=container.pod,
        image=container.image,
        ref=content.ref,
        via=via,
        mine=scene.current_offers(draft, container) if via == "present" else None,
        record=draft[f"record:{content.ref}"],
    )


def fail(draft: Draft, container: ContainerParams, error: str, message: str = "") -> None:
    """End an attempt with an error; the pod will try again."""
    draft.saw(
        "failed", pod=container.pod, image=container.image, error=error, message=message or error
    )
