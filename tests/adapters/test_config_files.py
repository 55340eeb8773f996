"""Which files of a path a kubelet reads, and in which order."""

import os
from pathlib import Path

import pytest

from pullproof.adapters.config_files import load_config_files
from pullproof.model.config import ConfigErrors
from pullproof.model.versions import KubeletVersion

DEFAULT_VERSION = KubeletVersion()


def names(directory: Path) -> list[str]:
    return [Path(name).name for name, _ in load_config_files(directory)]


def refused(path: Path | str, version: KubeletVersion = DEFAULT_VERSION) -> str:
    with pytest.raises(ConfigErrors) as caught:
        load_config_files(path, version)
    (problem,) = caught.value.problems
    assert problem.message == caught.value.kubelet_message
    return problem.message


@pytest.mark.rule("K-022")
@pytest.mark.parametrize("name", ["config.yaml", "config", "config.txt", "config.YAML"])
def test_k022_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"a: 1\n")
    assert load_config_files(path) == ((str(path), b"a: 1\n"),)


@pytest.mark.rule("K-021")
def test_k021_a_directory_gives_its_json_and_yaml_files_in_byte_order(tmp_path: Path) -> None:
    wanted = [".hidden.yaml", ".yml", "10.json", "9.yaml", "B.yml", "a.yaml", "b.json", "ü.yaml"]
    for name in [*reversed(wanted), "c.YAML", "d.yaml.bak", "e", "f.txt", "yaml"]:
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "directory.yaml").mkdir()
    (tmp_path / "directory.yaml" / "inner.yaml").touch()
    assert names(tmp_path) == wanted


@pytest.mark.rule("K-021")
def test_k021_links_are_followed(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_bytes(b"content")
    directory = tmp_path / "config"
    directory.mkdir()
    (directory / "a.yaml").symlink_to(target)
    assert load_config_files(directory) == ((str(directory / "a.yaml"), b"content"),)


@pytest.mark.rule("K-021", "K-025")
def test_k021_a_link_to_a_directory_fails_when_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path, target_is_directory=True)
    path = tmp_path / "a.yaml"
    assert refused(tmp_path) == f'unable to read file "{path}": read {path}: is a directory'


@pytest.mark.rule("K-021", "K-025")
def test_k025_one_unreadable_file_fails_the_whole_load(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").touch()
    (tmp_path / "b.yaml").symlink_to(tmp_path / "missing")
    assert refused(tmp_path).startswith(f'unable to read file "{tmp_path / "b.yaml"}": ')


@pytest.mark.rule("K-021")
def test_k021_a_directory_without_such_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").touch()
    assert refused(tmp_path) == f'no configuration files found in directory "{tmp_path}"'


@pytest.mark.rule("K-021")
def test_k021_older_kubelets_read_no_directory(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").touch()
    assert refused(tmp_path, KubeletVersion(33)).endswith("is a directory")
    assert load_config_files(tmp_path / "a.yaml", KubeletVersion(33))


@pytest.mark.rule("K-020")
def test_k020_a_missing_path_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "missing"
    reason = f"stat {path}: no such file or directory"
    assert refused(path) == f'unable to access path "{path}": {reason}'


@pytest.mark.rule("K-020")
def test_k020_an_empty_path_is_refused_and_the_current_directory_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").touch()
    monkeypatch.chdir(tmp_path)
    assert names(Path()) == ["a.yaml"]
    assert refused("") == "credential provider config path is empty"


@pytest.mark.skipif(os.name == "nt", reason="needs a file name that is no text")
@pytest.mark.rule("K-021")
def test_k021_names_need_not_be_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.yaml")
    try:
        (tmp_path / name).touch()
    except OSError:
        pytest.skip("this file system wants UTF-8")
    (tmp_path / "a.yaml").touch()
    assert names(tmp_path) == ["a.yaml", name]
