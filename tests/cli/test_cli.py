"""The command line as its users meet it: words in, exit code and files out."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import junitparser
import pytest

from pullproof import schemas

pytestmark = pytest.mark.process

ANSWER = {
    "kind": "CredentialProviderResponse",
    "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
    "cacheKeyType": "Registry",
    "cacheDuration": "0s",
    "auth": {"registry.example": {"username": "u", "password": "static-password-1"}},
}
GOOD = f"""\
import json, sys
try:
    request = json.loads(sys.stdin.buffer.read())
    assert request["apiVersion"].endswith("/v1") and request["kind"] == "CredentialProviderRequest"
    host = request["image"].split("/")[0]
except Exception:
    print("cannot use this request", file=sys.stderr)
    sys.exit(1)
answer = {ANSWER!r}
if host != "registry.example":
    answer["auth"] = {{}}
print(json.dumps(answer))
"""
CONFIG = """\
apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
- name: one
  apiVersion: credentialprovider.kubelet.k8s.io/v1
  matchImages: ["registry.example"]
  defaultCacheDuration: 0s
"""


def provider(folder: Path, body: str, name: str = "provider") -> Path:
    path = folder / name
    path.write_text(f"#!{sys.executable} -ISE\n{body}")
    path.chmod(0o755)
    return path


def run(folder: Path, *words: str, timeout: float = 90) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pullproof", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def check(
    folder: Path, *words: str, body: str = GOOD, **more: Any
) -> subprocess.CompletedProcess[str]:
    path = provider(folder, body)
    return run(
        folder, "check", *words, "--match-images", "registry.example", "--", str(path), **more
    )  # fmt: skip


def processes_in(folder: Path) -> list[str]:
    """Return command lines of processes that have `folder` in theirs."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if str(folder) in line and int(entry.name) != os.getpid():
            found.append(line)
    return found


class TestCheck:
    def test_a_correct_provider_has_no_violation(self, tmp_path: Path) -> None:
        done = check(tmp_path, "--profile", "smoke")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "NO VIOLATION" in done.stdout
        report = json.loads((tmp_path / "pullproof-report/report.json").read_text())
        assert schemas.violations("report", report) == ()
        assert report["exit_code"] == 0
        assert report["counts"]["passed"] > 5

    def test_a_wrong_provider_is_shown_with_rule_evidence_and_replay(self, tmp_path: Path) -> None:
        wrong = GOOD.replace("'cacheKeyType': 'Registry'", "'cacheKeyType': 'registry'")
        assert wrong != GOOD
        done = check(tmp_path, "--profile", "smoke", body=wrong)
        assert done.returncode == 1, done.stdout + done.stderr
        for text in ("K-093", "replay", "kubelet", '"registry"', "VIOLATION"):
            assert text in done.stdout
        assert "static-password-1" not in done.stdout + done.stderr
        folder = tmp_path / "pullproof-report"
        report = json.loads((folder / "report.json").read_text())
        assert schemas.violations("report", report) == ()
        failed = [item for item in report["checks"] if item["status"] == "failed"]
        assert any(item["finding"]["rule"] == "K-093" for item in failed)
        reader: Any = junitparser.JUnitXml
        suites = reader.fromfile(str(folder / "junit.xml"))
        assert suites.failures >= 1
        for item in failed:
            case = json.loads((folder / item["finding"]["case"]).read_text())
            assert schemas.violations("case", case) == ()

    def test_the_same_seed_gives_the_same_report(self, tmp_path: Path) -> None:
        wrong = GOOD.replace("'cacheDuration': '0s'", "'cacheDuration': 5")
        for name in ("one", "two"):
            check(
                tmp_path,
                "--seed",
                "7",
                "--check",
                "C05",
                "--check",
                "A00",
                "--report",
                name,
                body=wrong,
            )
        one, two = ((tmp_path / name / "report.json").read_text() for name in ("one", "two"))
        assert one == two

    def test_replay_says_still_fails_fixed_and_changed(self, tmp_path: Path) -> None:
        wrong = GOOD.replace("'cacheKeyType': 'Registry'", "'cacheKeyType': 'registry'")
        check(tmp_path, "--profile", "smoke", body=wrong)
        folder = tmp_path / "pullproof-report"
        report = json.loads((folder / "report.json").read_text())
        (case,) = [
            folder / item["finding"]["case"]
            for item in report["checks"]
            if item["status"] == "failed" and item["finding"]["rule"] == "K-093" and item["id"][0] == "C"
        ]  # fmt: skip
        again = run(tmp_path, "replay", str(case))
        assert again.returncode == 1, again.stdout + again.stderr
        assert again.stdout.startswith("STILL FAILS")
        provider(tmp_path, GOOD)
        fixed = run(tmp_path, "replay", str(case))
        assert fixed.returncode == 0, fixed.stdout + fixed.stderr
        assert fixed.stdout.startswith("FIXED")

    def test_json_goes_to_stdout_alone(self, tmp_path: Path) -> None:
        done = check(tmp_path, "--check", "A00", "--format", "json", "--no-report")
        document = json.loads(done.stdout)
        assert document["counts"]["passed"] == 1
        assert not (tmp_path / "pullproof-report").exists()


