"""Class A, framing: one document in, one document out.

What a provider must survive is wider than what the kubelet sends; what it must
*understand* is only that. So checks about strange input accept any answer and
any clean refusal, and ask for no more than that the provider does not break.
"""

from dataclasses import replace

from pullproof.checks.check import Check
from pullproof.checks.facts import (
    BASELINE,
    broken_baseline,
    crash,
    is_cut,
    is_usable,
    reaction,
    step_credentials,
    was_run,
)
from pullproof.checks.judges import never_refused_as, outcome, refuses, same_answer, survives
from pullproof.checks.plans import (
    edited,
    needs_served,
    scenario,
    served_image,
    served_images,
    valid_step,
    with_baseline,
    workload_for,
)
from pullproof.checks.stdout import follows_document
from pullproof.model.draw import Draw
from pullproof.model.response import Refusal, Stage
from pullproof.model.scenario import Edit, EditKind, ExecStep, Fault, FaultKind, Scenario, Stdin
from pullproof.model.setup import Feature, Identity, Setup
from pullproof.model.transcript import Exec, Transcript
from pullproof.model.verdict import PASS, Level, Verdict, fail, inconclusive, not_applicable

MAX_SERVED = 6
"""Served images asked for in one scenario of A00."""

KIB = 1024
LONG_ANNOTATION = 60_000
"""Bytes. K-104: with 65535 and more the kubelet cannot build its cache key and
does not run the provider, so this is about the longest value that can come."""


# A00: the provider does its job at all. Everything else compares with this.


def _propose_served(setup: Setup, draw: Draw) -> Scenario:
    images = served_images(setup)[:MAX_SERVED]
    steps = [
        valid_step(setup, draw, id=f"served-{number}", image=image)
        for number, image in enumerate(images, 1)
    ]
    return scenario("A00", *steps, label="each served image, as the kubelet asks")


def _why_unusable(setup: Setup, transcript: Transcript, exec: Exec) -> tuple[str, str]:
    """Return (rule, message) for a served image that got no usable credential."""
    image = {step.id: step.image for step in transcript.scenario.execs}[exec.step]
    found = reaction(setup, exec)
    if not found.accepted:
        return found.rule, f"a pull of {image} gets no credential: {found.sentence}"
    answer = found.response
    if answer is None or not answer.auth:
        return "K-096", f"a pull of {image} gets no credential: the answer is valid but empty"
    if not step_credentials(setup, transcript, exec.step):
        return "K-132", (
            f"a pull of {image} gets no credential: none of the {len(answer.auth)} auth keys "
            "in the answer matches the image"
        )
    return "K-096", f"a pull of {image} gets a credential with an empty password"


def _judge_served(setup: Setup, transcript: Transcript) -> Verdict:
    asked = [exec for exec in transcript.execs if exec.step.startswith("served-")]
    for exec in asked:
        # A guessed image may simply not exist; a declared one is a promise.
        if is_usable(setup, transcript, exec.step):
            continue
        if is_cut(exec):
            return inconclusive("the answer was longer than the harness keeps", exec.step)
        rule, message = _why_unusable(setup, transcript, exec)
        if not setup.declared:
            return inconclusive(f"{message} (the image was guessed, not declared)", exec.step)
        return fail(rule, message, exec.step)
    return PASS if asked else not_applicable("no served image was asked for")


def _serves(setup: Setup) -> str | None:
    if setup.identity is Identity.NONE:
        return "the setup declares that no image is answered with a credential"
    return needs_served(setup)


# A01 to A03: other spellings of the same request.


def _propose_pretty(setup: Setup, draw: Draw) -> Scenario:
    step = valid_step(setup, draw, id="several-lines", edits=(Edit(EditKind.PRETTY),))
    return with_baseline("A01", setup, draw, step, label="request over several lines")


def _propose_no_newline(setup: Setup, draw: Draw) -> Scenario:
    step = valid_step(setup, draw, id="no-newline", edits=(Edit(EditKind.NO_NEWLINE),))
    return with_baseline("A02", setup, draw, step, label="request without final newline")


def _propose_chunked(setup: Setup, draw: Draw) -> Scenario:
    step = valid_step(setup, draw, id="pieces", stdin=Stdin.CHUNKED)
    return with_baseline("A03", setup, draw, step, label="request in pieces")


