"""The command line: words to options. The work is in `pullproof.commands`.

Nothing but click is imported here, so that `--help` answers at once.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pullproof import __version__

if TYPE_CHECKING:
    # Generic for type checkers of new versions only; old ones know no brackets.
    FloatType = click.ParamType[float]
    PairType = click.ParamType[tuple[str, str]]
else:
    FloatType = PairType = click.ParamType

F = TypeVar("F", bound=Callable[..., Any])
_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_PATH = click.Path(path_type=Path)

EXIT_CODES = """\b
Exit codes:
  0  no violation
  1  a violation (with --strict also of a SHOULD)
  2  usage or configuration error
  3  undecided: inconclusive, flaky or interrupted
  4  nothing was checked
  5  pullproof itself failed
"""


PULL_EXIT_CODES = """\b
Exit codes:
  0  credentials were found (with --no-run: a provider is called)
  1  none
  2  usage or configuration error: the kubelet would not start, or refuses the pull
  5  pullproof itself failed (with --oracle: the kubelet's code says otherwise)
"""


class Duration(FloatType):
    """A Go duration (`60s`, `1m30s`) or a bare number of seconds, as seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, int | float):
            return float(value)
        from pullproof.model.durations import InvalidDuration, parse_duration

        text = str(value)
        try:
            seconds = parse_duration(text + "s" if text.isdecimal() else text) / 1e9
        except InvalidDuration as error:
            self.fail(f"{error}; write for example 60s or 2m", param, ctx)
        if seconds <= 0:
            self.fail(f"{text!r} is not above zero", param, ctx)
        return seconds


class Pair(PairType):
    """`NAME=VALUE`; with `from_environment`, a bare NAME takes our own value."""

    name = "name=value"

    def __init__(self, *, from_environment: bool = False) -> None:
        self.from_environment = from_environment

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        name, separator, text = str(value).partition("=")
        if separator and name:
            return name, text
        if not (self.from_environment and name):
            # The value is not repeated: it may be a secret.
            return self.fail("not of the form NAME=VALUE", param, ctx)
        if name not in os.environ:
            return self.fail(f"{name} is not set in this environment", param, ctx)
        return name, os.environ[name]


