"""`pullproof init`: probe a provider and write down what it seems to do."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from pullproof.adapters.session import Session
from pullproof.commands.target import build_setup
from pullproof.engine.settings import features
from pullproof.model.durations import format_duration
from pullproof.model.errors import Problem, UserError
from pullproof.model.reaction import Reaction, react
from pullproof.model.scenario import ExecStep, Scenario, TokenKind
from pullproof.model.setup import Feature, Identity, Setup
from pullproof.model.transcript import Actor, Exec, Transcript
from pullproof.report.evidence import ending
from pullproof.report.mask import mask, printable, show_bytes


@dataclass(frozen=True, slots=True)
class Probe:
    """One probing exec and what it showed."""

    what: str
    exec: Exec
    reaction: Reaction
    transcript: Transcript

    @property
    def gave_secret(self) -> bool:
        response = self.reaction.response
        return response is not None and any(entry.password for entry in response.auth)

    def lines(self) -> list[str]:
        """Return what to tell the reader, masked."""
        out = [
            f"{self.what}: {ending(self.exec)}; {printable(mask(self.reaction.sentence, self.transcript))}"
        ]
        if not self.gave_secret and self.exec.stderr:
            out.append("  stderr: " + show_bytes(self.exec.stderr, self.transcript, 300).strip())
        return out  # fmt: skip


def init_command(*, output: Path, force: bool, **options: Any) -> int:
    """Write `output`; return the exit code."""
    if output.exists() and not force:
        raise UserError(Problem("it exists; --force overwrites it", str(output)))
    setup = build_setup({**options, "settings": options["settings"]})
    click.echo(f"probing {setup.provider.name} in a world on loopback …", err=True)
    probes, identity, unknown = probe(setup)
    for item in probes:
        for line in item.lines():
            click.echo("  " + line, err=True)
    setup = replace(setup, identity=identity)
    text = settings_text(setup, options, output, probes, unknown)
    output.write_text(text, "utf-8")
    click.echo(f"wrote {output}; read it, correct it, then run: pullproof check", err=True)
    return 0


def probe(setup: Setup) -> tuple[list[Probe], Identity, str]:
    """Return what a handful of execs showed: probes, identity, unknown images."""
    workload = setup.workloads[0].name if setup.workloads else None
    steps = [
        ("served image", ExecStep("served", image, workload))
        for image in (setup.workloads[0].images[:1] if setup.workloads else ()) or setup.served[:1]
    ]
    if setup.provider.sa_mode and steps:
        steps.append(("served image, no token", replace_token(steps[0][1])))
    steps += [
        ("unknown image", ExecStep("declined", image, workload)) for image in setup.declined[:1]
    ]
    probes: list[Probe] = []
    # The probe must know a pass-through token when it comes back, whatever the
    # registry would make of it.
    with Session(setup, seed=0) as session:
        for what, step in steps:
            transcript = session.perform(Scenario("init", (replace(step, deadline_s=20.0),)))
            run = transcript.execs[0]
            probes.append(Probe(what, run, react(setup, run), transcript))
    return probes, _identity(setup, probes), _unknown(probes)


def replace_token(step: ExecStep) -> ExecStep:
    """Return the same step as an SA-less call."""
    return replace(step, id="no-token", workload=None, token=TokenKind.ABSENT)


def _identity(setup: Setup, probes: list[Probe]) -> Identity:
    served = [item for item in probes if item.what == "served image" and item.gave_secret]
    if not served:
        return Identity.WORKLOAD if setup.provider.sa_mode else Identity.NODE
    item = served[0]
    response = item.reaction.response
    passwords = set[str]() if response is None else {entry.password for entry in response.auth}
    if item.exec.token and item.exec.token in passwords:
        return Identity.PASS_THROUGH
    if any(got.actor is Actor.NODE for got in item.transcript.received):
        return Identity.NODE
    if any(minted.password in passwords for minted in item.transcript.minted):
        return Identity.WORKLOAD
    return Identity.WORKLOAD if setup.provider.sa_mode else Identity.NODE


def _unknown(probes: list[Probe]) -> str:
    for item in probes:
        if item.what == "unknown image":
            if item.reaction.accepted and not item.gave_secret:
                return "empty"
            if not item.exec.succeeded:
                return "error"
    return "either"


def settings_text(
    setup: Setup, options: Mapping[str, Any], output: Path, probes: list[Probe], unknown: str
) -> str:
    """Return a commented `pullproof.toml`."""
    here = output.resolve().parent
    lines = ["# What this provider promises; `pullproof check` holds it to that."]
    lines += [f"# probe: {line}" for item in probes for line in item.lines()[:1]]
    lines += [
        "",
        *_target(setup, options, here),
        "",
        "# The kubelet's own environment for the provider, beside PATH, HOME and TMPDIR.",
    ]
    lines += [
        "[env]  # placeholders: exchange.url, node.url, node.username, node.password, registry.host …"
    ]
    if setup.base_env:
        lines += [
            f"{json.dumps(name)} = {json.dumps(value)}"
            for name, value in setup.base_env
            if name not in dict(setup.secrets)
        ]
        lines += [
            f'# {name} = "…"   # looks like a secret: pass it with --env {name}'
            for name, _ in setup.secrets
        ]
    elif setup.identity is Identity.WORKLOAD and Feature.EXCHANGE not in features(setup):
        lines += [
            "# Name the variable your provider reads its exchange from, so that isolation,",
            "# audience and expiry can be checked end to end:",
            '# EXCHANGE_URL = "${exchange.url}"',
        ]
    lines += [
        "",
        "[run]",
        "# workload: the token is exchanged; pass-through: the token is the password;",
        "# node: one credential for the node; none: it answers nothing here.",
        f"identity = {json.dumps(setup.identity.value)}",
        "deadline = " + json.dumps(format_duration(round(setup.deadline_s * 1e9))),
    ]
    lines += [
        "",
        "[images]",
        "# Repo names as the kubelet passes them: no tag, no digest.",
        f"served = {json.dumps(list(setup.served))}",
        f"declined = {json.dumps(list(setup.declined))}",
    ]
    for workload in setup.workloads:
        lines += [
            "",
            "[[workload]]",
            f"name = {json.dumps(workload.name)}",
            f"namespace = {json.dumps(workload.namespace)}",
            f"service-account = {json.dumps(workload.service_account)}",
        ]
        lines += [
            "# Images that this workload, and no other one, may pull.",
            f"images = {json.dumps(list(workload.images))}",
        ]
        if workload.annotations:
            pairs = ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in workload.annotations)
            lines.append(f"annotations = {{ {pairs} }}")
    lines += [
        "",
        "[policy]",
        "# Image patterns this provider may answer with a secret; delete to leave it unjudged.",
        f"owns = {json.dumps(list(setup.provider.match_images))}",
        f"unknown-image = {json.dumps(unknown)}",
        "",
    ]
    return "\n".join(lines)  # fmt: skip


def _target(setup: Setup, options: Mapping[str, Any], here: Path) -> list[str]:
    if options["config"]:
        return [
            "[kubelet]",
            f"config = {json.dumps(_relative(options['config'], here))}",
            f"bin-dir = {json.dumps(_relative(options['bin_dir'], here))}",
            f"provider = {json.dumps(setup.provider.name)}",
            f"kubernetes = {json.dumps(str(setup.version))}",
        ]
    command = [_relative(Path(setup.command[0]), here), *setup.provider.args]
    lines = [
        "[provider]",
        f"command = {json.dumps(command)}",
        f"match-images = {json.dumps(list(setup.provider.match_images))}",
        f"api-version = {json.dumps(setup.provider.api_version)}",
        "default-cache-duration = "
        + json.dumps(format_duration(setup.provider.default_cache_duration_ns)),
    ]
    attributes = setup.provider.token_attributes
    if attributes is not None:
        lines += [
            f"audience = {json.dumps(attributes.service_account_token_audience)}",
            f"cache-type = {json.dumps(str(attributes.cache_type))}",
            f"require-service-account = {json.dumps(attributes.require_service_account)}",
        ]
        for name, keys in (
            ("required-annotations", attributes.required_annotation_keys),
            ("optional-annotations", attributes.optional_annotation_keys),
        ):
            lines += [f"{name} = {json.dumps(list(keys))}"] if keys else []
    return lines


def _relative(path: Path, here: Path) -> str:
    """Paths below the settings file stay movable with it."""
    try:
        return "./" + str(path.absolute().relative_to(here))
    except ValueError:
        return str(path.absolute())
