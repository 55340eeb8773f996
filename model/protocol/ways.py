"""Four ways to pull private images, in one and the same small cluster.

Two workloads, each with an image of its own in one registry; the first has two
pods, and that of the second asks for the image of the first. A service account
may be deleted, the API server may stop giving tokens, and every provider keeps
the rules. What differs is only where credentials come from.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from pullproof.model.machine import Machine
from pullproof.model.protocol.build import build
from pullproof.model.protocol.goals import GOALS
from pullproof.model.protocol.observed import LOOKUPS, Watcher
from pullproof.model.protocol.params import (
    AccountParams,
    Params,
    PodParams,
    ProviderParams,
    SecretParams,
)
from pullproof.model.provider import CacheType

A, B = "r.test/a", "r.test/b"
_CLUSTER = Params(
    "",
    accounts=(
        AccountParams("sa-x", "ns-1", "app", incarnations=2, opens=(A,)),
        AccountParams("sa-y", "ns-2", "app", opens=(B,)),
    ),
    pods=(
        PodParams("pod-a", "sa-x", (A,)),
        PodParams("pod-b", "sa-x", (A,)),
        PodParams("pod-c", "sa-y", (A,)),
    ),
    horizon=2,
    token_ticks=1,
    credential_ticks=1,
    api_faults=("no-tokens",),
)


_LEFT_OUT = ("account.created",)
"""What is deleted stays away: no goal asks about a second account of one name."""


def _with_secrets(params: Params) -> Params:
    """Give each pod the pull secret of its workload."""
    held = {"pod-a": "s-1", "pod-b": "s-1", "pod-c": "s-2"}
    return replace(
        params,
        pods=tuple(replace(pod, secrets=(held[pod.name],)) for pod in params.pods),
        secrets=(SecretParams("s-1", "r.test", (A,)), SecretParams("s-2", "r.test", (B,))),
    )


def _with(provider: ProviderParams) -> Params:
    return replace(_CLUSTER, providers=(provider,))


WAYS: Mapping[str, Params] = MappingProxyType(
    {
        params.name: params
        for params in (
            replace(_with_secrets(_CLUSTER), name="pull-secrets"),
            replace(
                _with(ProviderParams("n", "plain", answers=("node-registry",))),
                name="node-provider",
            ),
            replace(
                _with(ProviderParams("p", "sa", answers=("registry",))),
                name="account-token",
            ),
            replace(
                _with(
                    ProviderParams(
                        "p",
                        "sa",
                        answers=("pass-through",),
                        cache_type=CacheType.TOKEN,
                    )
                ),
                name="pod-token",
            ),
        )
    }
)
"""By name: imagePullSecrets, a provider with the node's identity, a provider
that exchanges the token (cacheType ServiceAccount), one that passes it through
(cacheType Token)."""


def build_way(params: Params, mutant: str = "") -> Machine:
    """Return the machine of one way, with the goals asked of it as well.

    Goals ask about the cluster what no kubelet looks at, such as the service
    account of a pod with a pull secret, so lookups are shown all of it.
    """
    machine = build(params, mutant)
    shown = tuple(
        c.name for c in machine.components if c.name == "api" or c.name.startswith("account:")
    )
    events = tuple(
        replace(event, reads=tuple(dict.fromkeys((*event.reads, *shown))))
        if event.kind in LOOKUPS
        else event
        for event in machine.events
        if event.kind not in _LEFT_OUT
    )
    watcher = Watcher(params)
    goals = tuple(each for row in GOALS for each in row.properties(watcher))
    return replace(machine, events=events, properties=(*goals, *machine.properties))


def build_any(params: Params, mutant: str = "") -> Machine:
    """Return the machine of a way, or of any other configuration."""
    return (build_way if params.name in WAYS else build)(params, mutant)