def target_options(command: F) -> F:
    """Add the options that name the provider under test."""
    options = [
        click.option(
            "--config", "--image-credential-provider-config", "config", type=_PATH,
            help="Kubelet CredentialProviderConfig: a file, or (1.34+) a directory.",
        ),
        click.option(
            "--bin-dir", "--image-credential-provider-bin-dir", "bin_dir", type=_PATH,
            help="Directory with the provider executables, as the kubelet's flag.",
        ),
        click.option("--provider", help="Name of the provider, if the config has several."),
        click.option(
            "--settings", type=_PATH,
            help="pullproof.toml with declarations [default: ./pullproof.toml if no target is given].",
        ),
        click.option(
            "--match-images", multiple=True, metavar="PATTERN",
            help="Quick form: pattern of images the provider serves (may repeat).",
        ),
        click.option("--audience", help="Quick form: service account token audience."),
        click.option(
            "--annotation", "annotations", multiple=True, type=Pair(), metavar="K=V",
            help="Annotation on every workload's service account (may repeat).",
        ),
        click.option(
            "--env", "-e", "env", multiple=True, type=Pair(from_environment=True), metavar="K[=V]",
            help="Environment of the kubelet; placeholders such as ${exchange.url} are replaced.",
        ),
        click.option(
            "--kubernetes", metavar="1.34", help="Kubernetes version to judge by [default: 1.34]."
        ),
        click.option(
            "--deadline", type=Duration(), help="Limit for one exec [default: 60s, the kubelet's]."
        ),
        click.argument("command", nargs=-1, type=click.UNPROCESSED),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.group(context_settings=_CONTEXT, epilog=EXIT_CODES)
@click.version_option(__version__, prog_name="pullproof")
def cli() -> None:
    """Prove that a kubelet image credential provider keeps the kubelet's rules.

    \b
    Examples:
      pullproof init -- ./my-provider --flag         write a pullproof.toml
      pullproof check                                check what pullproof.toml names
      pullproof check --config credential-provider.yaml --bin-dir ./bin
      pullproof check --match-images registry.example --audience registry.example \\
          --env 'EXCHANGE_URL=${exchange.url}' -- ./my-provider
      pullproof replay pullproof-report/cases/C03.json
      pullproof rules K-093
    """


@cli.command(context_settings=_CONTEXT, epilog=EXIT_CODES)
@target_options
@click.option(
    "--profile", type=click.Choice(["smoke", "default", "deep"]), default="default",
    show_default=True, help="How much: a few seconds, under a minute, several minutes.",
)  # fmt: skip
@click.option("--budget", type=Duration(), help="Stop after this time and say what was left out.")
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same report.")
@click.option("--jobs", "-j", type=click.IntRange(1, 64), help="Worker processes [default: cores].")
@click.option(
    "--check", "checks", multiple=True, metavar="ID", help="Only this check (may repeat)."
)
@click.option("--strict", is_flag=True, help="A failed SHOULD is a violation, too.")
@click.option(
    "--expect", type=_PATH, metavar="FILE", help="expect.toml: known failures, with reasons."
)
@click.option(
    "--report", "report_dir", type=_PATH, default=Path("pullproof-report"), show_default=True,
    help="Directory for report.json, junit.xml and the cases.",
)  # fmt: skip
@click.option("--no-report", is_flag=True, help="Write no files.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "junit"]), default="text",
    show_default=True, help="What goes to stdout.",
)  # fmt: skip
@click.option("--verbose", "-v", is_flag=True, help="Name every skipped check.")
def check(**options: Any) -> None:
    """Run a provider against the rules and give a verdict per rule.

    The provider runs for real, in a world on loopback: token issuer, RFC 8693
    exchange, registry, and canaries for everything it should not touch.

    \b
    Placeholders in settings, config and --env:
      ${exchange.url} ${exchange.audience} ${issuer.url} ${registry.host}
      ${other.host} ${node.url} ${node.username} ${node.password} ${canary.url}
      ${proxy.url}

    \b
    Examples:
      pullproof check
      pullproof check --config /etc/kubernetes/cp.yaml --bin-dir /opt/bin --provider ecr
      pullproof check --profile smoke --format json --no-report | jq .counts
      pullproof check --check K01 --check K02 --seed 7
    """
    from pullproof.commands.check import check_command

    sys.exit(check_command(**options))


@cli.command(context_settings=_CONTEXT)
@target_options
@click.option("--output", "-o", type=_PATH, default=Path("pullproof.toml"), show_default=True)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def init(**options: Any) -> None:
    """Probe a provider and write a commented pullproof.toml for it.

    \b
    Examples:
      pullproof init --match-images registry.example -- ./my-provider
      pullproof init --config credential-provider.yaml --bin-dir ./bin
    """
    from pullproof.commands.init import init_command

    sys.exit(init_command(**options))


@cli.command(context_settings=_CONTEXT, epilog=EXIT_CODES)
@click.argument("case", type=_PATH)
@target_options
@click.option("--attempts", type=click.IntRange(1, 1000), default=3, show_default=True)
def replay(**options: Any) -> None:
    """Execute a saved case again: FIXED, STILL FAILS or CHANGED.

    The case names its target; give target options only to try another build.

    \b
    Examples:
      pullproof replay pullproof-report/cases/C03.json
      pullproof replay C03.json -- ./my-provider-fixed
    """
    from pullproof.commands.replay import replay_command

    sys.exit(replay_command(**options))


@cli.command(context_settings=_CONTEXT)
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text")
def rules(id_: str | None, format_: str) -> None:
    """Explain a check (A03), a rule (K-093, S-11) or a defect class (D-F2); list all without ID.

    \b
    Examples:
      pullproof rules
      pullproof rules K-093
      pullproof rules A03
    """
    from pullproof.commands.rules import rules_command

    sys.exit(rules_command(id_, format_))


@cli.command(context_settings=_CONTEXT)
@click.argument("kind", type=click.Choice(["request", "response", "config"]))
@click.argument("files", nargs=-1, type=_PATH, required=True)
@click.option("--kubernetes", metavar="1.34")
@click.option(
    "--api-version", default="credentialprovider.kubelet.k8s.io/v1", show_default=True,
    help="The apiVersion the provider is configured with (response).",
)  # fmt: skip
def validate(**options: Any) -> None:
    """Judge saved documents as the kubelet would, without running anything.

    \b
    Examples:
      pullproof validate config credential-provider.yaml --kubernetes 1.35
      ./my-provider < request.json | pullproof validate response -
    """
    from pullproof.commands.validate import validate_command

    sys.exit(validate_command(**options))


@cli.command(context_settings=_CONTEXT, epilog=EXIT_CODES)
@click.option(
    "--kubernetes", metavar="1.34",
    help="Whose rules, for all configurations [default: each one's own].",
)  # fmt: skip
@click.option(
    "--scope", default="small", show_default=True, help="Set of configurations: small, ci, large."
)
@click.option(
    "--config", "configs", multiple=True, metavar="NAME",
    help="Only this configuration (may repeat).",
)  # fmt: skip
@click.option(
    "--provider-faults", default="", metavar="A,B", help="Let providers do this wrong, too."
)
@click.option(
    "--mutant", default="", metavar="ID",
    help="A wrong implementation; with --replay also `none`, the real rules.",
)  # fmt: skip
@click.option(
    "--invariant", "invariants", multiple=True, metavar="ID", help="Only this one (may repeat)."
)
@click.option("--no-symmetry", is_flag=True, help="Tell states apart that differ in names only.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Stop after N states each.")
@click.option("--depth", type=click.IntRange(0), metavar="N", help="Stop after N events.")
@click.option("--memory", metavar="4GiB", help="Stop before all workers together take more.")
@click.option("--jobs", "-j", type=click.IntRange(1, 64), help="Worker processes [default: cores].")
@click.option("--checkpoint", type=_PATH, metavar="DIR", help="Keep finished levels there.")
@click.option("--resume", type=_PATH, metavar="DIR", help="Go on from such a directory.")
@click.option("--promises", is_flag=True, help="P-nn, which no kubelet promises, fail as well.")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json", "markdown"]), default="text",
    show_default=True, help="What goes to stdout; markdown with --compare and --matrix.",
)  # fmt: skip
@click.option("--save", type=_PATH, metavar="FILE", help="Write the first counterexample (JSON).")
@click.option("--svg", "svg_file", type=_PATH, metavar="FILE", help="Draw it.")
@click.option("--compare", "compare_", is_flag=True, help="Ways to pull, side by side.")
@click.option("--matrix", "matrix_", is_flag=True, help="Which property catches which mutant.")
@click.option("--mutants", default="", metavar="A,B", help="With --matrix: only these.")
@click.option("--replay", "replay_file", type=_PATH, metavar="FILE", help="Execute a saved trace.")
@click.option("--verbose", "-v", is_flag=True, help="Name the properties that are kept, too.")
def explore(**options: Any) -> None:
    """Explore all states of the protocol itself, and judge its invariants.

    Nothing is executed but the model: kubelet, issuer, exchange, registry and
    providers as one state machine. Exit code 1: an invariant is violated, or
    a situation that ought to come up never did.

    \b
    Examples:
      pullproof explore --kubernetes 1.34
      pullproof explore --config tokens --invariant I-33 --verbose
      pullproof explore --mutant key-has-uid=false --save t.json --svg t.svg
      pullproof explore --replay t.json --mutant none
      pullproof explore --compare --format markdown
      pullproof explore --matrix --mutants key-has-uid=false
    """
    from pullproof.commands.explore import explore_command

    sys.exit(explore_command(**options))


