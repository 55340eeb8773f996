"""Class E, images and destinations: who is asked for, and who learns a secret.

Two kinds of promise. Which images a provider may answer with a secret is the
author's word (`policy.owns`) and is never judged without it. Where a secret
may be *sent* is not: nothing in a pod, a service account or an image may
choose the destination (S-10).
"""

from pullproof.checks.check import Check
from pullproof.checks.facts import (
    broken_baseline,
    credentials,
    gives_nothing,
    image_of,
    is_kubelet_request,
    is_usable,
    reaction,
    was_run,
)
from pullproof.checks.images import (
    FOREIGN,
    SIBLINGS,
    foreign,
    is_owned,
    lookalikes,
    sibling,
    split_host,
)
from pullproof.checks.judges import outcome, survives
from pullproof.checks.leaks import (
    PROVIDER_SECRETS,
    carried,
    describe,
    known_secrets,
    strangers,
)
from pullproof.checks.plans import (
    needs_served,
    scenario,
    served_image,
    served_images,
    valid_step,
    workload_for,
)
from pullproof.model.draw import Draw
from pullproof.model.scenario import ExecStep, Scenario
from pullproof.model.setup import Feature, Setup, UnknownImage
from pullproof.model.transcript import Actor, Ending, Received, Transcript
from pullproof.model.verdict import PASS, Level, Verdict, fail, not_applicable

_GROUP = "images and destinations"
_OWNS = frozenset({Feature.OWNS})
ATTACKER = "attacker.pullproof.invalid"


def _baseline(setup: Setup, draw: Draw) -> tuple[ExecStep, ...]:
    """Return the kubelet's request for a served image, if one is declared."""
    return (valid_step(setup, draw),) if served_images(setup) else ()


# E01 and E02: no secret for what is not owned.


def _propose_foreign(setup: Setup, draw: Draw) -> Scenario:
    steps = [
        valid_step(setup, draw, id=name, image=image) for name, image in foreign(setup).items()
    ]
    return scenario("E01", *steps, label="images that the policy does not list")


MAX_HOSTS = 3
"""Served hosts whose lookalikes are asked for in one scenario of E02."""


def _imitable(setup: Setup) -> tuple[str, ...]:
    """Return one served image for each host that has lookalikes, ports first.

    With a port even a host of one label is a host (K-072), so those have more.
    """
    by_host: dict[str, str] = {}
    for image in served_images(setup):
        if lookalikes(setup, image):
            by_host.setdefault(image.partition("/")[0], image)
    return tuple(sorted(by_host.values(), key=lambda image: not split_host(image)[1]))


def _propose_lookalikes(setup: Setup, draw: Draw) -> Scenario:
    steps: list[ExecStep] = []
    for number, image in enumerate(_imitable(setup)[:MAX_HOSTS], 1):
        owner = workload_for(setup, image)
        name = None if owner is None else owner.name
        steps += [
            valid_step(setup, draw, id=f"{id}-{number}", image=other, workload=name)
            for id, other in lookalikes(setup, image).items()
        ]
    return scenario("E02", *steps, label="hosts that resemble a served one")


def _judge_unowned(setup: Setup, transcript: Transcript) -> Verdict:
    asked = [step for step in transcript.scenario.execs if not is_owned(setup, step.image)]
    for step in asked:
        image = image_of(transcript, step.id)
        # What counts is what a pull of this image would be given: a provider may
        # hand out its whole list of credentials, with keys that match others.
        found = credentials(setup, transcript.exec(step.id), image)
        if any(item.password for item in found):
            return fail(
                "S-09",
                f"{image} is answered with a credential, though the policy `owns` does not list it",
                step.id,
            )
    return PASS if asked else not_applicable("no image beyond the policy was asked for")


# E03: legal names beside a name that works.

PLAIN = "plain"


