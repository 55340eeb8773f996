"""Why a provider is not called: one sentence and one piece of advice.

The field's commonest question has a dozen usual answers, from a port that a
pattern lacks to a kubelet that never started with the configuration. Each is
an `Obstacle`; the kubelet itself tells few of them in its log (K-040: a
pattern that does not match is no event at all).

Source: K-001 to K-006, K-023 to K-037, K-040 to K-045, K-084, K-104,
K-112 to K-115.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pullproof.model.config_problem import ConfigProblem
from pullproof.model.goquote import quote
from pullproof.model.matching import explain, matches, parse_schemeless, split_host
from pullproof.model.provide import Pod, ServiceAccount
from pullproof.model.provider import PROTOCOL_GROUP, ProviderConfig
from pullproof.model.versions import KubeletVersion

TOKENS_GATE = "KubeletServiceAccountTokenForCredentialProviders"
_CURRENT = KubeletVersion()
_NOT_STARTED = "the kubelet does not start with this configuration"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands between a pull and a provider."""

    cause: str
    """A short name that stays the same, for programs: `port-missing`."""
    sentence: str
    """What is so, without full stop and without a secret."""
    hint: str = ""
    """What to do about it; empty if that depends."""
    rule: str = ""
    place: str = ""
    """File, line and field; empty if no file is to blame."""


@dataclass(frozen=True, slots=True)
class PatternReason:
    """One entry of matchImages and whether it matches."""

    pattern: str
    matches: bool
    sentence: str
    hint: str = ""


# The order in which a host that differs is told; the words are those of `explain`.
_CAUSES = (
    ("Repo names call Docker Hub", "docker-hub"),
    ("Short Docker Hub names", "docker-hub"),
    ("A pattern begins with the registry's host", "docker-hub"),
    ("The pattern has no port", "port-missing"),
    ("The pattern has port", "port-differs"),
    ("A `*` in the path", "glob-in-path"),
    ("The host of the pattern has", "wildcard-spans-no-dot"),
    ("A pattern has no scheme", "scheme-in-pattern"),
    ("Upper and lower case", "case-differs"),
    ("Patterns are compared with repo names", "tag-in-pattern"),
    ("With its final `/`", "final-slash"),
    ("`?` is no wildcard", "question-mark"),
)


def pattern_reason(pattern: str, repo_name: str, version: KubeletVersion) -> PatternReason:
    """Return whether `pattern` matches `repo_name` and why.

    Source: K-040 to K-045.
    """
    matched = matches(pattern, repo_name, strict_colons=version.has_strict_colons)
    told = explain(pattern, repo_name).removesuffix(".")
    if matched != told.startswith("It matches"):
        # Only a second colon in a host is read differently by version (K-041).
        return PatternReason(pattern, matched, f"Kubernetes {version} takes it for one more host")
    sentence, _, advice = told.partition(": write ")
    if matched:
        sentence, _, advice = told.partition(": end it with ")
        return PatternReason(pattern, True, sentence, f"end it with {advice}" if advice else "")
    hint = f"write {advice}" if advice else _wildcard_hint(pattern, repo_name)
    return PatternReason(pattern, False, sentence, hint)


def _wildcard_hint(pattern: str, repo_name: str) -> str:
    """Return the pattern with as many `*` parts as the host has, if that helps."""
    host, slash, path = pattern.partition("/")
    if not host.startswith("*"):
        return ""
    rest = host.removeprefix("*").lstrip(".")
    try:
        wanted = len(split_host(parse_schemeless(repo_name))[0])
    except ValueError:
        return ""
    stars = wanted - (rest.count(".") + 1 if rest else 0)
    better = ".".join([*["*"] * max(stars, 1), *([rest] if rest else [])]) + slash + path
    return f"write `{better}`" if matches(better, repo_name) else ""


def not_matched(reasons: Sequence[PatternReason], repo_name: str) -> Obstacle | None:
    """Return why none of a provider's patterns matches; None if one does.

    Of several patterns the one that comes closest is told: one that a small
    change would mend.

    Source: K-040.
    """
    if any(reason.matches for reason in reasons):
        return None
    near = next((one for one in reasons if one.hint), None)
    told = near or (reasons[0] if len(reasons) == 1 else None)
    if told is None:
        sentence = f"none of its {len(reasons)} patterns matches `{repo_name}`"
        hint = "add a pattern for this registry to matchImages"
        return Obstacle("no-pattern-matches", sentence, hint, "K-040")
    cause = next((name for words, name in _CAUSES if told.sentence.startswith(words)), "")
    sentence = f"`{told.pattern}` does not match `{repo_name}`. {told.sentence}"
    hint = told.hint or "add a pattern for this registry to matchImages"
    return Obstacle(cause or "no-pattern-matches", sentence, hint, "K-040")


def not_asked(
    rule: str, config: ProviderConfig, pod: Pod, account: ServiceAccount | None
) -> Obstacle:
    """Return why a provider that matches is not run, by the rule that decided.

    Source: K-104, K-112, K-113, K-115.
    """
    attributes = config.token_attributes
    match rule:
        case "K-112":
            return Obstacle(
                "service-account-missing",
                "it has requireServiceAccount: true and the pod has no service account",
                "name the pod and its account (--pod, --service-account); static pods have none: "
                "for them set requireServiceAccount to false",
                rule,
            )
        case "K-113" if account is not None and attributes is not None:
            present = dict(account.annotations)
            missing = [k for k in attributes.required_annotation_keys if k not in present]
            names = " and ".join(quote(key) for key in missing)
            whose = f"{pod.namespace}/{pod.service_account}"
            return Obstacle(
                "annotation-missing",
                f"the service account {whose} lacks the required annotation"
                f"{'s' if len(missing) > 1 else ''} {names}",
                f"kubectl annotate serviceaccount -n {pod.namespace} {pod.service_account} "
                + " ".join(f"{key}=…" for key in missing),
                rule,
            )
        case "K-104":
            return Obstacle(
                "cache-key-too-long",
                "an annotation or name is longer than the 65535 bytes a cache key can hold",
                "shorten the annotations that the provider is configured with",
                rule,
            )
        case _:
            return Obstacle("not-asked", "the kubelet does not ask it", "", rule)


