"""Who takes part in the scoreboard: five ways to test a provider, one trial each.

All get the same wrong provider, the same emulated world, and the same fast way to run
it; they differ in what they try and in what they can tell. A plain oracle that
fails correct providers kills everything and is of no use; `wronged` says which do.
"""

import json
import random
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st

from pullproof import schemas
from pullproof.adapters.spawn_session import SpawnSession
from pullproof.checks.facts import crash
from pullproof.engine.events import CheckFinished, Event
from pullproof.engine.options import Options, Profile
from pullproof.engine.result import Status
from pullproof.engine.run import run
from pullproof.fuzz.build import Unavailable, ensure_program
from pullproof.fuzz.mutants.index import Mutant
from pullproof.fuzz.zoo import setup_of
from pullproof.fuzzing.campaign import Campaign, Plan
from pullproof.fuzzing.store import Store
from pullproof.model.errors import PullproofError
from pullproof.model.scenario import Edit, EditKind, ExecStep, Scenario
from pullproof.model.setup import Setup
from pullproof.model.transcript import Exec

_RESPONSE = "credential-provider-response-"
_BLIND = "blind fuzz"
_PATIENT = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)


@dataclass(frozen=True, slots=True)
class Trial:
    """What one contestant made of one wrong provider."""

    mutant: str
    contestant: str
    killed: bool = False
    seconds: float = 0.0
    """Until the finding was certain; all of the time if there was none."""
    execs: int = 0
    how: str = ""
    """Ids of checks, or what was seen."""
    skipped: str = ""
    """Why there was no trial."""


class _Over(KeyboardInterrupt):
    """The trial is at its end. No `Exception`: Hypothesis has to let it through."""


@dataclass(slots=True)
class _Bench:
    """Runs execs of one provider until the time is up or something was seen."""

    setup: Setup
    session: SpawnSession
    until: float
    execs: int = 0
    seen: str = ""

    def perform(self, step: ExecStep, *, valid: bool) -> None:
        """Run `step` once and look at the outcome.

        Args:
            valid: It is a request that has to be answered.

        Raises:
            _Over: something was seen, or the time is up.
        """
        transcript = self.session.perform(Scenario("A00", (step,)))
        self.execs += 1
        version = self.setup.provider.api_version.rpartition("/")[2]
        self.seen = _wrong(transcript.execs[0], _RESPONSE + version, valid=valid)
        if self.seen or time.monotonic() >= self.until:
            raise _Over


def _wrong(exec: Exec, schema: str, *, valid: bool) -> str:
    """Return what anybody can see to be wrong, without knowing the kubelet."""
    broken = crash(exec)
    if broken is not None:
        return broken
    if not exec.succeeded:
        return f"a valid request ended with status {exec.exit_code}" if valid else ""
    try:
        answer: object = json.loads(exec.stdout)
    except (ValueError, RecursionError):
        return "stdout is no JSON"
    return "stdout is not of the schema" if schemas.violations(schema, answer) else ""


# --- the plain ones -------------------------------------------------------------------


def _baseline(setup: Setup) -> ExecStep:
    """Return the request that every author tries first."""
    owner = setup.workloads[0] if setup.workloads else None
    image = owner.images[0] if owner else setup.served[0]
    return ExecStep("baseline", image, owner.name if owner else None)


def _schema(bench: _Bench, seed: int) -> None:
    bench.perform(_baseline(bench.setup), valid=True)


def _random_bytes(bench: _Bench, seed: int) -> None:
    draw = random.Random(seed)
    base = _baseline(bench.setup)
    while True:
        data = draw.randbytes(int(2 ** draw.uniform(0, 12)))
        escaped = data.decode("latin-1").encode("unicode_escape").decode("ascii")
        bench.perform(replace(base, edits=(Edit(EditKind.RAW, "", escaped),)), valid=False)


def _requests(setup: Setup) -> st.SearchStrategy[tuple[ExecStep, bool]]:
    """Return requests as the schema describes them, and whether each must be answered."""
    base = _baseline(setup)
    attributes = setup.provider.token_attributes
    part = st.from_regex(r"[a-z0-9]+([._-][a-z0-9]+)*", fullmatch=True)
    path = st.lists(part, min_size=1, max_size=5).map("/".join)
    names = st.builds(
        "{}/{}".format, st.sampled_from([i.split("/")[0] for i in setup.served]), path
    )
    images = st.one_of(st.sampled_from((*setup.served, *setup.declined)), names, st.text())
    keys = (
        (*attributes.required_annotation_keys, *attributes.optional_annotation_keys)
        if attributes
        else ()
    )
    values = st.dictionaries(st.sampled_from(keys or ("example.com/role",)), st.text())
    tokens = st.sampled_from([None, None, None, ""]) | st.text()

    @st.composite
    def requests(draw: st.DrawFn) -> tuple[ExecStep, bool]:
        if draw(st.booleans()):
            return base, True
        step = base
        if keys:
            step = replace(base, annotations=tuple(sorted(draw(values).items())))
        edits = [Edit(EditKind.SET, "image", json.dumps(draw(images)))]
        token = draw(tokens)
        if token is not None and attributes is not None:
            edits.append(Edit(EditKind.SET, "serviceAccountToken", json.dumps(token)))
        return replace(step, edits=tuple(edits)), False

    return requests()


