"""Run a provider once, in the world of `pullproof check`, and judge its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pullproof.adapters.session import Session
from pullproof.adapters.world import World
from pullproof.model.keyring import Credential
from pullproof.model.reaction import Reaction, react
from pullproof.model.scenario import ExecStep, PullStep, Scenario, Step, TokenKind
from pullproof.model.setup import Setup, Workload
from pullproof.model.transcript import Actor, Exec, Minted, Pull, Received, Transcript

_STEP = "pull"
_OUTSIDE = (Actor.PROXY, Actor.CANARY)


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of a provider."""

    transcript: Transcript = field(repr=False)
    reaction: Reaction

    @property
    def exec(self) -> Exec:
        (only,) = self.transcript.execs
        return only

    @property
    def stdout(self) -> bytes:
        return self.exec.stdout

    @property
    def token(self) -> str:
        return self.exec.token

    @property
    def reached(self) -> tuple[str, ...]:
        """Where it wanted to go outside of this machine, each once, in order."""
        targets = (
            item.target for item in self.transcript.received if item.actor in _OUTSIDE
        )  # fmt: skip
        return tuple(dict.fromkeys(targets))


def run_once(setup: Setup, image: str, token: str = "") -> Trial:
    """Return what the provider of `setup` does when asked for `image`.

    Args:
        setup: Its first workload, if there is one, is whose pull it is.
        image: A repo name.
        token: What it is given in SA mode; empty: the embedded issuer's.
    """
    workload = setup.workloads[0].name if setup.workloads else None
    step = ExecStep(_STEP, image, workload)
    with (
        World(setup, seed=0) as world,
        Session(setup, seed=0, world=_GivenToken(world, token)) as session,
    ):
        transcript = session.perform(Scenario(_STEP, (step,)))
    return Trial(transcript, react(setup, transcript.execs[0]))


class _GivenToken:
    """A world that hands out one token, if there is one to hand out."""

    def __init__(self, world: World, token: str) -> None:
        self._world = world
        self._token = token

    @property
    def names(self) -> Mapping[str, str]:
        return self._world.names

    def token(self, kind: TokenKind, workload: Workload, step: str) -> str:
        return self._token or self._world.token(kind, workload, step)

    def begin(self, step: Step) -> None:
        self._world.begin(step)

    def end(self, step_id: str) -> None:
        self._world.end(step_id)

    def advance(self, seconds: float) -> None:
        self._world.advance(seconds)

    def now(self) -> float:
        return self._world.now()

    def take(self) -> tuple[tuple[Received, ...], tuple[Minted, ...]]:
        return self._world.take()

    def pull(self, step: PullStep, credentials: Sequence[Credential], image: str) -> Pull:
        return self._world.pull(step, credentials, image)

    def reset(self) -> None:
        self._world.reset()
