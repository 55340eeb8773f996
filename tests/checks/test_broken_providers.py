"""Every check of the classes A to E fails on a provider that breaks its rule.

Each case is a small provider with one mistake, or a correct one with one step
answered otherwise; the check must fail, and with the rule that is broken.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from pullproof.checks import catalogue
from pullproof.model.scenario import ExecStep, Scenario, Stdin
from pullproof.model.setup import Policy, Setup, UnknownImage
from pullproof.model.transcript import Actor, Ending, Received, Transcript
from pullproof.model.verdict import Outcome, Verdict
from tests.checks.factory import (
    PASSWORD,
    PLAIN_PROVIDER,
    TOKEN,
    Answer,
    FirstDraw,
    Provider,
    document,
    empty,
    make_setup,
    perform,
    plain_setup,
    refusal,
)
from tests.checks.programs import SPECIAL, Honest, as_provider, host_key

TRACE = b'Traceback (most recent call last):\n  File "provider", line 3\nKeyError: 1\n'
CRASH = Answer(stderr=TRACE, exit_code=1)
SILENT = Answer(exit_code=1)

SA = make_setup()
NODE = plain_setup()
PORTED = plain_setup(
    provider=replace(PLAIN_PROVIDER, match_images=("registry.example", "registry.example:5000"))
)
EMPTY_POLICY = make_setup(
    policy=Policy(owns=("registry.example",), unknown_image=UnknownImage.EMPTY)
)
ERROR_POLICY = make_setup(
    policy=Policy(owns=("registry.example",), unknown_image=UnknownImage.ERROR)
)
NARROW = plain_setup(policy=Policy(owns=("registry.example/team-a",)))

Break = Callable[[Setup], Provider]


def wrong(mistake: Callable[[Honest, bytes, str], Answer]) -> Break:
    """Return a maker of providers that are `Honest` but for `mistake`."""

    def make(setup: Setup) -> Provider:
        honest = Honest(setup)
        return as_provider(setup, lambda stdin, password: mistake(honest, stdin, password))

    return make


def when(condition: Callable[[bytes], bool], given: Answer) -> Break:
    """Return a maker: `given` for such a stdin, else a correct answer."""
    return wrong(
        lambda honest, stdin, password: given if condition(stdin) else honest(stdin, password)
    )


def on_step(condition: Callable[[ExecStep], bool], given: Answer) -> Break:
    """Return a maker: `given` for such a step, else a correct answer."""

    def make(setup: Setup) -> Provider:
        correct = as_provider(setup, Honest(setup))
        return lambda step: given if condition(step) else correct(step)

    return make


def printing(stdout: bytes) -> Break:
    return on_step(lambda step: True, Answer(stdout))


def changed(change: Callable[[dict[str, Any]], Any]) -> Break:
    """Return a maker: every response is changed before it is printed."""

    def mistake(honest: Honest, stdin: bytes, password: str) -> Answer:
        given = honest(stdin, password)
        if given.exit_code:
            return given
        return replace(given, stdout=json.dumps(change(json.loads(given.stdout))).encode())

    return wrong(mistake)


def set_members(**members: Any) -> Break:
    return changed(lambda value: value | members)


def keyed(key_of: Callable[[str], str], **more: Any) -> Break:
    return lambda setup: as_provider(setup, Honest(setup, key_of=key_of, **more))


def is_json_object(stdin: bytes) -> bool:
    try:
        return isinstance(json.loads(stdin), dict)
    except (ValueError, RecursionError):
        return False


def is_json(stdin: bytes) -> bool:
    try:
        json.loads(stdin)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def first_line_only(honest: Honest, stdin: bytes, password: str) -> Answer:
    return honest(stdin.split(b"\n")[0], password)


def pasted_together(honest: Honest, stdin: bytes, password: str) -> Answer:
    text = document({"registry.example/team-a/app": ("user", "@")}).decode()
    return Answer(text.replace("@", password).encode())


def always_v1(honest: Honest, stdin: bytes, password: str) -> Answer:
    request = json.loads(stdin)
    return honest(json.dumps(request | {"apiVersion": "credentialprovider.kubelet.k8s.io/v1"})
                  .encode(), password)  # fmt: skip


def any_kind(honest: Honest, stdin: bytes, password: str) -> Answer:
    request = json.loads(stdin)
    return honest(json.dumps(request | {"kind": "CredentialProviderRequest"}).encode(), password)


def by_regular_expression(honest: Honest, stdin: bytes, password: str) -> Answer:
    found = re.search(rb'"apiVersion":"[^"]*","image":"[^"]*"', stdin)
    return honest(stdin, password) if found else refusal("cannot parse")


def strict_fields(honest: Honest, stdin: bytes, password: str) -> Answer:
    known = {"kind", "apiVersion", "image", "serviceAccountToken", "serviceAccountAnnotations"}
    if is_json_object(stdin) and set(json.loads(stdin)) - known:
        return refusal("unknown field")
    return honest(stdin, password)


def whatever_owned(condition: Callable[[str], bool]) -> Break:
    """Return a maker of providers that answer each image that meets `condition`."""

    def mistake(honest: Honest, stdin: bytes, password: str) -> Answer:
        image = json.loads(stdin)["image"]
        if condition(image):
            return Answer(document({image: ("user", password)}))
        return honest(stdin, password)

    return wrong(mistake)


def sends(condition: Callable[[ExecStep], bool], actor: Actor, **fields: Any) -> Break:
    """Return a maker: correct answers, and a request with the token somewhere else."""
    values: dict[str, Any] = {
        "method": "POST",
        "target": "/token",
        "headers": (("Content-Type", "application/json"),),
        "body": json.dumps({"subject_token": TOKEN}).encode(),
    } | fields
    request = Received(actor, "", **values)

    def make(setup: Setup) -> Provider:
        correct = as_provider(setup, Honest(setup))

        def play(step: ExecStep) -> Answer:
            given = correct(step)
            return replace(given, received=(request,)) if condition(step) else given

        return play

    return make


def has_edits(step: ExecStep) -> bool:
    return bool(step.edits)


def asks(name: str) -> Callable[[ExecStep], bool]:
    return lambda step: step.id == name


def entry(key: str, user: str = "user", password: str = PASSWORD) -> dict[str, Any]:
    return {key: {"username": user, "password": password}}


DUPLICATE = document().replace(b"{", b'{"cacheKeyType": "Image", ', 1)
TWICE = document(
    {"registry.example/team-a/app": ("user", PASSWORD)}
).replace(b'"auth": {', b'"auth": {"registry.example/team-a/app": {}, ')  # fmt: skip
V1BETA1 = "credentialprovider.kubelet.k8s.io/v1beta1"


@dataclass(frozen=True)
class Case:
    check: str
    rule: str
    make: Break
    setup: Setup = SA

    @property
    def id(self) -> str:
        return f"{self.check}-{self.rule}"


CASES = [
    # A: framing.
    Case("A00", "K-096", on_step(lambda step: True, empty())),
    Case("A00", "K-084", on_step(lambda step: True, refusal())),
    Case("A00", "K-082", on_step(lambda step: True, Answer(ending=Ending.TIMED_OUT))),
    Case("A00", "K-132", keyed(lambda image: "registry.invalid")),
    Case("A00", "K-096", changed(lambda value: value | {"auth": entry("registry.example", "u", "")})),
    Case("A00", "K-093", set_members(cacheKeyType="image")),
    Case("A01", "K-075", wrong(first_line_only)),
    Case("A02", "K-075", when(lambda stdin: not stdin.endswith(b"\n"), SILENT)),
    Case("A03", "K-075", on_step(lambda step: step.stdin is Stdin.CHUNKED, refusal("half a line"))),
    Case("A04", "K-090", wrong(pasted_together)),
    Case(
        "A04",
        "K-090",
        wrong(lambda honest, stdin, password: honest(stdin, password.replace("&", "&amp;"))),
    ),
    Case("A05", "K-090", wrong(lambda h, s, p: replace(h(s, p), stdout=h(s, p).stdout + b"done\n"))),
    Case("A05", "K-090", wrong(lambda h, s, p: replace(h(s, p), stdout=h(s, p).stdout * 2))),
    Case("A06", "S-17", when(lambda stdin: is_json(stdin) and not is_json_object(stdin), CRASH)),
    Case("A06", "S-17", when(lambda stdin: stdin == b"null\n", Answer(b"{}"))),
    Case("A07", "S-17", when(lambda stdin: not stdin.strip(), CRASH)),
    Case("A07", "S-17", on_step(lambda step: step.stdin is Stdin.CLOSED,
                                Answer(ending=Ending.TIMED_OUT, exit_code=None))),
    Case("A08", "S-17", when(lambda stdin: not is_json(stdin), CRASH)),
    Case("A09", "S-17", when(lambda stdin: not is_json(stdin), CRASH)),
    Case("A09", "S-17", when(lambda stdin: stdin.startswith(b"\xff"), Answer(
        ending=Ending.SIGNALED, exit_code=None, signal=11))),
    Case("A10", "S-17", when(lambda stdin: b'"image":42' in stdin, CRASH)),
    Case("A10", "S-17", when(lambda stdin: b'"serviceAccountAnnotations":[' in stdin, CRASH)),
    Case("A11", "S-17", when(lambda stdin: len(stdin) > 900_000, CRASH)),
    Case("A11", "S-17", when(lambda stdin: 200_000 < len(stdin) < 900_000, CRASH)),
    Case("A12", "S-17", when(lambda stdin: len(stdin) > 59_000, CRASH)),
    Case("A13", "S-17", when(lambda stdin: b'{"a":{"a":{"a":' in stdin, CRASH)),
    Case("A14", "K-075", lambda setup: as_provider(setup, Honest(setup, lenient=True))),
    Case("A15", "S-17", when(lambda stdin: b'"image"' not in stdin, CRASH)),
    Case("A15", "S-17", when(lambda stdin: b'"image":""' in stdin, SILENT)),
    # B: version and kind.
    Case("B01", "K-090", set_members(apiVersion=V1BETA1)),
    Case("B01", "K-090", set_members(apiVersion="credentialprovider.k8s.io/v1")),
    Case("B02", "K-090", wrong(always_v1), NODE),
    Case("B02", "S-17", when(lambda stdin: V1BETA1.encode() in stdin, CRASH)),
    Case("B03", "K-090", wrong(always_v1), NODE),
    Case("B04", "X-001", wrong(any_kind)),
    Case("B05", "S-17", when(lambda stdin: b'"kind"' not in stdin, CRASH)),
    Case("B06", "X-001", wrong(strict_fields)),
    Case("B07", "K-075", wrong(by_regular_expression)),
    Case("B08", "S-17", when(lambda stdin: stdin.count(b'"image"') > 1, CRASH)),
    # C: shape.
    Case("C01", "K-090", printing(b"")),
    Case("C01", "K-090", printing(b"\n \n")),
    Case("C02", "K-090", printing(b"usage: provider [-h]\n")),
    Case("C02", "K-090", printing(b"[]")),
    Case("C02", "K-090", printing(b"\xef\xbb\xbf" + document())),
    Case("C02", "K-090", printing(b"warning: slow\n" + document())),
    Case("C03", "K-090", printing(b"{}")),
    Case("C03", "K-090", printing(b"null\n")),
    Case("C04", "K-095", set_members(cacheDuration=300)),
    Case("C04", "K-095", set_members(cacheDuration="10 minutes")),
    Case("C04", "K-095", set_members(cacheDuration={"duration": "5m"})),
    Case("C05", "K-091", set_members(metadata={})),
    Case("C05", "K-091", changed(lambda value: {
        ("cachekeytype" if name == "cacheKeyType" else name): item
        for name, item in value.items()})),
    Case("C05", "K-091", set_members(auth={"registry.example": {"Username": "u"}})),
    Case("C06", "K-091", printing(DUPLICATE)),
    Case("C06", "K-091", printing(TWICE)),
    Case("C07", "K-091", set_members(auth=[])),
    Case("C07", "K-091", set_members(auth={"registry.example": {"username": 1}})),
    Case("C08", "K-092", set_members(kind="CredentialProviderRequest")),
    Case("C09", "K-093", set_members(cacheKeyType="")),
    Case("C09", "K-093", changed(lambda value: {
        name: item for name, item in value.items() if name != "cacheKeyType"})),
    Case("C10", "K-084", wrong(lambda h, s, p: replace(h(s, p), exit_code=1, stderr=b"failed"))),
    Case("C11", "K-181", set_members(auth=entry("registry.example", "", ""))),
    Case("C12", "X-140", on_step(lambda step: bool(step.exchange), Answer(
        document({"registry.example": ("user", "")})))),
    Case("C12", "X-140", on_step(lambda step: bool(step.exchange), Answer(
        document({"registry.example": ("", "")})))),
    # D: auth keys.
    Case("D01", "K-043", keyed(lambda image: image + ":latest")),
    Case("D01", "K-043", keyed(lambda image: "*")),
    Case("D01", "K-043", keyed(lambda image: "")),
    Case("D01", "K-043", keyed(lambda image: "%bad%")),
    Case("D01", "K-043", keyed(str.upper)),
    Case("D02", "K-043", lambda setup: as_provider(setup, Honest(
        replace(setup, policy=Policy(owns=("registry.example", "registry.example:5000"))),
        key_of=lambda image: image.split("/")[0].split(":")[0])), PORTED),
    Case("D03", "K-131", keyed(lambda image: f"{image}@sha256:{'0' * 64}")),
    Case("D03", "K-131", keyed(lambda image: f"oci://{image}")),
    Case("D03", "K-131", keyed(lambda image: "")),
    Case("D03", "K-131", keyed(lambda image: "registry.example/*")),
    Case("D04", "K-109", keyed(lambda image: "*.example", cache_key_type="Global")),
    Case("D04", "K-109", keyed(host_key, cache_key_type="Registry"), NARROW),
    Case("D05", "S-09", keyed(lambda image: "*.*")),
    Case("D05", "S-09", keyed(lambda image: "*.example")),
    Case("D06", "S-17", when(lambda stdin: b"[::1]" in stdin, CRASH)),
    Case("D06", "S-17", when(lambda stdin: b'"localhost/' in stdin, SILENT)),
    Case("D07", "K-131", set_members(auth=entry("registry.example")
                                     | entry("https://registry.example/v1/", "other"))),
    Case("D08", "S-17", when(lambda stdin: b'"https://' in stdin, CRASH)),
    # E: images and destinations.
    Case("E01", "S-09", whatever_owned(lambda image: True)),
    Case("E01", "S-09", whatever_owned(lambda image: image.startswith("docker.io/"))),
    Case("E01", "S-09", keyed(lambda image: "*.example", more_auth=(("*.*", ("u", PASSWORD)),))),
    Case("E02", "S-09", whatever_owned(lambda image: image.startswith("registry.example"))),
    Case("E02", "S-09", whatever_owned(lambda image: "registry.example/" in image)),
    Case("E02", "S-09", whatever_owned(lambda image: host_key(image).endswith("registry.example"))),
    Case("E02", "S-09", whatever_owned(lambda image: image.startswith("registry."))),
    Case("E03", "K-072", when(lambda stdin: b"a__b" in stdin, empty())),
    Case("E03", "K-072", when(lambda stdin: b"n" * 100 in stdin, refusal())),
    Case("E04", "S-10", sends(asks("image-host"), Actor.OTHER_REGISTRY)),
    Case("E05", "S-10", sends(asks("annotation-url"), Actor.CANARY)),
    Case("E05", "S-10", sends(asks("annotation-host"), Actor.OTHER_REGISTRY,
                              headers=(("Authorization", f"Bearer {TOKEN}"),), body=b"")),
    Case("E05", "S-10", sends(asks("annotation-name"), Actor.PROXY,
                              target="http://attacker.pullproof.invalid/token")),
    Case("E06", "S-10", sends(asks("baseline"), Actor.CANARY)),
    Case("E07", "K-107", on_step(lambda step: "elsewhere" in step.image, refusal()), EMPTY_POLICY),
    Case("E07", "K-084", on_step(lambda step: "elsewhere" in step.image, empty()), ERROR_POLICY),
    Case("E08", "S-13", on_step(lambda step: "elsewhere" in step.image, CRASH)),
    Case("E08", "S-13", on_step(lambda step: "elsewhere" in step.image, Answer(b"{}"))),
    Case("E08", "S-13", on_step(lambda step: "elsewhere" in step.image, SILENT)),
]  # fmt: skip


def judged(case: Case) -> tuple[Verdict, Transcript]:
    check = catalogue.by_id(case.check)
    assert check.needs <= case.setup.features
    assert check.applies(case.setup) is None
    scenario = check.propose(case.setup, FirstDraw())
    transcript = perform(case.setup, scenario, case.make(case.setup))
    return check.judge(case.setup, transcript), transcript


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
class TestABrokenProvider:
    def test_fails_the_check_by_its_rule(self, case: Case) -> None:
        verdict, _ = judged(case)
        assert (verdict.outcome, verdict.rule) == (Outcome.FAIL, case.rule), verdict

    def test_names_a_rule_that_the_check_cites(self, case: Case) -> None:
        assert judged(case)[0].rule in catalogue.by_id(case.check).rules

    def test_is_told_in_words_without_secrets(self, case: Case) -> None:
        verdict, transcript = judged(case)
        assert verdict.step in {step.id for step in transcript.scenario.steps}
        for secret in (TOKEN, TOKEN.split(".")[2], PASSWORD, SPECIAL):
            assert secret not in verdict.message

    def test_still_fails_in_a_scenario_of_fewer_steps(self, case: Case) -> None:
        """Steps besides the baseline and the deciding one may be dropped."""
        verdict, transcript = judged(case)
        check = catalogue.by_id(case.check)
        kept = {"baseline", "plain", "stranger", verdict.step}
        steps = tuple(step for step in transcript.scenario.steps if step.id in kept)
        smaller = replace(transcript.scenario, steps=steps)
        again = check.judge(case.setup, perform(case.setup, smaller, case.make(case.setup)))
        assert again == verdict


def test_every_check_of_these_classes_has_a_broken_provider() -> None:
    mine = {check.id for check in catalogue.ALL if check.id[0] in "ABCDE"}
    assert {case.check for case in CASES} == mine


@pytest.mark.parametrize("check_id", sorted({case.check for case in CASES}))
def test_no_step_at_all_is_no_failure(check_id: str) -> None:
    """A shrinker may take everything away; judges answer all the same."""
    check = catalogue.by_id(check_id)
    nothing = perform(SA, Scenario(check_id, ()))
    assert not check.judge(SA, nothing).failed


GUESSED = replace(SA, declared=False)


@pytest.mark.parametrize("check_id", ["A00", "D01"])
def test_a_guessed_image_is_never_a_failure(check_id: str) -> None:
    check = catalogue.by_id(check_id)
    scenario = check.propose(GUESSED, FirstDraw())
    provider = keyed(lambda image: "registry.invalid")(GUESSED)
    verdict = check.judge(GUESSED, perform(GUESSED, scenario, provider))
    assert verdict.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("check_id", [
    check.id for check in catalogue.ALL if check.id[0] in "ABCDE" and check.id != "A00"
])  # fmt: skip
def test_a_provider_that_never_answers_fails_by_no_comparison(check_id: str) -> None:
    """A clean refusal of everything is A00's finding and nobody else's."""
    check = catalogue.by_id(check_id)
    setup = {"D02": PORTED, "E07": ERROR_POLICY}.get(check_id, SA)
    scenario = check.propose(setup, FirstDraw())
    verdict = check.judge(setup, perform(setup, scenario, lambda step: refusal()))
    assert not verdict.failed, verdict
