"""Everything a user can get wrong is answered with file, line and field."""

import stat
from pathlib import Path

import pytest

from pullproof.engine.settings import (
    Overrides,
    find_binary,
    load_settings,
    setup_from_config,
    setup_from_words,
)
from pullproof.engine.toml_lines import line_of, spell
from pullproof.model.config import ConfigErrors
from pullproof.model.errors import UserError
from pullproof.model.provider import CacheType
from pullproof.model.setup import Feature, Identity, UnknownImage

GOOD = """\
[provider]
command = ["./provider", "--flag"]
match-images = ["registry.example"]
audience = "registry.example"
cache-type = "ServiceAccount"
default-cache-duration = "1m"

[env]
EXCHANGE_URL = "${exchange.url}"
API_TOKEN = "a-very-secret-value"

[run]
identity = "workload"
deadline = "5s"

[images]
served = ["registry.example/team-a/app", "registry.example/team-b/app"]
declined = ["elsewhere.example/foo/bar"]

[[workload]]
name = "a"
namespace = "team-a"
images = ["registry.example/team-a/app"]
annotations = { "example.com/role" = "a" }

[[workload]]
name = "b"
images = ["registry.example/team-b/app"]

[policy]
owns = ["registry.example"]
unknown-image = "empty"
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    provider = tmp_path / "provider"
    provider.write_text("#!/bin/sh\n")
    provider.chmod(0o755)
    return tmp_path


def settings(folder: Path, text: str) -> Path:
    path = folder / "pullproof.toml"
    path.write_text(text)
    return path


def problems(folder: Path, text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(UserError) as caught:
        load_settings(settings(folder, text))
    assert all(item.file.endswith("pullproof.toml") for item in caught.value.problems)
    return [(item.line, item.field, item.message) for item in caught.value.problems]


class TestAGoodFile:
    def test_becomes_a_setup(self, folder: Path) -> None:
        setup = load_settings(settings(folder, GOOD))
        assert setup.command == (str(folder / "provider"),)
        assert setup.provider.args == ("--flag",)
        assert setup.provider.default_cache_duration_ns == 60 * 10**9
        attributes = setup.provider.token_attributes
        assert attributes is not None
        assert attributes.cache_type is CacheType.SERVICE_ACCOUNT
        assert setup.identity is Identity.WORKLOAD
        assert setup.deadline_s == 5.0
        assert setup.declared
        assert setup.policy.unknown_image is UnknownImage.EMPTY
        assert [workload.name for workload in setup.workloads] == ["a", "b"]
        assert setup.features == frozenset(Feature)

    def test_secrets_of_the_environment_are_known_and_not_shown(self, folder: Path) -> None:
        setup = load_settings(settings(folder, GOOD))
        assert setup.secrets == (("API_TOKEN", "a-very-secret-value"),)
        assert "a-very-secret-value" not in repr(setup.secrets[0][0])

    def test_the_command_line_wins(self, folder: Path) -> None:
        overrides = Overrides(kubernetes="1.36", env=(("EXCHANGE_URL", "x"),), deadline_s=9.0)
        setup = load_settings(settings(folder, GOOD), overrides)
        assert str(setup.version) == "1.36"
        assert dict(setup.base_env)["EXCHANGE_URL"] == "x"
        assert setup.deadline_s == 9.0
        assert Feature.EXCHANGE not in setup.features


class TestABadFile:
    def test_an_unknown_key_is_named_with_its_line_and_the_known_ones(self, folder: Path) -> None:
        found = problems(folder, GOOD.replace('unknown-image = "empty"', 'unknownimage = "empty"'))
        ((line, field, message),) = found
        assert (line, field) == (GOOD.count("\n"), "policy.unknownimage")
        assert "unknown-image" in message

    def test_a_wrong_value_is_named_with_its_line(self, folder: Path) -> None:
        ((line, field, _),) = problems(folder, GOOD.replace('"workload"\n', '"pod"\n'))
        assert field == "run.identity"
        assert line is not None
        assert "identity" in GOOD.splitlines()[line - 1]

    def test_all_schema_problems_come_at_once(self, folder: Path) -> None:
        text = GOOD.replace('"empty"', '"full"').replace('"ServiceAccount"', '"Pod"')
        assert {field for _, field, _ in problems(folder, text)} == {
            "policy.unknown-image",
            "provider.cache-type",
        }

    def test_not_toml_names_the_place(self, folder: Path) -> None:
        ((_, _, message),) = problems(folder, "a = [")
        assert "not TOML" in message

    @pytest.mark.parametrize(
        ("old", "new", "field", "said"),
        [
            ('"./provider"', '"./missing"', "provider.command", "no such file"),
            ('"./provider"', '"no-such-tool-anywhere"', "provider.command", "PATH"),
            ('"5s"', '"5 seconds"', "run.deadline", "5 seconds"),
            ('"5s"', '"0s"', "run.deadline", "above zero"),
            ("/team-a/app", "/team-a/app:v1", "images.served[0]", "repo name"),
            (
                'images = ["registry.example/team-b/app"]',
                'images = ["registry.example/x"]',
                "workload[1].images[0]",
                "images.served",
            ),
            (
                'images = ["registry.example/team-b/app"]',
                'images = ["registry.example/team-a/app"]',
                "workload[1].images[0]",
                "belongs",
            ),
            ('name = "b"', 'name = "a"', "workload[1].name", "two workloads"),
            (
                'served = ["registry.example/team-a/app"',
                'served = ["other.example/team-a/app"',
                "images.served[0]",
                "matchImages",
            ),
        ],
    )
    def test_what_it_names_must_make_sense(
        self, folder: Path, old: str, new: str, field: str, said: str
    ) -> None:
        assert old in GOOD
        found = problems(folder, GOOD.replace(old, new, 1))
        assert found[0][1] == field
        assert said in found[0][2]
        assert found[0][0] is not None

    def test_no_target_at_all(self, folder: Path) -> None:
        ((_, _, message),) = problems(folder, "[policy]\n")
        assert "[provider]" in message

    def test_a_missing_file(self, folder: Path) -> None:
        with pytest.raises(UserError, match="cannot read"):
            load_settings(folder / "none.toml")

    def test_an_unknown_kubernetes_version(self, folder: Path) -> None:
        with pytest.raises(UserError, match=r"1\.99.*expected 1\.20"):
            load_settings(settings(folder, GOOD), Overrides(kubernetes="1.99"))


class TestAKubeletConfiguration:
    def files(self, folder: Path, text: str = CONFIG) -> tuple[Path, Path]:
        config = folder / "config.yaml"
        config.write_text(text)
        bin_dir = folder / "bin"
        bin_dir.mkdir()
        return config, bin_dir

    @pytest.mark.rule("K-004")
    def test_the_binary_is_looked_up_in_the_bin_dir(self, folder: Path) -> None:
        config, bin_dir = self.files(folder)
        binary = bin_dir / "one"
        binary.write_text("#!/bin/sh\n")
        with pytest.raises(UserError, match="execute permission"):
            setup_from_config(config, bin_dir)
        binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
        setup = setup_from_config(config, bin_dir)
        assert setup.command == (str(binary),)
        assert not setup.declared

    @pytest.mark.rule("K-003", "K-004")
    def test_missing_bin_dir_and_binary_use_the_kubelets_words(self, folder: Path) -> None:
        with pytest.raises(UserError, match=r"plugin binary directory .* did not exist"):
            find_binary(folder / "none", "one")
        with pytest.raises(UserError, match=r"plugin binary executable .* did not exist"):
            find_binary(folder, "one")

    def test_several_providers_need_a_choice(self, folder: Path) -> None:
        more = CONFIG + CONFIG.split("providers:\n")[1].replace("one", "two")
        config, bin_dir = self.files(folder, more)
        for name in ("one", "two"):
            (bin_dir / name).write_text("#!/bin/sh\n")
            (bin_dir / name).chmod(0o755)
        with pytest.raises(UserError, match=r"one, two.*--provider"):
            setup_from_config(config, bin_dir)
        setup = setup_from_config(config, bin_dir, Overrides(provider="two"))
        assert setup.provider.name == "two"
        with pytest.raises(UserError, match="no provider 'three'"):
            setup_from_config(config, bin_dir, Overrides(provider="three"))

    def test_a_broken_configuration_keeps_file_and_line(self, folder: Path) -> None:
        config, bin_dir = self.files(folder, CONFIG + "  colour: blue\n")
        with pytest.raises(ConfigErrors) as caught:
            setup_from_config(config, bin_dir)
        (problem,) = caught.value.problems
        assert problem.file.endswith("config.yaml")
        assert problem.line == 8
        assert "colour" in problem.message


class TestWords:
    def test_images_and_workloads_are_guessed(self, folder: Path) -> None:
        setup = setup_from_words([str(folder / "provider")], ["*.registry.example"], "aud")
        assert setup.served == ("x.registry.example/team-a/app", "x.registry.example/team-b/app")
        assert not setup.declared
        assert len(setup.workloads) == 2
        assert Feature.TWO_WORKLOADS in setup.features

    def test_without_an_audience_there_are_no_tokens(self, folder: Path) -> None:
        setup = setup_from_words([str(folder / "provider")], ["registry.example:5000"])
        assert setup.served[0] == "registry.example:5000/team-a/app"
        assert setup.workloads == ()
        assert Feature.TOKENS not in setup.features


def test_lines_are_found_through_tables_and_arrays() -> None:
    assert line_of(GOOD, ("provider", "command", 0)) == 2
    assert (
        line_of(GOOD, ("workload", 1, "images", 0)) == GOOD[: GOOD.rindex("images")].count("\n") + 1
    )
    assert line_of(GOOD, ("nothing", "here")) is None
    assert spell(("workload", 1, "images", 0)) == "workload[1].images[0]"