# A04: the answer is made by an encoder.


def _propose_special(setup: Setup, draw: Draw) -> Scenario:
    step = valid_step(setup, draw, id="special", exchange=(Fault(FaultKind.SPECIAL_PASSWORD),))
    return with_baseline("A04", setup, draw, step, label="password with special characters")


def _passes_minted(setup: Setup, transcript: Transcript, step: str) -> bool:
    """Return whether `step` answers with a password the exchange minted for it."""
    minted = {item.password for item in transcript.minted if item.step == step}
    return any(found.password in minted for found in step_credentials(setup, transcript, step))


def _judge_special(setup: Setup, transcript: Transcript) -> Verdict:
    broken = broken_baseline(setup, transcript)
    if broken is not None:
        return broken
    # A provider may wrap what it got from the exchange (base64, a prefix); then
    # the passwords differ already here and nothing can be compared.
    if not _passes_minted(setup, transcript, BASELINE):
        return not_applicable("the provider does not answer with the exchange's own password")
    if not was_run(transcript, "special"):
        return not_applicable("no special password was minted")
    exec = transcript.exec("special")
    if not any(item.step == "special" for item in transcript.minted) or is_cut(exec):
        return not_applicable("no special password was minted")
    if _passes_minted(setup, transcript, "special"):
        return PASS
    # Saying openly that such a password cannot be used is safe, if unhelpful.
    if not exec.succeeded and crash(exec) is None and exec.stderr.strip():
        return not_applicable("the provider refused the password with a reason")
    return fail(
        "K-090",
        "a password with quotes, backslashes, angle brackets and non-ASCII characters did not "
        f"arrive unchanged: {outcome(setup, exec)}",
        "special",
    )


# A05: one document on stdout.


def _propose_plain(setup: Setup, draw: Draw) -> Scenario:
    return scenario("A05", valid_step(setup, draw), label="the kubelet's own request")


def _goes_on(exec: Exec, found: Refusal) -> bool:
    return found.stage is Stage.PEEK and follows_document(exec.stdout) > 0


# A06 to A15: strange input. Ids of steps name the input.

_RAW = EditKind.RAW
NOT_AN_OBJECT = {
    "null": (Edit(_RAW, arg="null\\n"),),
    "empty-list": (Edit(_RAW, arg="[]\\n"),),
    "string": (Edit(_RAW, arg='"registry.example/team-a/app"\\n'),),
    "number": (Edit(_RAW, arg="1\\n"),),
    "true": (Edit(_RAW, arg="true\\n"),),
    "list-around-the-request": (Edit(EditKind.PREPEND, arg="["), Edit(EditKind.APPEND, arg="]\\n")),
}
EMPTY = {
    "nothing": (Edit(_RAW, arg=""),),
    "newline": (Edit(_RAW, arg="\\n"),),
    "white-space": (Edit(_RAW, arg=" \\t\\r\\n  \\n"),),
}
NOT_TEXT = {
    "byte-order-mark": (Edit(EditKind.PREPEND, arg="\\xef\\xbb\\xbf"),),
    "invalid-utf-8": (Edit(EditKind.PREPEND, arg="\\xff\\xfe\\xc0"),),
    "nul-bytes": (Edit(EditKind.PREPEND, arg="\\x00\\x00"),),
    "utf-16": (Edit(_RAW, arg="\\xff\\xfe{\\x00}\\x00\\n\\x00"),),
    "words": (Edit(_RAW, arg="image: registry.example/team-a/app\\n"),),
    "single-quotes": (Edit(_RAW, arg="{'image': 'registry.example/team-a/app'}\\n"),),
    "shell-words": (Edit(_RAW, arg="$(exit 3) `exit 4` ; exit 5 *\\n"),),
}
WRONG_TYPES = {
    "image-null": (Edit(EditKind.SET, "image", "null"),),
    "image-number": (Edit(EditKind.SET, "image", "42"),),
    "image-list": (Edit(EditKind.SET, "image", '["registry.example/team-a/app"]'),),
    "image-object": (Edit(EditKind.SET, "image", '{"name": "registry.example/team-a/app"}'),),
}
WRONG_TOKEN_TYPES = {
    "token-null": (Edit(EditKind.SET, "serviceAccountToken", "null"),),
    "token-number": (Edit(EditKind.SET, "serviceAccountToken", "42"),),
    "token-object": (Edit(EditKind.SET, "serviceAccountToken", "{}"),),
    "annotations-list": (Edit(EditKind.SET, "serviceAccountAnnotations", '["a", "b"]'),),
    "annotations-string": (Edit(EditKind.SET, "serviceAccountAnnotations", '"a=b"'),),
    "annotations-of-numbers": (Edit(EditKind.SET, "serviceAccountAnnotations", '{"a/b": 1}'),),
}
NO_IMAGE = {
    "image-missing": (Edit(EditKind.DROP, "image"),),
    "image-empty": (Edit(EditKind.SET, "image", '""'),),
}
TRAILING = {
    "words-after": (Edit(EditKind.APPEND, arg="trailing words\\n"),),
    "second-request": (Edit(EditKind.APPEND, arg='{"image": "registry.example/other"}\\n'),),
}
NESTED = {"nested": (Edit(EditKind.NEST, arg="10000"),)}
PADDED = {"white-space-1-mib": (Edit(EditKind.PAD, arg=str(1024 * KIB)),)}


