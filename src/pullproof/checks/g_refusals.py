"""Class G, second part: tokens that must lead nowhere, and odd ones that must work.

The exchange verifies every token fully, so a credential for a bad one comes
from elsewhere: another identity, a memory of an earlier exec, or a status that
was not looked at. How the provider says no is free here (exit status or empty
answer); classes F and I look at that. A provider may also refuse by itself,
without asking the exchange.
"""

from collections.abc import Callable

from pullproof.checks.check import Check
from pullproof.checks.evidence import (
    WORKLOAD_NEEDS,
    control,
    exec_steps,
    gives_wrongly,
    needs_workload,
    scenario,
    with_tokens,
)
from pullproof.checks.facts import BASELINE, is_usable
from pullproof.model.draw import Draw
from pullproof.model.scenario import LEGAL_TOKENS, Scenario, TokenKind
from pullproof.model.setup import Setup
from pullproof.model.transcript import Transcript
from pullproof.model.verdict import PASS, Level, Verdict, fail, not_applicable

_GROUP = "service account tokens"
_CONSEQUENCE = "The kubelet hands a credential to a pod whose identity nobody has proved."
_HINT = (
    "Answer only with what the exchange returned for this very token; if it refuses, exit with "
    "a non-zero status."
)
Propose = Callable[[Setup, Draw], Scenario]


def _proposer(check: str, kinds: tuple[TokenKind, ...], label: str) -> Propose:
    def propose(setup: Setup, draw: Draw) -> Scenario:
        return scenario(check, *with_tokens(setup, draw, kinds), label=label)

    return propose


def _refused(rule: str) -> Callable[[Setup, Transcript], Verdict]:
    """Return a judge: no token outside `LEGAL_TOKENS` gives a credential.

    EMPTY and ABSENT are not bad tokens but none; see `g_tokens`.
    """
    none = {TokenKind.EMPTY, TokenKind.ABSENT}

    def judge(setup: Setup, transcript: Transcript) -> Verdict:
        problem = control(setup, transcript)
        if problem is not None:
            return problem
        bad = [
            (step, exec)
            for step, exec in exec_steps(transcript)
            if step.token not in LEGAL_TOKENS | none
        ]
        for step, exec in bad:
            # If the exchange itself accepted the token, our emulator is at
            # fault, or the clock moved; the provider did as it was told.
            if gives_wrongly(setup, transcript, exec):
                return fail(
                    rule,
                    f"a token of the kind `{step.token.value}` got a credential that the exchange "
                    "did not mint for it",
                    step.id,
                )
        return PASS if bad else not_applicable("no bad token was sent")

    return judge


def _family(
    id: str, title: str, kinds: tuple[TokenKind, ...], rules: tuple[str, ...], label: str
) -> Check:
    return Check(
        id=id,
        title=title,
        group=_GROUP,
        level=Level.MUST,
        rules=rules,
        defects=("D-G1", "D-J1"),
        propose=_proposer(id, kinds, label),
        judge=_refused(rules[0]),
        consequence=_CONSEQUENCE,
        hint=_HINT,
        needs=WORKLOAD_NEEDS,
        smoke=id == "G13",
        applies=needs_workload,
    )


def _works(rule: str) -> Callable[[Setup, Transcript], Verdict]:
    """Return a judge: every legal token works as well as the ordinary one."""

    def judge(setup: Setup, transcript: Transcript) -> Verdict:
        problem = control(setup, transcript)
        if problem is not None:
            return problem
        variants = [
            (step, exec)
            for step, exec in exec_steps(transcript)
            if step.id != BASELINE and step.token in LEGAL_TOKENS
        ]
        for step, _ in variants:
            if not is_usable(setup, transcript, step.id):
                return fail(
                    rule,
                    f"a token of the legal kind `{step.token.value}` got no usable credential, "
                    "an ordinary one did",
                    step.id,
                )
        return PASS if variants else not_applicable("no legal variant was sent")

    return judge


CHECKS: tuple[Check, ...] = (
    _family(
        "G10",
        "A token for another audience gets no credential",
        (TokenKind.WRONG_AUDIENCE, TokenKind.API_AUDIENCE, TokenKind.AUDIENCE_PREFIX),
        ("S-01", "S-51", "T-132"),
        "tokens for other audiences",
    ),
    _family(
        "G11",
        "A token of another issuer gets no credential",
        (TokenKind.WRONG_ISSUER, TokenKind.OTHER_CLUSTER, TokenKind.LEGACY),
        ("S-02", "S-52", "T-130"),
        "tokens of other issuers",
    ),
    _family(
        "G12",
        "A forged token gets no credential",
        (
            TokenKind.WRONG_KEY,
            TokenKind.TAMPERED,
            TokenKind.ALG_NONE,
            TokenKind.HS256_PEM,
            TokenKind.EMBEDDED_JWK,
            TokenKind.UNKNOWN_KID,
        ),
        ("S-53", "T-111", "T-113", "T-115"),
        "forged tokens",
    ),
    _family(
        "G13",
        "An expired token, or one not valid yet, gets no credential",
        (TokenKind.EXPIRED, TokenKind.NOT_YET_VALID, TokenKind.NO_EXPIRY),
        ("S-14", "S-54", "T-134"),
        "tokens outside their life",
    ),
    _family(
        "G14",
        "A token without a clear subject gets no credential",
        (TokenKind.NO_SUBJECT, TokenKind.SUBJECT_MISMATCH),
        ("T-138", "S-16", "T-069"),
        "tokens of unclear subjects",
    ),
    _family(
        "G15",
        "What is not a token gets no credential",
        (TokenKind.NOT_A_JWT, TokenKind.MANY_DOTS, TokenKind.HUGE),
        ("T-100", "S-17"),
        "malformed tokens",
    ),
    Check(
        id="G16",
        title="Every shape of token that Kubernetes issues works",
        group=_GROUP,
        level=Level.MUST,
        rules=("T-004", "T-005"),
        defects=("D-G6",),
        propose=_proposer(
            "G16", (TokenKind.VALID_TYP_JWT, TokenKind.VALID_ES256), "other legal shapes"
        ),
        judge=_works("T-004"),
        consequence="On clusters with an EC key or an external signer no pull gets a credential.",
        hint="Treat the token as opaque and pass it on; leave its header to the exchange.",
        needs=WORKLOAD_NEEDS,
        applies=needs_workload,
    ),
    Check(
        id="G17",
        title="A token with little life left still works",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("T-046", "K-151"),
        defects=("D-F4",),
        propose=_proposer("G17", (TokenKind.VALID_SHORT,), "token with about 90 s left"),
        judge=_works("T-046"),
        consequence="Pulls fail while the kubelet still holds a valid token.",
        hint="Do not demand a minimum life of the token; shorten cacheDuration instead.",
        needs=WORKLOAD_NEEDS,
        applies=needs_workload,
    ),
)
