"""What the emulators' records say about an exec, and who may ask for what.

Beside `facts`, which answers from the exec alone. An exchange that was never
contacted proves nothing (S-80), so judges ask here before they ask anything else.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

from pullproof.checks.facts import BASELINE, broken_baseline, reaction, response, step_credentials
from pullproof.checks.plans import owned_images, served_images
from pullproof.model.cache import store
from pullproof.model.draw import Draw
from pullproof.model.response import Response
from pullproof.model.scenario import ExecStep, Fault, PullStep, Scenario, Step, TokenKind
from pullproof.model.setup import Feature, Identity, Setup, Workload
from pullproof.model.transcript import (
    Actor,
    Exec,
    Minted,
    Pull,
    Received,
    SecretKind,
    Transcript,
)
from pullproof.model.verdict import Verdict, inconclusive, not_applicable

WORKLOAD_NEEDS = frozenset({Feature.TOKENS, Feature.EXCHANGE})
SLACK_S = 2.0
"""Whole seconds on the wire and a clock read a little earlier by the provider."""


# -- who asks ------------------------------------------------------------------


def pairs(setup: Setup) -> tuple[tuple[Workload, str], ...]:
    """Return every workload with every served image it may pull, own ones first."""
    owned = {image for workload in setup.workloads for image in workload.images}
    shared = tuple(image for image in served_images(setup) if image not in owned)
    return tuple((w, image) for w in setup.workloads for image in owned_images(setup, w)) + tuple(
        (w, image) for image in shared for w in setup.workloads
    )


def needs_workload(setup: Setup) -> str | None:
    """Return why nothing can be said about a workload's own credential."""
    if setup.identity is not Identity.WORKLOAD:
        return "the credential does not belong to a workload (identity is not `workload`)"
    if not setup.declared:
        return "images and identity are guessed, not declared"
    if not pairs(setup):
        return "no workload may pull any served image"
    return None


def needs_declared(setup: Setup) -> str | None:
    """Return why nothing can be said about an answer with a credential."""
    if setup.identity is Identity.NONE:
        return "the provider has no credential in this run (identity is `none`)"
    if not setup.declared:
        return "images and identity are guessed, not declared"
    return None if served_images(setup) else "no served image is declared"


def owners(setup: Setup) -> tuple[tuple[Workload, str], ...]:
    """Return each workload that owns a served image, with its first one."""
    found = ((w, owned_images(setup, w)) for w in setup.workloads)
    return tuple((w, images[0]) for w, images in found if images)


def needs_two_owners(setup: Setup) -> str | None:
    """Return why workloads cannot be told apart in this setup."""
    if setup.identity not in (Identity.WORKLOAD, Identity.PASS_THROUGH):
        return "one credential serves all workloads (identity is not per workload)"
    if not setup.declared:
        return "images and identity are guessed, not declared"
    # Pods of one account may share credentials (K-102): no promise is broken.
    subjects = {workload.subject for workload, _ in owners(setup)}
    return None if len(subjects) >= 2 else "no two accounts own a served image each"


def two_owners(setup: Setup, draw: Draw) -> tuple[tuple[Workload, str], tuple[Workload, str]]:
    """Return two owners of different accounts with an image each, in either order."""
    found = owners(setup)
    first = draw.choice(found)
    return first, draw.choice([pair for pair in found if pair[0].subject != first[0].subject])


# -- plans ---------------------------------------------------------------------


def exec_step(id: str, pair: tuple[Workload, str], image: str | None = None) -> ExecStep:
    """Return the kubelet's own exec for `pair`, or for another image."""
    return ExecStep(id=id, image=image or pair[1], workload=pair[0].name)


def with_tokens(setup: Setup, draw: Draw, kinds: Iterable[TokenKind]) -> tuple[ExecStep, ...]:
    """Return a baseline, and one exec for each kind of token, all alike otherwise."""
    base = exec_step(BASELINE, draw.choice(pairs(setup)))
    return (base, *(replace(base, id=f"token-{kind.value}", token=kind) for kind in kinds))


def with_faults(setup: Setup, draw: Draw, faults: Iterable[Fault]) -> tuple[ExecStep, ...]:
    """Return a baseline, and one exec for each fault of the exchange."""
    base = exec_step(BASELINE, draw.choice(pairs(setup)))
    steps = (
        replace(base, id=f"fault-{number}-{fault.kind.value}", exchange=(fault,))
        for number, fault in enumerate(faults, 1)
    )
    return (base, *steps)


def scenario(check: str, *steps: Step, label: str = "") -> Scenario:
    return Scenario(check=check, steps=steps, label=label)


