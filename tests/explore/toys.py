"""Small machines whose state counts are known by other means, and a naive search."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from pullproof.model.machine import (
    Component,
    Effect,
    Event,
    LivenessProperty,
    Machine,
    Promise,
    Property,
    StateProperty,
    StepProperty,
    View,
    effect,
    observe,
    successors,
)


def naive(machine: Machine) -> tuple[int, int, int]:
    """Return states, transitions and depth by a search that shares nothing with ours."""
    first = machine.initial
    seen = {tuple(first.values())}
    queue: deque[tuple[dict[str, Any], int]] = deque([(first, 0)])
    transitions = depth = 0
    while queue:
        state, level = queue.popleft()
        depth = max(depth, level)
        for _, after, _ in successors(machine, state):
            transitions += 1
            key = tuple(after[name] for name in first)
            if key not in seen:
                seen.add(key)
                queue.append((after, level + 1))
    return len(seen), transitions, depth


def jugs() -> Machine:
    """Two jugs of 3 and 5 litres; can there be 4 litres in one? (16 states.)"""
    sizes = {"small": 3, "big": 5}

    def fill(jug: str) -> Event:
        def apply(view: View) -> Effect | None:
            return None if view[jug] == sizes[jug] else effect(**{jug: sizes[jug]})

        return Event(f"hand.fills({jug})", "hand.fills", (jug,), (jug,), (jug,), (), apply)

    def empty(jug: str) -> Event:
        def apply(view: View) -> Effect | None:
            return effect(**{jug: 0}) if view[jug] else None

        return Event(f"hand.empties({jug})", "hand.empties", (jug,), (jug,), (jug,), (), apply)

    def pour(a: str, b: str) -> Event:
        def apply(view: View) -> Effect | None:
            moved = min(view[a], sizes[b] - view[b])
            if not moved:
                return None
            return effect(
                observe("poured", litres=moved), **{a: view[a] - moved, b: view[b] + moved}
            )

        return Event(f"hand.pours({a},{b})", "hand.pours", (a, b), (a, b), (a, b), (), apply)

    return Machine(
        "jugs",
        (Component("small", 0, "litres"), Component("big", 0, "litres")),
        (
            fill("small"), fill("big"), empty("small"), empty("big"),
            pour("small", "big"), pour("big", "small"),
        ),
        (
            StateProperty("J-1", Promise.SOMETIMES, "four litres are measured", (), ("big",),
                          lambda view: view["big"] == 4),
            StateProperty("J-2", Promise.ALWAYS, "four litres are never measured", (), ("big",),
                          lambda view: view["big"] != 4),
            StateProperty("J-3", Promise.ALWAYS, "no jug overflows", (), ("small", "big"),
                          lambda view: view["small"] <= 3 and view["big"] <= 5),
            StateProperty("J-4", Promise.SOMETIMES, "six litres are in one", (), ("big",),
                          lambda view: view["big"] == 6),
            StepProperty("J-5", Promise.ALWAYS, "three litres are never poured at once", (),
                         ("hand.pours",), lambda _, __, after: after.observations[0]["litres"] != 3),
            LivenessProperty("J-6", "one can get both empty in two steps", (), ("small", "big"),
                             lambda _: True, lambda v: not v["small"] and not v["big"],
                             ("hand.empties",), 2),
            LivenessProperty("J-7", "one can get both empty in one step", (), ("small", "big"),
                             lambda _: True, lambda v: not v["small"] and not v["big"],
                             ("hand.empties",), 1),
        ),
    )  # fmt: skip


def mutex(*, broken: bool = False) -> Machine:
    """Peterson's algorithm for two; `broken` leaves out the turn."""

    def at(who: str) -> str:
        return f"at:{who}"

    def other(who: str) -> str:
        return "q" if who == "p" else "p"

    def move(who: str, kind: str, before: str, after: str) -> Event:
        def apply(view: View) -> Effect | None:
            if view[at(who)] != before:
                return None
            if kind == "waits.over":
                blocked = view[at(other(who))] in ("waiting", "critical")
                if blocked and (not broken and view["turn"] != who):
                    return None
            turn = {"turn": other(who)} if kind == "asks" and not broken else {}
            return Effect(tuple(sorted({at(who): after, **turn}.items())))

        reads = (at("p"), at("q"), "turn")
        return Event(f"{kind}({who})", kind, (who,), reads, reads, (), apply)

    events = [
        move(who, *rest)
        for who in ("p", "q")
        for rest in (
            ("asks", "idle", "waiting"),
            ("waits.over", "waiting", "critical"),
            ("leaves", "critical", "idle"),
        )
    ]
    return Machine(
        "mutex",
        (
            Component("at:p", "idle", "place of p"),
            Component("at:q", "idle", "place of q"),
            Component("turn", "p", "who may go first"),
        ),
        tuple(events),
        (
            StateProperty("M-1", Promise.ALWAYS, "never both are inside", (), ("at:p", "at:q"),
                          lambda v: not v["at:p"] == v["at:q"] == "critical"),
            StateProperty("M-2", Promise.SOMETIMES, "p gets in", (), ("at:p",),
                          lambda v: v["at:p"] == "critical"),
            LivenessProperty("M-3", "who waits can get in", (), ("at:p",),
                             lambda v: v["at:p"] == "waiting", lambda v: v["at:p"] == "critical",
                             ("waits.over", "leaves", "asks"), 4),
        ),
    )  # fmt: skip


