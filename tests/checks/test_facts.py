"""What judges ask a transcript."""

from dataclasses import replace

import pytest

from pullproof.checks import facts, plans
from pullproof.model.provider import ProviderConfig
from pullproof.model.scenario import Edit, EditKind, ExecStep, PullStep, Scenario, Stdin, TokenKind
from pullproof.model.setup import Identity, Setup
from pullproof.model.transcript import Ending, Exec, Transcript
from pullproof.model.verdict import Outcome
from tests.checks.factory import (
    PASSWORD,
    SA_PROVIDER,
    Answer,
    FirstDraw,
    answer,
    document,
    empty,
    make_setup,
    perform,
    plain_setup,
    refusal,
)

SETUP = make_setup()
IMAGE = SETUP.served[0]


def play(given: Answer, setup: Setup = SETUP, image: str | None = None) -> Transcript:
    step = plans.valid_step(setup, FirstDraw(), image=image)
    return perform(setup, plans.scenario("A00", step), baseline=given)


def run(given: Answer) -> Exec:
    return play(given).exec("baseline")


CRASHES = {
    "Python traceback": 'Traceback (most recent call last):\n  File "p", line 1\nKeyError: 1',
    "Go panic": "panic: runtime error: index out of range\n\ngoroutine 1 [running]:\nmain.main()",
    "Go fatal error": "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan]:",
    "Rust panic": "thread 'main' panicked at src/main.rs:4:5:\ncalled unwrap on None",
    "Java exception": 'Exception in thread "main" java.lang.NullPointerException',
    "Node.js stack": "TypeError: x\n    at Object.<anonymous> (/p.js:1:7)\n\nNode.js v20.1.0",
    ".NET exception": "Unhandled exception. System.NullReferenceException: Object reference",
    "Ruby exception": "provider.rb:3:in `<main>': undefined method for nil (NoMethodError)",
    "shell syntax error": "provider: line 12: syntax error near unexpected token",
    "segmentation fault": "Segmentation fault (core dumped)",
    "aborted C++ program": "terminate called after throwing an instance of 'std::out_of_range'",
    "memory error": "*** stack smashing detected ***: terminated",
}


class TestCrashTrace:
    @pytest.mark.parametrize("name", CRASHES)
    def test_is_seen_in_what_dying_programs_write(self, name: str) -> None:
        text = CRASHES[name]
        assert facts.crash_trace(b"starting up\n" + text.encode() + b"\n") is not None
        assert facts.crash_trace(text.replace("\n", "\r\n").encode()) is not None

    def test_newer_rust_and_go_write_more(self) -> None:
        assert facts.crash_trace(b"thread 'main' (4711) panicked at src/main.rs:1:1:\nx")
        assert facts.crash_trace(b"goroutine 1 gp=0xc000002380 m=0 mp=0x1 [running]:\n")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "provider: cannot parse the request: unexpected end of JSON input",
            "E1124 main.go:33] failed to get token: panic button not found",
            "error: the goroutine pool is empty",
            "Error: traceback service unavailable",
            "level=error msg=failed stacktrace=main.main()\\n\\tmain.go:3",
            "main.run\n\t/src/main.go:33\nruntime.main\n\t/usr/lib/go/proc.go:250",
            "jq: error (at <stdin>:0): Cannot index number with string",
            "ssh: connect: thread pool exhausted",
            "invalid syntax in annotation value",
            "exec: line too long",
        ],
    )
    def test_is_not_seen_in_ordinary_reasons(self, text: str) -> None:
        assert facts.crash_trace(text.encode()) is None

    def test_survives_any_bytes_quickly(self) -> None:
        assert facts.crash_trace(bytes(range(256)) * 2000) is None
        assert facts.crash_trace(b"fatal error: x\n" * 20_000) is None

    def test_on_success_is_no_crash(self) -> None:
        """A caught and logged exception; stderr is discarded then (K-085)."""
        given = replace(answer(IMAGE), stderr=CRASHES["Python traceback"].encode())
        assert facts.crash(run(given)) is None


class TestRefusals:
    def test_a_reason_and_a_status_are_clean(self) -> None:
        assert facts.clean_refusal(run(refusal()))

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            (Answer(exit_code=2), "gave no reason"),
            (Answer(stdout=b"x", stderr=b"reason", exit_code=1), "1 bytes on stdout"),
            (Answer(stderr=CRASHES["Go panic"].encode(), exit_code=2), "Go panic"),
            (Answer(ending=Ending.TIMED_OUT, exit_code=None), "deadline"),
            (Answer(ending=Ending.SIGNALED, exit_code=None, signal=11), "signal 11"),
            (Answer(ending=Ending.NOT_STARTED, exit_code=None), "started"),
            (empty(), "status 0"),
        ],
    )
    def test_anything_else_is_not(self, given: Answer, why: str) -> None:
        reason = facts.unclean_refusal(run(given))
        assert reason is not None
        assert why in reason

    def test_what_a_failed_exec_printed_is_no_breakdown(self) -> None:
        """The kubelet ignores it (K-084)."""
        given = Answer(stdout=b"usage", stderr=b"reason", exit_code=1)
        assert facts.breakdown(run(given)) is None


