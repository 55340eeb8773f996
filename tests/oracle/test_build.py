"""Building without what building needs, and module files as text."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from pullproof.oracle.build import OracleBroken, build
from pullproof.oracle.nightly import main as nightly
from pullproof.oracle.releases import (
    RELEASES,
    OracleUnavailable,
    parse_minor,
    program,
    source_folder,
)

KUBERNETES = """\
module k8s.io/kubernetes

go 1.24.0

godebug default=go1.24

require (
\tgithub.com/go-logr/logr v1.4.2
\tk8s.io/api v0.0.0
\tk8s.io/utils v0.0.0-2025 // indirect
)

replace (
\tk8s.io/api => ./staging/src/k8s.io/api
)
"""


@pytest.fixture
def generate() -> ModuleType:
    path = source_folder() / "minors" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_without_go_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULLPROOF_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OracleUnavailable) as refused:
        build(34)
    assert str(refused.value) == "the oracle cannot be built: no `go` in PATH (Go 1.26 is needed)"


def test_a_failing_go_is_quoted_with_the_line_that_matters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho 'go: downloading x v1'\necho 'dial tcp: refused' >&2\nexit 1\n")
    go.chmod(0o755)
    monkeypatch.setenv("PULLPROOF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(OracleUnavailable) as refused:
        build(34)
    assert str(refused.value) == "the oracle cannot be built: dial tcp: refused"
    assert not program(34).exists()


def test_sources_that_do_not_compile_are_our_fault_and_no_reason_to_skip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = tmp_path / "go"
    go.write_text(
        '#!/bin/sh\n[ "$1" = list ] && exit 0\necho "images.go:1: undefined: x"\nexit 1\n'
    )
    go.chmod(0o755)
    monkeypatch.setenv("PULLPROOF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(OracleBroken, match="undefined: x"):
        build(34)
    words = ["--minor", "1.34", "--build", "--skip-unavailable", "--store", str(tmp_path / "s")]
    result = CliRunner().invoke(nightly, words)
    assert result.exit_code == 2
    assert result.output.startswith("the oracle failed: ")


def test_an_unknown_minor_is_answered_with_the_known_ones() -> None:
    with pytest.raises(OracleUnavailable, match=r"1\.33, 1\.34, 1\.35, 1\.36, 1\.37"):
        parse_minor("1.20")


def test_each_minor_keeps_an_oracle_of_its_own() -> None:
    assert len({program(minor) for minor in RELEASES}) == len(RELEASES)


@pytest.mark.parametrize(("minor", "release"), RELEASES.items())
def test_each_minor_is_built_from_the_release_it_names(minor: int, release: str) -> None:
    text = (source_folder() / "minors" / f"1.{minor}" / "go.mod").read_text("utf-8")
    assert f"k8s.io/kubernetes v{release}\n" in text
    published = f"v0.{release.partition('.')[2]}"
    assert f"k8s.io/kubelet => k8s.io/kubelet {published}\n" in text
    assert f"godebug default=go1.{ {33: 24, 34: 24, 35: 25}.get(minor, 26) }" in text


def test_staging_modules_are_replaced_by_published_ones(
    generate: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate, "NEEDED", ("k8s.io/api",))
    lines = generate.module_file(KUBERNETES, "1.34.4").splitlines()
    assert "\tk8s.io/api v0.34.4" in lines
    assert "\tk8s.io/api => k8s.io/api v0.34.4" in lines
    assert "\tk8s.io/utils v0.0.0-2025 // indirect" in lines
    assert "godebug default=go1.24" in lines
