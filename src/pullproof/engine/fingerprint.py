"""A short name for a finding that stays the same from run to run.

Made of what was wrong (check, rule) and of how it was provoked (the kinds of
deviation in the smallest scenario), and of nothing that chance decides: no
image names, no bytes, no ids of steps.
"""

import hashlib

from pullproof.model.scenario import ExecStep, PullStep, Scenario, Stdin, Step, TokenKind


def fingerprint(check: str, rule: str, scenario: Scenario) -> str:
    """Return the key of a finding, for example `A03-K-091-5f1c9a2e`."""
    shape = "\n".join((check, rule, *deviations(scenario)))
    digest = hashlib.sha256(shape.encode()).hexdigest()
    return "-".join(part for part in (check, rule, digest[:8]) if part)


def deviations(scenario: Scenario) -> tuple[str, ...]:
    """Return the kinds of deviation from a plain lookup, sorted and unique."""
    return tuple(sorted({name for step in scenario.steps for name in _of_step(step)}))


def _of_step(step: Step) -> tuple[str, ...]:
    return _of_pull(step) if isinstance(step, PullStep) else _of_exec(step)


def _of_pull(step: PullStep) -> tuple[str, ...]:
    return ("pull-from-cache",) if step.cached else ("pull",)


def _of_exec(step: ExecStep) -> tuple[str, ...]:
    named = [f"edit {edit.kind} {edit.path}".rstrip() for edit in step.edits]
    named += [f"exchange {fault.kind}" for fault in step.exchange]
    named += [f"registry {fault.kind}" for fault in step.registry]
    named += [f"env {name}" for name, _ in step.env]
    named += [f"no env {name}" for name in step.unset_env]
    if step.token is not TokenKind.VALID:
        named.append(f"token {step.token}")
    if step.stdin is not Stdin.WHOLE:
        named.append(f"stdin {step.stdin}")
    if step.annotations is not None:
        named.append("annotations")
    if step.group:
        named.append("at the same time")
    return tuple(named)