@cli.command(context_settings=_CONTEXT, epilog=PULL_EXIT_CODES)
@click.option(
    "--config", "--image-credential-provider-config", "config", type=_PATH, required=True,
    help="Kubelet CredentialProviderConfig: a file, or (1.34+) a directory.",
)  # fmt: skip
@click.option(
    "--bin-dir", "--image-credential-provider-bin-dir", "bin_dir", type=_PATH, required=True,
    help="Directory with the provider executables, as the kubelet's flag.",
)  # fmt: skip
@click.option("--image", required=True, metavar="IMG", help="As written in the pod.")
@click.option("--pod", metavar="NS/NAME", help="Whose pull it is [default: default/pod].")
@click.option(
    "--service-account", default="", metavar="SA", help="The pod's; none: as of a static pod."
)
@click.option(
    "--annotation", "annotations", multiple=True, type=Pair(), metavar="K=V",
    help="Annotation on the service account (may repeat).",
)  # fmt: skip
@click.option(
    "--token-file", type=_PATH, metavar="FILE",
    help="The service account token [default: one of the embedded issuer].",
)  # fmt: skip
@click.option(
    "--pull-secret", "pull_secrets", multiple=True, type=_PATH, metavar="FILE",
    help="A Secret (JSON or YAML) or a docker config (may repeat, in the pod's order).",
)  # fmt: skip
@click.option(
    "--env", "-e", "env", multiple=True, type=Pair(from_environment=True), metavar="K[=V]",
    help="Environment of the kubelet; placeholders such as ${exchange.url} are replaced.",
)  # fmt: skip
@click.option(
    "--kubernetes", metavar="1.35", help="Kubernetes version to judge by [default: 1.34]."
)
@click.option(
    "--deadline", type=Duration(), help="Limit for one exec [default: 60s, the kubelet's]."
)
@click.option(
    "--oracle", is_flag=True, help="Ask the kubelet's own code, too (needs a built oracle)."
)
@click.option(
    "--run/--no-run", default=True, show_default=True,
    help="Run the providers, with no way out of this machine; or stop at the request.",
)  # fmt: skip
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def pull(**options: Any) -> None:
    """Say what a kubelet would do for one image: why is my provider not called?

    Which providers match and why not, the request, the provider's real answer
    and how it is judged, what is cached for whom, and the credentials in the
    order in which the runtime is offered them. Tokens and passwords are masked.

    \b
    Examples:
      pullproof pull --config /etc/kubernetes/cp.yaml --bin-dir /opt/bin \\
          --image registry.example:5000/team-a/app:v1
      pullproof pull --config cp.yaml --bin-dir ./bin --image nginx --no-run
      pullproof pull --config cp.yaml --bin-dir ./bin --image registry.example/app \\
          --pod team-a/app-0 --service-account puller --annotation example.com/role=a
      pullproof pull --config cp.yaml --bin-dir ./bin --image registry.example/app \\
          --pull-secret secret.yaml --kubernetes 1.35 --oracle --format json
    """
    from pullproof.commands.pull import pull_command

    sys.exit(pull_command(**options))


