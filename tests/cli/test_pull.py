"""`pullproof pull`: why is my provider not called?"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pullproof import schemas
from pullproof.cli import cli
from pullproof.oracle.releases import OracleUnavailable, require_program

pytestmark = pytest.mark.process
GOLDEN = Path(__file__).parent / "golden"
PASSWORD = "static-password-1"
TOKEN = "a-token-of-the-users-own"
ANSWERS = f"""\
import json, sys
request = json.load(sys.stdin)
print(json.dumps({{
    "kind": "CredentialProviderResponse", "apiVersion": request["apiVersion"],
    "cacheKeyType": "Registry", "cacheDuration": "1h",
    "auth": {{request["image"].split("/")[0]: {{"username": "u", "password": "{PASSWORD}"}}}},
}}))
"""
PASSES_THROUGH = """\
import json, sys
request = json.load(sys.stdin)
print(json.dumps({
    "kind": "CredentialProviderResponse", "apiVersion": request["apiVersion"],
    "cacheKeyType": "Image", "auth": {"registry.example/team-a": {
        "username": "token", "password": request["serviceAccountToken"]}},
}))
"""
ATTRIBUTES: dict[str, Any] = {
    "serviceAccountTokenAudience": "registry.example",
    "cacheType": "Token",
    "requireServiceAccount": True,
    "requiredServiceAccountAnnotationKeys": ["example.com/role"],
    "optionalServiceAccountAnnotationKeys": ["example.com/opt"],
}
V1 = "credentialprovider.kubelet.k8s.io/v1"


class Node:
    """A folder with a configuration and a bin dir."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.providers: list[dict[str, Any]] = []

    def provider(
        self, name: str, *patterns: str, body: str | None = ANSWERS, **members: Any
    ) -> None:
        item = {
            "name": name,
            "matchImages": list(patterns),
            "defaultCacheDuration": "10m",
            "apiVersion": V1,
        }
        self.providers.append(item | members)
        if body is not None:
            path = self.bin / name
            path.write_text(f"#!{sys.executable} -ISE\n{body}")
            path.chmod(0o755)

    def pull(self, image: str, *words: str) -> Result:
        document = {
            "apiVersion": "kubelet.config.k8s.io/v1",
            "kind": "CredentialProviderConfig",
            "providers": self.providers,
        }
        (self.folder / "cp.json").write_text(json.dumps(document, indent=1))
        here = Path.cwd()
        os.chdir(self.folder)
        try:
            arguments = ["pull", "--config", "cp.json", "--bin-dir", "bin", "--image", image]
            return CliRunner(env={"COLUMNS": "100"}).invoke(cli, [*arguments, *words])
        finally:
            os.chdir(here)

    def document(self, image: str, *words: str) -> dict[str, Any]:
        result = self.pull(image, *words, "--format", "json")
        document: dict[str, Any] = json.loads(result.stdout)
        assert schemas.violations("pull", document) == ()
        assert document["exit_code"] == result.exit_code
        return document


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def headline(result: Result) -> str:
    return " ".join(result.stdout.split("hint")[0].split("rule")[0].split())


