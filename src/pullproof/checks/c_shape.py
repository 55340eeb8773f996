"""Class C, shape of the answer: every way the kubelet refuses one, by name.

The model decides *that* an answer is refused; a check here says which of the
kubelet's questions it failed, so that a finding names one mistake. Together
they cover every refusal but three: text after the document (A05), another
version (B01) and the echoed token (class G).

Every check also reads all other transcripts: a provider that keeps the shape
in the good case often loses it when something fails.
"""

from collections.abc import Callable

from pullproof.checks.check import Check, Propose
from pullproof.checks.facts import (
    broken_baseline,
    kubelet_execs,
    step_credentials,
    variants,
)
from pullproof.checks.judges import never_refused_as
from pullproof.checks.plans import (
    any_image,
    declined_image,
    needs_served,
    scenario,
    valid_step,
    with_baseline,
)
from pullproof.checks.stdout import follows_document
from pullproof.model.draw import Draw
from pullproof.model.response import Refusal, Response, Stage, judge_response
from pullproof.model.scenario import Fault, FaultKind, Scenario
from pullproof.model.setup import Feature, Setup
from pullproof.model.transcript import Ending, Exec, Transcript
from pullproof.model.verdict import PASS, Level, Verdict, fail, not_applicable

_SHAPE = "response shape"


# Which mistake it is. Details are the model's own words for them.


def is_empty(exec: Exec, found: Refusal) -> bool:
    """Nothing at all on stdout (D-C2)."""
    return found.stage is Stage.PEEK and not exec.stdout.strip(b" \t\r\n")


def is_no_json(exec: Exec, found: Refusal) -> bool:
    """Something that is no JSON object; one with an appendix is A05's."""
    return found.stage is Stage.PEEK and not is_empty(exec, found) and not is_two(exec, found)


def is_two(exec: Exec, found: Refusal) -> bool:
    """A JSON object and something after it."""
    return found.stage is Stage.PEEK and follows_document(exec.stdout) > 0


def is_unversioned(exec: Exec, found: Refusal) -> bool:
    """`{}`, `null`, or an object that does not say what it is (D-C3)."""
    return found.stage is Stage.VERSION and found.detail.startswith(
        ("apiVersion is missing", 'apiVersion is "",')
    )


def is_bad_duration(exec: Exec, found: Refusal) -> bool:
    return found.stage is Stage.DECODE and found.detail.startswith('"cacheDuration"')


def is_unknown_field(exec: Exec, found: Refusal) -> bool:
    return found.stage is Stage.DECODE and found.detail.startswith("unknown field")


def is_duplicate(exec: Exec, found: Refusal) -> bool:
    return found.stage is Stage.DECODE and found.detail.startswith("duplicate ")


def is_wrong_type(exec: Exec, found: Refusal) -> bool:
    """Whatever else the decoder refuses."""
    others = (is_bad_duration, is_unknown_field, is_duplicate)
    return found.stage is Stage.DECODE and not any(other(exec, found) for other in others)


def is_wrong_kind(exec: Exec, found: Refusal) -> bool:
    return found.stage is Stage.KIND


def is_bad_cache_key_type(exec: Exec, found: Refusal) -> bool:
    return found.stage is Stage.CACHE_KEY_TYPE


# Where answers lose their shape: the good case, an unknown image, a failure.


def _propose_served(check: str) -> Propose:
    """Return a generator of the good case only."""

    def propose(setup: Setup, draw: Draw) -> Scenario:
        step = valid_step(setup, draw, id="served", image=any_image(setup, draw))
        return scenario(check, step, label="the kubelet's own request")

    return propose


def _propose_everywhere(check: str) -> Propose:
    """Return a generator of all situations in which a kubelet asks."""

    def propose(setup: Setup, draw: Draw) -> Scenario:
        image = any_image(setup, draw)
        steps = [valid_step(setup, draw, id="served", image=image)]
        if Feature.DECLINED_IMAGES in setup.features:
            unknown = declined_image(setup, draw)
            steps.append(valid_step(setup, draw, id="declined", image=unknown))
        if Feature.EXCHANGE in setup.features:
            faults = (Fault(FaultKind.STATUS, "500"),)
            steps.append(
                valid_step(setup, draw, id="exchange-fails", image=image, exchange=faults)
            )  # fmt: skip
        return scenario(check, *steps, label="a served image, an unknown one, a failing exchange")

    return propose


