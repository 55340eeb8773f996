"""A kubelet's configuration: what is read, merged and refused, and where."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.corpus.cases import Case, cases, to_bytes
from pullproof.model.config import (
    ConfigErrors,
    RawProvider,
    RawTokenAttributes,
    config_hash,
    read_config,
    validate,
)
from pullproof.model.durations import format_duration
from pullproof.model.provider import CacheType, ProviderConfig, TokenAttributes
from pullproof.model.versions import NEWEST_MINOR, KubeletVersion

HEAD = "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\n"
PROVIDER = """\
providers:
- name: p
  matchImages:
  - "registry.example"
  defaultCacheDuration: 10m
  apiVersion: credentialprovider.kubelet.k8s.io/v1
"""
TOKENS = """\
  tokenAttributes:
    serviceAccountTokenAudience: registry.example
    cacheType: ServiceAccount
    requireServiceAccount: true
"""
SECRET = "marker-secret-51c7"


def read(text: str, minor: int = 34, sa_tokens: bool | None = None) -> tuple[ProviderConfig, ...]:
    return read_config([("c.yaml", text.encode())], KubeletVersion(minor), sa_tokens=sa_tokens)


def errors(text: str, minor: int = 34, sa_tokens: bool | None = None) -> ConfigErrors:
    with pytest.raises(ConfigErrors) as caught:
        read(text, minor, sa_tokens)
    return caught.value


def shown(provider: ProviderConfig) -> dict[str, Any]:
    """Return a provider in the form of the corpus."""
    row: dict[str, Any] = {
        "name": provider.name,
        "matchImages": list(provider.match_images),
        "defaultCacheDuration": format_duration(provider.default_cache_duration_ns),
        "apiVersion": provider.api_version,
        "args": list(provider.args),
        "env": [[variable.name, variable.value] for variable in provider.env],
    }
    attributes = provider.token_attributes
    if attributes is not None:
        row["tokenAttributes"] = _without_empty(
            {
                "audience": attributes.service_account_token_audience,
                "requireServiceAccount": attributes.require_service_account,
                "cacheType": attributes.cache_type and str(attributes.cache_type),
                "requiredKeys": list(attributes.required_annotation_keys),
                "optionalKeys": list(attributes.optional_annotation_keys),
            }
        )
    return _without_empty(row)


def _without_empty(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value not in ([], None)}


def check(case: Case, files: list[tuple[str, bytes]], minor: int) -> None:
    """Compare what we make of `files` with what the case says."""
    gate = case.input.get("saTokens")
    providers: tuple[ProviderConfig, ...] = ()
    refusal: ConfigErrors | None = None
    try:
        providers = read_config(files, KubeletVersion(minor), sa_tokens=gate)
    except ConfigErrors as error:
        refusal = error
    if "error" not in case.expect:
        assert refusal is None
        assert [shown(provider) for provider in providers] == case.expect["providers"]
        return
    assert refusal is not None
    assert refusal.kubelet_message == case.expect["error"]
    assert refusal.problems
    assert all(problem.message and problem.rule for problem in refusal.problems)


@pytest.mark.rule("K-029", "K-030a", "K-030b", "K-030c", "K-031", "K-032", "K-033a", "K-033b")
@pytest.mark.rule("K-033c", "K-033d", "K-034a", "K-034b", "K-034c", "K-034d", "K-034e", "K-034f")
@pytest.mark.rule("K-034g", "K-034h", "K-034i", "K-034j", "K-035", "K-036", "K-037")
@pytest.mark.parametrize("case", cases("config/validation"), ids=lambda case: case.id)
def test_configurations_are_checked_as_recorded(case: Case) -> None:
    minor = case.until or NEWEST_MINOR
    check(case, [("config.yaml", case.input_bytes("text"))], minor)


@pytest.mark.rule("K-010", "K-011", "K-022", "K-023", "K-024", "K-025")
@pytest.mark.parametrize("case", cases("config/decoding"), ids=lambda case: case.id)
def test_files_are_decoded_as_recorded(case: Case) -> None:
    check(case, [("config.yaml", case.input_bytes("text"))], 34)


@pytest.mark.rule("K-021", "K-025", "K-026")
@pytest.mark.parametrize("case", cases("config/merging"), ids=lambda case: case.id)
def test_files_are_merged_as_recorded(case: Case) -> None:
    files = [(name, to_bytes(text)) for name, text in case.input["files"]]
    check(case, files, 34)
    if "hash" in case.expect:
        assert config_hash(files) == case.expect["hash"]


@pytest.mark.rule("K-027")
@pytest.mark.parametrize("case", cases("config/hashes"), ids=lambda case: case.id)
def test_k027_hashes_are_as_recorded(case: Case) -> None:
    files = [(name, to_bytes(text)) for name, text in case.input["files"]]
    assert config_hash(files) == case.expect["hash"]


@pytest.mark.rule("K-027", "B-29")
@given(st.lists(st.binary(max_size=3), min_size=1, max_size=3))
def test_k027_a_split_changes_the_hash(contents: list[bytes]) -> None:
    whole = config_hash([("a", b"".join(contents))])
    split = config_hash([(str(i), content) for i, content in enumerate(contents)])
    assert (whole == split) == (len(contents) == 1)


class TestPlaces:
    """Every problem tells people file, line and field."""

    @pytest.mark.parametrize(
        ("text", "places"),
        [
            (HEAD + PROVIDER.replace("10m", "-1s"), [(7, "providers[0].defaultCacheDuration")]),
            (HEAD + PROVIDER.replace("registry.", "a b"), [(6, "providers[0].matchImages[0]")]),
            (HEAD + PROVIDER.replace("  defaultCacheDuration: 10m\n", ""), [(4, "providers[0].defaultCacheDuration")]),
            (HEAD + PROVIDER + TOKENS.replace("ServiceAccount\n", "x\n"), [(11, "providers[0].tokenAttributes.cacheType")]),
            (HEAD + PROVIDER + TOKENS.replace("    cacheType: ServiceAccount\n", ""), [(9, "providers[0].tokenAttributes.cacheType")]),
            (HEAD + PROVIDER + "  x: 1\n  w: 2\n", [(10, "providers[0].w"), (9, "providers[0].x")]),
            (HEAD + PROVIDER + "  name: q\n", [(9, "providers[0].name")]),
            (HEAD + PROVIDER + "  args: [a, 1]\n", [(9, "providers[0].args[1]")]),
            (HEAD + PROVIDER + "  args: x\n", [(9, "providers[0].args")]),
            (HEAD + PROVIDER.replace("10m", "10"), [(7, "providers[0].defaultCacheDuration")]),
            (HEAD + PROVIDER.replace("10m", "10 min"), [(7, "providers[0].defaultCacheDuration")]),
            (HEAD + PROVIDER + PROVIDER.removeprefix("providers:\n"), [(9, "providers[1].name")]),
            (HEAD + "a: [\n", [(3, "")]),
            (HEAD + "\ta: b\n", [(3, "")]),
            (HEAD.replace("v1", "v9"), [(1, "apiVersion")]),
            ("a: *b\n", [(1, "")]),
            ('{\n "apiVersion": 1}', [(2, "apiVersion")]),
            ('{\n "a": 1\n "b"}', [(3, "")]),
            (HEAD, [(None, "providers")]),
        ],
    )  # fmt: skip
    def test_yaml_and_json(self, text: str, places: list[tuple[int | None, str]]) -> None:
        found = errors(text).problems
        assert [(problem.line, problem.field) for problem in found] == places

    def test_json_fields_have_lines(self) -> None:
        document = {
            "apiVersion": "kubelet.config.k8s.io/v1",
            "kind": "CredentialProviderConfig",
            "providers": [{"name": "p", "matchImages": ["ok.io", "a b"], "x": 1}],
        }
        text = json.dumps(document, indent=1)
        (problem,) = errors(text).problems
        assert (problem.line, problem.field) == (11, "providers[0].x")
        assert text.splitlines()[10].strip() == '"x": 1'

    def test_the_file_is_named(self) -> None:
        files = [("a.yaml", (HEAD + PROVIDER).encode()), ("b.yaml", (HEAD + PROVIDER).encode())]
        with pytest.raises(ConfigErrors) as caught:
            read_config(files)
        (problem,) = caught.value.problems
        assert (problem.file, problem.line, problem.field) == ("b.yaml", 4, "providers[0].name")
        assert problem.rule == "K-026"

    def test_the_text_shows_place_field_message_and_hint(self) -> None:
        told = str(errors(HEAD + PROVIDER + "  argz: []\n"))
        assert told == (
            'c.yaml:9: providers[0].argz: strict decoding error: unknown field "providers[0].argz" '
            "(did you mean args?)"
        )


class TestHints:
    @pytest.mark.parametrize(
        ("text", "hint"),
        [
            (HEAD + PROVIDER + "  matchimages: []\n", "did you mean matchImages?"),
            (HEAD + PROVIDER + "  args: [1]\n", "put it in quotes"),
            (HEAD + PROVIDER.replace("10m", "10"), "put it in quotes"),
            (HEAD + PROVIDER.replace("10m", "10 min"), "write it like 12h, 5m or 0s"),
            (HEAD + PROVIDER.replace("registry", "{a,b}"), "no brace expansion"),
            ("{a: 1}", "read as JSON, not as YAML"),
            (HEAD.replace("v1", "v2"), "kubelet.config.k8s.io/v1beta1 or kubelet.config.k8s.io/v1"),
            (HEAD.replace("v1", "v1beta1") + PROVIDER + TOKENS, "since Kubernetes 1.33"),
            (HEAD + PROVIDER + "  foo: 1\n", ""),
        ],
    )
    def test_hints_say_what_to_do(self, text: str, hint: str) -> None:
        found = errors(text).problems[0].hint
        assert hint in found
        assert bool(hint) == bool(found)


class TestVersions:
    """K-011, K-012, K-024: what a kubelet knows depends on its minor."""

    @pytest.mark.rule("K-011")
    @pytest.mark.parametrize(
        ("config_version", "since"), [("v1alpha1", 20), ("v1beta1", 24), ("v1", 26)]
    )
    def test_versions_of_the_configuration(self, config_version: str, since: int) -> None:
        text = HEAD.replace("v1", config_version) + PROVIDER.replace("io/v1", "io/v1alpha1")
        assert read(text, since)
        if since > 20:
            assert "no kind" in errors(text, since - 1).kubelet_message

    @pytest.mark.rule("K-011", "K-032")
    def test_versions_of_the_protocol(self) -> None:
        text = HEAD.replace("v1", "v1alpha1") + PROVIDER
        assert read(text, 26)
        assert (
            errors(text, 25)
            .problems[0]
            .message.endswith(
                'supported values: "credentialprovider.kubelet.k8s.io/v1alpha1", '
                '"credentialprovider.kubelet.k8s.io/v1beta1"'
            )
        )

    @pytest.mark.rule("K-012", "K-024")
    def test_token_attributes_are_unknown_before_1_33(self) -> None:
        text = HEAD + PROVIDER + TOKENS
        (problem,) = errors(text, 32).problems
        assert (problem.rule, problem.field) == ("K-024", "providers[0].tokenAttributes")
        (problem,) = errors(text, 33, sa_tokens=True).problems
        assert (problem.rule, problem.field) == ("K-024", "providers[0].tokenAttributes.cacheType")
        (provider,) = read(text, 34)
        assert provider.sa_mode

    @pytest.mark.rule("K-034a")
    def test_the_gate_is_off_by_default_in_1_33_only(self) -> None:
        text = HEAD + PROVIDER + TOKENS.replace("    cacheType: ServiceAccount\n", "")
        assert [problem.rule for problem in errors(text, 33).problems] == ["K-034a"]
        (provider,) = read(text, 33, sa_tokens=True)
        assert provider.token_attributes == TokenAttributes("registry.example", True, None)
        assert errors(HEAD + PROVIDER + TOKENS, 34, sa_tokens=False).problems[0].rule == "K-034a"

    @pytest.mark.rule("K-026", "K-031")
    def test_repeated_names_are_found_earlier_since_1_34(self) -> None:
        text = HEAD + PROVIDER + PROVIDER.removeprefix("providers:\n").replace("10m", "-1s")
        assert [problem.rule for problem in errors(text, 34).problems] == ["K-026"]
        assert [problem.rule for problem in errors(text, 33).problems] == ["K-031", "K-033d"]


class TestPlaceholders:
    """`${...}` stays as it is, and does not make a pattern invalid."""

    def test_they_are_kept(self) -> None:
        text = (
            HEAD
            + PROVIDER.replace("registry.example", "${registry.host}/team")
            + TOKENS.replace("registry.example", "${exchange.audience}")
            + "  env:\n  - {name: URL, value: '${exchange.url}'}\n"
        )
        (provider,) = read(text)
        assert provider.match_images == ("${registry.host}/team",)
        assert provider.env[0].value == "${exchange.url}"
        assert provider.token_attributes is not None
        assert provider.token_attributes.service_account_token_audience == "${exchange.audience}"

    def test_the_rest_of_the_pattern_is_still_checked(self) -> None:
        (problem,) = errors(HEAD + PROVIDER.replace("registry.", "${registry.host} ")).problems
        assert problem.rule == "K-033b"
        assert errors(HEAD + PROVIDER.replace("registry.", "${a,b}")).problems[0].rule == "K-033b"


class TestValidate:
    """Validation by itself, as a caller who builds providers uses it."""

    GOOD = RawProvider("p", ("r.io",), 0, "credentialprovider.kubelet.k8s.io/v1")

    def test_a_good_provider_has_no_problem(self) -> None:
        assert validate([self.GOOD]) == ()

    @pytest.mark.rule("K-031")
    def test_k031_repeated_names(self) -> None:
        (problem,) = validate([self.GOOD, self.GOOD])
        assert problem.message == 'providers.name: Duplicate value: "p"'

    @pytest.mark.rule("K-034h")
    def test_messages_have_no_index_and_fields_have(self) -> None:
        attributes = RawTokenAttributes("a", "Token", True, ("x",), ("x",))
        provider = RawProvider(
            "p", ("r.io",), 0, self.GOOD.api_version, token_attributes=attributes
        )
        (problem,) = validate([provider])
        assert problem.field == "providers[0].tokenAttributes"
        assert problem.message.startswith('providers.tokenAttributes: Invalid value: ["x"]: ')


@pytest.mark.rule("K-012")
def test_all_fields_are_taken_over() -> None:
    text = (
        HEAD
        + PROVIDER
        + TOKENS
        + "    requiredServiceAccountAnnotationKeys: [a]\n"
        + "    optionalServiceAccountAnnotationKeys: [b, c.example/d]\n"
        + "  args: [--x]\n"
    )
    (provider,) = read(text)
    assert provider.args == ("--x",)
    assert provider.default_cache_duration_ns == 600_000_000_000
    assert provider.token_attributes == TokenAttributes(
        "registry.example", True, CacheType.SERVICE_ACCOUNT, ("a",), ("b", "c.example/d")
    )


@pytest.mark.rule("I-19")
@pytest.mark.parametrize(
    "text",
    [
        HEAD + PROVIDER + f"  env:\n  - {{name: A, value: {SECRET}}}\n  x: 1\n",
        PROVIDER + f"  env:\n  - {{name: A, value: {SECRET}}}\n",
        HEAD + PROVIDER + f"  env:\n  - {{name: A, ~: {SECRET}}}\n",
        HEAD + PROVIDER + f"  env: [{SECRET}\n",
        HEAD + PROVIDER + f"  env: {SECRET}\n",
        HEAD + PROVIDER.replace("10m", "-1s") + f"  env:\n  - {{name: A, value: {SECRET}}}\n",
    ],
)
def test_no_message_quotes_a_value_of_the_environment(text: str) -> None:
    error = errors(text)
    told = [str(error), repr(error), error.kubelet_message, repr(error.problems)]
    assert not any(SECRET in part for part in told)


@given(st.text(alphabet="ab: -[]{},\n\t'\"&*!|>%#?<~1.\u0085\ufeffé", max_size=40))
def test_no_text_does_anything_but_be_refused(text: str) -> None:
    error = errors(text)
    assert error.problems
    assert error.kubelet_message


@given(st.binary(max_size=30))
def test_no_bytes_do_anything_but_be_refused(data: bytes) -> None:
    with pytest.raises(ConfigErrors):
        read_config([("c", data)])


@pytest.mark.parametrize("opening", ["[", "{", "{a: ", "- ", "? "])
def test_deep_input_is_refused_and_not_a_crash(opening: str) -> None:
    assert errors("a: " + opening * 5000).problems
    assert errors(opening * 5000).problems