def _propose_siblings(setup: Setup, draw: Draw) -> Scenario:
    image = served_image(setup, draw)
    owner = workload_for(setup, image)
    name = None if owner is None else owner.name
    names = {PLAIN: "probe", **SIBLINGS}
    steps = [
        valid_step(setup, draw, id=id, image=sibling(image, last), workload=name)
        for id, last in names.items()
    ]
    return scenario("E03", *steps, label="legal names beside a served image")


def _judge_siblings(setup: Setup, transcript: Transcript) -> Verdict:
    # Nobody promised the siblings. Only a provider that serves an undeclared
    # `probe` evidently goes by the host or the folder, and then has no reason
    # to draw a line between `probe` and `a_b`.
    if not was_run(transcript, PLAIN) or not is_usable(setup, transcript, PLAIN):
        return not_applicable("the provider does not serve undeclared names beside the served one")
    for step in transcript.scenario.execs:
        if not is_usable(setup, transcript, step.id):
            image = image_of(transcript, step.id)
            return fail(
                "K-072",
                f"{image_of(transcript, PLAIN)} is served and {image} is not: "
                f"{outcome(setup, transcript.exec(step.id))}",
                step.id,
            )
    return PASS


# E04 to E06: where secrets go.


def _sent_to(
    setup: Setup, transcript: Transcript, step: str, actors: frozenset[Actor]
) -> tuple[Received, str] | None:
    """Return the first request at `actors` that carried a secret, and what it was."""
    secrets = [item for item in known_secrets(transcript) if item.kind in PROVIDER_SECRETS]
    for received in transcript.during(step, *actors) if actors else ():
        found = carried(received, secrets)
        if found:
            return received, describe(found)
    return None


def _propose_image_host(setup: Setup, draw: Draw) -> Scenario:
    image = FOREIGN["other-registry"]
    steps = [valid_step(setup, draw, id="image-host", image=image)]
    if served_images(setup):
        path = served_image(setup, draw).partition("/")[2]
        steps.append(
            valid_step(setup, draw, id="image-host-same-path", image="${other.host}/" + path)
        )
    return scenario("E04", *_baseline(setup, draw), *steps, label="an image on an unknown host")


def _needs_unknown_host(setup: Setup) -> str | None:
    if Actor.OTHER_REGISTRY not in strangers(setup) or is_owned(setup, FOREIGN["other-registry"]):
        return "the second registry is part of the setup"
    return needs_served(setup)


def _judge_image_host(setup: Setup, transcript: Transcript) -> Verdict:
    # Asking an unknown host without a secret (for its challenge, say) is allowed.
    asked = [step for step in transcript.scenario.execs if step.id.startswith("image-host")]
    for step in asked:
        sent = _sent_to(setup, transcript, step.id, strangers(setup))
        if sent is not None:
            return fail(
                "S-10",
                f"{sent[1]} was sent to the host of an image that the policy `owns` does not list "
                f"({sent[0].method} at the {sent[0].actor})",
                step.id,
            )
    broken = broken_baseline(setup, transcript)
    return broken or (
        PASS if asked else not_applicable("no image on an unknown host was asked for")
    )


def annotation_keys(setup: Setup) -> tuple[str, ...]:
    """Return the annotation keys whose values the kubelet sends (K-113, K-114)."""
    attributes = setup.provider.token_attributes
    if attributes is None:
        return ()
    return (*attributes.required_annotation_keys, *attributes.optional_annotation_keys)


def _needs_annotations(setup: Setup) -> str | None:
    if not annotation_keys(setup):
        return "the configuration names no annotation keys, so no annotation is sent"
    return needs_served(setup)


DESTINATIONS = {
    "url": "${canary.url}",
    "url-with-path": "${canary.url}/token",
    "host": "${other.host}",
    "name": f"http://{ATTACKER}/token",
}


