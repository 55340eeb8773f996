"""Class F, second part: which answers may be cached at all, and for whom.

The kubelet serves a cached answer, empty or not, to every lookup under its
cache key (K-109, K-107), so a wrong one outlives its cause.
"""

from dataclasses import replace

from pullproof.checks.check import Check
from pullproof.checks.evidence import (
    WORKLOAD_NEEDS,
    cache_s,
    control,
    exchanged,
    exec_step,
    exec_steps,
    find_exec,
    find_pull,
    is_empty_answer,
    is_refused_output,
    needs_declared,
    needs_workload,
    pairs,
    passwords,
    scenario,
    with_faults,
)
from pullproof.checks.facts import BASELINE, broken_baseline, has_secret, image_of, response
from pullproof.checks.leak_search import holds
from pullproof.checks.plans import declined_image, is_sent, served_images, valid_step
from pullproof.model.cache import registry_of
from pullproof.model.draw import Draw
from pullproof.model.provider import CacheKeyType
from pullproof.model.response import Response
from pullproof.model.scenario import ExecStep, Fault, FaultKind, PullStep, Scenario
from pullproof.model.setup import Feature, Setup
from pullproof.model.transcript import Transcript
from pullproof.model.verdict import (
    PASS,
    Level,
    Outcome,
    Verdict,
    fail,
    inconclusive,
    not_applicable,
)

_GROUP = "caching"
_MAX_OTHERS = 4

# Three families, one of each per scenario: server trouble, broken connections,
# nonsense. All are passing trouble: none says that there is no credential.
_TROUBLE = (
    Fault(FaultKind.STATUS, "500"),
    Fault(FaultKind.STATUS, "429"),
    Fault(FaultKind.UNAVAILABLE),
)
_BROKEN = (Fault(FaultKind.RESET), Fault(FaultKind.CLOSE), Fault(FaultKind.HALF_BODY))
_NONSENSE = (
    Fault(FaultKind.NOT_JSON),
    Fault(FaultKind.EMPTY_BODY),
    Fault(FaultKind.JSON_NULL),
    Fault(FaultKind.DROP_MEMBER, "access_token"),
)
_PASSING = frozenset(
    {
        FaultKind.HANG,
        FaultKind.DRIP,
        FaultKind.RESET,
        FaultKind.CLOSE,
        FaultKind.HALF_BODY,
        FaultKind.UNAVAILABLE,
        FaultKind.NOT_JSON,
        FaultKind.EMPTY_BODY,
        FaultKind.JSON_NULL,
        FaultKind.JSON_LIST,
    }
)


def _is_passing(fault: Fault) -> bool:
    """Whether a fault, lasting through the exec, says nothing about the workload.

    A 4xx is an answer: an exchange may refuse a workload, and a provider may
    remember that. 429 is not, it says "later".
    """
    if fault.times:
        return False
    if fault.kind is FaultKind.STATUS:
        return fault.arg == "429" or fault.arg.startswith("5")
    if fault.kind in (FaultKind.DROP_MEMBER, FaultKind.NULL_MEMBER, FaultKind.EMPTY_MEMBER):
        return fault.arg == "access_token"
    return fault.kind in _PASSING


def _failing(transcript: Transcript) -> tuple[ExecStep, ...]:
    """Return the steps in which the exchange was asked and did not work."""
    return tuple(
        step
        for step, _ in exec_steps(transcript)
        if any(_is_passing(fault) for fault in step.exchange)
        and not step.edits
        and exchanged(transcript, step.id)
    )


def _propose_failures(check: str, setup: Setup, draw: Draw) -> Scenario:
    faults = (draw.choice(_TROUBLE), draw.choice(_BROKEN), draw.choice(_NONSENSE))
    return scenario(check, *with_faults(setup, draw, faults), label="the exchange fails")


# F09, F10: the images are declared as served and the control exec got a
# credential, so an empty answer cannot mean "not mine".


