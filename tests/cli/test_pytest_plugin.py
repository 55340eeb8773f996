"""The pytest plugin, seen from outside: `pytest --pullproof-settings …`."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from pullproof import pytest_items
from pullproof.checks.check import Check
from pullproof.engine.options import Options
from pullproof.engine.plan import make_plan
from pullproof.engine.result import Finding
from pullproof.model.setup import Setup
from pullproof.model.transcript import Transcript
from pullproof.model.verdict import PASS, Outcome, Verdict, inconclusive, not_applicable
from pullproof.pytest_items import CheckFailed, Driver, State
from tests.engine.fakes import BAD, FLAKY, LEAK, PLAIN, FakeSession, make_check, make_setup
from tests.engine.real import PROVIDER, write_settings

pytestmark = pytest.mark.process


def pytest_run(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", *words],
        cwd=folder, capture_output=True, text=True, timeout=100, check=False, env=clean,
    )  # fmt: skip


def target(folder: Path, fault: str = "") -> str:
    return f"--pullproof-settings={write_settings(folder, fault)}"


def test_without_options_nothing_is_collected_and_no_room_is_imported(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import sys\n"
        "def test_it(request):\n"
        "    assert 'pullproof.pytest_plugin' in sys.modules\n"
        "    loaded = [n for n in sys.modules if n.startswith('pullproof.')]\n"
        "    assert loaded == ['pullproof.pytest_plugin'], loaded\n"
    )
    done = pytest_run(tmp_path, "-q", "-p", "no:hypothesispytest")
    assert "1 passed" in done.stdout, done.stdout


def test_each_selected_check_is_an_item_and_passes(tmp_path: Path) -> None:
    done = pytest_run(tmp_path, target(tmp_path), "--pullproof-checks=a00,A01")
    assert "PASSED pullproof::A00" in done.stdout, done.stdout
    assert "PASSED pullproof::A01" in done.stdout
    assert "2 passed" in done.stdout
    assert done.returncode == 0


def test_a_failure_shows_rule_message_evidence_consequence_and_hint(tmp_path: Path) -> None:
    done = pytest_run(tmp_path, target(tmp_path, "trailing-text"), "--pullproof-checks=A00")
    assert done.returncode == 1, done.stdout
    assert "FAILED pullproof::A00" in done.stdout
    for part in ("K-090", "Login Succeeded", "consequence:", "hint:", "request:"):
        assert part in done.stdout, part
    assert "a-fixed-password" not in done.stdout
    assert "Traceback" not in done.stdout


def test_skipped_checks_say_why_and_k_selects_items(tmp_path: Path) -> None:
    done = pytest_run(tmp_path, target(tmp_path), "--pullproof-profile=smoke", "-k", "G01 or A02")
    assert "2 skipped" in done.stdout, done.stdout
    assert "not in the smoke profile" in done.stdout
    assert "deselected" in done.stdout


def test_expected_failures_are_strict(tmp_path: Path) -> None:
    expect = tmp_path / "expect.toml"
    expect.write_text('[A00]\nreason = "known"\nsymptom = "credential"\n')
    words = ("--pullproof-checks=A00", f"--pullproof-expect={expect}")
    done = pytest_run(tmp_path, target(tmp_path, "trailing-text"), *words)
    assert "1 xfailed" in done.stdout, done.stdout
    assert done.returncode == 0
    done = pytest_run(tmp_path, target(tmp_path), *words)
    assert "passed, but a failure is expected" in done.stdout, done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--pullproof-config=none.yaml",), "--pullproof-config also needs --pullproof-bin-dir"),
        (("--pullproof-settings=none.toml",), "none.toml: cannot read it"),
    ],
)
def test_unusable_options_are_a_usage_error(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = pytest_run(tmp_path, *words)
    assert done.returncode == 4, done.stdout
    assert said in done.stderr + done.stdout


def test_a_kubelet_configuration_and_the_fixtures_work_in_ones_own_tests(tmp_path: Path) -> None:
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    (bin_dir / "tiny").symlink_to(PROVIDER)
    (tmp_path / "config.yaml").write_text(
        "kind: CredentialProviderConfig\napiVersion: kubelet.config.k8s.io/v1\nproviders:\n"
        "- name: tiny\n  matchImages: [registry.example]\n  defaultCacheDuration: 0s\n"
        "  apiVersion: credentialprovider.kubelet.k8s.io/v1\n"
    )
    (tmp_path / "test_own.py").write_text(
        "from pullproof.model.scenario import ExecStep, Scenario\n"
        "def test_own(pullproof_setup, provider_session, pullproof_session):\n"
        "    assert provider_session is pullproof_session\n"
        "    assert pullproof_setup.provider.name == 'tiny'\n"
        "    step = ExecStep('one', 'registry.example/team-a/app')\n"
        "    transcript = provider_session.perform(Scenario('own', (step,)))\n"
        "    assert b'a-fixed-password' in transcript.exec('one').stdout\n"
    )
    done = pytest_run(
        tmp_path, "--pullproof-config=config.yaml", "--pullproof-bin-dir=bin",
        "--pullproof-checks=A01", "--pullproof-kubernetes=1.34",
    )  # fmt: skip
    assert "PASSED test_own.py::test_own" in done.stdout, done.stdout
    assert done.returncode == 0


def test_the_fixtures_skip_without_a_provider(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own(pullproof_session): raise SystemExit\n")
    done = pytest_run(tmp_path)
    assert "no provider: give --pullproof-config" in done.stdout, done.stdout


# --- one check through Hypothesis, in this process -------------------------------------


def state(*checks: Check) -> State:
    setup = make_setup()
    plan = make_plan(setup, Options(), checks)
    return State(
        setup, Options(), False, {}, plan.entries, plan.watchers,
        _session=FakeSession(setup, 0),
    )  # fmt: skip


@pytest.fixture
def no_database() -> Iterator[None]:
    """Examples of these tests are nobody's business."""
    with tempfile.TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)
        yield
        set_hypothesis_home_dir(None)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """The findings that would be shown; the pretended checks have no texts."""
    found: list[Finding] = []

    def show(setup: Setup, finding: Finding) -> str:
        found.append(finding)
        return finding.verdict.message

    monkeypatch.setattr(pytest_items, "finding_text", show)
    return found