def _propose_annotations(setup: Setup, draw: Draw) -> Scenario:
    image = served_image(setup, draw)
    owner = workload_for(setup, image)
    own = {} if owner is None else dict(owner.annotations)
    key = draw.choice(annotation_keys(setup))
    everywhere = dict.fromkeys(annotation_keys(setup), "${canary.url}")
    values = {name: own | {key: value} for name, value in DESTINATIONS.items()}
    values["all-keys"] = own | everywhere
    steps = [
        valid_step(
            setup,
            draw,
            id=f"annotation-{name}",
            image=image,
            annotations=tuple(sorted(given.items())),
        )
        for name, given in values.items()
    ]
    return scenario(
        "E05",
        valid_step(setup, draw, image=image),
        *steps,
        label=f"annotation {key} names a destination",
    )


def _judge_annotations(setup: Setup, transcript: Transcript) -> Verdict:
    asked = [step for step in transcript.scenario.execs if step.id.startswith("annotation-")]
    watched = strangers(setup) | {Actor.PROXY}
    for step in asked:
        sent = _sent_to(setup, transcript, step.id, watched)
        # Through the proxy go requests to destinations of the provider's own too.
        if sent is None or (sent[0].actor is Actor.PROXY and ATTACKER not in sent[0].target):
            continue
        return fail(
            "S-10",
            f"{sent[1]} was sent to a destination that only an annotation of the service account "
            f"named ({sent[0].method} at the {sent[0].actor})",
            step.id,
        )
    broken = broken_baseline(setup, transcript)
    return broken or (PASS if asked else not_applicable("no annotation named a destination"))


def _propose_plain(setup: Setup, draw: Draw) -> Scenario:
    return scenario("E06", valid_step(setup, draw), label="the kubelet's own request")


def _judge_strangers(setup: Setup, transcript: Transcript) -> Verdict:
    judged = False
    for step in transcript.scenario.execs:
        plain = is_kubelet_request(setup, step) and step.annotations is None
        # Faults redirect on purpose (class J); other images are E04's.
        if not plain or step.exchange or step.registry or step.image not in setup.served:
            continue
        judged = True
        sent = _sent_to(setup, transcript, step.id, strangers(setup))
        if sent is not None:
            return fail(
                "S-10",
                f"{sent[1]} was sent to a host that nothing in the configuration names "
                f"({sent[0].method} at the {sent[0].actor})",
                step.id,
            )
    return PASS if judged else not_applicable("no served image was asked for")


# E07 and E08: an image nobody knows.


def _propose_declined(check: str, setup: Setup, draw: Draw) -> Scenario:
    steps = [
        valid_step(setup, draw, id=f"declined-{number}", image=image)
        for number, image in enumerate(setup.declined[:4], 1)
    ]
    return scenario(check, *_baseline(setup, draw), *steps, label="images unknown to the provider")


def _needs_unknown_policy(setup: Setup) -> str | None:
    if setup.policy.unknown_image is UnknownImage.EITHER:
        return "the policy allows both empty answers and errors for unknown images"
    return None


def _judge_unknown(setup: Setup, transcript: Transcript) -> Verdict:
    asked = [exec for exec in transcript.execs if exec.step.startswith("declined-")]
    wants_empty = setup.policy.unknown_image is UnknownImage.EMPTY
    for exec in asked:
        if wants_empty and not reaction(setup, exec).accepted:
            return fail(
                "K-107",
                f"the policy promises empty auth for an unknown image, but {outcome(setup, exec)}",
                exec.step,
            )
        refused = exec.ending is Ending.EXITED and exec.exit_code != 0
        # An image that is answered with a secret is not unknown: E01's business.
        if not wants_empty and not refused and gives_nothing(setup, exec):
            return fail(
                "K-084",
                "the policy promises an error for an unknown image, but the exec "
                "ended with status 0 and no credential",
                exec.step,
            )
    return PASS if asked else not_applicable("no unknown image was asked for")


