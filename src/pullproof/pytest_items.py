"""The pytest items behind `pytest_plugin`: a check, driven by Hypothesis.

Imported only when a provider was given. One session serves all items of a
pytest process. Checks that watch every transcript come last, so that they can
report what they saw while the others ran.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Flaky

from pullproof.checks.check import Check
from pullproof.engine.expect import Expectation, Expectations, load_expectations
from pullproof.engine.fingerprint import fingerprint
from pullproof.engine.judging import (
    Failure,
    Performer,
    full_catalogue,
    judge,
    judge_all,
    judges_for,
    open_session,
)
from pullproof.engine.ledger import NOT_EXERCISED
from pullproof.engine.options import Options, Profile
from pullproof.engine.plan import Planned, UnknownChecks, make_plan
from pullproof.engine.result import Finding, outcome_weight
from pullproof.engine.settings import Overrides, load_settings, setup_from_config
from pullproof.model.config import ConfigErrors
from pullproof.model.errors import PullproofError, UserError
from pullproof.model.scenario import Scenario
from pullproof.model.setup import Setup
from pullproof.model.verdict import Level, Outcome, Verdict, not_applicable
from pullproof.report.documents import finding_text
from pullproof.report.mask import mask, printable
from pullproof.strategies.scenarios import scenarios

# How long providers and generators take is no business of Hypothesis here.
_SLOW_INPUT = (HealthCheck.data_too_large, HealthCheck.large_base_example)


class CheckFailed(PullproofError):
    """A judge failed a scenario; the text is masked."""

    def __init__(self, setup: Setup, check: Check, failure: Failure) -> None:
        verdict = failure.verdict
        key = fingerprint(check.id, verdict.rule, failure.scenario)
        finding = Finding(check.id, check.level, verdict, failure.transcript, key=key)
        super().__init__(finding_text(setup, finding))
        self.rule = verdict.rule
        self.message = printable(mask(verdict.message, failure.transcript))


class UntrueExpectation(PullproofError):
    """An entry of expect.toml did not come true."""


@dataclass(slots=True)
class State:
    """What all items of one pytest process share."""

    setup: Setup
    options: Options
    strict: bool
    expectations: Expectations
    entries: tuple[Planned, ...]
    watchers: tuple[str, ...]
    seen: dict[str, Failure] = field(default_factory=dict[str, Failure])
    """First failure of each watcher on another check's scenario."""
    _stack: ExitStack = field(default_factory=ExitStack)
    _session: Performer | None = None

    @property
    def session(self) -> Performer:
        """The session, opened at its first use."""
        if self._session is None:
            self._session = self._stack.enter_context(open_session(self.setup, self.options.seed))
        return self._session

    @property
    def checks(self) -> dict[str, Check]:
        return {entry.check.id: entry.check for entry in self.entries}

    def close(self) -> None:
        self._session = None
        self._stack.close()


_STATE = pytest.StashKey[State]()


def state_of(config: pytest.Config) -> State:
    """Return the shared state; made at the first call, closed with pytest.

    Raises:
        pytest.UsageError: the options name no usable provider.
    """
    if _STATE not in config.stash:
        try:
            state = _make_state(config)
        except (UserError, ConfigErrors, UnknownChecks) as error:
            raise pytest.UsageError(f"pullproof: {error}") from None
        config.stash[_STATE] = state
        config.add_cleanup(state.close)
    return config.stash[_STATE]


def _make_state(config: pytest.Config) -> State:
    catalogue = full_catalogue()
    names: str = config.getoption("pullproof_checks") or ""
    options = Options(
        profile=Profile(config.getoption("pullproof_profile")),
        checks=tuple(name.strip().upper() for name in names.split(",") if name.strip()),
    )
    setup = _make_setup(config)
    plan = make_plan(setup, options, catalogue)
    expect = _path(config, "pullproof_expect")
    return State(
        setup=setup,
        options=options,
        strict=bool(config.getoption("pullproof_strict")),
        expectations={} if expect is None else load_expectations(expect),
        entries=plan.entries,
        watchers=plan.watchers,
    )


def _make_setup(config: pytest.Config) -> Setup:
    overrides = Overrides(
        kubernetes=config.getoption("pullproof_kubernetes"),
        provider=config.getoption("pullproof_provider"),
    )
    settings_file = _path(config, "pullproof_settings")
    kubelet_config = _path(config, "pullproof_config")
    if kubelet_config is None:
        assert settings_file is not None, "the plugin asks only with a target"
        return load_settings(settings_file, overrides)
    bin_dir = _path(config, "pullproof_bin_dir")
    if bin_dir is None:
        raise pytest.UsageError("pullproof: --pullproof-config also needs --pullproof-bin-dir")
    return setup_from_config(kubelet_config, bin_dir, overrides, settings_file)


def _path(config: pytest.Config, name: str) -> Path | None:
    text: str | None = config.getoption(name)
    return None if text is None else config.invocation_params.dir / text


# --- collection -----------------------------------------------------------------


class Suite(pytest.Collector):
    """The parent of all items; its node id begins theirs: `pullproof::A01`."""

    def collect(self) -> Sequence["CheckItem"]:
        state = state_of(self.config)
        wanted = [e for e in state.entries if e.skip != "not selected"]
        # What watchers saw counts only after everybody else has run.
        wanted.sort(key=lambda entry: entry.check.watches)
        return [CheckItem.of(self, entry) for entry in wanted]


def collect(session: pytest.Session) -> Sequence["CheckItem"]:
    """Return the items of all selected checks, watchers last."""
    make = cast("Any", Suite).from_parent  # its keywords are not typed
    suite: Suite = make(session, name="pullproof", nodeid="pullproof")
    return suite.collect()