def rename(value: Any, renaming: Mapping[str, str]) -> Any:
    if isinstance(value, tuple):
        return tuple(sorted(rename(item, renaming) for item in value))  # pyright: ignore
    return renaming.get(value, value)


def tokens(people: int, *, most: int = 2, fair: bool = True) -> Machine:
    """Interchangeable people take tokens from a pool, and stand in the list of holders.

    Without symmetry: all ways for `people` to hold 0…most of a pool of `people`
    tokens, so it is easily counted.
    """
    names = tuple(f"x{i}" for i in range(people))

    def take(name: str) -> Event:
        def apply(view: View) -> Effect | None:
            if not view["pool"] or view[f"held:{name}"] == most:
                return None
            holders = tuple(sorted({*view["holders"], name}))
            return Effect(
                (
                    (f"held:{name}", view[f"held:{name}"] + 1),
                    ("holders", holders),
                    ("pool", view["pool"] - 1),
                ),
                (observe("took", who=name, left=view["pool"] - 1),),
            )

        parts = (f"held:{name}", "holders", "pool")
        return Event(f"person.takes({name})", "person.takes", (name,), parts, parts, (), apply)

    def give(name: str) -> Event:
        def apply(view: View) -> Effect | None:
            held = view[f"held:{name}"]
            if not held:
                return None
            left = tuple(n for n in view["holders"] if n != name or held > 1)
            return Effect(
                ((f"held:{name}", held - 1), ("holders", left), ("pool", view["pool"] + 1))
            )

        parts = (f"held:{name}", "holders", "pool")
        return Event(f"person.gives({name})", "person.gives", (name,), parts, parts, (), apply)

    properties: tuple[Property, ...] = (
        StateProperty("T-1", Promise.ALWAYS, "no token is lost", (),
                      ("pool", *(f"held:{n}" for n in names)),
                      lambda v: v["pool"] + sum(v[f"held:{n}"] for n in names) == people),
        StateProperty("T-2", Promise.SOMETIMES, "everybody holds one", (), ("holders",),
                      lambda v: len(v["holders"]) == people),
        StepProperty("T-3", Promise.ALWAYS, "the last token is not taken by who has one", (),
                     ("person.takes",),
                     lambda before, event, after: not (
                         after.observations[0]["left"] == 0
                         and before[f"held:{event.args[0]}"])),
        StateProperty("T-4", Promise.ALWAYS, "not two hold two", (),
                      tuple(f"held:{n}" for n in names),
                      lambda v: sum(v[f"held:{n}"] == 2 for n in names) < 2),
    )  # fmt: skip
    first = names[0]
    if not fair:
        # One that symmetry must notice: it names somebody.
        properties += (
            StateProperty("T-5", Promise.ALWAYS, f"{first} never holds two", (), (f"held:{first}",),
                          lambda v: v[f"held:{first}"] < 2),
        )  # fmt: skip
    return Machine(
        f"tokens-{people}",
        (
            Component("pool", people, "tokens left"),
            Component("holders", (), "who holds any", rename),
            *(Component(f"held:{name}", 0, "tokens held") for name in names),
        ),
        (*map(take, names), *map(give, names)),
        properties,
        (names,),
    )