CHECKS: tuple[Check, ...] = (
    Check(
        id="E01",
        title="Gives no secret for images that the policy does not list",
        group=_GROUP,
        level=Level.POLICY,
        rules=("S-09", "K-135", "I-14"),
        defects=("D-E1",),
        propose=_propose_foreign,
        judge=_judge_unowned,
        consequence="With a wide matchImages the secret is sent to whatever registry a pod names.",
        hint="Compare the image's host with the registries that are yours before answering.",
        needs=_OWNS,
        applies=lambda setup: None if foreign(setup) else "the policy lists every image asked for",
    ),
    Check(
        id="E02",
        title="Gives no secret to hosts that only resemble its own",
        group=_GROUP,
        level=Level.POLICY,
        rules=("S-09", "X-053"),
        defects=("D-E2", "D-D8"),
        propose=_propose_lookalikes,
        judge=_judge_unowned,
        consequence="Whoever registers such a name receives the credential with the next pull.",
        hint=(
            "Compare the whole host: anchor regular expressions at both ends, escape their dots, "
            "and let a suffix begin with a dot."
        ),
        needs=_OWNS,
        applies=lambda setup: (
            None if _imitable(setup) else "no served host is known before the run"
        ),
    ),
    Check(
        id="E03",
        title="Serves every legal name beside one that it serves",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("K-072", "K-070", "X-053"),
        defects=("D-E3",),
        propose=_propose_siblings,
        judge=_judge_siblings,
        consequence="Images with unusual but legal names are pulled without a credential: 401.",
        hint="Go by the host, or accept a-z, 0-9 and the separators . _ __ and any run of -.",
        applies=needs_served,
    ),
    Check(
        id="E04",
        title="Sends no secret to the host of an image before it knows that host",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-10", "X-141"),
        defects=("D-E4",),
        propose=_propose_image_host,
        judge=_judge_image_host,
        consequence="A pod that names an image on a hostile host receives the token or credential.",
        hint="Compare the image's host with your own registries before sending anything to it.",
        needs=_OWNS,
        applies=_needs_unknown_host,
    ),
    Check(
        id="E05",
        title="Lets no annotation choose where the token goes",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-10", "X-144"),
        defects=("D-E5",),
        propose=_propose_annotations,
        judge=_judge_annotations,
        consequence="Whoever may annotate a service account can have its tokens sent anywhere.",
        hint="Take hosts and URLs from the provider's arguments or environment only.",
        needs=frozenset({Feature.TOKENS}),
        applies=_needs_annotations,
    ),
    Check(
        id="E06",
        title="Sends secrets only to hosts that the configuration names",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-10",),
        defects=("D-E4", "D-I5"),
        propose=_propose_plain,
        judge=_judge_strangers,
        consequence="The token or credential is known to a host that nobody configured.",
        hint="Send tokens to the configured exchange and to nothing else.",
        watches=True,
        applies=needs_served,
    ),
    Check(
        id="E07",
        title="Answers an unknown image as the policy says",
        group=_GROUP,
        level=Level.POLICY,
        rules=("K-107", "K-084"),
        defects=("D-E7",),
        propose=lambda setup, draw: _propose_declined("E07", setup, draw),
        judge=_judge_unknown,
        consequence="An error is logged for each pull and nothing is cached; empty auth is cached.",
        hint='For an image that is not yours print a response with "auth": {} and exit 0.',
        needs=frozenset({Feature.DECLINED_IMAGES}),
        applies=_needs_unknown_policy,
    ),
    Check(
        id="E08",
        title="Survives an image it does not know",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-13", "S-17", "K-084"),
        defects=("D-E7", "D-I1", "D-I2"),
        propose=lambda setup, draw: _propose_declined("E08", setup, draw),
        # Empty auth and a refusal with a reason are both right.
        judge=survives("S-13", "an image unknown to it"),
        consequence="Every pull of such an image leaves a stack trace or a riddle in the log.",
        hint='Print a response with "auth": {}, or exit non-zero with one line on stderr.',
        needs=frozenset({Feature.DECLINED_IMAGES}),
        smoke=True,
    ),
)
