"""The session for volume writes the same transcripts as the ordinary one."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pullproof.adapters.session import Session
from pullproof.adapters.spawn_session import SpawnSession
from pullproof.engine.settings import load_settings
from pullproof.model.scenario import ExecStep, PullStep, Scenario, Stdin, TokenKind
from pullproof.model.setup import Setup
from pullproof.model.transcript import Transcript

pytestmark = pytest.mark.process

ANSWER = (
    '{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1",'
    '"cacheKeyType":"Image","auth":{"registry.example":{"username":"u","password":"p"}}}'
)
SETTINGS = """
[provider]
command = ["/bin/sh", "provider.sh"]
match-images = ["registry.example"]
audience = "registry.example"
cache-type = "Token"

[run]
identity = "pass-through"
deadline = "10s"

[images]
served = ["registry.example/app"]

[[workload]]
name = "a"
namespace = "team-a"
service-account = "puller"
"""


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    script = f"""read -r request
case "$request" in
*write*) echo "$request" > "$HOME/seen"; ls "$HOME" "$TMPDIR" >&2;;
*remember*) cat "$HOME/count" >&2 2>/dev/null; echo called >> "$HOME/count";;
esac
echo '{ANSWER}'
"""
    (tmp_path / "provider.sh").write_text(script)
    (tmp_path / "pullproof.toml").write_text(SETTINGS)
    made = load_settings(tmp_path / "pullproof.toml")
    return replace(made, provider=replace(made.provider, args=(str(tmp_path / "provider.sh"),)))


@pytest.fixture
def session(setup: Setup) -> Iterator[SpawnSession]:
    with SpawnSession(setup, seed=1) as made:
        yield made


def scenario(*names: str, **options: object) -> Scenario:
    steps = tuple(
        ExecStep(f"s{n}", f"registry.example/{name}", "a", **options)  # type: ignore[arg-type]
        for n, name in enumerate(names)
    )
    return Scenario("A00", steps)


def told(transcript: Transcript) -> list[tuple[object, ...]]:
    return [
        (
            run.step, run.argv, run.stdout, run.ending, run.exit_code, run.stdin_unread,
            sorted(name for name, _ in run.env), [(file.path, file.mode) for file in run.files],
        )
        for run in transcript.execs
    ]  # fmt: skip


@pytest.mark.parametrize(
    "asked",
    [
        scenario("app"),
        scenario("app", "write", "app"),
        scenario("remember", "remember", sandbox="node"),
        scenario("app", "app", group="g"),
        scenario("app", stdin=Stdin.CHUNKED),
        scenario("app", stdin=Stdin.CLOSED),
        scenario("app", token=TokenKind.EXPIRED),
    ],
)
def test_it_is_the_same_transcript(asked: Scenario, setup: Setup, session: SpawnSession) -> None:
    with Session(setup, seed=1) as ordinary:
        expected = ordinary.perform(asked)
    for _ in range(2):
        assert told(session.perform(asked)) == told(expected)


def test_what_one_scenario_left_the_next_does_not_find(session: SpawnSession) -> None:
    first = session.perform(scenario("write"))
    assert [file.path for file in first.execs[0].files] == ["home/seen"]
    second = session.perform(scenario("write"))
    assert [file.path for file in second.execs[0].files] == ["home/seen"]
    assert second.execs[0].cwd != first.execs[0].cwd
    assert second.execs[0].stderr.count(b"\n") == first.execs[0].stderr.count(b"\n")


def test_tokens_are_used_again_for_a_while_and_differ_within_a_scenario(setup: Setup) -> None:
    with SpawnSession(setup, seed=1, token_s=3600) as session:
        one = session.perform(scenario("app", "app"))
        two = session.perform(scenario("app", "app"))
    assert len({run.token for run in one.execs}) == 2
    assert [run.token for run in one.execs] == [run.token for run in two.execs]
    with SpawnSession(setup, seed=1, token_s=0) as session:
        tokens = {session.perform(scenario("app")).execs[0].token for _ in range(2)}
    assert len(tokens) == 2


def test_each_token_is_known_as_a_secret(session: SpawnSession) -> None:
    for _ in range(2):
        made = session.perform(scenario("app"))
        assert made.execs[0].token in {secret.value for secret in made.secrets}


def test_the_same_answer_again_is_the_same_transcript(session: SpawnSession) -> None:
    assert session.perform(scenario("app")) is session.perform(scenario("app"))
    assert session.perform(scenario("other")).execs[0].step == "s0"
    assert session.execs == 3


def test_pulls_are_performed_too(session: SpawnSession) -> None:
    asked = replace(
        scenario("app"),
        steps=(*scenario("app").steps, PullStep("pull", "registry.example/app", "s0")),
    )
    made = session.perform(asked)
    assert [pull.step for pull in made.pulls] == ["pull"]
    assert made.pulls[0].attempts[0].username == "u"