@pytest.mark.usefixtures("no_database")
class TestThroughHypothesis:
    def test_a_failing_scenario_is_shown_at_its_smallest(self, shown: list[Finding]) -> None:
        drawn = next(check for check in PLAIN if check.id == "B03")
        one = state(replace(drawn, examples=50))
        with pytest.raises(CheckFailed, match="it said bad"):
            Driver(one, one.entries[0]).run()
        assert [step.image for step in shown[-1].transcript.scenario.execs] == [BAD]

    def test_a_failure_that_does_not_come_back_is_inconclusive(self, shown: list[Finding]) -> None:
        one = state(make_check("A01", FLAKY, word="flaky"))
        verdict = Driver(one, one.entries[0]).run()
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert verdict.message.startswith("flaky: ")

    def test_a_watcher_reports_what_it_saw_on_other_scenarios(self, shown: list[Finding]) -> None:
        one = state(make_check("D01", LEAK), make_check("H01", watches=True, word="leak"))
        assert Driver(one, one.entries[0]).run().outcome is Outcome.PASS
        with pytest.raises(CheckFailed, match="it said leak"):
            Driver(one, one.entries[1]).run()
        assert shown[-1].transcript.scenario.check == "D01"

    def test_the_heaviest_verdict_counts(self) -> None:
        for verdict in (not_applicable("nothing"), inconclusive("?"), PASS):
            one = state(make_check("A01", judge=partial(always, verdict)))
            assert Driver(one, one.entries[0]).run().outcome is verdict.outcome


def always(verdict: Verdict, setup: Setup, transcript: Transcript) -> Verdict:
    return verdict