def _hypothesis(bench: _Bench, seed: int) -> None:
    @hypothesis_seed(seed)
    @settings(
        max_examples=1_000_000,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=_PATIENT,
    )
    @given(_requests(bench.setup))
    def test(drawn: tuple[ExecStep, bool]) -> None:
        step, valid = drawn
        bench.perform(step, valid=valid)

    test()


def _plain(play: Callable[[_Bench, int], None]) -> Callable[[Mutant, float, int], Trial]:
    def trial(mutant: Mutant, budget_s: float, seed: int) -> Trial:
        setup = _fast_setup(mutant)
        if isinstance(setup, Unavailable):
            return Trial(mutant.id, "", skipped=setup.reason)
        with _place() as root, SpawnSession(setup, seed=seed, root=root, gentle=True) as session:
            started = time.monotonic()
            bench = _Bench(setup, session, started + budget_s)
            with suppress(_Over):
                play(bench, seed)
            seconds = time.monotonic() - started
        return Trial(mutant.id, "", bool(bench.seen), seconds, bench.execs, bench.seen)

    return trial


def wronged(setup: Setup, seconds: float, seed: int = 0) -> dict[str, str]:
    """Return which plain contestants fail a provider, and for what."""
    found: dict[str, str] = {}
    for name, play in (
        ("schema", _schema),
        ("hypothesis", _hypothesis),
        ("random bytes", _random_bytes),
    ):
        with _place() as root, SpawnSession(setup, seed=seed, root=root, gentle=True) as session:
            bench = _Bench(setup, session, time.monotonic() + seconds)
            with suppress(_Over):
                play(bench, seed)
        if bench.seen:
            found[name] = bench.seen
    return found


# --- ours -----------------------------------------------------------------------------


def _check(mutant: Mutant, budget_s: float, seed: int) -> Trial:
    """First the smoke profile, then the default one; counts when a check is done."""
    setup = setup_of(mutant, "zygote")
    if isinstance(setup, Unavailable):
        return Trial(mutant.id, "", skipped=setup.reason)
    started = time.monotonic()
    found: list[str] = []
    first: list[float] = []

    def listen(event: Event) -> None:
        if isinstance(event, CheckFinished) and event.result.status is Status.FAILED:
            found.append(event.result.check)
            first.append(time.monotonic() - started)
            raise _Over  # as Ctrl-C: the run ends in good order

    execs = 0
    for profile in (Profile.SMOKE, Profile.DEFAULT):
        left = budget_s - (time.monotonic() - started)
        if left <= 0 or found:
            break
        options = Options(
            profile=profile, seed=seed, budget_s=left, jobs=1, canary=False, shrink=False,
            launcher="zygote",
        )  # fmt: skip
        execs += run(setup, options, listen).timing.execs
    seconds = first[0] if first else time.monotonic() - started
    return Trial(mutant.id, "", bool(found), seconds, execs, " ".join(found))


def _fuzz(*, guided: bool) -> Callable[[Mutant, float, int], Trial]:
    def trial(mutant: Mutant, budget_s: float, seed: int) -> Trial:
        setup = _fuzz_setup(mutant)
        if isinstance(setup, Unavailable):
            return Trial(mutant.id, "", skipped=setup.reason)
        plan = Plan(seed, 1, budget_s, until_finding=True, guided=guided, coverage=guided)
        with (
            _place() as root,
            Campaign(setup, plan, Store(root / "corpus"), setup.command) as campaign,
        ):
            result = campaign.run()
        found = sorted({item.finding.check for item in result.findings})
        status, first_s = result.status, result.first_finding_s
        seconds = status.seconds if first_s is None else first_s
        return Trial(
            mutant.id, "", bool(found) and seconds <= budget_s, seconds, status.progress.execs,
            " ".join(found) or "; ".join(result.errors)[:120],
        )  # fmt: skip

    return trial


def _fast_setup(mutant: Mutant) -> Setup | Unavailable:
    return setup_of(mutant, "exec")


def _fuzz_setup(mutant: Mutant) -> Setup | Unavailable:
    """Return a setup in which the provider tells its coverage, where it can."""
    if mutant.path.suffix == ".go":
        program = ensure_program(mutant.path, cover=True)
        if isinstance(program, Unavailable):
            return program
        setup = setup_of(mutant)
        return setup if isinstance(setup, Unavailable) else replace(setup, command=(str(program),))
    # Without a PYTHONPATH of ours there is room for the one that watches; the
    # interpreter finds the package because it is installed.
    return setup_of(mutant, "zygote")


@contextmanager
def _place() -> Generator[Path, None, None]:
    # The prover may still be saving when a campaign is over.
    with tempfile.TemporaryDirectory(prefix="scoreboard-", ignore_cleanup_errors=True) as root:
        yield Path(root)


CONTESTANTS: Mapping[str, Callable[[Mutant, float, int], Trial]] = MappingProxyType(
    {
        "check": _check,
        "fuzz": _fuzz(guided=True),
        "schema": _plain(_schema),
        "hypothesis": _plain(_hypothesis),
        "random bytes": _plain(_random_bytes),
        _BLIND: _fuzz(guided=False),
    }
)
"""Name: trial of a mutant, in at most so many seconds, with a seed."""


def try_one(name: str, mutant: Mutant, budget_s: float, seed: int) -> Trial:
    """Return the trial of `mutant` by the contestant `name`; our own faults are skips."""
    try:
        return replace(CONTESTANTS[name](mutant, budget_s, seed), contestant=name)
    except (PullproofError, OSError) as error:
        return Trial(mutant.id, name, skipped=f"{type(error).__name__}: {error}")