def cache(*, horizon: int = 4, late: bool = False) -> Machine:
    """A cache with expiry, a clock, and a source whose versions go up."""

    def tick(view: View) -> Effect | None:
        return effect(clock=view["clock"] + 1) if view["clock"] < horizon else None

    def change(view: View) -> Effect | None:
        return effect(source=view["source"] + 1) if view["source"] < 2 else None

    def look(view: View) -> Effect:
        entry, now = view["entry"], view["clock"]
        if entry is not None and (now <= entry[1] + late):
            return effect(observe("hit", version=entry[0], until=entry[1], now=now))
        return effect(observe("miss"), entry=(view["source"], now + 1))

    everything = ("clock", "entry", "source")
    return Machine(
        "cache",
        (
            Component("clock", 0, "ticks"),
            Component("entry", None, "version and last tick"),
            Component("source", 0, "version"),
        ),
        (
            Event("clock.ticks()", "clock.ticks", (), ("clock",), ("clock",), (), tick),
            Event("source.changes()", "source.changes", (), ("source",), ("source",), (), change),
            Event("user.looks()", "user.looks", (), everything, ("entry",), ("K-106",), look),
        ),
        (
            StepProperty("C-1", Promise.ALWAYS, "nothing is served after its expiry", ("K-106",),
                         ("user.looks",), lambda _, __, after: all(
                             o.kind != "hit" or o["now"] <= o["until"] for o in after.observations)),
            StepProperty("C-2", Promise.SOMETIMES, "something is served", (), ("user.looks",),
                         lambda _, __, after: after.observations[0].kind == "hit"),
            StepProperty("P-1", Promise.ALWAYS, "what is served is new", (), ("user.looks",),
                         lambda before, _, after: after.observations[0].kind != "hit"
                         or after.observations[0]["version"] == before["source"]),
        ),
        parameters={"horizon": str(horizon), "late": str(late)},
    )  # fmt: skip


def counters(count: int, size: int, *, width: int = 1) -> Machine:
    """Independent counters: size**count states, one or two events each, `width` reads."""

    def up(i: int) -> Event:
        name = f"c{i}"

        def apply(view: View) -> Effect | None:
            return effect(**{name: view[name] + 1}) if view[name] + 1 < size else None

        reads = tuple(f"c{(i + k) % count}" for k in range(width))
        return Event(f"up({i})", "up", (str(i),), reads, (name,), (), apply)

    def reset(i: int) -> Event:
        name = f"c{i}"

        def apply(view: View) -> Effect | None:
            return effect(**{name: 0}) if view[name] else None

        return Event(f"reset({i})", "reset", (str(i),), (name,), (name,), (), apply)

    return Machine(
        f"counters-{count}-{size}",
        tuple(Component(f"c{i}", 0, "count") for i in range(count)),
        (*(up(i) for i in range(count)), *(reset(i) for i in range(count))),
        (
            StateProperty("N-1", Promise.SOMETIMES, "all are at the end", (),
                          tuple(f"c{i}" for i in range(count)),
                          lambda v: all(v[f"c{i}"] == size - 1 for i in range(count))),
        ),
    )  # fmt: skip
