"""What all judges say about one performed scenario, without asking twice.

Judges are pure, so two transcripts that differ only in the names of their
secrets, in ports and in moments get one verdict. `normal_form` takes exactly
these away; whatever it does not recognise stays and at worst costs a judgement.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pullproof.checks.check import Check
from pullproof.engine.judging import BrokenJudge, Failure, full_catalogue, judge
from pullproof.engine.options import Options
from pullproof.engine.plan import make_plan
from pullproof.engine.shrink import Admission
from pullproof.model.scenario import Scenario
from pullproof.model.setup import Setup
from pullproof.model.transcript import Exec, Transcript
from pullproof.model.verdict import Level, Verdict

_MOST_REMEMBERED = 2048
_SHAPES = 24
"""Scenarios of a check from which its form is learnt."""
_TICK_S = 0.25
"""Moments closer than this are one."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """The failed verdicts, above advice first in catalogue order."""

    failures: tuple[tuple[str, Failure], ...] = ()
    errors: tuple[tuple[str, str], ...] = ()
    """(check id, what went wrong) of judges that broke down: our fault."""


@dataclass(slots=True)
class Oracle:
    """Judges for one setup."""

    setup: Setup
    catalogue: Sequence[Check] = field(default_factory=full_catalogue)
    asked: int = 0
    remembered: int = 0
    """Of `asked`, those that needed no judging."""
    _checks: dict[str, Check] = field(default_factory=dict[str, Check])
    _watchers: tuple[Check, ...] = ()
    _forms: dict[str, Admission] = field(default_factory=dict[str, Admission])
    _known: dict[object, tuple[tuple[tuple[str, Verdict], ...], tuple[tuple[str, str], ...]]] = (
        field(
            default_factory=dict[
                object, tuple[tuple[tuple[str, Verdict], ...], tuple[tuple[str, str], ...]]
            ]
        )
    )

    def __post_init__(self) -> None:
        plan = make_plan(self.setup, Options(), self.catalogue)
        self._checks = {
            entry.check.id: entry.check
            for entry in plan.running
            if entry.check.level is not Level.ADVICE
        }
        self._watchers = tuple(check for check in self._checks.values() if check.watches)

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks that apply to the setup, above advice: advice fails no run."""
        return tuple(self._checks.values())

    def judges(self, scenario: Scenario) -> list[Check]:
        """Return who judges `scenario`: all that watch, and the check it was made
        for, if it still has a form that this check makes."""
        own = self._checks.get(scenario.check)
        if own is None or own.watches or not self._form(own).admits(self.setup, scenario):
            return list(self._watchers)
        return [own, *self._watchers]

    def opinion(self, transcript: Transcript) -> Opinion:
        """Return what the judges say about `transcript`."""
        self.asked += 1
        key = normal_form(transcript)
        known = self._known.get(key) if key is not None else None
        if known is None:
            known = self._judge(transcript)
            if key is not None:
                if len(self._known) >= _MOST_REMEMBERED:
                    self._known.clear()
                self._known[key] = known
        else:
            self.remembered += 1
        failed, errors = known
        if not failed and not errors:
            return _NOTHING
        return Opinion(
            tuple((name, Failure(verdict, transcript)) for name, verdict in failed), errors
        )

    def forget(self) -> None:
        """Judge everything anew from here on."""
        self._known.clear()

    def _judge(
        self, transcript: Transcript
    ) -> tuple[tuple[tuple[str, Verdict], ...], tuple[tuple[str, str], ...]]:
        failed: list[tuple[str, Verdict]] = []
        errors: list[tuple[str, str]] = []
        for check in self.judges(transcript.scenario):
            try:
                verdict = judge(check, self.setup, transcript)
            except BrokenJudge as error:
                errors.append((check.id, str(error)))
                continue
            if verdict.failed:
                failed.append((check.id, verdict))
        return tuple(failed), tuple(errors)

    def _form(self, check: Check) -> Admission:
        if check.id not in self._forms:
            self._forms[check.id] = Admission.of(
                self.setup, check.propose, f"fuzz/{check.id}", samples=_SHAPES
            )
        return self._forms[check.id]


_NOTHING = Opinion()


def normal_form(transcript: Transcript) -> object | None:
    """Return a value that is equal for transcripts no judge can tell apart.

    None if it holds something that is never the same twice (pulls, processes
    that were looked at).
    """
    if transcript.pulls or any(run.children for run in transcript.execs):
        return None
    names = _Names(transcript)
    ends = {run.step: run.expires_wall_s for run in transcript.execs}
    minted = tuple(
        (
            item.step,
            item.username,
            item.subject,
            item.announced,
            item.repos,
            None
            if item.expires_wall_s is None
            else round(item.expires_wall_s - ends.get(item.step, 0.0)),
        )
        for item in transcript.minted
    )
    received = tuple(
        (
            visit.actor,
            visit.step,
            visit.method,
            names.text(visit.target),
            tuple((name, names.text(value)) for name, value in visit.headers),
            names.data(visit.body),
            visit.status,
            names.data(visit.reply),
            visit.fault,
            visit.token_verdict,
            visit.subject,
            names.number.get(visit.minted, 0),
        )
        for visit in transcript.received
    )
    execs = tuple(_normal_exec(run, names) for run in transcript.execs)
    return (transcript.scenario, execs, received, minted)


def _normal_exec(run: Exec, names: "_Names") -> tuple[object, ...]:
    return (
        run.step,
        names.data(run.stdout),
        names.data(run.stderr),
        run.ending,
        run.exit_code,
        run.signal,
        run.start_error,
        int(run.duration_s / _TICK_S),
        run.duration_s - run.exit_after_s > _TICK_S / 5,
        run.stdout_truncated,
        run.stderr_truncated,
        run.stdin_unread,
        run.left_behind,
        run.core_dumped,
        tuple((file.path, file.mode, file.size, names.data(file.content)) for file in run.files),
    )


class _Names:
    """Numbers instead of secrets, in the order in which they came to be."""

    def __init__(self, transcript: Transcript) -> None:
        self.number = {item.id: n for n, item in enumerate(transcript.minted, 1)}
        values = dict.fromkeys(secret.value for secret in transcript.secrets)
        numbered = [(value, f"\0{n}\0") for n, value in enumerate(values)]
        # A token holds its signature, so the longer one goes first.
        numbered.sort(key=lambda pair: -len(pair[0]))
        self._texts = numbered
        self._data = [
            (value.encode("utf-8", "surrogateescape"), mark.encode()) for value, mark in numbered
        ]

    def text(self, text: str) -> str:
        for value, mark in self._texts:
            if value in text:
                text = text.replace(value, mark)
        return text

    def data(self, data: bytes) -> bytes:
        if data:
            for value, mark in self._data:
                if value in data:
                    data = data.replace(value, mark)
        return data