# -- evidence ------------------------------------------------------------------


def find_exec(transcript: Transcript, step: str) -> Exec | None:
    return next((item for item in transcript.execs if item.step == step), None)


def find_pull(transcript: Transcript, step: str) -> Pull | None:
    return next((item for item in transcript.pulls if item.step == step), None)


def exec_steps(transcript: Transcript) -> tuple[tuple[ExecStep, Exec], ...]:
    """Return each exec with the step it was made for."""
    done = {item.step: item for item in transcript.execs}
    return tuple((step, done[step.id]) for step in transcript.scenario.execs if step.id in done)


def control(
    setup: Setup, transcript: Transcript, step: str = BASELINE, *, exchange: bool = True
) -> Verdict | None:
    """Return the verdict of a judge whose control exec shows nothing, else None.

    Nothing can be learned from a provider that does not work undisturbed, nor
    about an exchange it does not use (S-80).
    """
    if find_exec(transcript, step) is None:
        return inconclusive("the undisturbed exec is missing, so there is nothing to compare with")
    broken = broken_baseline(setup, transcript, step)
    if broken is not None:
        return broken
    if exchange and not transcript.during(step, Actor.EXCHANGE):
        return not_applicable("the provider never contacted the exchange")
    return None


def exchanged(transcript: Transcript, step: str) -> bool:
    """Return whether the exchange was contacted during `step` (S-80)."""
    return bool(transcript.during(step, Actor.EXCHANGE))


def passwords(answer: Response | None) -> frozenset[str]:
    """Return the non-empty passwords of an answer, whatever their keys."""
    if answer is None:
        return frozenset()
    return frozenset(entry.password for entry in answer.auth if entry.password)


def used_mints(setup: Setup, transcript: Transcript, exec: Exec) -> tuple[Minted, ...]:
    """Return the credentials minted during `exec` that are in its answer."""
    given = passwords(response(setup, exec))
    return tuple(m for m in transcript.minted if m.step == exec.step and m.password in given)


def given(setup: Setup, transcript: Transcript, exec: Exec) -> frozenset[str]:
    """Return the passwords that a pull of the image asked for would try.

    Entries for other places are left out: a provider may always add some.
    """
    found = step_credentials(setup, transcript, exec.step)
    return frozenset(credential.password for credential in found if credential.password)


def gives_wrongly(setup: Setup, transcript: Transcript, exec: Exec) -> bool:
    """Return whether the image's pull gets a credential nobody minted for this exec.

    If the exchange has minted it just now, it has accepted the token and
    stands for the credential, whatever we thought of the token.
    """
    minted = {m.password for m in transcript.minted if m.step == exec.step and m.subject != "node"}
    return bool(given(setup, transcript, exec) - minted)


def cache_s(setup: Setup, answer: Response) -> float:
    """Return how long the kubelet keeps `answer`, in s; 0 if it does not (K-105)."""
    kept = store(answer.cache_duration_ns, setup.provider.default_cache_duration_ns)
    return 0.0 if kept is None else kept / 1e9


def is_empty_answer(setup: Setup, exec: Exec) -> bool:
    """Return whether the kubelet accepts `exec` as "no credential here" (K-107)."""
    answer = response(setup, exec)
    return answer is not None and not answer.auth


def is_refused_output(setup: Setup, exec: Exec) -> bool:
    """Return whether `exec` claims success and the kubelet refuses its stdout."""
    return exec.succeeded and not reaction(setup, exec).accepted


def token_life_s(exec: Exec) -> float | None:
    """Return the seconds the token had left when `exec` ended, or None."""
    segments = exec.token.split(".", 2)
    if len(segments) != 3:
        return None
    try:
        padded = segments[1] + "=" * (-len(segments[1]) % 4)
        claims: Any = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(claims, dict):
        return None
    expiry = cast("dict[str, Any]", claims).get("exp")
    if not isinstance(expiry, int | float):
        return None
    return expiry - exec.expires_wall_s


def node_passwords(transcript: Transcript) -> frozenset[str]:
    """Return the passwords that the node canary handed out or holds."""
    known = {s.value for s in transcript.secrets if s.kind is SecretKind.NODE}
    minted = {m.password for m in transcript.minted if m.subject == "node"}
    return frozenset(value for value in known | minted if value)


def own_records(transcript: Transcript) -> tuple[Received, ...]:
    """Return the requests the provider made: those of our pulls are not its own."""
    execs = {step.id for step in transcript.scenario.execs}
    pulls = any(isinstance(step, PullStep) for step in transcript.scenario.steps)
    return tuple(
        item for item in transcript.received if item.step in execs or (not item.step and not pulls)
    )
