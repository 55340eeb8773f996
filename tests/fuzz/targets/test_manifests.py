"""The files for other people's engines say what those engines read."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pullproof.commands.fuzz import read_shard
from pullproof.fuzz.targets.support.listing import FOLDER

ROOT = FOLDER.parent.parent
TEMPLATE = ROOT / "examples" / "clusterfuzzlite-provider"
FUZZER = TEMPLATE / ".clusterfuzzlite" / "pullproof_fuzzer.py"
KUBERNETES = ROOT / "examples" / "kubernetes"
WORKFLOWS = (
    ROOT / ".github" / "workflows" / "fuzz.yml",
    TEMPLATE / ".github" / "workflows" / "pullproof-fuzz.yml",
)


def documents(path: Path) -> list[Any]:
    return list(yaml.safe_load_all(path.read_text("utf-8")))


class TestIndexedJob:
    """Pod i of n does shard i of n."""

    def job(self) -> Any:
        _, job = documents(KUBERNETES / "indexed-job.yaml")
        return job

    def container(self) -> Any:
        (container,) = self.job()["spec"]["template"]["spec"]["containers"]
        return container

    def test_it_is_an_indexed_job_that_starts_no_finding_again(self) -> None:
        job, spec = self.job(), self.job()["spec"]
        assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
        assert spec["completionMode"] == "Indexed"
        assert spec["completions"] == spec["parallelism"] == spec["maxFailedIndexes"]
        # podFailurePolicy needs Never; FailIndex needs a limit per index.
        assert spec["template"]["spec"]["restartPolicy"] == "Never"
        assert spec["backoffLimitPerIndex"] > 0
        rules = {rule["action"]: rule for rule in spec["podFailurePolicy"]["rules"]}
        assert rules["FailIndex"]["onExitCodes"]["values"] == [1]
        assert rules["FailIndex"]["onExitCodes"]["containerName"] == self.container()["name"]

    def test_the_pods_shards_are_all_shards(self) -> None:
        container, count = self.container(), self.job()["spec"]["completions"]
        env = {each["name"]: each for each in container["env"]}
        assert env["SHARDS"]["value"] == str(count)
        index = env["JOB_COMPLETION_INDEX"]["valueFrom"]["fieldRef"]["fieldPath"]
        assert index == "metadata.annotations['batch.kubernetes.io/job-completion-index']"
        words = [self.words(i) for i in range(count)]
        shards = [read_shard(each["shard"]) for each in words]
        assert [(shard.index, shard.count) for shard in shards] == [
            (i, count) for i in range(count)
        ]
        assert len({each["corpus"] for each in words}) == count

    def words(self, index: int) -> dict[str, str]:
        """Return the options of one pod, with `$(NAME)` replaced as a kubelet does."""
        values = {
            "JOB_COMPLETION_INDEX": str(index),
            "SHARDS": str(self.job()["spec"]["completions"]),
        }
        args = [re.sub(r"\$\((\w+)\)", lambda m: values[m[1]], a) for a in self.container()["args"]]
        assert args[0] == "fuzz"
        pairs = [arg.removeprefix("--").partition("=") for arg in args[1:]]
        return {name: value for name, _, value in pairs}

    @pytest.mark.parametrize("file", ["indexed-job.yaml", "merge-job.yaml"])
    def test_pods_have_no_rights_and_every_mount_its_volume(self, file: str) -> None:
        spec = documents(KUBERNETES / file)[-1]["spec"]["template"]["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        (container,) = spec["containers"]
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        mounts = {mount["name"] for mount in container["volumeMounts"]}
        assert mounts == {volume["name"] for volume in spec["volumes"]}

    def test_the_merge_reads_what_the_parts_wrote(self) -> None:
        (job,) = documents(KUBERNETES / "merge-job.yaml")
        (container,) = job["spec"]["template"]["spec"]["containers"]
        corpus = self.words(3)["corpus"]
        pattern = container["command"][-1].split()[-1]
        assert Path(corpus).match(pattern)


@pytest.mark.parametrize("path", WORKFLOWS, ids=["ours", "template"])
def test_a_workflow_builds_before_it_runs(path: Path) -> None:
    (workflow,) = documents(path)
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        build, run = job["steps"]
        assert build["uses"].startswith("google/clusterfuzzlite/actions/build_fuzzers@")
        assert run["uses"].startswith("google/clusterfuzzlite/actions/run_fuzzers@")
        assert build["with"]["sanitizer"] == run["with"]["sanitizer"]
        assert {"fuzz-seconds", "mode"} <= run["with"].keys()


def test_projects_name_the_language_of_their_image() -> None:
    for folder, language in (
        (ROOT / "fuzz" / "oss-fuzz", "python"),
        (ROOT / ".clusterfuzzlite", "python"),
        (TEMPLATE / ".clusterfuzzlite", "go"),
    ):
        (project,) = documents(folder / "project.yaml")
        assert project["language"] == language
        first = next(
            line
            for line in (folder / "Dockerfile").read_text("utf-8").splitlines()
            if not line.startswith("#")
        )
        assert first == f"FROM gcr.io/oss-fuzz-base/base-builder-{language}"


class TestProviderTemplate:
    """The template's target understands libFuzzer's options and answers as libFuzzer does."""

    def run(self, tmp_path: Path, status: int, *words: str) -> tuple[int, str, list[list[str]]]:
        """Run the target with a pullproof that notes its words and finds one thing."""
        fake = tmp_path / "python" / "pullproof"
        fake.mkdir(parents=True)
        (fake / "__init__.py").touch()
        (fake / "__main__.py").write_text(
            "import json, pathlib, sys\n"
            "words = sys.argv[1:]\n"
            "with open('words.jsonl', 'a') as file: print(json.dumps(words), file=file)\n"
            f"status = {status}\n"
            "if words[0] == 'fuzz' and status == 1:\n"
            "    folder = pathlib.Path(words[words.index('--corpus') + 1], 'findings')\n"
            "    folder.mkdir(parents=True, exist_ok=True)\n"
            "    (folder / 'K05.json').write_text('{}')\n"
            "sys.exit(status)\n"
        )
        done = subprocess.run(
            [sys.executable, FUZZER, *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(fake.parent)},
            capture_output=True,
            text=True,
            check=False,
        )
        notes = (tmp_path / "words.jsonl").read_text("utf-8").splitlines()
        return done.returncode, done.stdout, [json.loads(line) for line in notes]

    def test_a_finding_is_a_crash_that_is_told_and_kept(self, tmp_path: Path) -> None:
        prefix = f"{tmp_path}/artifacts-"
        options = ("-max_total_time=30", f"-artifact_prefix={prefix}", "-rss_limit_mb=2560")
        status, out, (words,) = self.run(tmp_path, 1, *options, "-seed=7", "corpus")
        assert status == 77
        kept = Path(f"{prefix}crash-{hashlib.sha1(b'{}').hexdigest()}")
        assert kept.read_bytes() == b"{}"
        assert f"Test unit written to {kept}" in out
        assert words[:2] == ["fuzz", "--until-finding"]
        pairs = dict(zip(words[2::2], words[3::2], strict=True))
        assert pairs["--time"] == "30s"
        assert pairs["--seed"] == "7"
        assert pairs["--corpus"] == "corpus"
        assert pairs["--settings"] == str(FUZZER.parent / "pullproof.toml")

    def test_without_a_finding_it_ends_well(self, tmp_path: Path) -> None:
        status, out, _ = self.run(tmp_path, 0, "-max_total_time=5", "corpus")
        assert (status, out) == (0, "")

    def test_an_error_of_ours_is_no_crash(self, tmp_path: Path) -> None:
        status, _, _ = self.run(tmp_path, 2, "-max_total_time=5", "corpus")
        assert status == 2

    @pytest.mark.parametrize(("replayed", "expected"), [(0, 0), (1, 77)])
    def test_a_file_is_replayed(self, tmp_path: Path, replayed: int, expected: int) -> None:
        (tmp_path / "crash-1").write_text("{}")
        status, _, (words,) = self.run(tmp_path, replayed, "-runs=100", "crash-1")
        assert status == expected
        assert words[:2] == ["replay", "crash-1"]
