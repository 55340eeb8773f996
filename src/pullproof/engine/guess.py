"""What can be guessed from match patterns when nothing is declared.

A guess that does not work is never a violation (`Setup.declared` is False).
"""

import uuid

from pullproof.model.matching import is_image_allowed
from pullproof.model.provider import ProviderConfig
from pullproof.model.setup import Workload

_PATHS = ("team-a/app", "team-b/app")
_STRANGERS = (
    "elsewhere.example/foo/bar",
    "registry.elsewhere.test:5000/foo/bar",
    "a.b.c.d.e/foo/bar",
)


def example_host(pattern: str) -> str:
    """Return a host and path that `pattern` is likely to match.

    >>> example_host("*.dkr.ecr.*.amazonaws.com")
    'x.dkr.ecr.x.amazonaws.com'
    """
    return pattern.replace("*", "x").rstrip("/")


def guess_served(match_images: tuple[str, ...]) -> tuple[str, ...]:
    """Return up to two repo names under the first pattern that has any."""
    for pattern in match_images:
        names = tuple(f"{example_host(pattern)}/{path}" for path in _PATHS)
        if all(is_image_allowed(match_images, name) for name in names):
            return names
    return ()


def guess_declined(match_images: tuple[str, ...]) -> tuple[str, ...]:
    """Return a repo name that no pattern matches, if one of ours is."""
    for name in _STRANGERS:
        if not is_image_allowed(match_images, name):
            return (name,)
    return ()


def guess_workloads(
    provider: ProviderConfig, served: tuple[str, ...], annotations: tuple[tuple[str, str], ...]
) -> tuple[Workload, ...]:
    """Return two workloads, each with one served image if there are two."""
    attributes = provider.token_attributes
    keys = attributes.required_annotation_keys if attributes else ()
    given = dict.fromkeys(keys, "pullproof") | dict(annotations)

    def uid(text: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"pullproof:{text}"))

    return tuple(
        Workload(
            name=name,
            namespace=f"team-{name}",
            service_account="puller",
            service_account_uid=uid(f"serviceaccount:{name}"),
            pod=f"{name}-0",
            pod_uid=uid(f"pod:{name}"),
            annotations=tuple(sorted(given.items())),
            images=served[index : index + 1] if len(served) >= 2 else (),
        )
        for index, name in enumerate("ab")
    )
