"""Class B, version and kind: answering in the version that was asked in.

A kubelet sends one version, the configured one, and wants that one back
(K-090). Everything about other versions is about the day on which the
configuration or the kubelet changes, so it weighs less.
"""

import json
from collections.abc import Callable, Mapping

from pullproof.checks.c_shape import is_unversioned
from pullproof.checks.check import Check, Propose
from pullproof.checks.facts import breakdown, is_cut, variants
from pullproof.checks.judges import (
    broken_already,
    never_refused_as,
    refuses,
    same_answer,
    survives,
)
from pullproof.checks.plans import (
    any_image,
    edited,
    needs_served,
    scenario,
    valid_step,
    with_baseline,
)
from pullproof.model.draw import Draw
from pullproof.model.provider import PROTOCOL_GROUP
from pullproof.model.response import Refusal, Stage, judge_response
from pullproof.model.scenario import Edit, EditKind, Scenario
from pullproof.model.setup import Setup
from pullproof.model.transcript import Exec, Transcript
from pullproof.model.verdict import PASS, Level, Verdict, fail, not_applicable

_VERSION = "version"


def _set(path: str, text: str) -> tuple[Edit, ...]:
    return (Edit(EditKind.SET, path, f'"{text}"'),)


# B01: the configured version comes back.


def _is_other_version(exec: Exec, found: Refusal) -> bool:
    return found.stage is Stage.VERSION and not is_unversioned(exec, found)


def _propose_plain(setup: Setup, draw: Draw) -> Scenario:
    step = valid_step(setup, draw, image=any_image(setup, draw))
    return scenario("B01", step, label="the kubelet's own request")


# B02 and B03: asked in another version. Tables are from step id to apiVersion.


def other_versions(setup: Setup) -> dict[str, str]:
    """Return the versions this kubelet serves besides the configured one."""
    served = {name: f"{PROTOCOL_GROUP}/{name}" for name in setup.version.api_versions}
    return {name: full for name, full in served.items() if full != setup.provider.api_version}


UNKNOWN_VERSIONS = {
    "v9": f"{PROTOCOL_GROUP}/v9",
    "other-group": "credentialprovider.example.com/v1",
    "no-group": "v1",
}


def _propose_versions(check: str, table_for: Callable[[Setup], Mapping[str, str]]) -> Propose:
    def propose(setup: Setup, draw: Draw) -> Scenario:
        table = {id: _set("apiVersion", name) for id, name in table_for(setup).items()}
        return with_baseline(check, setup, draw, *edited(setup, draw, table))

    return propose


def _asked_in(transcript: Transcript, exec: Exec) -> str:
    """Return the apiVersion that was written into the request of `exec`."""
    steps = {step.id: step for step in transcript.scenario.execs}
    return str(json.loads(steps[exec.step].edits[0].arg))


def _answered_otherwise(setup: Setup, exec: Exec, asked: str) -> Refusal | None:
    """Return why a kubelet configured with version `asked` refuses, if for the version."""
    if not exec.succeeded or is_cut(exec):
        return None
    found = judge_response(exec.stdout, api_version=asked, version=setup.version)
    if isinstance(found, Refusal) and _is_other_version(exec, found):
        return found
    return None


def _judge_versions(setup: Setup, transcript: Transcript) -> Verdict:
    broken = broken_already(transcript)
    if broken is not None:
        return broken
    for exec in variants(transcript):
        asked = _asked_in(transcript, exec)
        found = _answered_otherwise(setup, exec, asked)
        if found is not None:
            return fail("K-090", f"asked in {asked}, it answered anyway: {found.detail}", exec.step)
        reason = breakdown(exec)
        if reason is not None:
            return fail("S-17", f"asked in {asked}, {reason}", exec.step)
    return PASS if variants(transcript) else not_applicable("no other version was asked in")


# B04 to B08: other requests of the same meaning, or of none.

OTHER_KINDS = {
    "kind-response": _set("kind", "CredentialProviderResponse"),
    "kind-pod": _set("kind", "Pod"),
}
NO_HEADER = {
    "without-api-version": (Edit(EditKind.DROP, "apiVersion"),),
    "without-kind": (Edit(EditKind.DROP, "kind"),),
    "empty-object": (Edit(EditKind.RAW, arg="{}\\n"),),
    "api-version-null": (Edit(EditKind.SET, "apiVersion", "null"),),
    "api-version-number": (Edit(EditKind.SET, "apiVersion", "1"),),
}
NEW_FIELDS = {
    "new-text": (Edit(EditKind.ADD, "podName", '"app-0"'),),
    "new-object": (Edit(EditKind.ADD, "imageDetails", '{"digest": null, "tags": ["a", "b"]}'),),
    "new-list": (Edit(EditKind.ADD, "platforms", '[{"os": "linux"}, 1, true]'),),
}
REVERSED = {"reversed": (Edit(EditKind.REVERSE),)}