class TestCredentials:
    def test_are_what_the_keyring_would_try(self) -> None:
        given = Answer(document({"registry.example": ("u", PASSWORD), "other": ("v", "w")}))
        found = facts.step_credentials(SETUP, play(given), "baseline")
        assert [(item.auth_key, item.username) for item in found] == [("registry.example", "u")]

    def test_of_a_refused_answer_are_none(self) -> None:
        given = Answer(document({IMAGE: ("u", PASSWORD)}, cache_key_type="image"))
        assert facts.step_credentials(SETUP, play(given), "baseline") == ()

    def test_are_looked_up_for_the_host_of_this_run(self) -> None:
        setup = plain_setup(
            provider=replace(plain_setup().provider, match_images=("${registry.host}",)),
            served=("${registry.host}/team-a/app",),
        )
        taken = play(answer("127.0.0.1:5001/team-a/app"), setup)
        assert facts.image_of(taken, "baseline") == "127.0.0.1:5001/team-a/app"
        assert facts.is_usable(setup, taken, "baseline")

    def test_an_empty_password_is_no_usable_credential(self) -> None:
        assert not facts.is_usable(SETUP, play(answer(IMAGE, password="")), "baseline")
        assert not facts.has_secret(facts.response(SETUP, run(answer(IMAGE, password=""))))

    def test_a_provider_with_none_is_usable_if_it_answers(self) -> None:
        setup = plain_setup(identity=Identity.NONE)
        assert facts.is_usable(setup, play(empty(), setup), "baseline")
        assert not facts.is_usable(setup, play(refusal(), setup), "baseline")

    def test_the_image_of_a_pull_is_not_asked_for(self) -> None:
        pulled = Scenario("A00", (PullStep("pull", IMAGE, "baseline"),))
        with pytest.raises(KeyError):
            facts.image_of(perform(SETUP, pulled), "pull")


class TestBaseline:
    def test_that_works_is_no_verdict(self) -> None:
        assert facts.broken_baseline(SETUP, play(answer(IMAGE))) is None

    @pytest.mark.parametrize("given", [refusal(), empty(), Answer(b"")])
    def test_that_does_not_is_inconclusive(self, given: Answer) -> None:
        verdict = facts.broken_baseline(SETUP, play(given))
        assert verdict is not None
        assert verdict.outcome is Outcome.INCONCLUSIVE

    def test_that_was_not_all_kept_is_inconclusive(self) -> None:
        given = replace(answer(IMAGE), extra={"stdout_truncated": True})
        verdict = facts.broken_baseline(SETUP, play(given))
        assert verdict is not None
        assert verdict.outcome is Outcome.INCONCLUSIVE

    def test_that_was_not_run_is_inconclusive(self) -> None:
        verdict = facts.broken_baseline(SETUP, perform(SETUP, Scenario("A00", ())))
        assert verdict is not None
        assert verdict.outcome is Outcome.INCONCLUSIVE


class TestRefusal:
    @pytest.mark.rule("K-084")
    def test_of_a_failed_exec_is_none(self) -> None:
        assert facts.refusal(SETUP, run(Answer(b"{}", b"reason", exit_code=1))) is None

    @pytest.mark.rule("K-081")
    def test_of_a_cut_answer_is_none(self) -> None:
        assert facts.refusal(SETUP, run(Answer(b"{", extra={"stdout_truncated": True}))) is None

    def test_of_a_bad_answer_is_the_kubelets(self) -> None:
        found = facts.refusal(SETUP, run(Answer(b"{}")))
        assert found is not None
        assert found.rule == "K-090"


OPTIONAL = replace(
    SETUP,
    provider=replace(
        SA_PROVIDER,
        token_attributes=replace(
            SA_PROVIDER.token_attributes or pytest.fail("no tokens"),
            require_service_account=False,
            required_annotation_keys=(),
        ),
    ),
)


class TestKubeletRequest:
    def step(self, **changes: object) -> ExecStep:
        step = plans.valid_step(SETUP, FirstDraw(), image=IMAGE)
        return replace(step, **changes)  # type: ignore[arg-type]

    def test_is_the_plain_one(self) -> None:
        assert facts.is_kubelet_request(SETUP, self.step())

    def test_is_none_that_was_edited_or_never_delivered(self) -> None:
        assert not facts.is_kubelet_request(SETUP, self.step(edits=(Edit(EditKind.PRETTY),)))
        assert not facts.is_kubelet_request(SETUP, self.step(stdin=Stdin.CLOSED))

    def test_is_none_in_an_environment_made_for_a_check(self) -> None:
        assert not facts.is_kubelet_request(SETUP, self.step(unset_env=("PATH",)))
        assert not facts.is_kubelet_request(SETUP, self.step(env=(("LANG", "C"),)))

    @pytest.mark.rule("K-040")
    def test_is_none_for_an_image_that_no_pattern_matches(self) -> None:
        assert not facts.is_kubelet_request(SETUP, self.step(image="quay.example.org/a/b"))

    @pytest.mark.rule("K-112")
    def test_is_none_without_a_required_service_account(self) -> None:
        for step in (self.step(workload=None), self.step(token=TokenKind.ABSENT)):
            assert not facts.is_kubelet_request(SETUP, step)
            assert facts.is_kubelet_request(OPTIONAL, step)

    @pytest.mark.rule("K-113")
    def test_is_none_without_a_required_annotation(self) -> None:
        assert not facts.is_kubelet_request(SETUP, self.step(annotations=()))
        assert facts.is_kubelet_request(OPTIONAL, self.step(annotations=()))

    @pytest.mark.parametrize("kind", [TokenKind.ALG_NONE, TokenKind.HUGE, TokenKind.TAMPERED])
    def test_is_none_with_a_forged_token(self, kind: TokenKind) -> None:
        assert not facts.is_kubelet_request(SETUP, self.step(token=kind))

    def test_needs_no_identity_in_plain_mode(self) -> None:
        plain: ProviderConfig = replace(SA_PROVIDER, token_attributes=None)
        assert facts.is_kubelet_request(replace(SETUP, provider=plain), self.step(workload=None))