# C10: a valid answer that is thrown away.


def _would_be_accepted(setup: Setup, exec: Exec) -> bool:
    attributes = setup.provider.token_attributes
    answer = judge_response(
        exec.stdout,
        api_version=setup.provider.api_version,
        sent_token=exec.token,
        cache_type=attributes.cache_type if attributes else None,
        version=setup.version,
    )
    return isinstance(answer, Response) and bool(answer.auth)


def _judge_discarded(setup: Setup, transcript: Transcript) -> Verdict:
    execs = kubelet_execs(setup, transcript)
    for exec in execs:
        failed = exec.ending is Ending.EXITED and exec.exit_code != 0
        if failed and _would_be_accepted(setup, exec):
            return fail(
                "K-084",
                f"the exec ended with status {exec.exit_code} after a valid response with "
                "credentials on stdout; the kubelet ignores stdout then",
                exec.step,
            )
    return PASS if execs else not_applicable("no request of the kubelet's was sent")


# C11: an entry that says nothing still counts as a credential.


def _judge_void_entries(setup: Setup, transcript: Transcript) -> Verdict:
    judged = False
    for exec in kubelet_execs(setup, transcript):
        found = step_credentials(setup, transcript, exec.step)
        judged = judged or bool(found)
        # Beside a real credential for the image, or for other images only, an
        # empty entry (a wildcard, for public mirrors) does no harm.
        if found and not any(item.username or item.password for item in found):
            return fail(
                "K-181",
                "the only credential for the image has an empty username and password, which "
                "counts as a credential: the kubelet makes no anonymous attempt of its own",
                exec.step,
            )
    return PASS if judged else not_applicable("no answer held an entry for its image")


# C12: an exchange that answers without a secret.

NO_SECRET = (
    Fault(FaultKind.EMPTY_MEMBER, "access_token"),
    Fault(FaultKind.DROP_MEMBER, "access_token"),
    Fault(FaultKind.NULL_MEMBER, "access_token"),
)


def _propose_no_secret(setup: Setup, draw: Draw) -> Scenario:
    image = any_image(setup, draw)
    steps = [
        valid_step(setup, draw, id=f"{fault.kind}", image=image, exchange=(fault,))
        for fault in NO_SECRET
    ]
    return with_baseline("C12", setup, draw, *steps, label="success without access_token")


def _judge_no_secret(setup: Setup, transcript: Transcript) -> Verdict:
    # Some registries want a secret user name and no password: then the
    # baseline has no password either, and nothing is judged.
    broken = broken_baseline(setup, transcript)
    if broken is not None:
        return broken
    for exec in variants(transcript):
        found = step_credentials(setup, transcript, exec.step)
        if found and not any(item.password for item in found):
            return fail(
                "X-140",
                "the exchange reported success without a secret, and the provider passed that on "
                "as a credential with an empty password",
                exec.step,
            )
    return PASS if variants(transcript) else not_applicable("no such exchange was made")


def _shape(
    id: str,
    title: str,
    is_it: Callable[[Exec, Refusal], bool],
    rule: str,
    defects: tuple[str, ...],
    consequence: str,
    hint: str,
    propose: Callable[[str], Propose] = _propose_served,
) -> Check:
    """Return a check that one kind of refusal never happens."""
    return Check(
        id=id,
        title=title,
        group=_SHAPE,
        level=Level.MUST,
        rules=(rule, "K-098"),
        defects=defects,
        propose=propose(id),
        judge=never_refused_as(rule, is_it),
        consequence=consequence,
        hint=hint,
        smoke=True,
        watches=True,
    )


_GVK = 'The kubelet logs "error reading GVK from response", drops the answer and says no more.'
_DECODING = (
    'The kubelet logs "error decoding credential provider plugin response from stdout" and '
    "nothing else, and drops the whole answer."
)

