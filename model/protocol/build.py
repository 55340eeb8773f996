"""The protocol as one `Machine`: both sides put together.

The lookup side is always there. The image side is, if the configuration has
`image`; it then takes what lookups yield (`Offers`) from the lookup side, or,
in a configuration without providers, pods' secrets and files, from its own
events.
"""

from types import MappingProxyType

from pullproof.model.machine import Component, Event, Machine, Property
from pullproof.model.protocol import (
    exchange,
    image_properties,
    images,
    issuer,
    keyring_side,
    lookup,
    lookup_properties,
)
from pullproof.model.protocol.context import Context
from pullproof.model.protocol.mutants import mutant as mutant_of
from pullproof.model.protocol.params import Params
from pullproof.model.protocol.rules import Rules, rules_for


def build(params: Params, mutant: str = "") -> Machine:
    """Return the machine of one configuration.

    Args:
        mutant: Id of a wrong implementation; empty: the real rules of
            `params.minor`.

    Raises:
        UnknownMutant: there is no such mutant.
    """
    rules = rules_for(params.minor)
    if mutant:
        rules = mutant_of(mutant).of(rules)
    return assemble(params, rules, mutant)


def assemble(params: Params, rules: Rules, mutant: str = "") -> Machine:
    """Return the machine of one configuration under any rules."""
    context = Context(params, rules.lookup)
    components: list[Component] = []
    events: list[Event] = []
    properties: list[Property] = []
    if has_lookups(params):
        for side in (issuer, exchange, lookup, keyring_side):
            components += side.components(context)
        for side in (issuer, exchange, lookup):
            events += side.events(context)
        properties += lookup_properties.properties(context)
    if params.image is not None:
        components += images.components(params, rules)
        events += images.events(params, rules)
        properties += image_properties.properties(params, rules)
    return Machine(
        params.name,
        tuple(components),
        tuple(events),
        tuple(properties),
        symmetric(context),
        MappingProxyType(described(params, mutant)),
    )


def has_lookups(params: Params) -> bool:
    """Return whether the lookup side takes part."""
    return params.image is None or bool(params.pods)


def symmetric(context: Context) -> tuple[tuple[str, ...], ...]:
    """Return groups of pods that differ in nothing but their name."""
    if not context.rules.key_injective or context.params.image is not None:
        # Joined keys hide names inside longer strings.
        return ()
    groups: dict[object, list[str]] = {}
    for pod in context.params.pods:
        likeness = (pod.account, pod.images, pod.secrets, pod.incarnations)
        groups.setdefault(likeness, []).append(pod.name)
    return tuple(tuple(names) for names in groups.values() if len(names) > 1)


def described(params: Params, mutant: str) -> dict[str, str]:
    """Return the configuration in words, for reports."""
    providers = ", ".join(
        f"{p.name} ({p.mode}{', ' + str(p.cache_type) if p.mode == 'sa' else ''})"
        for p in params.providers
    )
    found = {
        "kubernetes": f"1.{params.minor}",
        "providers": providers or "none",
        "accounts": ", ".join(a.name for a in params.accounts) or "none",
        "pods": ", ".join(p.name for p in params.pods) or "none",
        "pull secrets": ", ".join(s.name for s in params.secrets) or "none",
        "node file": params.node_file or "none",
        "horizon": f"{params.horizon} ticks",
        "parallel lookups": str(params.parallel),
    }
    if mutant:
        found["mutant"] = mutant
    return found