class TestWhyItIsNotCalled:
    """Each usual reason has one sentence, first, and a hint."""

    @pytest.mark.parametrize(
        ("pattern", "image", "cause", "hint"),
        [
            ("nginx", "nginx", "docker-hub", "write `docker.io/library/nginx`"),
            ("index.docker.io", "nginx", "docker-hub", "write `docker.io`"),
            ("docker.io/nginx", "nginx:1", "docker-hub", "write `docker.io/library/nginx`"),
            ("r.example", "r.example:5000/x", "port-missing", "write `r.example:5000`"),
            ("r.example:5000", "r.example/x", "port-differs", "write `r.example`"),
            ("r.example/a/*/app", "r.example/a/b/app", "glob-in-path", "write `r.example/a/`"),
            ("*.example", "a.b.example/x", "wildcard-spans-no-dot", "write `*.*.example`"),
            ("*", "r.example/x", "wildcard-spans-no-dot", "write `*.*`"),
            ("https://r.example", "r.example/x", "scheme-in-pattern", "write `r.example`"),
            ("r.example/x:v1", "r.example/x:v1", "tag-in-pattern", "write `r.example/x`"),
            ("R.example", "r.example/x", "case-differs", "write `r.example`"),
            ("other.io", "r.example/x", "no-pattern-matches", "add a pattern"),
        ],
    )
    @pytest.mark.rule("K-040")
    def test_a_pattern_that_does_not_match_says_what_to_write(
        self, node: Node, pattern: str, image: str, cause: str, hint: str
    ) -> None:
        node.provider("my-provider", pattern)
        document = node.document(image)
        (found,) = document["providers"]
        assert found["obstacle"]["cause"] == cause
        assert hint in found["obstacle"]["hint"]
        assert document["headlines"][0].startswith("my-provider is not called: ")
        assert document["exit_code"] == 1
        assert found["run"] is None

    @pytest.mark.rule("K-112")
    def test_a_pod_without_service_account(self, node: Node) -> None:
        node.provider("my-provider", "registry.example", tokenAttributes=ATTRIBUTES)
        result = node.pull("registry.example/x")
        assert headline(result).startswith(
            "my-provider is not called: it has requireServiceAccount: true and the pod has no "
            "service account"
        )
        assert "--service-account" in result.stdout
        assert result.exit_code == 1

    @pytest.mark.rule("K-113")
    def test_a_missing_annotation_names_account_and_key(self, node: Node) -> None:
        node.provider("my-provider", "registry.example", tokenAttributes=ATTRIBUTES)
        result = node.pull("registry.example/x", "--pod", "ns/p", "--service-account", "puller")
        assert 'ns/puller lacks the required annotation "example.com/role"' in headline(result)
        assert "kubectl annotate serviceaccount -n ns puller example.com/role=…" in result.stdout

    @pytest.mark.rule("K-004")
    @pytest.mark.parametrize(
        ("mode", "cause", "hint"),
        [
            (None, "binary-missing", "there are: other"),
            (0o644, "binary-not-executable", "chmod +x bin/my-provider"),
        ],
    )
    def test_a_binary_that_cannot_be_found(
        self, node: Node, mode: int | None, cause: str, hint: str
    ) -> None:
        if mode is not None and os.geteuid() == 0:
            assert not os.access(os.devnull, os.X_OK), "root needs one x bit as well"
        node.provider("my-provider", "registry.example", body=ANSWERS if mode else None)
        node.provider("other", "registry.example")
        if mode is not None:
            (node.bin / "my-provider").chmod(mode)
        document = node.document("registry.example/x")
        (refused,) = document["refused"]
        assert refused["cause"] == cause
        assert hint in refused["hint"]
        assert document["exit_code"] == 2
        assert document["headlines"][0].startswith("no provider is called: the kubelet does not")
        assert [one["run"] for one in document["providers"]] == [None, None]

    @pytest.mark.rule("K-003")
    def test_a_bin_dir_that_does_not_exist(self, node: Node) -> None:
        node.provider("my-provider", "registry.example", body=None)
        node.bin.rmdir()
        document = node.document("registry.example/x")
        assert [one["cause"] for one in document["refused"]] == ["bin-dir-missing"]

    @pytest.mark.parametrize(
        ("members", "kubernetes", "cause"),
        [
            ({"apiVersion": "kubelet.config.k8s.io/v1"}, "1.34", "api-version"),
            ({"apiVersion": ""}, "1.34", "api-version"),
            ({"matchImages": []}, "1.34", "match-images-missing"),
            ({"matchImages": ["r.example:*"]}, "1.34", "match-image-invalid"),
            ({"tokenAttributes": ATTRIBUTES | {"cacheType": ""}}, "1.34", "cache-type"),
            ({"tokenAttributes": ATTRIBUTES}, "1.33", "version-too-old"),
            ({"tokenAttributes": ATTRIBUTES}, "1.30", "version-too-old"),
            (
                {"tokenAttributes": {k: v for k, v in ATTRIBUTES.items() if k != "cacheType"}},
                "1.33",
                "feature-gate-off",
            ),
            (
                {"tokenAttributes": ATTRIBUTES, "apiVersion": f"{V1}beta1"},
                "1.34",
                "tokens-need-v1",
            ),
        ],
    )
    def test_a_configuration_that_the_kubelet_refuses(
        self, node: Node, members: dict[str, Any], kubernetes: str, cause: str
    ) -> None:
        node.provider("my-provider", "registry.example", **members)
        document = node.document("registry.example/x", "--kubernetes", kubernetes)
        causes = {one["cause"]: one for one in document["refused"]}
        assert cause in causes
        assert causes[cause]["hint"]
        assert "cp.json:" in causes[cause]["place"]
        assert document["exit_code"] == 2

    @pytest.mark.rule("K-026")
    @pytest.mark.parametrize("kubernetes", ["1.33", "1.34"])
    def test_two_providers_of_one_name(self, node: Node, kubernetes: str) -> None:
        node.provider("twin", "registry.example")
        node.provider("twin", "registry.example")
        document = node.document("registry.example/x", "--kubernetes", kubernetes)
        assert [one["cause"] for one in document["refused"]] == ["duplicate-name"]
        assert '"twin"' in document["headlines"][0]

    def test_an_image_that_is_none(self, node: Node) -> None:
        node.provider("my-provider", "registry.example")
        document = node.document("registry.example/UPPER")
        assert [one["cause"] for one in document["refused"]] == ["image-invalid"]
        assert document["exit_code"] == 2


