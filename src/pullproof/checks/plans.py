"""Steps that many checks propose: the kubelet's own request, for one image.

A plan starts from here and changes one thing with `dataclasses.replace`.
"""

from collections.abc import Mapping

from pullproof.checks.facts import BASELINE
from pullproof.checks.hosts import is_sent
from pullproof.model.draw import Draw
from pullproof.model.scenario import Edit, ExecStep, Fault, Scenario, Stdin, TokenKind
from pullproof.model.setup import Setup, Workload

__all__ = [
    "FALLBACK_IMAGE",
    "any_image",
    "declined_image",
    "edited",
    "is_sent",
    "needs_served",
    "owned_images",
    "scenario",
    "served_image",
    "served_images",
    "valid_step",
    "with_baseline",
    "workload_for",
]

FALLBACK_IMAGE = "registry.example/team-a/app"
"""Asked for where the image plays no part and none was declared."""


def served_images(setup: Setup) -> tuple[str, ...]:
    """Return the declared served images that the kubelet would ask for."""
    return tuple(image for image in setup.served if is_sent(setup, image))


def served_image(setup: Setup, draw: Draw) -> str:
    """Return a served image.

    Raises:
        LookupError: none is declared; guard with `needs_served`.
    """
    images = served_images(setup)
    if not images:
        raise LookupError("the setup declares no served image that matchImages admits")
    return draw.choice(images)


def declined_image(setup: Setup, draw: Draw) -> str:
    """Return an image declared as unknown to the provider.

    Raises:
        LookupError: none is declared; the feature DECLINED_IMAGES is absent.
    """
    if not setup.declined:
        raise LookupError("the setup declares no declined image")
    return draw.choice(setup.declined)


def any_image(setup: Setup, draw: Draw) -> str:
    """Return an image to fill a request whose image plays no part."""
    return draw.choice(served_images(setup) or setup.declined or (FALLBACK_IMAGE,))


def needs_served(setup: Setup) -> str | None:
    """Return why a check that needs a served image cannot run (for `applies`)."""
    if served_images(setup):
        return None
    return "no served image is declared that matchImages admits"


def workload_for(setup: Setup, image: str) -> Workload | None:
    """Return the workload that asks for `image`: its owner, else the first.

    None outside SA mode, where lookups carry no identity (K-037).
    """
    if not setup.provider.sa_mode:
        return None
    owners = [workload for workload in setup.workloads if image in workload.images]
    return next(iter(owners or setup.workloads), None)


def owned_images(setup: Setup, workload: Workload) -> tuple[str, ...]:
    """Return the served images that `workload`, and no other one, may pull."""
    return tuple(image for image in workload.images if is_sent(setup, image))


def valid_step(
    setup: Setup,
    draw: Draw,
    *,
    id: str = BASELINE,
    image: str | None = None,
    workload: str | None = None,
    token: TokenKind = TokenKind.VALID,
    edits: tuple[Edit, ...] = (),
    stdin: Stdin = Stdin.WHOLE,
    exchange: tuple[Fault, ...] = (),
    annotations: tuple[tuple[str, str], ...] | None = None,
) -> ExecStep:
    """Return an exec as the kubelet does it, for a served image unless given.

    The workload is the image's own unless named; outside SA mode there is
    none. For what has no argument here use `dataclasses.replace`.

    Raises:
        LookupError: no image was given and none is served.
    """
    wanted = served_image(setup, draw) if image is None else image
    own = workload_for(setup, wanted)
    name = workload if workload is not None else (own.name if own is not None else None)
    return ExecStep(
        id=id,
        image=wanted,
        workload=name if setup.provider.sa_mode else None,
        token=token,
        annotations=annotations,
        edits=edits,
        stdin=stdin,
        exchange=exchange,
    )


def scenario(
    check: str,
    *steps: ExecStep,
    label: str = "",
    facts: tuple[tuple[str, str], ...] = (),
) -> Scenario:
    """Return a scenario of exec steps only; facts are sorted by name."""
    return Scenario(check=check, steps=steps, label=label, facts=tuple(sorted(facts)))


def with_baseline(
    check: str, setup: Setup, draw: Draw, *changed: ExecStep, label: str = ""
) -> Scenario:
    """Return the kubelet's own request for the image of `changed`, then `changed`."""
    image = changed[0].image if changed else None
    return scenario(check, valid_step(setup, draw, image=image), *changed, label=label)


def edited(setup: Setup, draw: Draw, table: Mapping[str, tuple[Edit, ...]]) -> tuple[ExecStep, ...]:
    """Return one step per row of `table` (step id to edits), all for one image.

    The image is a served one if there is any; else it plays no part.
    """
    image = any_image(setup, draw)
    return tuple(
        valid_step(setup, draw, id=id, image=image, edits=edits) for id, edits in table.items()
    )