def _propose_table(check: str, table: Mapping[str, tuple[Edit, ...]]) -> Propose:
    def propose(setup: Setup, draw: Draw) -> Scenario:
        return with_baseline(check, setup, draw, *edited(setup, draw, table))

    return propose


DUPLICATES = {
    "image-twice": (Edit(EditKind.DUPLICATE, "image", '"registry.example/pullproof/other"'),),
    "version-twice": (Edit(EditKind.DUPLICATE, "apiVersion", '"v0"'),),
}


def _needs_other_versions(setup: Setup) -> str | None:
    if other_versions(setup):
        return None
    return f"Kubernetes {setup.version} serves only one version of the protocol"


CHECKS: tuple[Check, ...] = (
    Check(
        id="B01",
        title="Answers in the apiVersion that is configured",
        group=_VERSION,
        level=Level.MUST,
        rules=("K-090", "K-010"),
        defects=("D-B3", "D-B4"),
        propose=_propose_plain,
        judge=never_refused_as("K-090", _is_other_version),
        consequence='The kubelet logs that apiVersion "did not match" and drops every answer.',
        hint="Copy apiVersion from the request into the response.",
        smoke=True,
        watches=True,
    ),
    Check(
        id="B02",
        title="Answers in the apiVersion it was asked in, or refuses",
        group=_VERSION,
        level=Level.SHOULD,
        rules=("K-090", "K-011", "S-17"),
        defects=("D-B1", "D-B3"),
        propose=_propose_versions("B02", other_versions),
        # Refusing all versions but the configured one is as good as serving them.
        judge=_judge_versions,
        consequence="On the day the configuration names another version, no image is pulled.",
        hint="Copy apiVersion from the request, or refuse the versions you do not serve.",
        applies=_needs_other_versions,
    ),
    Check(
        id="B03",
        title="Does not answer a version it cannot know in one of its own",
        group=_VERSION,
        level=Level.ADVICE,
        rules=("K-090", "S-17"),
        defects=("D-B1", "D-B4"),
        propose=_propose_versions("B03", lambda setup: UNKNOWN_VERSIONS),
        judge=_judge_versions,
        consequence="A wrong configuration shows as a decoding error instead of a reason.",
        hint="Compare apiVersion with the versions you serve and refuse any other with a reason.",
    ),
    Check(
        id="B04",
        title="Refuses a request of another kind",
        group=_VERSION,
        level=Level.ADVICE,
        rules=("X-001", "K-075"),
        defects=("D-B2",),
        propose=_propose_table("B04", OTHER_KINDS),
        judge=refuses("X-001", "another kind"),
        consequence="A caller's mistake goes unnoticed.",
        hint="Compare kind with CredentialProviderRequest.",
        applies=needs_served,
    ),
    Check(
        id="B05",
        title="Survives a request without apiVersion or kind",
        group=_VERSION,
        level=Level.SHOULD,
        rules=("S-17", "K-084"),
        defects=("D-I1", "D-B1"),
        propose=_propose_table("B05", NO_HEADER),
        # Serving it all the same is lenient but fine, and so is copying back the
        # nothing that came: copying is the best way to get real versions right.
        judge=survives("S-17", "a request without its header", odd_success=True),
        consequence="A stack trace in the kubelet's log instead of a reason.",
        hint="Refuse a request without apiVersion and kind with one line on stderr.",
    ),
    Check(
        id="B06",
        title="Ignores request fields it does not know",
        group=_VERSION,
        level=Level.SHOULD,
        rules=("X-001", "K-012"),
        defects=("D-B5",),
        propose=_propose_table("B06", NEW_FIELDS),
        # No kubelet of today sends one; the one that does will send it to all.
        judge=same_answer("X-001", "with one field more"),
        consequence="The next kubelet that adds a field, as 1.33 did, breaks every pull.",
        hint="Decode the request leniently; only responses are decoded strictly.",
        applies=needs_served,
    ),
    Check(
        id="B07",
        title="Reads request fields in any order",
        group=_VERSION,
        level=Level.SHOULD,
        rules=("K-075",),
        defects=("D-A1", "D-B5"),
        propose=_propose_table("B07", REVERSED),
        judge=same_answer("K-075", "with its fields in reverse order"),
        consequence="Works by luck: members of a JSON object have no order.",
        hint="Use a JSON decoder instead of matching text.",
        applies=needs_served,
    ),
    Check(
        id="B08",
        title="Survives a request with a field given twice",
        group=_VERSION,
        level=Level.ADVICE,
        rules=("S-17",),
        defects=("D-I1",),
        propose=_propose_table("B08", DUPLICATES),
        # First wins, last wins and refusal are all right; so is status 0 with
        # the second apiVersion copied back, which only our duplicate makes wrong.
        judge=survives("S-17", "a field given twice", odd_success=True),
        consequence="A stack trace in the kubelet's log instead of a reason.",
        hint="Catch the decoder's error in the one place that reads stdin.",
    ),
)
