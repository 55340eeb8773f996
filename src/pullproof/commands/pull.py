"""`pullproof pull`: what a kubelet would do for one image, and why."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import click
import yaml
from rich.console import Console

from pullproof.engine.pulling import (
    STAND_IN_TOKEN,
    Answer,
    ProviderView,
    PullSecret,
    Question,
    answer,
)
from pullproof.engine.settings import version_of
from pullproof.model.errors import Problem, PullproofError, UserError
from pullproof.model.keyring import Credential
from pullproof.model.provide import Pod
from pullproof.report.pull_document import pull_document
from pullproof.report.pulling import print_pull

_TYPES = {
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson", True),
    "kubernetes.io/dockercfg": (".dockercfg", False),
}


def pull_command(
    *,
    config: Path,
    bin_dir: Path,
    image: str,
    pod: str | None,
    service_account: str,
    annotations: tuple[tuple[str, str], ...],
    token_file: Path | None,
    pull_secrets: tuple[Path, ...],
    env: tuple[tuple[str, str], ...],
    kubernetes: str | None,
    deadline: float | None,
    oracle: bool,
    run: bool,
    format_: str,
) -> int:
    """Answer the question on stdout; return the exit code."""
    if annotations and not service_account:
        raise UserError(
            Problem("annotations are those of a service account: add --service-account", field="--annotation")
        )  # fmt: skip
    question = Question(
        config=config,
        bin_dir=bin_dir,
        image=image,
        pod=_pod(pod, service_account),
        version=version_of(kubernetes),
        annotations=annotations,
        token=_token(token_file),
        pull_secrets=tuple(_secret(path) for path in pull_secrets),
        env=env,
        run=run,
        **({} if deadline is None else {"deadline_s": deadline}),
    )
    if oracle:
        _require_oracle(question)
    found = answer(question, _progress)
    told = _ask_oracle(found) if oracle else None
    code = found.exit_code if told is None or told["agrees"] else 5
    if format_ == "json":
        click.echo(json.dumps(pull_document(found, told, exit_code=code), indent=2))
        return code
    width = shutil.get_terminal_size().columns
    console = Console(highlight=False, width=max(width, 60))
    print_pull(console, found, _oracle_lines(told))
    return code


def _progress(name: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"running {name} …", err=True)


def _pod(text: str | None, service_account: str) -> Pod:
    namespace, slash, name = (text or "default/pod").partition("/")
    if not slash or not namespace or not name or "/" in name:
        raise UserError(Problem(f"{text!r} is not of the form namespace/name", field="--pod"))
    return Pod(namespace, name, f"{namespace}-{name}-uid", service_account)


def _token(path: Path | None) -> str:
    if path is None:
        return ""
    text = _read(path, "--token-file").decode("utf-8", "replace").strip()
    if not text:
        raise UserError(Problem("it is empty", str(path), field="--token-file"))
    return text


def _read(path: Path, option: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        problem = Problem(f"cannot read it: {error.strerror}", str(path), field=option)
        raise UserError(problem) from None


def _secret(path: Path) -> PullSecret:
    """Return a pull secret: a Secret as kubectl prints it, or a bare docker config."""
    data = _read(path, "--pull-secret")
    document = _document(data)
    if document.get("kind") != "Secret":
        return PullSecret(path.name, data, wrapped="auths" in document)
    metadata: Any = document.get("metadata") or {}
    name = str(metadata.get("name") or path.name)
    kind = str(document.get("type") or "Opaque")
    if kind not in _TYPES:
        return PullSecret(name, b"", ignored=f"its type is {kind}")
    key, wrapped = _TYPES[kind]
    content = _content(document, key, path)
    if not content:
        return PullSecret(name, b"", ignored=f"it has no {key}")
    return PullSecret(name, content, wrapped)


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = yaml.safe_load(data)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError):
        return {}  # the kubelet's reader is the one to say what is wrong
    return cast("dict[str, Any]", document) if isinstance(document, dict) else {}


def _content(document: dict[str, Any], key: str, path: Path) -> bytes:
    import base64
    import binascii

    plain = _member(document, "stringData", key)
    if plain:
        return plain.encode()
    try:
        return base64.b64decode(_member(document, "data", key), validate=True)
    except binascii.Error:
        problem = Problem(f"data[{key}] is no base64", str(path), field="--pull-secret")
        raise UserError(problem) from None


def _member(document: dict[str, Any], name: str, key: str) -> str:
    members: Any = document.get(name)
    if not isinstance(members, dict):
        return ""
    return str(cast("dict[str, Any]", members).get(key) or "")


def _require_oracle(question: Question) -> None:
    """Say at once, and in one line, that there is no oracle."""
    from pullproof.oracle.releases import OracleUnavailable, parse_minor, require_program

    try:
        require_program(parse_minor(str(question.version)))
    except OracleUnavailable as problem:
        raise UserError(Problem(f"--oracle: {problem}")) from None


def _ask_oracle(found: Answer) -> dict[str, Any]:
    from pullproof.oracle.pulling import Execution, Pulled, compare

    question = found.question
    token = question.token or STAND_IN_TOKEN
    pulled = Pulled(
        minor=question.version.minor,
        image=question.image,
        files=found.files,
        pod=question.pod,
        account=found.account,
        token=token,
        executions=tuple(
            Execution(view.config.name, *_recorded(view, token))
            for view in found.providers
            if view.called
        ),
        offered=tuple((one.username, one.password) for one in _own_token(found, token)),
        secrets=tuple((s.data, s.wrapped) for s in question.pull_secrets if not s.ignored),
        was_run=question.run and not found.refused,
    )
    try:
        return compare(pulled)
    except PullproofError as problem:
        raise UserError(Problem(f"--oracle: {problem}")) from None


def _recorded(view: ProviderView, token: str) -> tuple[bytes, bytes | None]:
    """Return request and answer, as if all providers had been given `token`.

    Each has an audience of its own, and so a token of its own; the oracle's API
    server knows one for an account.
    """
    trial, reaction = view.trial, view.reaction
    if trial is None or reaction is None:
        return view.stdin, None
    ended_well = reaction.accepted or reaction.refusal is not None
    own, given = trial.token.encode(), token.encode()
    stdin = view.stdin.replace(own, given) if own else view.stdin
    stdout = trial.stdout.replace(own, given) if own else trial.stdout
    return stdin, stdout if ended_well else None


def _own_token(found: Answer, token: str) -> list[Credential]:
    own = {view.trial.token for view in found.providers if view.trial and view.trial.token}
    return [replace(one, password=token) if one.password in own else one for one in found.offered]


def _oracle_lines(told: dict[str, Any] | None) -> list[tuple[str, str]]:
    if told is None:
        return []
    count = len(told["compared"])
    same = sum(one["agrees"] for one in told["compared"])
    head = f"Kubernetes {told['release']}'s own code agrees on {same} of {count}: "
    lines = [("oracle", head + ", ".join(one["what"] for one in told["compared"]))]
    for one in told["compared"]:
        if not one["agrees"]:
            lines.append(("DIFFERS", f"{one['what']}: we say {one['model']}"))
            lines.append(("", f"the kubelet says {one['kubelet']}"))
    return lines
