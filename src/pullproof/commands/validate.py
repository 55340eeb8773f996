"""`pullproof validate`: judge saved documents as the kubelet would."""

import sys
from pathlib import Path

import click

from pullproof.adapters.config_files import load_config_files
from pullproof.engine.settings import version_of
from pullproof.model.config import ConfigErrors, read_config
from pullproof.model.errors import Problem, UserError
from pullproof.model.response import Refusal, judge_response
from pullproof.model.versions import KubeletVersion


def validate_command(
    *, kind: str, files: tuple[Path, ...], kubernetes: str | None, api_version: str
) -> int:
    """Print one line per file; return 0 if all are accepted, else 1."""
    version = version_of(kubernetes)
    bad = 0
    for path in files:
        if kind == "config":
            problems = _config(path, version)
        elif kind == "response":
            problems = _response(_read(path), version, api_version)
        else:
            problems = _request(_read(path), api_version)
        bad += bool(problems)
        for line in problems:
            click.echo(f"{path}: {line}" if str(path) not in line else line)
        if not problems:
            click.echo(f"{path}: accepted (Kubernetes {version})")
    return 1 if bad else 0


def _read(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise UserError(Problem(f"cannot read it: {error.strerror}", str(path))) from None


def _config(path: Path, version: KubeletVersion) -> list[str]:
    try:
        if str(path) == "-":
            read_config((("-", _read(path)),), version)
        else:
            read_config(load_config_files(path, version), version)
    except ConfigErrors as error:
        return [str(problem) for problem in error.problems]
    return []


def _response(data: bytes, version: KubeletVersion, api_version: str) -> list[str]:
    verdict = judge_response(data, api_version=api_version, version=version)
    if isinstance(verdict, Refusal):
        return [f"refused ({verdict.rule}): {verdict.detail}"]
    return []


def _request(data: bytes, api_version: str) -> list[str]:
    """A request is only ever read by providers, so the schema is the judge."""
    import json

    from pullproof import schemas

    try:
        document = json.loads(data)
    except ValueError as error:
        return [f"not JSON: {error}"]
    name = f"credential-provider-request-{api_version.rpartition('/')[2]}"
    return [
        # The sentence about a wrong token would quote it.
        f"{found.pointer}: "
        + ("not a non-empty string" if "serviceAccountToken" in found.path else found.message)
        for found in schemas.violations(name, document)
    ]