class TestExitCodes:
    def test_nothing_ran_is_never_green(self, tmp_path: Path) -> None:
        # G checks need tokens, and this provider has none: all are skipped.
        done = check(tmp_path, "--check", "G01")
        assert done.returncode == 4, done.stdout + done.stderr
        assert "NOTHING WAS CHECKED" in done.stdout

    def test_a_guessed_image_that_does_not_work_is_undecided(self, tmp_path: Path) -> None:
        done = check(tmp_path, "--check", "A00", body="import sys; sys.exit('no network here')")
        assert done.returncode == 3, done.stdout + done.stderr

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["check"], "no target"),
            (["check", "--config", "none.yaml"], "--bin-dir"),
            (["check", "--config", "none.yaml", "--bin-dir", "."], "none.yaml"),
            (["check", "--match-images", "r.example", "--", "./missing"], "missing"),
            (["check", "--check", "Z99", "--match-images", "r.example", "--", "/bin/true"], "Z99"),
            (["check", "--kubernetes", "2.0", "--match-images", "r", "--", "/bin/true"], "2.0"),
            (["check", "--deadline", "soon"], "soon"),
            (["check", "--", "/bin/true"], "--match-images"),
            (["check", "--unknown"], "--unknown"),
            (["rules", "K-999"], "K-999"),
            (["replay", "none.json"], "none.json"),
        ],
    )
    def test_bad_words_are_answered_with_2_and_a_reason(
        self, tmp_path: Path, words: list[str], said: str
    ) -> None:
        done = run(tmp_path, *words)
        assert done.returncode == 2, done.stdout + done.stderr
        assert said in done.stderr
        assert "Traceback" not in done.stderr

    def test_broken_yaml_names_file_and_line(self, tmp_path: Path) -> None:
        (tmp_path / "bin").mkdir()
        (tmp_path / "c.yaml").write_text(CONFIG.replace("kind:", "kind"))
        done = run(tmp_path, "check", "--config", "c.yaml", "--bin-dir", "bin")
        assert done.returncode == 2
        assert "c.yaml:" in done.stderr

    def test_an_unknown_field_names_file_line_and_field(self, tmp_path: Path) -> None:
        (tmp_path / "bin").mkdir()
        (tmp_path / "c.yaml").write_text(CONFIG + "  colour: blue\n")
        done = run(tmp_path, "check", "--config", "c.yaml", "--bin-dir", "bin")
        assert done.returncode == 2
        assert "c.yaml:8" in done.stderr
        assert "colour" in done.stderr

    def test_a_taken_port_is_known_before_anything_runs(self, tmp_path: Path) -> None:
        path = provider(tmp_path, GOOD)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            (tmp_path / "pullproof.toml").write_text(
                f'[provider]\ncommand = ["{path}"]\nmatch-images = ["registry.example"]\n'
                f"[run]\nregistry-port = {port}\n"
            )
            refused = run(tmp_path, "check", "--check", "A00")
        assert refused.returncode == 2, refused.stdout + refused.stderr
        assert f"port {port}" in refused.stderr
        done = run(tmp_path, "check", "--check", "A00", "--check", "I04")
        assert done.returncode == 0, done.stdout + done.stderr

    def test_an_unwritable_report_directory_is_known_before_anything_runs(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_text("")
        done = check(tmp_path, "--report", "file")
        assert done.returncode == 2
        assert "--report" in done.stderr


HOSTILE = {
    "hangs": "import time; time.sleep(600)",
    "ignores its end": "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
    "floods": "import os\nwhile True: os.write(1, b'x' * 65536)",
    "closes stdin": "import os; os.close(0); print('{}')",
    "is killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "forks": (
        "import os, time\n"
        "for _ in range(3):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid(); time.sleep(600)\n"
        "print('{}')"
    ),
}