class TestWhatItsAnswerIsWorth:
    @pytest.mark.parametrize(
        ("body", "rule"),
        [
            ("import sys; sys.exit(3)", "K-084"),
            ("print('{}')", "K-090"),
            (ANSWERS.replace('"Registry"', '"registry"'), "K-093"),
            (ANSWERS.replace('"cacheKeyType"', '"cachekeytype"'), "K-091"),
        ],
    )
    def test_an_answer_the_kubelet_refuses(self, node: Node, body: str, rule: str) -> None:
        node.provider("my-provider", "registry.example", body=body)
        document = node.document("registry.example/x")
        (found,) = document["providers"]
        assert (found["called"], found["obstacle"]["rule"]) == (True, rule)
        assert found["run"]["accepted"] is False
        assert document["offered"] == []
        assert document["exit_code"] == 1

    @pytest.mark.rule("K-132")
    def test_auth_keys_that_are_for_other_images(self, node: Node) -> None:
        body = ANSWERS.replace('request["image"].split("/")[0]', '"other.example"')
        node.provider("my-provider", "registry.example", body=body)
        (found,) = node.document("registry.example/x")["providers"]
        assert found["obstacle"]["cause"] == "no-auth-key-matches"
        assert found["auth"] == [
            {"auth_key": "other.example", "keyring_key": "other.example", "matches": False}
        ]

    @pytest.mark.rule("K-137")
    def test_the_hub_fallback_counts(self, node: Node) -> None:
        body = ANSWERS.replace('request["image"].split("/")[0]', '"https://index.docker.io/v1/"')
        node.provider("my-provider", "docker.io", body=body)
        document = node.document("nginx")
        assert document["providers"][0]["obstacle"] is None
        assert len(document["offered"]) == 1

    @pytest.mark.rule("K-105")
    def test_the_cache_key_and_life(self, node: Node) -> None:
        node.provider("my-provider", "registry.example")
        (found,) = node.document("registry.example/x")["providers"]
        assert found["cache"]["cache_key_type"] == "Registry"
        assert found["cache"]["life_ns"] == 3600 * 10**9

    @pytest.mark.rule("K-094")
    def test_a_token_of_the_users_own_is_sent_and_judged(self, node: Node, tmp_path: Path) -> None:
        (tmp_path / "token").write_text(f"{TOKEN}\n")
        attributes = ATTRIBUTES | {"cacheType": "ServiceAccount"}
        node.provider(
            "my-provider", "registry.example", body=PASSES_THROUGH, tokenAttributes=attributes
        )
        words = ("--service-account", "puller", "--annotation", "example.com/role=a")
        result = node.pull("registry.example/team-a/x", *words, "--token-file", "token")
        assert "K-094" in headline(result) + result.stdout
        assert TOKEN not in result.stdout

    def test_what_wants_to_leave_is_told_and_does_not(self, node: Node) -> None:
        body = (
            "import urllib.request\n"
            "try: urllib.request.urlopen('http://sts.example.com/token', timeout=5)\n"
            "except Exception: pass\n" + ANSWERS
        )
        node.provider("my-provider", "registry.example", body=body)
        (found,) = node.document("registry.example/x")["providers"]
        assert found["run"]["reached"] == ["http://sts.example.com/token"]