def _judge_cached_failure(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    failing = _failing(transcript)
    for step in failing:
        exec = transcript.exec(step.id)
        answer = response(setup, exec)
        if answer is None or has_secret(answer) or cache_s(setup, answer) <= 0:
            continue
        return fail(
            "S-70",
            "the exchange failed, and the provider answered as if there were no credential; "
            f"the kubelet keeps that for {cache_s(setup, answer):.0f} s",
            step.id,
        )
    return PASS if failing else not_applicable("the exchange did not fail in this scenario")


def _judge_hidden_failure(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    failing = _failing(transcript)
    for step in failing:
        exec = transcript.exec(step.id)
        if is_empty_answer(setup, exec):
            message = "the exchange failed, and the provider reported success with an empty answer"
            return fail("S-13", message, step.id)
        if is_refused_output(setup, exec):
            message = "the exchange failed, and the provider ended with status 0 and no response"
            return fail("S-13", message, step.id)
    return PASS if failing else not_applicable("the exchange did not fail in this scenario")


# F11, F12: what the kubelet would do with the cached answer for another image
# is tried with a real pull. A narrow type (Image) always passes, and so do
# Registry and Global whose credentials do open the other image.


def _is_hit(answer: Response, asked: str, wanted: str) -> bool:
    """Whether the answer for `asked` is found by a lookup of `wanted` (K-101, K-109)."""
    if answer.cache_key_type is CacheKeyType.GLOBAL:
        return True
    if answer.cache_key_type is CacheKeyType.REGISTRY:
        return registry_of(asked) == registry_of(wanted)
    return asked == wanted


def _callers(setup: Setup) -> dict[str | None, list[str]]:
    """Return the served images of each workload; under None those of plain mode."""
    if not setup.provider.sa_mode:
        return {None: list(served_images(setup))}
    found: dict[str | None, list[str]] = {}
    for workload, image in pairs(setup):
        found.setdefault(workload.name, []).append(image)
    return found


def _askable(setup: Setup) -> list[tuple[str | None, str]]:
    """Return the callers that may pull several images, with each image to ask for."""
    return [
        (caller, image)
        for caller, images in _callers(setup).items()
        if len(images) > 1
        for image in images
    ]


def _needs_two_images(setup: Setup) -> str | None:
    missing = needs_declared(setup)
    if missing is not None:
        return missing
    return None if _askable(setup) else "no caller may pull two served images"


def _propose_wide(setup: Setup, draw: Draw) -> Scenario:
    caller, asked = draw.choice(_askable(setup))
    others = [image for image in _callers(setup)[caller] if image != asked]
    # Those of the same registry first: Registry is the commoner mistake.
    others.sort(key=lambda image: registry_of(image) != registry_of(asked))
    steps: list[ExecStep | PullStep] = [ExecStep(id=BASELINE, image=asked, workload=caller)]
    for number, image in enumerate(others[:_MAX_OTHERS], 1):
        steps += [
            ExecStep(id=f"other-{number}", image=image, workload=caller),
            PullStep(f"own-{number}", image, f"other-{number}"),
            PullStep(f"cached-{number}", image, BASELINE, cached=True),
        ]
    return scenario("F11", *steps, label="other images from the cache")


def _judge_cross(setup: Setup, transcript: Transcript, asked: str, right: str, n: str) -> Verdict:
    """Judge the pull `cached`, from the answer of `asked`, of the image of `right`.

    `n` is the ending of the pulls' ids.
    """
    first, second = find_exec(transcript, asked), find_exec(transcript, right)
    own, cached = find_pull(transcript, f"own{n}"), find_pull(transcript, f"cached{n}")
    if first is None or second is None or own is None or cached is None:
        return inconclusive("a step to compare with is missing")
    broken = broken_baseline(setup, transcript, right)
    if broken is not None:
        return broken
    answer = response(setup, first)
    if answer is None:
        return not_applicable("the first answer was not accepted, so nothing is cached")
    if not own.opened:
        return inconclusive("the image's own credential did not open it", right)
    images = image_of(transcript, asked), image_of(transcript, right)
    if cache_s(setup, answer) <= 0 or not _is_hit(answer, *images) or cached.opened:
        return PASS
    empty = "an empty answer" if not answer.auth else "an answer"
    return fail(
        "K-109",
        f"{empty} with cacheKeyType {answer.cache_key_type.value} is served from the cache for "
        "another image, which it does not open; that image's own answer does",
        asked,
    )


def _judge_wide(setup: Setup, transcript: Transcript) -> Verdict:
    if find_exec(transcript, BASELINE) is None:
        return inconclusive("a step to compare with is missing")
    broken = broken_baseline(setup, transcript)
    if broken is not None:
        return broken
    found = [
        _judge_cross(setup, transcript, BASELINE, step.id, step.id.removeprefix("other"))
        for step, _ in exec_steps(transcript)
        if step.id.startswith("other-")
    ]
    for wanted in (Outcome.FAIL, Outcome.PASS):
        for verdict in found:
            if verdict.outcome is wanted:
                return verdict
    return found[0] if found else inconclusive("a step to compare with is missing")


def _needs_sent_declined(setup: Setup) -> str | None:
    missing = needs_declared(setup)
    if missing is not None:
        return missing
    # The kubelet does not ask for the others, so it caches nothing about them.
    sent = any(is_sent(setup, image) for image in setup.declined)
    return None if sent else "matchImages admits no declined image"


def _propose_negative(setup: Setup, draw: Draw) -> Scenario:
    served = valid_step(setup, draw)
    sent = replace(setup, declined=tuple(i for i in setup.declined if is_sent(setup, i)))
    unknown = replace(served, id="unknown", image=declined_image(sent, draw))
    return scenario(
        "F12",
        unknown,
        served,
        PullStep("own", served.image, BASELINE),
        PullStep("cached", served.image, "unknown", cached=True),
        label="served image from the cache of an unknown one",
    )


def _judge_negative(setup: Setup, transcript: Transcript) -> Verdict:
    return _judge_cross(setup, transcript, "unknown", BASELINE, "")


# F13: user names, passwords and durations may differ from run to run: they may
# be minted, and a spread of cache lives is good practice.


def _propose_twice(setup: Setup, draw: Draw) -> Scenario:
    step = valid_step(setup, draw)
    return scenario("F13", step, replace(step, id="again"), label="the same request twice")


def _shape(answer: Response | None) -> tuple[str, tuple[str, ...]] | None:
    if answer is None:
        return None
    return answer.cache_key_type.value, tuple(sorted(entry.auth_key for entry in answer.auth))


def _judge_twice(setup: Setup, transcript: Transcript) -> Verdict:
    first, again = find_exec(transcript, BASELINE), find_exec(transcript, "again")
    if first is None or again is None:
        return inconclusive("a step to compare with is missing")
    broken = broken_baseline(setup, transcript)
    if broken is not None:
        return broken
    if _shape(response(setup, again)) == _shape(response(setup, first)):
        return PASS
    return fail(
        "S-21",
        "the same request, sent twice to untouched sandboxes, got answers with different auth "
        "keys or cacheKeyType, or only one answer",
        "again",
    )


# F14 watches every transcript; a positive, zero or absent duration passes.


def _judge_negative_duration(setup: Setup, transcript: Transcript) -> Verdict:
    judged = False
    for step, exec in exec_steps(transcript):
        answer = response(setup, exec)
        if answer is None:
            continue
        judged = True
        if answer.cache_duration_ns is not None and answer.cache_duration_ns < 0:
            return fail(
                "S-04",
                "cacheDuration is negative; the kubelet stores an entry that is already dead",
                step.id,
            )
    return PASS if judged else not_applicable("no answer was accepted")


# F15: files with secrets beside a credential in the answer are class H's
# business; this is about a file *instead of* it, which a cache hit skips.


def _judge_side_effect(setup: Setup, transcript: Transcript) -> Verdict:
    judged = False
    for step, exec in exec_steps(transcript):
        answer = response(setup, exec)
        minted = [item for item in transcript.minted if item.step == step.id]
        if answer is None or not minted:
            continue
        judged = True
        if passwords(answer) or cache_s(setup, answer) <= 0:
            continue
        for file in exec.files:
            if any(holds(file.content, item.password) for item in minted):
                return fail(
                    "K-107",
                    f"the credential went into {file.path} and not into the answer, which is "
                    f"empty and cached for {cache_s(setup, answer):.0f} s",
                    step.id,
                )
    return PASS if judged else not_applicable("no credential was minted for an accepted answer")


CHECKS: tuple[Check, ...] = (
    Check(
        id="F09",
        title="A failed exchange is never answered with an empty response that is cached",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-70", "K-107", "S-13", "I-18"),
        defects=("D-F5", "D-G3"),
        propose=lambda setup, draw: _propose_failures("F09", setup, draw),
        judge=_judge_cached_failure,
        consequence="One hiccup of the exchange becomes a lasting anonymous 401 for the workload.",
        hint="Exit with a non-zero status if the credential could not be had; the kubelet asks "
        "again at the next pull.",
        needs=WORKLOAD_NEEDS,
        examples=3,
        smoke=True,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="F10",
        title="A failed exchange is reported as a failure",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-13", "K-084", "K-098"),
        defects=("D-F5", "D-C2", "D-I2"),
        propose=lambda setup, draw: _propose_failures("F10", setup, draw),
        judge=_judge_hidden_failure,
        consequence="The pull goes on anonymously, and neither log nor metric says why.",
        hint="Exit with a non-zero status and one line on stderr.",
        needs=WORKLOAD_NEEDS,
        examples=2,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="F11",
        title="cacheKeyType is no wider than the credential",
        group=_GROUP,
        level=Level.MUST,
        rules=("K-109", "K-101", "X-147"),
        defects=("D-F6",),
        propose=_propose_wide,
        judge=_judge_wide,
        consequence="A later pull of another image takes the cached answer and fails, although "
        "the provider would have had a credential for it.",
        hint="Use Image unless the credential, and its auth key, hold for the whole registry; "
        "use Global only if the answer does not depend on the image.",
        needs=frozenset({Feature.REGISTRY}),
        examples=3,
        applies=_needs_two_images,
    ),
    Check(
        id="F12",
        title="An empty answer is cached only for the images that it is about",
        group=_GROUP,
        level=Level.MUST,
        rules=("K-109", "K-107", "K-101"),
        defects=("D-F6", "D-F5"),
        propose=_propose_negative,
        judge=_judge_negative,
        consequence="After a pull of an unknown image, served images are pulled anonymously.",
        hint="Answer unknown images with cacheKeyType Image, or with cacheDuration `0s`.",
        needs=frozenset({Feature.REGISTRY, Feature.DECLINED_IMAGES}),
        examples=2,
        applies=_needs_sent_declined,
    ),
    Check(
        id="F13",
        title="The same request gets the same answer",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-21",),
        defects=("D-F10",),
        propose=_propose_twice,
        judge=_judge_twice,
        consequence="Pulls succeed or fail by chance.",
        hint="Do not let map order, time or leftovers of other runs choose what is answered.",
        examples=2,
        flaky_by_nature=True,
        applies=needs_declared,
    ),
    Check(
        id="F14",
        title="cacheDuration is never negative",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-04", "K-105"),
        defects=("D-F9",),
        propose=lambda setup, draw: scenario(
            "F14", *with_faults(setup, draw, (Fault(FaultKind.EXPIRED_CREDENTIAL),))
        ),
        judge=_judge_negative_duration,
        consequence="The kubelet stores a dead entry and runs the provider again at each pull.",
        hint="Fail, or answer `0s`, if nothing is left of the credential's life.",
        needs=WORKLOAD_NEEDS,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="F15",
        title="The credential is in the answer, not in a file behind a cached answer",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("K-107", "S-12", "S-60"),
        defects=("D-F7",),
        propose=lambda setup, draw: scenario("F15", exec_step(BASELINE, draw.choice(pairs(setup)))),
        judge=_judge_side_effect,
        consequence="A cache hit skips the side effect: the file goes stale, and every workload "
        "of the node can use it.",
        hint="Put the credential into `auth`; if a file must be written, answer with "
        "cacheDuration `0s`.",
        needs=WORKLOAD_NEEDS,
        watches=True,
        applies=needs_workload,
    ),
)
