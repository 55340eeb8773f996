"""A pull as text for people: what it comes to first, then step by step."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pullproof.engine.pulling import (
    STAND_IN_TOKEN,
    Answer,
    AuthView,
    ProviderView,
    SecretView,
)
from pullproof.model.cache import registry_of
from pullproof.model.durations import format_duration
from pullproof.model.obstacles import Obstacle
from pullproof.model.provider import CacheKeyType, TokenAttributes
from pullproof.report.evidence import ending
from pullproof.report.mask import mask, mask_values, printable

_SHOWN_CHARACTERS = 1200
_SHOWN_TARGETS = 6


class Veil:
    """Hides what is secret in a pull: everything shown passes through it."""

    def __init__(self, answer: Answer) -> None:
        question = answer.question
        self._transcripts = [view.trial.transcript for view in answer.providers if view.trial]
        secrets = [("<token>", STAND_IN_TOKEN), ("<token>", question.token)]
        secrets += [
            ("<password>", entry.password) for secret in answer.secrets for entry in secret.entries
        ]
        secrets += [
            ("<password>", entry.password)
            for view in answer.providers
            if view.outcome is not None
            for entry in view.outcome.auth
        ]
        self._secrets = tuple(dict.fromkeys((mark, text) for mark, text in secrets if text))

    def __call__(self, text: str) -> str:
        for transcript in self._transcripts:
            text = mask(text, transcript)
        return printable(mask_values(text, self._secrets))

    def data(self, data: bytes) -> str:
        """Return bytes as a text, cut in the middle if they are many."""
        text = self(data.decode("utf-8", "backslashreplace")).rstrip("\n")
        if len(text) <= _SHOWN_CHARACTERS:
            return text
        head, tail = _SHOWN_CHARACTERS * 2 // 3, _SHOWN_CHARACTERS // 3
        return f"{text[:head]} … {len(data)} bytes in all … {text[-tail:]}"


def headlines(answer: Answer) -> list[tuple[str, Obstacle | None]]:
    """Return the first lines: what came of each provider, and why."""
    if answer.refused:
        return [(f"no provider is called: {one.sentence}", one) for one in answer.refused]
    lines = [_headline(view) for view in answer.providers]
    if answer.offered:
        count = _counted(len(answer.offered), "credential")
        who = (
            "the runtime is"
            if answer.question.run
            else "before any provider is run, the runtime is"
        )
        lines.append((f"{who} offered {count} for {answer.repo_name}", None))
    elif answer.question.run or not any(view.called for view in answer.providers):
        lines.append(
            (f"{answer.repo_name} is pulled anonymously: nobody has a credential for it", None)
        )
    return lines


def _headline(view: ProviderView) -> tuple[str, Obstacle | None]:
    name, obstacle = view.config.name, view.obstacle
    if not view.called and obstacle is not None:
        return f"{name} is not called: {obstacle.sentence}", obstacle
    if obstacle is not None:
        return f"{name} is called, but of no use here: {obstacle.sentence}", obstacle
    if view.trial is None:
        return f"{name} is called", None
    return f"{name} is called and has a credential", None


def print_pull(console: Console, answer: Answer, oracle: Sequence[tuple[str, str]] = ()) -> None:
    """Print the headlines, then each step.

    Args:
        oracle: Lines about what the kubelet's own code said: name and text.
    """
    veil = Veil(answer)
    for text, obstacle in headlines(answer):
        style = "bold green" if obstacle is None else "bold yellow"
        console.print(Text(veil(text), style="bold red" if answer.refused else style))
        if obstacle is not None and obstacle.place:
            console.print(_field("at", veil(obstacle.place)))
        if obstacle is not None and obstacle.hint:
            console.print(_field("hint", veil(obstacle.hint)))
        if obstacle is not None and obstacle.rule:
            console.print(_field("rule", f"{obstacle.rule}   (pullproof rules {obstacle.rule})"))
    console.print()
    _print_fields(console, veil, _common(answer))
    for number, view in enumerate(answer.providers, 1):
        console.print()
        title = f"{number} {view.config.name}  {view.config.api_version}"
        console.print(Text(veil(title), style="bold"))
        _print_fields(console, veil, _steps(answer, view))
    if answer.repo_name and not answer.refused:
        console.print()
        _print_offers(console, veil, answer)
    _print_fields(console, veil, oracle)


def _common(answer: Answer) -> list[tuple[str, str]]:
    question, pod = answer.question, answer.question.pod
    names = ", ".join(name.rpartition("/")[2] for name, _ in answer.files)
    config = f"{question.config} ({names})" if len(answer.files) > 1 else str(question.config)
    read = _counted(len(answer.providers), "provider") if answer.providers else "refused"
    lines = [
        ("kubelet", f"Kubernetes {question.version}"),
        ("config", f"{config}: {read}"),
        ("image", question.image),
    ]
    if answer.repo_name:
        lines.append(("", f"providers are asked for {answer.repo_name} (K-070)"))
        lines.append(("", f"the runtime is asked for {answer.runtime_image} (K-071)"))
    who = f"service account {pod.service_account}" if pod.service_account else "no service account"
    count = _counted(len(question.annotations), "annotation")
    lines.append(("pod", f"{pod.namespace}/{pod.name}, {who}, {count}"))
    return lines


def _steps(answer: Answer, view: ProviderView) -> list[tuple[str, str]]:
    lines = [_mode(view)]
    for reason in view.patterns:
        mark = "yes" if reason.matches else "no"
        # Next to one that matches, nobody wants to mend the others.
        wanted = reason.hint and (reason.matches or not any(it.matches for it in view.patterns))
        hint = f": {reason.hint}" if wanted else ""
        lines.append(("match", f"{mark}  {reason.pattern}  {reason.sentence}{hint}"))
    if view.config.token_attributes is not None:
        lines += _token(answer, view.config.token_attributes)
    if view.obstacle is not None and not view.called and view.obstacle.rule != "K-040":
        lines.append(("not called", f"{view.obstacle.sentence} ({view.obstacle.rule})"))
    if view.called:
        lines.append(("request", view.stdin.decode("utf-8", "backslashreplace").rstrip("\n")))
    if view.trial is not None:
        lines += _run(answer, view)
    elif view.called:
        lines.append(("run", "not run" if not answer.refused else "not run: there is no kubelet"))
    return lines


def _mode(view: ProviderView) -> tuple[str, str]:
    if view.config.token_attributes is None:
        return "mode", "node: it gets the image and nothing else"
    return "mode", "service account: it gets a token of the pod"


def _token(answer: Answer, attributes: TokenAttributes) -> list[tuple[str, str]]:
    kind = f", cacheType {attributes.cache_type}" if attributes.cache_type else ""
    required = "required" if attributes.require_service_account else "not required"
    text = f"audience {attributes.service_account_token_audience}{kind}; an account is {required}"
    lines = [("token", text)]
    present = {name for name, _ in answer.account.annotations} if answer.account else set[str]()
    for word, keys in (
        ("required", attributes.required_annotation_keys),
        ("optional", attributes.optional_annotation_keys),
    ):
        for key in keys:
            state = "there" if key in present else "MISSING" if word == "required" else "not there"
            lines.append(("", f"annotation {key}: {word}, {state}"))
    return lines


def _run(answer: Answer, view: ProviderView) -> list[tuple[str, str]]:
    trial, reaction = view.trial, view.reaction
    assert trial is not None
    assert reaction is not None
    run = trial.exec
    lines = [
        ("stdout", _shown(run.stdout)),
        ("stderr", _shown(run.stderr)),
        ("ended", ending(run)),
    ]
    lines += [("reached", f"{target} (refused: nothing leaves this machine)") for target in trial.reached[:_SHOWN_TARGETS]]  # fmt: skip
    lines.append(("kubelet", reaction.sentence))
    for one in view.auth:
        lines.append(("auth key", _auth(one)))
    if reaction.response is not None:
        lines.append(("cache", _cache(answer, view, reaction.response.cache_key_type)))
    return [(name, text) for name, text in lines if text]


def _shown(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace").rstrip("\n")


def _auth(one: AuthView) -> str:
    if one.keyring_key is None:
        return f"{one.auth_key}: unreadable, skipped (K-131)"
    word = "for this image" if one.matches else "not for this image"
    same = one.keyring_key == one.auth_key
    return f"{one.auth_key}: {word}" if same else f"{one.auth_key}, as {one.keyring_key}: {word}"


def _cache(answer: Answer, view: ProviderView, kind: CacheKeyType) -> str:
    if view.stored is None:
        return "not kept: the next pull runs it again (K-105)"
    base = {
        CacheKeyType.IMAGE: f"image {answer.repo_name}",
        CacheKeyType.REGISTRY: f"registry {registry_of(answer.repo_name)}",
        CacheKeyType.GLOBAL: "every image",
    }[kind]
    whose = _whose(view)
    if view.stored.expires_ns < 0:
        return f"stored for {base}{whose} and expired at once (K-105)"
    life = format_duration(view.stored.expires_ns)
    return f"kept {life} for {base}{whose} (K-101, K-105)"


def _whose(view: ProviderView) -> str:
    if view.exec is None or view.exec.coordinates is None:
        return ", whoever asks"
    owner = view.exec.coordinates
    count = len(view.exec.request.service_account_annotations)
    told = f" with {_counted(count, 'annotation')}" if count else ""
    attributes = view.config.token_attributes
    by_token = attributes is not None and attributes.cache_type == "Token"
    return f", account {owner.namespace}/{owner.name}{told}{' and this token' if by_token else ''}"


def _print_offers(console: Console, veil: Veil, answer: Answer) -> None:
    for secret in answer.secrets:
        console.print(_field("secret", veil(_secret(secret))))
    if answer.secrets:
        console.print(_field("", _SECRETS_FIRST))
    if not answer.offered:
        waits = any(view.called and view.trial is None for view in answer.providers)
        text = "known once the providers are run" if waits else "nothing: an anonymous pull (K-180)"
        console.print(_field("offered", text))
    for number, one in enumerate(answer.offered, 1):
        text = f"{number}  {one.auth_key}  {one.username or '(no username)'}  <password>  from {one.source}"
        console.print(_field("offered", veil(text)))


_SECRETS_FIRST = (
    "pull secrets are offered first and replace nothing: providers run all the same (K-170, K-171)"
)


def _secret(secret: SecretView) -> str:
    if secret.ignored:
        return f"{secret.name}: passed over, {secret.ignored} (K-172)"
    if not secret.auth:
        return f"{secret.name}: holds no entry"
    return f"{secret.name}: " + "; ".join(_auth(one) for one in secret.auth)


def _print_fields(console: Console, veil: Veil, fields: Iterable[tuple[str, str]]) -> None:
    for name, text in fields:
        console.print(_field(name, veil.data(text.encode("utf-8", "surrogateescape"))))


def _field(name: str, text: str) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=10, style="cyan", justify="right")
    grid.add_column(overflow="fold")
    grid.add_row(name, Text(text))
    return grid


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}" + ("" if count == 1 else "s")
