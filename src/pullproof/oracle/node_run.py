"""A node under the model's rules, and what of it the oracle is to be told.

Moves are names of the model's events, and a few of our own. A move that is
possible becomes steps for the oracle and a list of what should be seen.

Source: K-180 to K-184, K-200 to K-255.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pullproof.model.images import apply_default_tag, repo_name
from pullproof.model.machine import Event, Observation
from pullproof.model.protocol import images
from pullproof.model.protocol.image_outcomes import NEVER_PULL
from pullproof.model.protocol.image_params import ContainerParams, ContentParams, ImageParams
from pullproof.model.protocol.image_scene import Scene, opens
from pullproof.model.protocol.image_values import (
    CORRUPT,
    RUNNING,
    UP,
    WRITTEN,
    Progress,
    PulledRecord,
    Unreadable,
)
from pullproof.model.protocol.params import Params
from pullproof.model.protocol.rules import Rules, rules_for
from pullproof.model.protocol.values import Offered
from pullproof.oracle.comparison import JsonMap
from pullproof.oracle.eviction import Eviction
from pullproof.oracle.image_steps import PULL_REF, SIMPLE_STEPS, ensure_step, user_of
from pullproof.oracle.inherited import KINDS, LONG_AGO_S, inherited
from pullproof.oracle.records import BETA_FROM, SPOILT, file_name, intent_text, record_text

START, START_BLINDLY, PRUNE = "start", "start-blindly", "prune"
LOOK, SWEEP, SPACE, DETECT = "collect(look)", "collect(sweep)", "collect(space)", "detect"
OWN_MOVES = (START, START_BLINDLY, PRUNE, LOOK, SWEEP, SPACE, DETECT)
"""Besides `wait(seconds)`. The model has them as several events."""
SECOND_NS = 1_000_000_000
BACK_OFF_S, BACK_OFF_MAX_S = 10, 300
_INTENTS = (WRITTEN, *map(str, range(len(SPOILT))))
_UNSENT = ("back-off.ends", "kubelet.starts", "gc.")
"""Kinds of events that are no moves: they follow from others."""

Seen = tuple[object, ...]
Files = tuple[tuple[str, str, str], ...]
"""Folder, file and text, sorted."""


@dataclass(slots=True)
class Performed:
    """What one move came to."""

    steps: list[JsonMap]
    """For the oracle; empty: it concerns the model alone, or was not possible."""
    seen: list[Seen]
    """What the model says is seen of it."""


class NodeRun:
    """A node under the model's rules, and the same node's steps for the oracle."""

    def __init__(self, image: ImageParams, minor: int, rules: Rules | None = None) -> None:
        self._minor = minor
        params = Params("node", minor, image=image)
        rules = rules or rules_for(minor)
        self.scene = Scene(params, rules.image)
        self.state: dict[str, Any] = {c.name: c.initial for c in images.components(params, rules)}
        self.events: Mapping[str, Event] = {e.name: e for e in images.events(params, rules)}
        self._containers = {c.pod: c for c in self.scene.containers}
        self._now_s = 0
        self._updated: dict[str, int] = {}
        self._spoilt: dict[str, str] = {}
        self._inherited: dict[str, str] = {}
        """Ref to the text of a record that this kubelet has not written yet."""
        self._back_off: dict[str, tuple[int, int]] = {}
        """Pod to length and start of its back-off."""
        self._is_collecting = False
        self._eviction = Eviction()
        self._count = 0

    @property
    def moves(self) -> tuple[str, ...]:
        """Return all moves; most are not possible at the moment."""
        names = [name for name, e in self.events.items() if not e.kind.startswith(_UNSENT)]
        return (*names, *OWN_MOVES)

    @property
    def inheritances(self) -> tuple[str, ...]:
        """Return the moves that leave a record or an intent to the next kubelet."""
        records = [f"inherits({c.ref},{kind})" for c in self.scene.contents for kind in KINDS]
        intents = [f"intends({image},{at})" for image in self.scene.images for at in _INTENTS]
        return (*records, *intents)

    @property
    def is_up(self) -> bool:
        return bool(self.state["kubelet"] == UP)

    def perform(self, move: str) -> Performed:
        """Make one move, if it is possible."""
        self._count += 1
        done = Performed([], [])
        match move:
            case "start" | "start-blindly":
                self._start(done, blind=move == START_BLINDLY)
            case "collect(look)":
                self._collect(done, sweep=False)
            case "collect(sweep)":
                self._collect(done, sweep=True)
            case "collect(space)":
                self._free_space(done)
            case "detect":
                self._detect(done)
            case "prune":
                self._prune(done)
            case _ if move.startswith("wait("):
                self._wait(done, int(move[5:-1]))
            case _ if move.startswith("inherits("):
                self._inherit(done, *move[9:-1].split(","))
            case _ if move.startswith("intends("):
                self._intend(done, *move[8:-1].split(","))
            case _ if move in self.events:
                self._event(done, self.events[move])
            case _:
                pass  # of a scenario that was made smaller
        return done

    def files(self, began_s: int) -> Files:
        """Return the records' directory, given when the oracle's clock began."""
        found: list[tuple[str, str, str]] = []
        for image in self.scene.images:
            state = self.state[f"intent:{image}"]
            if state == WRITTEN:
                found.append(("pulling", file_name(image), intent_text(image, self._minor)))
            elif state == CORRUPT:
                found.append(("pulling", file_name(image), self._spoilt[image]))
        for content in self.scene.contents:
            record, ref = self.state[f"record:{content.ref}"], self._record_ref(content)
            if record is not None and content.ref in self._inherited:
                found.append(("pulled", file_name(ref), self._inherited[content.ref]))
            elif isinstance(record, PulledRecord):
                updated = began_s + self._updated[content.ref]
                text = record_text(record, ref, updated, self._minor)
                found.append(("pulled", file_name(ref), text))
            elif isinstance(record, Unreadable):
                found.append(("pulled", file_name(ref), self._spoilt[ref]))
        return tuple(sorted(found))

    def _record_ref(self, content: ContentParams) -> str:
        return (PULL_REF if self.scene.image.refs_differ else "") + content.ref

    # Events of the model.

    def _apply(self, name: str) -> tuple[Observation, ...] | None:
        effect = self.events[name].apply(self.state)
        if effect is None:
            return None
        self.state.update(effect.writes)
        for seen in effect.observations:
            if seen.kind == "recorded" and seen["before"] != seen["after"]:
                self._updated[seen["ref"]] = self._now_s
                self._inherited.pop(seen["ref"], None)
        return effect.observations

    def _event(self, done: Performed, event: Event) -> None:
        match event.kind:
            case "kubelet.ensures" | "kubelet.cannot-inspect":
                self._ensure(done, event)
            case "runtime.pulls" | "registry.fails":
                self._pull(done, event)
            case "kubelet.records":
                self._record(done, event)
            case "kubelet.crashes":
                self._crash(done)
            case "record.spoilt" | "intent.spoilt":
                self._spoil(done, event)
            case _ if event.kind in SIMPLE_STEPS:
                if self._apply(event.name) is not None:
                    done.steps.append(SIMPLE_STEPS[event.kind](self.scene, event.args))
            case _:
                if not event.kind.startswith(_UNSENT):
                    self._apply(event.name)  # the next lookup shows it

    def _ensure(self, done: Performed, event: Event) -> None:
        container = self._containers[event.args[0]]
        self._end_back_off(container.pod)
        seen = self._apply(event.name)
        if seen is None:
            return
        # Credentials do not change by being looked up, so those of now are right.
        done.steps.append(
            ensure_step(
                self.scene,
                self.state,
                container,
                inspect_error=event.kind == "kubelet.cannot-inspect",
            )
        )
        pod, image = container.pod, apply_default_tag(container.image)
        if container.pull != "Always":
            done.seen.append(("status", pod, image))
        for one in seen:
            match one.kind:
                case "looked-up" if not one["mine"].failed:
                    done.seen.append(("lookup", pod, repo_name(container.image)))
                case "pulling":
                    done.seen.append(("pulling", pod))
                case "failed":
                    done.seen.append(_failed(container, one))
                case "started":
                    done.seen.append(("done", pod, self.scene.content(container).ref, "", ""))
                case _:
                    pass

    def _pull(self, done: Performed, event: Event) -> None:
        container = self._containers[event.args[0]]
        progress: Progress = self.state[f"container:{container.pod}"]
        seen = self._apply(event.name)
        if seen is None:
            return
        repo, revoked = repo_name(container.image), self.state.get("registry", ())
        offered = progress.credentials
        image = apply_default_tag(container.image)
        is_outage = event.kind == "registry.fails"
        tried = offered if is_outage else tuple(o for s in seen for o in _tried(s))
        users = [user_of(each) for each in tried] or [""]
        done.seen.extend(("pull", container.pod, image, user) for user in users)
        done.steps.append(
            {
                "do": "pull",
                "container": container.pod,
                "opens": [user_of(each) for each in offered if opens(each, repo, revoked)],
                "anonymous": repo in self.scene.image.public,
                "outage": "connection refused" if is_outage else "",
            }
        )

    def _record(self, done: Performed, event: Event) -> None:
        container = self._containers[event.args[0]]
        pod = container.pod
        seen = self._apply(event.name)
        if seen is None:
            return
        done.steps.append({"do": "record", "container": pod})
        for one in seen:
            if one.kind == "failed":
                done.seen.append(("done", pod, "", "ErrImagePull", ""))
                self._back_off[pod] = (self._longer(pod), self._now_s)
            elif one.kind == "started":
                ref = self._record_ref(self.scene.content(container))
                done.seen.append(("done", pod, ref, "", ""))

    # Back-off (K-184): in the model it ends some time, here at its time.

    def _longer(self, pod: str) -> int:
        length, began = self._back_off.get(pod, (0, 0))
        if not length or self._now_s - began > 2 * BACK_OFF_MAX_S:
            return BACK_OFF_S
        return min(2 * length, BACK_OFF_MAX_S)

    def _end_back_off(self, pod: str) -> None:
        length, began = self._back_off.get(pod, (0, 0))
        if self.state[f"back-off:{pod}"] and self._now_s - began >= length:
            self._apply(f"back-off.ends({pod})")

    def _wait(self, done: Performed, seconds: int) -> None:
        self._now_s += seconds
        done.steps.append({"do": "advance", "nanoseconds": seconds * SECOND_NS})

    # The kubelet as a whole.

    def _crash(self, done: Performed) -> None:
        intents = [self.state[f"intent:{image}"] for image in self.scene.images]
        if self.scene.gate and self.scene.image.refs_differ and any(intents):
            return  # a start would convert them to a second record, which the model does not have
        if self._apply("kubelet.crashes()") is None:
            return
        self._back_off.clear()
        self._is_collecting = False
        self._eviction = Eviction()
        done.steps.append({"do": "crash"})
        if self.is_up:  # without the gate there is nothing to do at the start
            done.steps.append({"do": "start"})

    def _start(self, done: Performed, *, blind: bool) -> None:
        if self.is_up:
            return
        if blind:
            if "kubelet.starts-blindly()" not in self.events:
                return
            self._apply("kubelet.starts-blindly()")
        self._migrate()
        if not blind:
            for image in self.scene.images:
                self._apply(f"kubelet.starts({image})")
        done.steps.append({"do": "start", "blind": blind})

    def _migrate(self) -> None:
        """Let the kubelet write records of the older format anew (K-241)."""
        if self._minor < BETA_FROM:
            return
        for content in self.scene.contents:
            record = self.state[f"record:{content.ref}"]
            if content.ref in self._inherited and isinstance(record, PulledRecord):
                ref = self._record_ref(content)
                self._inherited[content.ref] = record_text(record, ref, LONG_AGO_S, self._minor)

    def _inherit(self, done: Performed, ref: str, kind: str) -> None:
        """Put a record of an earlier kubelet there, while none runs."""
        content = next((c for c in self.scene.contents if c.ref == ref), None)
        if self.is_up or content is None:
            return
        name = self._record_ref(content)
        found = inherited(self.scene, self.state, content, name, kind, self._minor)
        self.state[f"record:{ref}"] = found.record
        self._inherited[ref] = found.text
        step = {"folder": "pulled", "file": file_name(name), "content": found.text}
        done.steps.append({"do": "write", **step})

    def _intend(self, done: Performed, image: str, kind: str) -> None:
        """Put an intent of an earlier kubelet there, while none runs."""
        would_convert = self.scene.image.refs_differ and kind == WRITTEN
        if self.is_up or would_convert or image not in self.scene.images:
            return
        text = intent_text(image, self._minor)
        self.state[f"intent:{image}"] = WRITTEN
        if kind != WRITTEN:
            self.state[f"intent:{image}"] = CORRUPT
            text = self._spoilt[image] = SPOILT[int(kind)]
        step = {"folder": "pulling", "file": file_name(image), "content": text}
        done.steps.append({"do": "write", **step})

    def _spoil(self, done: Performed, event: Event) -> None:
        """Spoil a file while no kubelet runs, which may hold it in memory (K-251)."""
        if self.is_up and self._minor > 33:
            return
        if self._apply(event.name) is None:
            return
        (name,) = event.args
        is_record = event.kind == "record.spoilt"
        if is_record:
            name = self._record_ref(next(c for c in self.scene.contents if c.ref == name))
        self._spoilt[name] = SPOILT[self._count % len(SPOILT)]
        if is_record:
            self._inherited.pop(event.args[0], None)
        folder = "pulled" if is_record else "pulling"
        step = {"folder": folder, "file": file_name(name), "content": self._spoilt[name]}
        done.steps.append({"do": "write", **step})

    # Garbage collection (K-250): one pass looks at all images.

    def _collect(self, done: Performed, *, sweep: bool) -> None:
        scene = self.scene
        if not (scene.gate and scene.image.collection and self.is_up) or self._is_collecting:
            return
        unused = [c for c in scene.contents if self.state[f"cri:{c.ref}"] and not self._is_used(c)]
        if sweep and not all(self._may_remove(content) for content in unused):
            return
        self._wait(done, 1)  # what was recorded this very second would stay
        left = [] if sweep else [content.ref for content in unused]
        if sweep:
            self._date()
            for content in unused:
                self._remove(content.ref)
        for content in scene.contents:
            self._apply(f"gc.lists({content.ref})")
        self._is_collecting = True
        done.seen.append(("listed", *sorted(left)))
        done.steps.append({"do": "collect", "mode": "sweep" if sweep else "look"})

    def _free_space(self, done: Performed) -> None:
        """Remove one image, which is enough, and do not look at the others."""
        scene = self.scene
        is_possible = scene.gate and scene.image.early_stops and self.is_up
        if not is_possible or self._is_collecting:
            return
        self._wait(done, 1)
        self._date()
        unused = [c for c in scene.contents if self.state[f"cri:{c.ref}"] and not self._is_used(c)]
        first = self._eviction.first([content.ref for content in unused])
        if not first or not self._may_remove(next(c for c in unused if c.ref == first)):
            done.steps.append({"do": "detect"})
            return
        self._remove(first)
        for content in unused:
            if content.ref != first:
                self._apply(f"gc.stops-early({content.ref})")
        for content in scene.contents:
            self._apply(f"gc.lists({content.ref})")
        self._is_collecting = True
        done.seen.append(("listed",))
        done.steps.append({"do": "collect", "mode": "space", "bytes": 1})

    def _detect(self, done: Performed) -> None:
        if self.is_up and self.scene.image.early_stops:
            self._date()
            done.steps.append({"do": "detect"})

    def _date(self) -> None:
        present = [c for c in self.scene.contents if self.state[f"cri:{c.ref}"]]
        used = [content.ref for content in present if self._is_used(content)]
        self._eviction.detect(self._now_s, [content.ref for content in present], used)

    def _remove(self, ref: str) -> None:
        self._apply(f"runtime.removes({ref})")
        self._eviction.removed(ref)

    def _is_used(self, content: ContentParams) -> bool:
        return any(self.state[name] == RUNNING for name in self.scene.users(content))

    def _may_remove(self, content: ContentParams) -> bool:
        name = f"runtime.removes({content.ref})"
        return name in self.events and self.events[name].apply(self.state) is not None

    def _prune(self, done: Performed) -> None:
        if not self._is_collecting:
            return
        self._is_collecting = False
        for content in self.scene.contents:
            self._apply(f"gc.drops({content.ref})")
            if self.state[f"record:{content.ref}"] is None:
                self._inherited.pop(content.ref, None)
        done.steps.append({"do": "prune"})


def _tried(seen: Observation) -> tuple[Offered, ...]:
    return cast("tuple[Offered, ...]", seen["tried"]) if seen.kind == "attempted" else ()


def _failed(container: ContainerParams, seen: Observation) -> Seen:
    error = seen["error"]
    message = ""
    if error == NEVER_PULL:
        message = f'Container image "{container.image}" {seen["message"]}'
    return ("done", container.pod, "", _ERRORS.get(error, error), message)


_ERRORS = {
    "ErrImagePullBackOff": "ImagePullBackOff",
    "ErrImageInspect": "ImageInspectError",
    "ErrLookup": "other",
    "failed to record image pull intent": "other",
}