class CheckItem(pytest.Item):
    """One check."""

    planned: Planned

    @classmethod
    def of(cls, parent: Suite, planned: Planned) -> "CheckItem":
        make = cast("Any", cls).from_parent  # its keywords are not typed
        item: CheckItem = make(parent, name=planned.check.id)
        item.planned = planned
        item.add_marker(pytest.mark.pullproof)
        return item

    @cached_property
    def state(self) -> State:
        return state_of(self.config)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"{self.name} {self.planned.check.title}"

    def runtest(self) -> None:
        """Run the check and compare with what is expected of it.

        Raises:
            CheckFailed: a failure that counts and is not expected.
            UntrueExpectation: expect.toml is not true.
        """
        if self.planned.skip:
            pytest.skip(self.planned.skip)
        expectation = self.state.expectations.get(self.name)
        try:
            verdict = Driver(self.state, self.planned).run()
        except CheckFailed as failure:
            self._failed(failure, expectation)
            return
        if expectation is not None and verdict.outcome is Outcome.PASS:
            raise UntrueExpectation("passed, but a failure is expected: remove the entry")
        if verdict.outcome is Outcome.INCONCLUSIVE:
            pytest.skip(f"inconclusive: {verdict.message}")
        if verdict.outcome is Outcome.NOT_APPLICABLE:
            pytest.skip(verdict.message or NOT_EXERCISED)

    def _failed(self, failure: CheckFailed, expectation: Expectation | None) -> None:
        level = self.planned.check.level
        if expectation is not None:
            if expectation.is_expired(date.today()):
                raise UntrueExpectation(f"the expectation expired on {expectation.expires}")
            if not expectation.explains(failure.message):
                raise UntrueExpectation(
                    f"failed in another way than expected "
                    f"({expectation.symptom!r} not found):\n{failure}"
                )
            pytest.xfail(expectation.excuse)
        if level is Level.ADVICE or (level is Level.SHOULD and not self.state.strict):
            pytest.xfail(f"{level.value}: {failure.rule}: {failure.message}")
        raise failure

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what was found; a traceback only for our own breakdowns."""
        if isinstance(excinfo.value, CheckFailed):
            return str(excinfo.value)  # begins with id and title
        if isinstance(excinfo.value, UntrueExpectation):
            return f"{self.name}: {excinfo.value}"
        return super().repr_failure(excinfo, style)


# --- execution ------------------------------------------------------------------


@dataclass(slots=True)
class Driver:
    """One check through Hypothesis."""

    state: State
    planned: Planned
    outcome: Verdict = field(default_factory=not_applicable)

    def run(self) -> Verdict:
        """Return the heaviest verdict of all examples.

        Raises:
            CheckFailed: some scenario fails; it is the smallest one found.
        """
        check = self.planned.check
        try:
            self._through_hypothesis()
        except Flaky as error:
            failure = next(_failures_in(error), None)
            if failure is None:
                raise
            # It did not fail each time: said aloud, and no violation (S-80).
            return Verdict(Outcome.INCONCLUSIVE, f"flaky: {failure.message}", failure.rule)
        self._from_watching(check)
        return self.outcome

    def _through_hypothesis(self) -> None:
        check, setup = self.planned.check, self.state.setup

        @settings(
            max_examples=self.planned.examples,
            deadline=None,  # a provider may take as long as the kubelet lets it
            phases=_phases(check),
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, *_SLOW_INPUT],
            print_blob=False,
        )
        @given(scenario=scenarios(check, setup))
        def holds(scenario: Scenario) -> None:
            self._judge(scenario)

        # All checks share this function; the database must tell them apart.
        inner: Any = holds.hypothesis.inner_test  # type: ignore[attr-defined]
        inner._hypothesis_internal_add_digest = (
            f"pullproof/{setup.provider.name}/{check.id}".encode()
        )
        holds()

    def _judge(self, scenario: Scenario) -> None:
        __tracebackhide__ = True
        check, state = self.planned.check, self.state
        transcript = state.session.perform(scenario)
        verdict = judge(check, state.setup, transcript)
        others = judges_for(check, state.watchers, state.checks)[1:]
        for name, seen in judge_all(others, state.setup, transcript).verdicts:
            if seen.failed:
                state.seen.setdefault(name, Failure(seen, transcript))
        if verdict.failed:
            raise CheckFailed(state.setup, check, Failure(verdict, transcript))
        if outcome_weight(verdict.outcome) > outcome_weight(self.outcome.outcome):
            self.outcome = verdict

    def _from_watching(self, check: Check) -> None:
        """Fail for what was seen on another check's scenario, if it fails again."""
        seen = self.state.seen.get(check.id)
        if seen is None:
            return
        transcript = self.state.session.perform(seen.scenario)
        verdict = judge(check, self.state.setup, transcript)
        if verdict.failed:
            raise CheckFailed(self.state.setup, check, Failure(verdict, transcript))


def _phases(check: Check) -> list[Phase]:
    """A scenario that takes a minute is shown as it is."""
    phases = [Phase.explicit, Phase.reuse, Phase.generate]
    return phases if check.slow else [*phases, Phase.shrink]


def _failures_in(error: BaseException) -> Iterator[CheckFailed]:
    if isinstance(error, CheckFailed):
        yield error
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        for inner in group.exceptions:
            yield from _failures_in(inner)
    elif error.__cause__ is not None:
        yield from _failures_in(error.__cause__)
    elif error.__context__ is not None:
        yield from _failures_in(error.__context__)
