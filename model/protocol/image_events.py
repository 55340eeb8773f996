"""An event of the image side, from an act that says whether it is possible."""

from collections.abc import Callable
from typing import Any

from pullproof.model.machine import Effect, Event, View
from pullproof.model.protocol.drafting import Draft
from pullproof.model.protocol.image_scene import NotLookedUp, Scene

Act = Callable[[Scene, Draft, Any], bool]


def event(
    scene: Scene,
    kind: str,
    args: tuple[str, ...],
    reads: tuple[str, ...],
    writes: tuple[str, ...],
    rules: str,
    act: Act,
    subject: Any,
) -> Event:
    """Return an event whose act returns whether it is possible."""

    def apply(view: View) -> Effect | None:
        draft = Draft(view)
        try:
            return draft.effect() if act(scene, draft, subject) else None
        except NotLookedUp:
            return None

    every = tuple(dict.fromkeys((*reads, *writes)))
    return Event(
        f"{kind}({', '.join(args)})", kind, args, every, writes, tuple(rules.split()), apply
    )