def _propose_not_object(setup: Setup, draw: Draw) -> Scenario:
    return with_baseline("A06", setup, draw, *edited(setup, draw, NOT_AN_OBJECT))


def _propose_empty(setup: Setup, draw: Draw) -> Scenario:
    steps = edited(setup, draw, EMPTY)
    closed = valid_step(setup, draw, id="closed", image=steps[0].image, stdin=Stdin.CLOSED)
    return with_baseline("A07", setup, draw, *steps, closed)


def _propose_truncated(setup: Setup, draw: Draw) -> Scenario:
    # Every request is longer than 90 bytes: kind and apiVersion take 100.
    cuts = sorted({1, 30, draw.integer(2, 90)})
    table = {f"first-{kept}-bytes": (Edit(EditKind.TRUNCATE, arg=str(kept)),) for kept in cuts}
    return with_baseline("A08", setup, draw, *edited(setup, draw, table))


def _propose_not_text(setup: Setup, draw: Draw) -> Scenario:
    return with_baseline("A09", setup, draw, *edited(setup, draw, NOT_TEXT))


def _propose_wrong_types(setup: Setup, draw: Draw) -> Scenario:
    table = WRONG_TYPES | (WRONG_TOKEN_TYPES if setup.provider.sa_mode else {})
    return with_baseline("A10", setup, draw, *edited(setup, draw, table))


def _annotation_keys(setup: Setup) -> tuple[str, ...]:
    attributes = setup.provider.token_attributes
    if attributes is None:
        return ()
    return (*attributes.required_annotation_keys, *attributes.optional_annotation_keys)


def _needs_annotations(setup: Setup) -> str | None:
    return None if _annotation_keys(setup) else "the configuration names no annotation keys"


def _annotated(setup: Setup, draw: Draw, id: str, image: str, size: int) -> ExecStep:
    """Return a step with `size` bytes in one annotation that the kubelet would send."""
    plain = valid_step(setup, draw, id=id, image=image)
    key = draw.choice(_annotation_keys(setup))
    owner = workload_for(setup, image)
    kept = () if owner is None else owner.annotations
    given = dict(kept) | {key: "x" * size}
    return replace(plain, annotations=tuple(sorted(given.items())))


def _propose_large(setup: Setup, draw: Draw) -> Scenario:
    steps = edited(setup, draw, PADDED)
    if _annotation_keys(setup):
        huge = _annotated(setup, draw, "annotation-256-kib", steps[0].image, 256 * KIB)
        steps = (*steps, huge)
    return with_baseline("A11", setup, draw, *steps)


def _propose_long_annotation(setup: Setup, draw: Draw) -> Scenario:
    image = served_image(setup, draw)
    step = _annotated(setup, draw, "long-annotation", image, LONG_ANNOTATION)
    return with_baseline("A12", setup, draw, step)


def _propose_nested(setup: Setup, draw: Draw) -> Scenario:
    return with_baseline("A13", setup, draw, *edited(setup, draw, NESTED))


def _propose_trailing(setup: Setup, draw: Draw) -> Scenario:
    return with_baseline("A14", setup, draw, *edited(setup, draw, TRAILING))


def _propose_no_image(setup: Setup, draw: Draw) -> Scenario:
    return with_baseline("A15", setup, draw, *edited(setup, draw, NO_IMAGE))


