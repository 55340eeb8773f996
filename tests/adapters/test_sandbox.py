"""Sandboxes: what is noticed, and that they can always be removed."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pullproof.adapters import sandbox as sandboxes
from pullproof.adapters.invocation import Invocation
from pullproof.adapters.runner import Runner
from pullproof.adapters.sandbox import Sandbox, SandboxRoot, remove_tree
from pullproof.model.transcript import FileSeen
from tests.helpers import nasty

NOBODY = 65534


@pytest.fixture
def root(tmp_path: Path) -> Iterator[SandboxRoot]:
    with SandboxRoot(tmp_path) as made:
        yield made
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def sandbox(root: SandboxRoot) -> Sandbox:
    return root.new()


def run_in(sandbox: Sandbox, name: str, *args: str) -> None:
    env = (
        ("PATH", "/usr/bin:/bin:" + os.path.dirname(sys.executable)),
        ("HOME", sandbox.home),
        ("TMPDIR", sandbox.tmp),
    )
    with Runner() as runner:
        outcome = runner.run(Invocation((nasty.path(name), *args), env, sandbox.cwd, b""))
    assert outcome.exit_code == 0, outcome.stderr


def by_path(seen: tuple[FileSeen, ...]) -> dict[str, FileSeen]:
    return {file.path: file for file in seen}


def test_directories_are_private_and_separate(root: SandboxRoot) -> None:
    first, second = root.new(), root.new()
    assert first.path != second.path
    for path in (first.home, first.tmp, first.cwd, first.path, str(root.path)):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o700


class TestGivingBack:
    def test_an_untouched_sandbox_is_used_again(self, root: SandboxRoot) -> None:
        first = root.new()
        root.give_back(first)
        assert root.new() == first
        assert root.new() != first

    @pytest.mark.parametrize(
        "touch", ["touch home/f", "mkdir tmp/d", "touch beside", "chmod 755 cwd", "rmdir cwd"]
    )
    def test_a_touched_one_is_removed(self, root: SandboxRoot, touch: str) -> None:
        first = root.new()
        subprocess.run(touch.split(), cwd=first.path, check=True)
        root.give_back(first)
        assert not os.path.exists(first.path)
        assert root.new() != first


class TestChanges:
    def test_new_and_changed_files_are_seen_and_untouched_ones_are_not(
        self, sandbox: Sandbox
    ) -> None:
        for name in ("same", "grown", "rewritten", "chmodded"):
            (Path(sandbox.path) / "home" / name).write_bytes(b"old")
        before = sandbox.snapshot()
        (Path(sandbox.path) / "home" / "grown").write_bytes(b"longer")
        (Path(sandbox.path) / "home" / "rewritten").write_bytes(b"new")
        os.utime(Path(sandbox.path) / "home" / "rewritten", ns=(0, 0))
        (Path(sandbox.path) / "home" / "chmodded").chmod(0o604)
        (Path(sandbox.path) / "cwd" / "sub").mkdir()
        (Path(sandbox.path) / "cwd" / "sub" / "new").write_bytes(b"content")
        seen = by_path(sandbox.changes(before))
        assert sorted(seen) == ["cwd/sub/new", "home/chmodded", "home/grown", "home/rewritten"]
        assert seen["cwd/sub/new"].content == b"content"
        assert seen["cwd/sub/new"].size == 7
        assert seen["home/chmodded"].mode == 0o604

    def test_nothing_done_is_nothing_seen(self, sandbox: Sandbox) -> None:
        assert sandbox.changes(sandbox.snapshot()) == ()

    def test_only_the_beginning_of_a_file_is_kept(self, sandbox: Sandbox) -> None:
        (Path(sandbox.path) / "tmp" / "big").write_bytes(b"x" * 200_000)
        (seen,) = sandbox.changes({})
        assert (seen.size, len(seen.content)) == (200_000, 64 * 1024)

    def test_content_does_not_show_when_printed(self, sandbox: Sandbox) -> None:
        (Path(sandbox.path) / "tmp" / "f").write_bytes(b"s3cr3t-in-a-file")
        assert "s3cr3t" not in repr(sandbox.changes({}))

    def test_there_is_a_limit_to_how_many_are_looked_at(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sandboxes, "MAX_FILES", 10)
        for number in range(30):
            (Path(sandbox.path) / "tmp" / str(number)).touch()
        assert len(sandbox.snapshot()) == 10


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="nasty providers are for Linux")
class TestNastyContents:
    def test_everything_is_seen_and_nothing_is_followed_or_waited_for(
        self, sandbox: Sandbox
    ) -> None:
        before = sandbox.snapshot()
        run_in(sandbox, "messes.sh")
        seen = by_path(sandbox.changes(before))
        assert seen["home/plain"].content == b"secret"
        assert seen["home/plain"].mode == 0o644
        assert seen["home/locked/inner/file"].content == b"inside"
        assert seen["tmp/unreadable"].content == b"hidden"
        assert seen["tmp/unreadable"].mode == 0
        assert seen["tmp/fifo"].content == b""
        assert seen["tmp/link"].content == b"/etc/passwd"
        assert seen["tmp/root"].content == b"/"
        assert seen["cwd/-rf with\nnewline"].content == b"x"
        assert len(seen) == 7

    def test_looking_changes_no_permission(self, sandbox: Sandbox) -> None:
        run_in(sandbox, "messes.sh")
        sandbox.changes({})
        assert stat.S_IMODE(os.stat(Path(sandbox.path) / "home" / "locked").st_mode) == 0
        assert stat.S_IMODE(os.stat(Path(sandbox.path) / "tmp" / "unreadable").st_mode) == 0

    def test_depths_beyond_any_path_are_removed(self, root: SandboxRoot, sandbox: Sandbox) -> None:
        run_in(sandbox, "digs.py", "1050")
        assert sandbox.snapshot() == {}
        root.give_back(sandbox)
        assert not os.path.exists(sandbox.path)

    def test_removed_directories_are_there_again(self, sandbox: Sandbox) -> None:
        run_in(sandbox, "removes_home.sh")
        assert not os.path.isdir(sandbox.home)
        sandbox.prepare()
        assert all(os.path.isdir(path) for path in (sandbox.home, sandbox.tmp, sandbox.cwd))


class TestRemoval:
    def test_it_can_be_asked_for_twice(self, tmp_path: Path) -> None:
        root = SandboxRoot(tmp_path)
        root.new()
        root.close()
        root.close()
        assert list(tmp_path.iterdir()) == []

    def test_links_are_removed_and_their_targets_are_not(self, tmp_path: Path) -> None:
        (tmp_path / "kept").mkdir()
        (tmp_path / "kept" / "file").touch()
        (tmp_path / "tree").mkdir()
        os.symlink(tmp_path / "kept", tmp_path / "tree" / "link")
        remove_tree(str(tmp_path / "tree"))
        assert not (tmp_path / "tree").exists()
        assert (tmp_path / "kept" / "file").exists()

    def test_names_like_our_own_do_no_harm(self, tmp_path: Path) -> None:
        for name in (".moved-0/.moved-1", ".moved-2", "a/.moved-0/b"):
            (tmp_path / "tree" / name).mkdir(parents=True)
        (tmp_path / "tree" / ".moved-3").touch()
        remove_tree(str(tmp_path / "tree"))
        assert not (tmp_path / "tree").exists()

    @pytest.mark.process
    def test_a_session_that_was_never_closed_is_removed_at_exit(self, tmp_path: Path) -> None:
        code = (
            "import sys, pathlib; from pullproof.adapters.sandbox import SandboxRoot\n"
            "root = SandboxRoot(pathlib.Path(sys.argv[1])); root.new()\n"
            "raise KeyboardInterrupt"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=False
        )  # fmt: skip
        assert b"KeyboardInterrupt" in done.stderr
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.process
    @pytest.mark.skipif(
        sys.platform != "linux" or os.geteuid() != 0, reason="changes user to have no privilege"
    )
    def test_without_privilege_unreadable_directories_are_read_and_removed(
        self, tmp_path: Path
    ) -> None:
        os.chown(tmp_path, NOBODY, NOBODY)
        for parent in (tmp_path, *tmp_path.parents):
            if parent != Path("/tmp") and Path("/tmp") in parent.parents:
                os.chmod(parent, 0o755)
        pid = os.fork()
        if pid == 0:  # pragma: no cover - another process
            status = 1
            try:
                os.setgid(NOBODY)
                os.setuid(NOBODY)
                root = SandboxRoot(tmp_path)
                box = root.new()
                outer = Path(box.home) / "outer"
                (outer / "inner").mkdir(parents=True)
                (outer / "inner" / "file").write_bytes(b"inside")
                for path in (outer / "inner" / "file", outer / "inner", outer):
                    path.chmod(0)
                Path(box.home).chmod(0o500)
                (seen,) = box.changes({})
                same = stat.S_IMODE(os.lstat(outer).st_mode) == 0
                root.close()
                gone = not root.path.exists()
                status = 0 if seen.content == b"inside" and same and gone else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