class TestHostileProviders:
    @pytest.mark.parametrize("how", sorted(HOSTILE))
    def test_nothing_is_left_and_the_run_ends(self, tmp_path: Path, how: str) -> None:
        before = {path.name for path in Path("/tmp").glob("pullproof*")}
        done = check(
            tmp_path, "--check", "A00", "--check", "C01", "--deadline", "1s", body=HOSTILE[how]
        )
        assert done.returncode in (1, 3), done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert processes_in(tmp_path) == []
        left = {path.name for path in Path("/tmp").glob("pullproof*")} - before
        assert {name for name in left if str(tmp_path) in name} == set()
        assert (tmp_path / "pullproof-report/report.json").exists()

    def test_ctrl_c_writes_the_report_and_ends_everything(self, tmp_path: Path) -> None:
        path = provider(
            tmp_path, "import time\n" + GOOD.replace("try:", "time.sleep(0.2)\ntry:", 1)
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "pullproof", "check", "--match-images", "registry.example", "--", str(path)],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        time.sleep(6)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert process.returncode in (1, 3), out + err
        report = json.loads((tmp_path / "pullproof-report/report.json").read_text())
        assert report["interrupted"]
        time.sleep(0.3)
        assert processes_in(tmp_path) == []


class TestOtherCommands:
    def test_rules_explains_rules_checks_and_defects(self, tmp_path: Path) -> None:
        assert "cacheKeyType" in run(tmp_path, "rules", "K-093").stdout
        assert "checked by" in run(tmp_path, "rules", "D-C1").stdout
        assert "mend" in run(tmp_path, "rules", "A00").stdout
        listed = json.loads(run(tmp_path, "rules", "--format", "json").stdout)
        assert len(listed) >= 60

    def test_validate_judges_a_response_from_stdin(self, tmp_path: Path) -> None:
        good = subprocess.run(
            [sys.executable, "-m", "pullproof", "validate", "response", "-"],
            input=json.dumps(ANSWER), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert good.returncode == 0, good.stdout
        (tmp_path / "bad.json").write_text(json.dumps(ANSWER | {"cacheKeyType": "Pod"}))
        bad = run(tmp_path, "validate", "response", "bad.json")
        assert bad.returncode == 1
        assert "K-093" in bad.stdout

    def test_init_writes_settings_that_check_accepts(self, tmp_path: Path) -> None:
        path = provider(tmp_path, GOOD)
        made = run(tmp_path, "init", "--match-images", "registry.example", "--", str(path))
        assert made.returncode == 0, made.stderr
        text = (tmp_path / "pullproof.toml").read_text()
        assert 'identity = "node"' in text
        assert 'unknown-image = "empty"' in text
        assert "static-password-1" not in text + made.stderr
        again = run(tmp_path, "init", "--match-images", "registry.example", "--", str(path))
        assert again.returncode == 2
        done = run(tmp_path, "check", "--check", "A00")
        assert done.returncode in (0, 1, 3), done.stderr
        assert "usage" not in done.stderr.lower()

    def test_help_names_examples_and_exit_codes(self, tmp_path: Path) -> None:
        for words in (["--help"], ["check", "--help"], ["replay", "--help"]):
            shown = run(tmp_path, *words).stdout
            assert "Examples:" in shown
            assert "Exit codes:" in shown