@pytest.mark.rule("K-170", "K-171")
class TestPullSecrets:
    """The pod's own secrets come first and hide nothing."""

    SECRET = '{"auths":{"registry.example":{"username":"s","password":"secret-of-the-pod"}}}'

    def test_they_come_first_and_the_provider_runs_all_the_same(self, node: Node) -> None:
        node.provider("my-provider", "registry.example")
        (node.folder / "ps.json").write_text(self.SECRET)
        document = node.document("registry.example/x", "--pull-secret", "ps.json")
        assert [one["source"] for one in document["offered"]] == [
            "pull secret ps.json",
            "my-provider",
        ]
        assert "secret-of-the-pod" not in json.dumps(document)

    @pytest.mark.rule("K-172")
    def test_a_manifest_counts_by_its_type(self, node: Node) -> None:
        import base64

        node.provider("my-provider", "elsewhere.example")
        data = base64.b64encode(self.SECRET.encode()).decode()
        for name, kind in (("good", "kubernetes.io/dockerconfigjson"), ("bad", "Opaque")):
            (node.folder / f"{name}.yaml").write_text(
                f"kind: Secret\nmetadata: {{name: {name}}}\ntype: {kind}\n"
                f"data: {{.dockerconfigjson: {data}}}\n"
            )
        words = ("--pull-secret", "bad.yaml", "--pull-secret", "good.yaml")
        document = node.document("registry.example/x", *words)
        assert [one["source"] for one in document["offered"]] == ["pull secret good"]
        assert document["pull_secrets"][0]["ignored"] == "its type is Opaque"

    @pytest.mark.rule("K-172")
    def test_an_unreadable_one_fails_the_pull(self, node: Node) -> None:
        node.provider("my-provider", "registry.example")
        (node.folder / "ps.json").write_text('{"auths":{"r":{"auth":"c2VjcmV0"}}}')
        document = node.document("registry.example/x", "--pull-secret", "ps.json")
        assert [one["cause"] for one in document["refused"]] == ["pull-secret-invalid"]
        assert document["exit_code"] == 2


class TestWithoutRunning:
    def test_it_stops_at_the_request(self, node: Node) -> None:
        node.provider("my-provider", "registry.example", body="import sys; sys.exit(1)")
        document = node.document("registry.example/x", "--no-run")
        (found,) = document["providers"]
        assert found["called"]
        assert found["run"] is None
        assert json.loads(found["request"])["image"] == "registry.example/x"
        assert document["exit_code"] == 0


