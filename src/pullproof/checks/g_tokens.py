"""Class G: service account tokens. What is done with a token, or without one.

Bad tokens, one family per rule, are in `g_refusals`.
"""

from dataclasses import replace

from pullproof.checks import g_refusals
from pullproof.checks.check import Check
from pullproof.checks.evidence import (
    WORKLOAD_NEEDS,
    cache_s,
    control,
    exec_step,
    exec_steps,
    find_exec,
    gives_wrongly,
    is_refused_output,
    needs_declared,
    needs_workload,
    node_passwords,
    pairs,
    passwords,
    scenario,
    with_tokens,
)
from pullproof.checks.facts import BASELINE, crash, reaction, response
from pullproof.checks.leak_search import holds
from pullproof.checks.plans import valid_step
from pullproof.model.draw import Draw
from pullproof.model.provider import CacheType
from pullproof.model.scenario import ExecStep, Fault, FaultKind, Scenario, TokenKind
from pullproof.model.setup import Feature, Setup
from pullproof.model.transcript import Actor, Exec, Received, Transcript
from pullproof.model.verdict import PASS, Level, Verdict, fail, inconclusive, not_applicable

_GROUP = "service account tokens"


# -- without a token -----------------------------------------------------------


def _requires_account(setup: Setup) -> bool:
    attributes = setup.provider.token_attributes
    return attributes is not None and attributes.require_service_account


def _needs_required_account(setup: Setup) -> str | None:
    """SA-less lookups are legal otherwise (K-112), and so is any answer to them."""
    missing = needs_workload(setup)
    if missing is not None:
        return missing
    return None if _requires_account(setup) else "requireServiceAccount is false: K-112 allows it"


def _propose_missing(check: str, setup: Setup, draw: Draw) -> Scenario:
    steps = with_tokens(setup, draw, (TokenKind.EMPTY,))
    if not _requires_account(setup):
        absent = replace(steps[0], id="token-absent", token=TokenKind.ABSENT, workload=None)
        steps = (*steps, absent)
    return scenario(check, *steps, label="no token in the request")


def _without_token(transcript: Transcript) -> tuple[tuple[ExecStep, Exec], ...]:
    return tuple(
        (step, exec)
        for step, exec in exec_steps(transcript)
        if step.token in (TokenKind.EMPTY, TokenKind.ABSENT) and not exec.token
    )


# G01: an empty or any other accepted answer is fine here: a provider may have
# something for pods without an account.