def bin_dir_missing(bin_dir: str, *, is_file: bool = False) -> Obstacle:
    """Source: K-003."""
    is_what = "is not a directory" if is_file else "does not exist"
    return Obstacle(
        "bin-dir-missing",
        f"the kubelet does not start: the plugin binary directory {bin_dir} {is_what}",
        "--image-credential-provider-bin-dir must name the directory of the executables",
        "K-003",
    )


def binary_missing(path: str, name: str, others: Sequence[str] = ()) -> Obstacle:
    """Source: K-004, K-036.

    Args:
        others: Names of executables in the directory, to be told.
    """
    if not name:
        sentence = "the provider has no name"
        return Obstacle("name-missing", f"the kubelet does not start: {sentence}", "", "K-036")
    known = f"; there are: {', '.join(others)}" if others else ""
    return Obstacle(
        "binary-missing",
        f"the kubelet does not start: the executable {path} does not exist",
        f"`name` of the provider is the file name of its executable in the bin dir{known}",
        "K-004",
    )


def binary_not_executable(path: str, *, is_directory: bool = False) -> Obstacle:
    """Source: K-004."""
    is_what = "is a directory" if is_directory else "has no execute permission"
    hint = "put the executable itself there" if is_directory else f"chmod +x {path}"
    sentence = f"the kubelet does not start: {path} {is_what}"
    return Obstacle("binary-not-executable", sentence, hint, "K-004")


def config_refused(
    problem: ConfigProblem, version: KubeletVersion = _CURRENT, *, tokens_on: bool | None = None
) -> Obstacle:
    """Return a problem of the configuration as an obstacle.

    Source: K-020 to K-037.
    """
    place = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
    place = ": ".join(part for part in (place, problem.field) if part)
    cause, why, hint = "config-refused", problem.message, problem.hint
    found = _REFUSALS.get(problem.rule)
    if found is not None:
        cause, make = found
        why, advice = make(problem, version)
        why, hint = why or problem.message, hint or advice
    return Obstacle(cause, f"{_NOT_STARTED}: {why}", hint, problem.rule, place)


_Words = tuple[str, str]


def _duplicate(problem: ConfigProblem, version: KubeletVersion) -> _Words:
    name = problem.message.partition('"')[2].partition('"')[0]
    why = f"two providers are called {quote(name)}"
    return why, "a name is a file in the bin dir; give one a link of another name"


def _api_version(problem: ConfigProblem, version: KubeletVersion) -> _Words:
    written = problem.message.partition("Unsupported value: ")[2].partition(": supported")[0]
    why = f"no such apiVersion of the exec protocol: {written}" if written else ""
    wanted = f"{PROTOCOL_GROUP}/{version.api_versions[-1]}"
    advice = f"write {wanted}; kubelet.config.k8s.io/… is the group of the file, not of a provider"
    return why or "a provider has no apiVersion", advice


def _gate(problem: ConfigProblem, version: KubeletVersion) -> _Words:
    why = f"tokenAttributes needs the feature gate {TOKENS_GATE}, which is off in {version}"
    return why, "switch the gate on (kubelet and API server), or use Kubernetes 1.34 or later"


def _too_old(problem: ConfigProblem, version: KubeletVersion) -> _Words:
    field = problem.message.partition('unknown field "')[2].partition('"')[0].rpartition(".")[2]
    if field == "tokenAttributes" and version.has_token_attributes:
        return "tokenAttributes exists in kubelet.config.k8s.io/v1 only", "write that apiVersion"
    what = f"{field} is not known to Kubernetes {version}" if field else ""
    return what, "leave it out, or judge by a later version (--kubernetes)"


def _no_pattern(problem: ConfigProblem, version: KubeletVersion) -> _Words:
    return "a provider has no matchImages", 'add one, for example "registry.example"'


def _bad_pattern(problem: ConfigProblem, version: KubeletVersion) -> _Words:
    return "", "write host[:port][/path], wildcards in the host only"


def _needs_v1(problem: ConfigProblem, version: KubeletVersion) -> _Words:
    why = "tokenAttributes goes with the exec protocol v1 only"
    return why, f"set the provider's apiVersion to {PROTOCOL_GROUP}/v1"


def _cache_type(problem: ConfigProblem, version: KubeletVersion) -> _Words:
    return "", "write cacheType: ServiceAccount, or Token if the answer dies with the token"


_REFUSALS: dict[str, tuple[str, Callable[[ConfigProblem, KubeletVersion], _Words]]] = {
    "K-024": ("version-too-old", _too_old),
    "K-026": ("duplicate-name", _duplicate),
    "K-031": ("duplicate-name", _duplicate),
    "K-032": ("api-version", _api_version),
    "K-033a": ("match-images-missing", _no_pattern),
    "K-033b": ("match-image-invalid", _bad_pattern),
    "K-034a": ("feature-gate-off", _gate),
    "K-034b": ("tokens-need-v1", _needs_v1),
    "K-034i": ("cache-type", _cache_type),
    "K-034j": ("cache-type", _cache_type),
}