@cli.command(context_settings=_CONTEXT, epilog=EXIT_CODES)
@target_options
@click.option("--time", "time_s", type=Duration(), help="Stop after this time [default: Ctrl-C].")
@click.option("--execs", type=click.IntRange(1), metavar="N", help="Stop after about N execs.")
@click.option("--jobs", "-j", type=click.IntRange(1, 64), help="Worker processes [default: cores].")
@click.option(
    "--corpus", type=_PATH, metavar="DIR", default=Path("pullproof-corpus"), show_default=True,
    help="Where scenarios and findings are kept; a campaign goes on from there.",
)  # fmt: skip
@click.option("--until-finding", is_flag=True, help="Stop at the first proved finding.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--shard", default="0/1", show_default=True, metavar="I/N",
    help="Do only part I (from 0) of N; the parts of different machines are disjoint.",
)  # fmt: skip
@click.option("--coverage/--no-coverage", default=True, help="Use coverage if the binary has any.")
@click.option("--guided/--blind", default=True, help="Keep and change what showed something new.")
@click.option("--confine/--no-confine", default=True, help="Loopback only, and read-only files.")
@click.option("--strict", is_flag=True, help="A failed SHOULD is a violation, too.")
def fuzz(**options: Any) -> None:
    """Try scenarios nobody thought of, for as long as you like.

    Runs the provider as often as the machine can, changes what showed something
    new (coverage of Go and Python providers, else the outside of their answers),
    and judges each run by all checks that apply. What fails is proved three
    times, made small, and saved at once as a case for `pullproof replay`.

    \b
    Examples:
      pullproof fuzz --time 60s
      pullproof fuzz --until-finding --corpus c --match-images registry.example -- ./my-provider
      pullproof fuzz --time 10m --shard 3/8 --corpus shard-3
    """
    from pullproof.commands.fuzz import fuzz_command

    sys.exit(fuzz_command(**options))


@cli.command(context_settings=_CONTEXT)
@click.argument("action", type=click.Choice(["merge", "minimise", "stats"]))
@click.argument("directories", nargs=-1, type=_PATH, required=True)
def corpus(**options: Any) -> None:
    """Care for corpora of `pullproof fuzz`: merge, minimise, stats.

    \b
    Examples:
      pullproof corpus merge all shard-0 shard-1      (into all; may be repeated)
      pullproof corpus minimise all
      pullproof corpus stats all
    """
    from pullproof.commands.corpus import corpus_command

    sys.exit(corpus_command(**options))


@cli.command(context_settings={**_CONTEXT, "ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def zoo(arguments: tuple[str, ...]) -> None:
    """Run the shipped wrong and correct providers and print who caught what."""
    from pullproof.fuzz.zoo import main as zoo_main

    sys.exit(zoo_main(list(arguments)))


def main() -> None:
    """Run the command line; every way out has its documented exit code."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(3)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - the last line of defence: exit code 5 is documented
        sys.exit(_own_failure(error))


def _own_failure(error: Exception) -> int:
    from pullproof.model.errors import PullproofError, UserError

    problems = getattr(error, "problems", None)
    if isinstance(error, UserError) or problems is not None:
        click.echo("\n".join(f"error: {item}" for item in problems or (error,)), err=True)
        return 2
    if os.environ.get("PULLPROOF_DEBUG"):
        raise error
    kind = "" if isinstance(error, PullproofError) else f"{type(error).__name__}: "
    click.echo(f"pullproof failed: {kind}{error}", err=True)
    click.echo("Set PULLPROOF_DEBUG=1 for the traceback; this is our fault, not yours.", err=True)
    return 5
