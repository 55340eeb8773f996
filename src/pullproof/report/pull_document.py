"""A pull as a JSON document (schemas/pull.schema.json), masked."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pullproof import __version__
from pullproof.engine.pulling import Answer, AuthView, ProviderView
from pullproof.model.obstacles import Obstacle
from pullproof.report.evidence import ending
from pullproof.report.pulling import Veil, headlines

PULL_VERSION = 1


def pull_document(
    answer: Answer, oracle: Mapping[str, Any] | None = None, *, exit_code: int | None = None
) -> dict[str, Any]:
    """Return `answer` as plain JSON values.

    Args:
        oracle: What the kubelet's own code said, if it was asked.
        exit_code: Of the command; the answer's own by default.
    """
    veil, question, pod = Veil(answer), answer.question, answer.question.pod
    return {
        "version": PULL_VERSION,
        "pullproof": __version__,
        "kubernetes": str(question.version),
        "image": veil(question.image),
        "repo_name": answer.repo_name,
        "runtime_image": veil(answer.runtime_image),
        "config": veil(str(question.config)),
        "files": [veil(name) for name, _ in answer.files],
        "pod": {
            "namespace": pod.namespace,
            "name": pod.name,
            "service_account": pod.service_account,
            "annotations": sorted(name for name, _ in question.annotations),
        },
        "headlines": [veil(text) for text, _ in headlines(answer)],
        "refused": [_obstacle(veil, one) for one in answer.refused],
        "providers": [_provider(veil, view) for view in answer.providers],
        "pull_secrets": [
            {"name": secret.name, "ignored": secret.ignored, "auth": _auth(veil, secret.auth)}
            for secret in answer.secrets
        ],
        "offered": [
            {
                "source": veil(one.source),
                "auth_key": veil(one.auth_key),
                "username": veil(one.username),
                "password": "<password>" if one.password else "",
            }
            for one in answer.offered
        ],
        "oracle": None if oracle is None else _veiled(veil, dict(oracle)),
        "exit_code": answer.exit_code if exit_code is None else exit_code,
    }


def _obstacle(veil: Veil, one: Obstacle) -> dict[str, str]:
    return {
        "cause": one.cause,
        "sentence": veil(one.sentence),
        "hint": veil(one.hint),
        "rule": one.rule,
        "place": veil(one.place),
    }


def _provider(veil: Veil, view: ProviderView) -> dict[str, Any]:
    config = view.config
    return {
        "name": veil(config.name),
        "api_version": config.api_version,
        "mode": "service-account" if config.sa_mode else "node",
        "token": _token(view),
        "patterns": [
            {
                "pattern": veil(one.pattern),
                "matches": one.matches,
                "sentence": veil(one.sentence),
                "hint": veil(one.hint),
            }
            for one in view.patterns
        ],
        "called": view.called,
        "obstacle": None if view.obstacle is None else _obstacle(veil, view.obstacle),
        "request": veil.data(view.stdin) if view.called else None,
        "run": _run(veil, view),
        "auth": _auth(veil, view.auth),
        "cache": _cache(view),
    }


def _token(view: ProviderView) -> dict[str, Any] | None:
    attributes = view.config.token_attributes
    if attributes is None:
        return None
    return {
        "audience": attributes.service_account_token_audience,
        "cache_type": str(attributes.cache_type or ""),
        "require_service_account": attributes.require_service_account,
        "required_annotations": list(attributes.required_annotation_keys),
        "optional_annotations": list(attributes.optional_annotation_keys),
    }


def _run(veil: Veil, view: ProviderView) -> dict[str, Any] | None:
    trial, reaction = view.trial, view.reaction
    if trial is None or reaction is None:
        return None
    return {
        "ended": veil(ending(trial.exec)),
        "stdout": veil.data(trial.exec.stdout),
        "stderr": veil.data(trial.exec.stderr),
        "accepted": reaction.accepted,
        "rule": reaction.rule,
        "sentence": veil(reaction.sentence),
        "reached": [veil(target) for target in trial.reached],
    }


def _auth(veil: Veil, views: Sequence[AuthView]) -> list[dict[str, Any]]:
    return [
        {
            "auth_key": veil(one.auth_key),
            "keyring_key": None if one.keyring_key is None else veil(one.keyring_key),
            "matches": one.matches,
        }
        for one in views
    ]


def _cache(view: ProviderView) -> dict[str, Any] | None:
    """The key holds a hash of the token at most (K-102), never the token."""
    reaction, stored = view.reaction, view.stored
    if stored is None or reaction is None or reaction.response is None:
        return None
    return {
        "cache_key_type": str(reaction.response.cache_key_type),
        "key": base64.b64encode(stored.key).decode("ascii"),
        "life_ns": stored.expires_ns,
    }


def _veiled(veil: Veil, value: Any) -> Any:
    if isinstance(value, str):
        return veil(value)
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {name: _veiled(veil, item) for name, item in members.items()}
    if isinstance(value, list):
        return [_veiled(veil, item) for item in cast("Sequence[Any]", value)]
    return value