class TestUsage:
    @pytest.mark.parametrize(
        "words",
        [
            ("--annotation", "a=b"),
            ("--pod", "no-slash"),
            ("--kubernetes", "1.99"),
            ("--token-file", "missing"),
            ("--pull-secret", "missing"),
        ],
    )
    def test_a_wrong_option_is_told(self, node: Node, words: tuple[str, ...]) -> None:
        from pullproof.model.errors import UserError

        node.provider("my-provider", "registry.example")
        result = node.pull("registry.example/x", *words)
        assert isinstance(result.exception, UserError)

    def test_without_an_oracle_there_is_one_clear_line(
        self, node: Node, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("PULLPROOF_CACHE", str(tmp_path / "empty"))
        node.provider("my-provider", "registry.example")
        result = node.pull("registry.example/x", "--oracle")
        assert "is not built; run: python -m pullproof.oracle.build" in str(result.exception)
        assert "\n" not in str(result.exception)

    def test_help_has_examples(self) -> None:
        result = CliRunner().invoke(cli, ["pull", "--help"])
        assert "why is my provider not called?" in result.stdout
        assert "--pull-secret secret.yaml --kubernetes 1.35 --oracle" in result.stdout


class TestScreens:
    """Whole screens; write them again with PULLPROOF_GOLDEN=1."""

    def compare(self, name: str, text: str) -> None:
        path = GOLDEN / f"pull-{name}.txt"
        text = "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
        if os.environ.get("PULLPROOF_GOLDEN"):
            path.write_text(text)
        assert text == path.read_text()

    def test_a_provider_that_is_not_called(self, node: Node) -> None:
        node.provider("my-provider", "registry.example")
        result = node.pull("registry.example:5000/team-a/app:v1")
        self.compare("not-called", result.stdout)

    def test_two_providers_and_a_pull_secret(self, node: Node) -> None:
        node.provider("node-wide", "*.example")
        node.provider(
            "by-account", "registry.example", body=PASSES_THROUGH, tokenAttributes=ATTRIBUTES
        )
        (node.folder / "ps.json").write_text(TestPullSecrets.SECRET)
        words = ("--pod", "team-a/app-0", "--service-account", "puller", "--annotation")
        secret = ("--pull-secret", "ps.json")
        result = node.pull("registry.example/team-a/app", *words, "example.com/role=a", *secret)
        for value in (PASSWORD, "secret-of-the-pod", "eyJ"):
            assert value not in result.stdout
        self.compare("two-providers", result.stdout)

    def test_a_configuration_that_is_too_new(self, node: Node) -> None:
        node.provider("my-provider", "registry.example", tokenAttributes=ATTRIBUTES)
        result = node.pull("registry.example/x", "--kubernetes", "1.33")
        self.compare("too-old", result.stdout)


@pytest.mark.oracle
class TestTheKubeletsOwnCode:
    @pytest.fixture(autouse=True)
    def built(self) -> None:
        try:
            require_program(34)
        except OracleUnavailable as problem:
            pytest.skip(str(problem))

    def test_it_agrees_on_a_whole_pull(self, node: Node) -> None:
        node.provider("node-wide", "*.example")
        node.provider(
            "by-account", "registry.example", body=PASSES_THROUGH, tokenAttributes=ATTRIBUTES
        )
        (node.folder / "ps.json").write_text(TestPullSecrets.SECRET)
        document = node.document(
            "registry.example/team-a/app", "--service-account", "puller",
            "--annotation", "example.com/role=a", "--pull-secret", "ps.json", "--oracle",
        )  # fmt: skip
        told = document["oracle"]
        assert told["agrees"], told
        assert len(told["compared"]) == 8
        assert document["exit_code"] == 0

    def test_it_refuses_the_same_configuration(self, node: Node) -> None:
        node.provider("my-provider", "registry.example", apiVersion="x/v1")
        document = node.document("registry.example/x", "--oracle")
        assert document["oracle"]["agrees"]
        assert document["exit_code"] == 2