_FRAMING = "framing"

CHECKS: tuple[Check, ...] = (
    Check(
        id="A00",
        title="Answers a served image with a credential that the kubelet uses",
        group=_FRAMING,
        level=Level.MUST,
        rules=(
            "K-132",
            "K-096",
            "K-084",
            "K-082",
            "K-090",
            "K-091",
            "K-092",
            "K-093",
            "K-094",
        ),
        defects=("D-E3", "D-C9"),
        propose=_propose_served,
        judge=_judge_served,
        consequence="The kubelet pulls the image without a credential, and the registry answers 401.",
        hint=(
            "Run the provider by hand with the request shown. If it needs an endpoint or a file, "
            "name it in the settings; if the image is not its own, take it out of images.served."
        ),
        smoke=True,
        applies=_serves,
    ),
    Check(
        id="A01",
        title="Reads its request to the end of stdin, not only one line",
        group=_FRAMING,
        level=Level.SHOULD,
        rules=("K-075",),
        defects=("D-A1",),
        propose=_propose_pretty,
        # Today's kubelet sends one line, so a provider that reads one line works.
        judge=same_answer("K-075", "written over several lines"),
        consequence="Works with today's kubelet, fails with other callers and in tests by hand.",
        hint="Read stdin until end of file and give all of it to a JSON decoder.",
        smoke=True,
        applies=needs_served,
    ),
    Check(
        id="A02",
        title="Needs no newline at the end of its request",
        group=_FRAMING,
        level=Level.SHOULD,
        rules=("K-075",),
        defects=("D-A2",),
        propose=_propose_no_newline,
        judge=same_answer("K-075", "without its final newline"),
        consequence="Fails without a reason when anything but the kubelet calls it.",
        hint=(
            "In a shell, `read` returns non-zero at end of file without a newline; use "
            "`request=$(cat)` instead."
        ),
        applies=needs_served,
    ),
    Check(
        id="A03",
        title="Waits for the whole request when it comes in pieces",
        group=_FRAMING,
        level=Level.SHOULD,
        rules=("K-075",),
        defects=("D-A1",),
        propose=_propose_chunked,
        # A single read is enough until token and annotations fill a pipe (64 KiB).
        judge=same_answer("K-075", "delivered in pieces"),
        consequence="A long request, or a busy node, makes the provider see half a document.",
        hint="Read until end of file; one read call returns what happens to be in the pipe.",
        applies=needs_served,
    ),
    Check(
        id="A04",
        title="Passes a password on unchanged, whatever characters it holds",
        group=_FRAMING,
        level=Level.MUST,
        rules=("K-090", "K-091"),
        defects=("D-A4", "D-I9"),
        propose=_propose_special,
        judge=_judge_special,
        consequence="The answer is no JSON or holds another password, and the pull fails with 401.",
        hint=(
            "Build the answer with a JSON encoder (in a shell: `jq -n --arg`), never by pasting "
            "texts together."
        ),
        needs=frozenset({Feature.EXCHANGE}),
        applies=needs_served,
    ),
    Check(
        id="A05",
        title="Writes exactly one JSON document to stdout",
        group=_FRAMING,
        level=Level.MUST,
        rules=("K-090", "X-148"),
        defects=("D-C7",),
        propose=_propose_plain,
        judge=never_refused_as("K-090", _goes_on),
        consequence='The kubelet logs "error reading GVK from response" and drops the answer.',
        hint="Print the response once, last, and send everything else to stderr.",
        smoke=True,
        watches=True,
        applies=needs_served,
    ),
    Check(
        id="A06",
        title="Survives a request that is JSON but no object",
        group=_FRAMING,
        level=Level.SHOULD,
        rules=("S-17", "K-084"),
        defects=("D-A5", "D-I1"),
        propose=_propose_not_object,
        # Any accepted answer passes: a node provider may not look at stdin at all.
        judge=survives("S-17", "a request that is no object"),
        consequence="A stack trace, or an answer that the kubelet refuses, instead of a reason.",
        hint="Check that the decoded request is an object before using it; exit non-zero if not.",
    ),
    Check(
        id="A07",
        title="Survives an empty stdin",
        group=_FRAMING,
        level=Level.SHOULD,
        rules=("S-17", "K-084"),
        defects=("D-A5", "D-I1"),
        propose=_propose_empty,
        # Showing its usage with status 0 to somebody who typed its name is fine.
        judge=survives("S-17", "an empty stdin", odd_success=True),
        consequence="Running it by hand ends in a stack trace or does not end.",
        hint="Treat an empty stdin as a bad request: one line on stderr and a non-zero exit.",
    ),
    Check(
        id="A08",
        title="Survives a truncated request",
        group=_FRAMING,
        level=Level.SHOULD,
        rules=("S-17", "K-084"),
        defects=("D-I1",),
        propose=_propose_truncated,
        judge=survives("S-17", "a truncated request"),
        consequence="A stack trace in the kubelet's log instead of a reason.",
        hint="Catch the JSON decoder's error, write one line to stderr and exit non-zero.",
    ),
    Check(
        id="A09",
        title="Survives bytes that are no JSON",
        group=_FRAMING,
        level=Level.SHOULD,
        rules=("S-17", "K-084"),
        defects=("D-I1", "D-I9"),
        propose=_propose_not_text,
        # A decoder that skips a byte order mark or repairs UTF-8 may answer.
        judge=survives("S-17", "bytes that are no JSON"),
        consequence="A stack trace in the kubelet's log instead of a reason.",
        hint="Catch decoding errors of both kinds, text and JSON, in the one place that reads stdin.",
    ),
    Check(
        id="A10",
        title="Survives request members of a wrong type",
        group=_FRAMING,
        level=Level.SHOULD,
        rules=("S-17", "K-084"),
        defects=("D-A6", "D-I1"),
        propose=_propose_wrong_types,
        judge=survives("S-17", "a member of a wrong type"),
        consequence="A stack trace in the kubelet's log instead of a reason.",
        hint="Check types while decoding, or decode into typed fields and catch the error.",
    ),
    Check(
        id="A11",
        title="Survives a very large request",
        group=_FRAMING,
        level=Level.ADVICE,
        rules=("S-17",),
        defects=("D-A7",),
        propose=_propose_large,
        # Refusing it for its size is as good as answering it.
        judge=survives("S-17", "a very large request"),
        consequence="Memory or time runs out instead of a clean refusal.",
        hint="Read at most a few MiB from stdin and refuse more.",
    ),
    Check(
        id="A12",
        title="Survives the longest annotation value that the kubelet sends",
        group=_FRAMING,
        level=Level.SHOULD,
        rules=("S-17", "K-104"),
        defects=("D-A7", "D-I1"),
        propose=_propose_long_annotation,
        # The value need not make sense to the provider: refusing it is right too.
        judge=survives("S-17", "an annotation value of 60000 bytes"),
        consequence="Whoever may annotate a service account can make the provider break down.",
        hint="Check the length and form of annotation values before using them.",
        needs=frozenset({Feature.TOKENS}),
        applies=lambda setup: needs_served(setup) or _needs_annotations(setup),
    ),
    Check(
        id="A13",
        title="Survives a deeply nested request",
        group=_FRAMING,
        level=Level.ADVICE,
        rules=("S-17",),
        defects=("D-A7",),
        propose=_propose_nested,
        judge=survives("S-17", "10000 nested values"),
        consequence="The JSON decoder overruns its stack instead of refusing.",
        hint="Catch the decoder's recursion error, or use a decoder that bounds depth.",
    ),
    Check(
        id="A14",
        title="Refuses a request with anything after its end",
        group=_FRAMING,
        level=Level.ADVICE,
        rules=("K-075",),
        defects=("D-A3",),
        propose=_propose_trailing,
        judge=refuses("K-075", "a request with something after its end"),
        consequence="A corrupted request goes unnoticed.",
        hint="After decoding, check that only white space is left on stdin.",
        applies=needs_served,
    ),
    Check(
        id="A15",
        title="Survives a request without an image",
        group=_FRAMING,
        level=Level.SHOULD,
        rules=("S-17", "K-084"),
        defects=("D-A6", "D-I1", "D-C3"),
        propose=_propose_no_image,
        # One credential for the whole node needs no image to be given.
        judge=survives("S-17", "a request without an image"),
        consequence="A stack trace, or an answer that the kubelet refuses, instead of a reason.",
        hint="Refuse an absent or empty image with one line on stderr and a non-zero exit.",
    ),
)