def _judge_missing(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    tried = _without_token(transcript)
    for step, exec in tried:
        broken = crash(exec)
        if broken is None and is_refused_output(setup, exec):
            broken = "it ended with status 0 and no response that the kubelet accepts"
        if broken is not None:
            return fail("K-076", f"asked without a token, {broken}", step.id)
    return PASS if tried else not_applicable("no request without a token was sent")


def _judge_missing_cached(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    tried = _without_token(transcript)
    for step, exec in tried:
        answer = response(setup, exec)
        if answer is None or answer.auth or cache_s(setup, answer) <= 0:
            continue
        return fail(
            "K-107",
            "asked for a served image without a token, it reported success with an empty answer, "
            f"which the kubelet keeps for {cache_s(setup, answer):.0f} s under the workload's key",
            step.id,
        )
    return PASS if tried else not_applicable("no request without a token was sent")


def _judge_missing_credential(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    tried = _without_token(transcript)
    for step, exec in tried:
        if gives_wrongly(setup, transcript, exec):
            message = "asked without a token, it answered with a credential of somebody else"
            return fail("S-08", message, step.id)
    return PASS if tried else not_applicable("no request without a token was sent")


# -- another identity ----------------------------------------------------------

# With `times`, the first requests fail and later ones work: the node credential
# endpoint too, so that a fallback shows itself. A retry of the exchange then
# succeeds, which is as good as a failure.
_STUMBLES = (
    Fault(FaultKind.STATUS, "500", times=1),
    Fault(FaultKind.RESET, times=1),
    Fault(FaultKind.NOT_JSON, times=1),
    Fault(FaultKind.STATUS, "403", times=1),
    Fault(FaultKind.UNAVAILABLE, times=3),
)


def _propose_node(check: str, setup: Setup, draw: Draw) -> Scenario:
    kinds = (TokenKind.EXPIRED, TokenKind.WRONG_AUDIENCE, TokenKind.NOT_A_JWT)
    base, *bad = with_tokens(setup, draw, kinds)
    stumbles = tuple(
        replace(base, id=f"stumble-{number}", exchange=(fault,))
        for number, fault in enumerate(_STUMBLES, 1)
    )
    return scenario(check, base, *bad, *stumbles, label="the workload's way fails")


def _asked_as_workload(setup: Setup, transcript: Transcript) -> list[tuple[ExecStep, Exec]]:
    """Return the execs with a token and an image declared as the workload's.

    For other images a provider may legally have other ways.
    """
    declared = {image for _, image in pairs(setup)}
    return [
        (step, exec)
        for step, exec in exec_steps(transcript)
        if exec.token and not step.edits and step.image in declared
    ]


def _judge_node(setup: Setup, transcript: Transcript) -> Verdict:
    # No control: this is evidence by itself, whatever else works.
    node = node_passwords(transcript)
    tried = _asked_as_workload(setup, transcript)
    for step, exec in tried:
        given = passwords(response(setup, exec))
        if any(holds(password.encode(), canary) for password in given for canary in node):
            return fail(
                "S-08",
                "a service account token was sent, and the answer holds the node's credential",
                step.id,
            )
    return PASS if tried else not_applicable("no token was sent")


def _judge_node_asked(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    # Asked on the good way too: then the node's identity has another use, such
    # as authenticating the provider to the exchange.
    if transcript.during(BASELINE, Actor.NODE):
        return not_applicable("the node credential is asked for on the good way, too")
    for step, _ in _asked_as_workload(setup, transcript):
        if transcript.during(step.id, Actor.NODE):
            return fail(
                "S-63",
                "after the workload's way had failed, the provider asked for the node credential",
                step.id,
            )
    return PASS


# -- the token's way -----------------------------------------------------------


def _carries(record: Received, token: str) -> bool:
    head = "\n".join((record.target, *(value for _, value in record.headers)))
    return holds(head.encode("utf-8", "surrogateescape") + b"\n" + record.body, token)


def _judge_forwarded(setup: Setup, transcript: Transcript) -> Verdict:
    exec = find_exec(transcript, BASELINE)
    if exec is None:
        return inconclusive("the undisturbed exec is missing")
    records = transcript.during(BASELINE, Actor.EXCHANGE)
    if not records or not exec.token:
        return not_applicable("the exchange was not contacted with a token to pass on")
    if any(r.token_verdict == "accepted" or _carries(r, exec.token) for r in records):
        return PASS
    return fail(
        "S-64",
        f"the exchange was asked {len(records)} times, and never got the token of the request",
        BASELINE,
    )


# G08: only byte equality counts (K-094). 1.33 has no guard; there a password
# that is the token must at least not be kept for other pods of the account.


def _is_token_cached(setup: Setup) -> bool:
    attributes = setup.provider.token_attributes
    return attributes is not None and attributes.cache_type is CacheType.TOKEN


def _not_per_token(setup: Setup) -> str | None:
    if not setup.provider.sa_mode:
        return "no token is sent"
    return "cacheType Token allows it" if _is_token_cached(setup) else None


def _judge_echo(setup: Setup, transcript: Transcript) -> Verdict:
    judged = False
    for step, exec in exec_steps(transcript):
        if not exec.token or not exec.succeeded:
            continue
        judged = True
        answer = response(setup, exec)
        if setup.version.has_echo_guard:
            if reaction(setup, exec).rule == "K-094":
                return fail(
                    "K-094",
                    "the password in the answer is the service account token, which the kubelet "
                    "refuses unless cacheType is Token",
                    step.id,
                )
        elif answer is not None and cache_s(setup, answer) > 0 and exec.token in passwords(answer):
            return fail(
                "I-07",
                "the password in the answer is the service account token, and the kubelet keeps "
                f"it for {cache_s(setup, answer):.0f} s for all pods of the account",
                step.id,
            )
    return PASS if judged else not_applicable("no token was answered")


def _judge_wrapped_echo(setup: Setup, transcript: Transcript) -> Verdict:
    judged = False
    for step, exec in exec_steps(transcript):
        answer = response(setup, exec)
        if not exec.token or answer is None:
            continue
        judged = True
        if cache_s(setup, answer) <= 0:
            continue
        # Without the signature in it the password is no token to anybody.
        if any(holds(password.encode(), exec.token) for password in passwords(answer)):
            return fail(
                "K-156",
                "the password in the answer contains the service account token, and the kubelet "
                f"keeps it for {cache_s(setup, answer):.0f} s for all pods of the account",
                step.id,
            )
    return PASS if judged else not_applicable("no token was answered")


# -- annotations ---------------------------------------------------------------


def _required_keys(setup: Setup) -> tuple[str, ...]:
    attributes = setup.provider.token_attributes
    return attributes.required_annotation_keys if attributes is not None else ()


def _needs_required_annotation(setup: Setup) -> str | None:
    missing = needs_workload(setup)
    if missing is not None:
        return missing
    return None if _required_keys(setup) else "no annotation is required"


def _propose_annotation(setup: Setup, draw: Draw) -> Scenario:
    pair = draw.choice(pairs(setup))
    key = draw.choice(_required_keys(setup))
    base = exec_step(BASELINE, pair)
    others = tuple(item for item in pair[0].annotations if item[0] != key)
    changed = tuple(sorted((*others, (key, "pullproof-other-value"))))
    return scenario(
        "G18",
        base,
        replace(base, id="changed", annotations=changed),
        replace(base, id="left-out", annotations=others),
        label=f"annotation {key} changed and left out",
    )


def _doing(setup: Setup, transcript: Transcript, step: str) -> object:
    """What a provider did in a step, without what differs in every exec."""
    exec = transcript.exec(step)
    answer = response(setup, exec)
    asked: list[tuple[str, str, str]] = []
    for record in transcript.during(step, Actor.EXCHANGE):
        body = record.body.decode("utf-8", "replace").replace(exec.token or "\0", "TOKEN")
        target = record.target.replace(exec.token or "\0", "TOKEN")
        asked.append((record.method, target, body))
    keys = None if answer is None else sorted(entry.auth_key for entry in answer.auth)
    return exec.succeeded, keys, asked


def _judge_annotation(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    steps = ("changed", "left-out")
    if any(find_exec(transcript, step) is None for step in steps):
        return inconclusive("a step to compare with is missing")
    base = _doing(setup, transcript, BASELINE)
    if any(_doing(setup, transcript, step) != base for step in steps):
        return PASS
    return fail(
        "K-113",
        "a required annotation makes no difference, be it there, changed or missing",
        "changed",
    )


def _propose_kept(check: str, setup: Setup, draw: Draw) -> Scenario:
    return scenario(check, valid_step(setup, draw))


_OWN: tuple[Check, ...] = (
    Check(
        id="G01",
        title="A request without the token is answered or refused in good order",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("K-076", "K-112", "S-13"),
        defects=("D-G2", "D-C2"),
        propose=lambda setup, draw: _propose_missing("G01", setup, draw),
        judge=_judge_missing,
        consequence="The kubelet log shows a crash or a decode error, and not what is missing.",
        hint="Check for an absent or empty serviceAccountToken first, and say so on stderr.",
        needs=WORKLOAD_NEEDS,
        applies=needs_workload,
    ),
    Check(
        id="G02",
        title="A missing token is not answered with an empty response that is cached",
        group=_GROUP,
        level=Level.MUST,
        rules=("K-107", "S-13", "K-076"),
        defects=("D-G3",),
        propose=lambda setup, draw: _propose_missing("G02", setup, draw),
        judge=_judge_missing_cached,
        consequence="The workload pulls anonymously until the entry expires, token or not.",
        hint="Exit with a non-zero status if a token is required and missing.",
        needs=WORKLOAD_NEEDS,
        applies=_needs_required_account,
    ),
    Check(
        id="G03",
        title="Without a token there is no credential",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-08", "K-112"),
        defects=("D-G1",),
        propose=lambda setup, draw: _propose_missing("G03", setup, draw),
        judge=_judge_missing_credential,
        consequence="The kubelet caches somebody else's credential under the workload's key.",
        hint="With requireServiceAccount true, treat a missing token as an error.",
        needs=WORKLOAD_NEEDS,
        applies=_needs_required_account,
    ),
    Check(
        id="G04",
        title="The node's credential is never the answer to a workload's token",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-08", "S-63"),
        defects=("D-G1",),
        propose=lambda setup, draw: _propose_node("G04", setup, draw),
        judge=_judge_node,
        consequence="Every workload can pull what the node can pull: isolation is an illusion.",
        hint="If a token was sent, use it or fail; never fall back to another identity.",
        needs=WORKLOAD_NEEDS,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="G05",
        title="The node's credential is not even asked for when a workload's way fails",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-63", "S-08"),
        defects=("D-G1",),
        propose=lambda setup, draw: _propose_node("G05", setup, draw),
        judge=_judge_node_asked,
        consequence="The workload's failure is hidden behind the node's identity as soon as that "
        "works.",
        hint="Remove the fallback, or make it a provider entry of its own without tokenAttributes.",
        needs=WORKLOAD_NEEDS,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="G06",
        title="The token reaches the exchange as the kubelet sent it",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-64", "K-076"),
        defects=("D-G6",),
        propose=lambda setup, draw: scenario("G06", exec_step(BASELINE, draw.choice(pairs(setup)))),
        judge=_judge_forwarded,
        consequence="The exchange cannot know the workload, and refuses it or mistakes it.",
        hint="Pass serviceAccountToken on byte for byte, in wrappers too.",
        needs=WORKLOAD_NEEDS,
        applies=needs_workload,
    ),
    Check(
        id="G08",
        title="The token itself is not the password, unless cacheType is Token",
        group=_GROUP,
        level=Level.MUST,
        rules=("K-094", "I-07"),
        defects=("D-G7",),
        propose=lambda setup, draw: _propose_kept("G08", setup, draw),
        judge=_judge_echo,
        consequence="The kubelet drops the answer; up to 1.33 it hands one pod's token to others.",
        hint="Exchange the token for a credential, or set cacheType to Token in the configuration.",
        needs=frozenset({Feature.TOKENS}),
        smoke=True,
        watches=True,
        applies=lambda setup: needs_declared(setup) or _not_per_token(setup),
    ),
    Check(
        id="G09",
        title="No spelling of the token is cached as a password for the whole account",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("K-156", "K-094", "I-07"),
        defects=("D-G7",),
        propose=lambda setup, draw: _propose_kept("G09", setup, draw),
        judge=_judge_wrapped_echo,
        consequence="One pod's token is reused for other pods of the account, past its own life.",
        hint="Set cacheType to Token, or answer with cacheDuration `0s`.",
        needs=frozenset({Feature.TOKENS}),
        watches=True,
        applies=lambda setup: needs_declared(setup) or _not_per_token(setup),
    ),
    Check(
        id="G18",
        title="A required annotation has a use",
        group=_GROUP,
        level=Level.ADVICE,
        rules=("K-113",),
        defects=("D-G4", "D-G5"),
        propose=_propose_annotation,
        judge=_judge_annotation,
        consequence="Pods without the annotation get no credential for no reason, or the key in "
        "the configuration is not the one that the provider reads.",
        hint="Compare the key in requiredServiceAccountAnnotationKeys with the one in the code.",
        needs=WORKLOAD_NEEDS,
        applies=_needs_required_annotation,
    ),
)

CHECKS: tuple[Check, ...] = (*_OWN, *g_refusals.CHECKS)