CHECKS: tuple[Check, ...] = (
    _shape(
        "C01",
        "Never exits with status 0 and an empty stdout",
        is_empty,
        "K-090",
        ("D-C2",),
        _GVK,
        "Exit non-zero with a reason on stderr, or print a response with empty auth.",
        _propose_everywhere,
    ),
    _shape(
        "C02",
        "Prints nothing but a JSON object to stdout",
        is_no_json,
        "K-090",
        ("D-C7", "D-A4"),
        _GVK,
        "Send help, logs and errors to stderr; build the response with a JSON encoder.",
        _propose_everywhere,
    ),
    _shape(
        "C03",
        "States apiVersion in everything it prints with status 0",
        is_unversioned,
        "K-090",
        ("D-C3",),
        'The kubelet logs that apiVersion "did not match" and drops the answer.',
        "Do not print {} when something failed: exit non-zero with a reason on stderr.",
        _propose_everywhere,
    ),
    _shape(
        "C04",
        "Writes cacheDuration as a Go duration",
        is_bad_duration,
        "K-095",
        ("D-C4",),
        _DECODING,
        'Write a string such as "5m0s" or "0s": units h, m, s, ms; no days, no ISO, no number.',
    ),
    _shape(
        "C05",
        "Uses only the fields that the response has, spelled exactly",
        is_unknown_field,
        "K-091",
        ("D-C5",),
        _DECODING,
        (
            "The fields are kind, apiVersion, cacheKeyType, cacheDuration and auth, and in auth "
            "entries username and password; capital letters matter."
        ),
    ),
    _shape(
        "C06",
        "Writes no field and no auth key twice",
        is_duplicate,
        "K-091",
        ("D-C5",),
        _DECODING,
        "Collect the entries in a map before encoding them.",
    ),
    _shape(
        "C07",
        "Gives every field the type it has",
        is_wrong_type,
        "K-091",
        ("D-C5",),
        _DECODING,
        "auth is an object of objects; username, password, cacheKeyType are strings.",
    ),
    _shape(
        "C08",
        "Answers with kind CredentialProviderResponse",
        is_wrong_kind,
        "K-092",
        ("D-B2", "D-C5"),
        _DECODING,
        'Set "kind": "CredentialProviderResponse"; do not send the request back.',
    ),
    _shape(
        "C09",
        "Sets cacheKeyType to Image, Registry or Global in every answer",
        is_bad_cache_key_type,
        "K-093",
        ("D-C1",),
        'The kubelet logs "did not return a valid cacheKeyType" and drops the whole answer.',
        (
            "Set it even when auth is empty. ServiceAccount and Token are values of the kubelet's "
            "configuration, not of a response."
        ),
        _propose_everywhere,
    ),
    Check(
        id="C10",
        title="Exits with status 0 when it has an answer",
        group=_SHAPE,
        level=Level.ADVICE,
        rules=("K-084",),
        defects=("D-C6",),
        propose=_propose_everywhere("C10"),
        judge=_judge_discarded,
        consequence="The kubelet ignores stdout of a failed exec: the credential is lost.",
        hint="Decide before printing: either print the response and exit 0, or print none.",
        watches=True,
    ),
    Check(
        id="C11",
        title="Leaves auth empty when it has no credential",
        group=_SHAPE,
        level=Level.SHOULD,
        rules=("K-181", "K-180", "K-096"),
        defects=("D-C8",),
        propose=_propose_everywhere("C11"),
        judge=_judge_void_entries,
        consequence="The empty entry counts as a credential, so no anonymous pull is attempted.",
        hint='Answer "auth": {} instead of an entry with an empty username and password.',
        watches=True,
    ),
    Check(
        id="C12",
        title="Never passes on an empty secret as a credential",
        group=_SHAPE,
        level=Level.MUST,
        rules=("X-140", "K-181"),
        defects=("D-C9", "D-J2"),
        propose=_propose_no_secret,
        judge=_judge_no_secret,
        consequence="The pull is tried with an empty password, and the cause is not in any log.",
        hint="Check that the exchange's reply holds a non-empty secret; exit non-zero if not.",
        needs=frozenset({Feature.EXCHANGE}),
        applies=needs_served,
    ),
)
