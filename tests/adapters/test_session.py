"""Sessions: the kubelet's bytes and environment, pulls, and complete transcripts."""

import hashlib
import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pullproof.adapters.edits import InvalidEdit
from pullproof.adapters.invocation import Cancelled
from pullproof.adapters.lookups import environment
from pullproof.adapters.session import Session
from pullproof.model.keyring import Credential
from pullproof.model.provider import (
    PROTOCOL_GROUP,
    CacheType,
    EnvVar,
    ProviderConfig,
    TokenAttributes,
)
from pullproof.model.scenario import (
    Edit,
    EditKind,
    ExecStep,
    PullStep,
    Scenario,
    Stdin,
    Step,
    TokenKind,
)
from pullproof.model.setup import Setup, Workload
from pullproof.model.transcript import (
    Actor,
    Ending,
    Exec,
    Minted,
    Pull,
    Received,
    Secret,
    SecretKind,
    Transcript,
)
from tests.helpers import nasty

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform != "linux", reason="the test providers are for Linux"),
]

NODE_PASSWORD = "node-password-1234"
TOKEN = "header.claims.signature-{}"

SHOW = """#!/bin/sh
# Answers with what it was given, as a credential, so that tests can see it.
cat > "$TMPDIR/request"
printf '{"kind":"CredentialProviderResponse",'
printf '"apiVersion":"credentialprovider.kubelet.k8s.io/v1",'
printf '"cacheKeyType":"Image","auth":{"registry.example/a":{"username":"u","password":"%s"},' "$1"
printf '"other.example":{"username":"o","password":"o"}}}'
"""


@dataclass
class FakeWorld:
    """A world that only remembers."""

    names: Mapping[str, str] = field(
        default_factory=lambda: {
            "registry.host": "127.0.0.1:40001",
            "proxy.url": "http://127.0.0.1:40002",
            "node.username": "node",
            "node.password": NODE_PASSWORD,
        }
    )
    calls: list[str] = field(default_factory=list[str])
    pulled: list[tuple[str, tuple[Credential, ...]]] = field(
        default_factory=list[tuple[str, tuple[Credential, ...]]]
    )
    offset_s: float = 0.0
    received: tuple[Received, ...] = ()
    minted: tuple[Minted, ...] = ()
    lock: threading.Lock = field(default_factory=threading.Lock)

    def _call(self, text: str) -> None:
        with self.lock:
            self.calls.append(text)

    def token(self, kind: TokenKind, workload: Workload, step: str) -> str:
        self._call(f"token {kind} {workload.name} {step}")
        return TOKEN.format(step)

    def begin(self, step: Step) -> None:
        self._call(f"begin {step.id}")

    def end(self, step_id: str) -> None:
        self._call(f"end {step_id}")

    def advance(self, seconds: float) -> None:
        self._call(f"advance {seconds:g}")
        self.offset_s += seconds

    def now(self) -> float:
        return time.time() + self.offset_s

    def take(self) -> tuple[tuple[Received, ...], tuple[Minted, ...]]:
        self._call("take")
        return self.received, self.minted

    def pull(self, step: PullStep, credentials: Sequence[Credential], image: str) -> Pull:
        self._call(f"pull {step.id}")
        self.pulled.append((image, tuple(credentials)))
        return Pull(step.id, image, (), False)

    def reset(self) -> None:
        self.calls = ["reset"]
        self.offset_s = 0.0


SA = TokenAttributes(
    "registry.example",
    False,
    CacheType.SERVICE_ACCOUNT,
    required_annotation_keys=("example.com/role",),
    optional_annotation_keys=("z", "a<b"),
)
WORKLOAD = Workload(
    "a",
    "team-a",
    "puller",
    "uid",
    "pod",
    "pod-uid",
    annotations=(("a<b", "é"), ("example.com/role", "r"), ("not-asked-for", "x")),
)


def setup_for(path: str, *args: str, sa: bool = False, **changes: object) -> Setup:
    provider = ProviderConfig(
        "provider", ("registry.example",), 0, args=args, token_attributes=SA if sa else None
    )
    made = Setup(
        provider,
        (path,),
        workloads=(WORKLOAD,),
        base_env=(("PATH", "/usr/bin:/bin"), ("HOME", "/root"), ("KUBE", "let")),
        deadline_s=20,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "root"
    path.mkdir()
    yield path
    assert list(path.iterdir()) == []
    assert nasty.zombies() == []


@pytest.fixture
def show(tmp_path: Path) -> str:
    path = tmp_path / "show"
    path.write_text(SHOW)
    path.chmod(0o755)
    return str(path)


def perform(setup: Setup, world: FakeWorld, root: Path, *steps: Step) -> Transcript:
    with Session(setup, seed=1, root=root, world=world) as session:
        return session.perform(Scenario("A01", steps))


def sent(setup: Setup, world: FakeWorld, root: Path, **step: object) -> Exec:
    fields: dict[str, object] = {"image": "registry.example/a", "workload": "a", **step}
    made = ExecStep("e", **fields)  # type: ignore[arg-type]
    return perform(setup, world, root, made).exec("e")


HEAD = (
    '{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1",'
    '"image":"registry.example/a"'
)
ANNOTATIONS = ',"serviceAccountAnnotations":{"a\\u003cb":"é","example.com/role":"r"}'


class TestRequest:
    @pytest.mark.rule("K-075", "K-076")
    def test_plain_mode_sends_only_the_image(self, world: FakeWorld, root: Path, show: str) -> None:
        exec = sent(setup_for(show), world, root)
        assert exec.stdin == (HEAD + "}\n").encode()
        assert exec.token == ""
        # The provider saved what it really got.
        (request,) = [file for file in exec.files if file.path == "tmp/request"]
        assert request.content == exec.stdin

    @pytest.mark.rule("K-103", "K-113", "K-114")
    def test_sa_mode_sends_the_token_and_the_configured_annotations(
        self, world: FakeWorld, root: Path, show: str
    ) -> None:
        exec = sent(setup_for(show, sa=True), world, root)
        token = ',"serviceAccountToken":"header.claims.signature-e"'
        assert exec.stdin == (HEAD + token + ANNOTATIONS + "}\n").encode()
        assert exec.token == TOKEN.format("e")
        assert "token valid a e" in world.calls

    @pytest.mark.rule("K-112")
    @pytest.mark.parametrize("step", [{"workload": None}, {"token": TokenKind.ABSENT}])
    def test_sa_less_calls_have_neither(
        self, world: FakeWorld, root: Path, show: str, step: dict[str, object]
    ) -> None:
        exec = sent(setup_for(show, sa=True), world, root, **step)
        assert exec.stdin == (HEAD + "}\n").encode()
        assert (exec.token, [c for c in world.calls if c.startswith("token")]) == ("", [])

    @pytest.mark.rule("K-076")
    def test_an_empty_token_is_left_out_and_annotations_stay(
        self, world: FakeWorld, root: Path, show: str
    ) -> None:
        exec = sent(setup_for(show, sa=True), world, root, token=TokenKind.EMPTY)
        assert exec.stdin == (HEAD + ANNOTATIONS + "}\n").encode()
        assert exec.token == ""

    @pytest.mark.rule("K-012")
    def test_older_versions_drop_the_service_account(
        self, world: FakeWorld, root: Path, show: str
    ) -> None:
        setup = setup_for(show, sa=True)
        provider = replace(setup.provider, api_version=f"{PROTOCOL_GROUP}/v1beta1")
        exec = sent(replace(setup, provider=provider), world, root)
        assert b"serviceAccount" not in exec.stdin
        assert exec.token == ""

    def test_annotations_of_the_step_replace_the_workloads(
        self, world: FakeWorld, root: Path, show: str
    ) -> None:
        exec = sent(
            setup_for(show, sa=True),
            world,
            root,
            annotations=(("z", "${registry.host}"), ("unasked", "x")),
        )
        assert json.loads(exec.stdin)["serviceAccountAnnotations"] == {"z": "127.0.0.1:40001"}

    def test_edits_are_applied_and_placeholders_in_them_resolved(
        self, world: FakeWorld, root: Path, show: str
    ) -> None:
        edits = (Edit(EditKind.SET, "image", '"${registry.host}/x"'), Edit(EditKind.NO_NEWLINE))
        exec = sent(setup_for(show), world, root, edits=edits)
        assert exec.stdin.endswith(b'"image":"127.0.0.1:40001/x"}')

    @pytest.mark.parametrize(
        "step",
        [
            {"edits": (Edit(EditKind.DROP, "serviceAccountToken"),)},
            {"edits": (Edit(EditKind.RAW, arg="null"),)},
            {"stdin": Stdin.CLOSED},
        ],
    )
    def test_a_token_that_does_not_arrive_counts_as_not_sent(
        self, world: FakeWorld, root: Path, show: str, step: dict[str, object]
    ) -> None:
        exec = sent(setup_for(show, sa=True), world, root, **step)
        assert exec.token == ""
        assert b"signature" not in exec.stdin

    def test_an_impossible_edit_is_our_error_and_leaves_nothing(
        self, world: FakeWorld, root: Path, show: str
    ) -> None:
        edits = (Edit(EditKind.RAW, arg="["), Edit(EditKind.DROP, "image"))
        with pytest.raises(InvalidEdit):
            sent(setup_for(show), world, root, edits=edits)
        assert world.calls[-1] == "end e"


class TestProcess:
    @pytest.mark.rule("K-080")
    def test_arguments_follow_the_executable(self, world: FakeWorld, root: Path) -> None:
        path = nasty.path("shows.sh")
        exec = sent(setup_for(path, "--host=${registry.host}", "$HOME x"), world, root)
        assert exec.argv == (path, "--host=127.0.0.1:40001", "$HOME x")
        assert b"args=--host=127.0.0.1:40001 $HOME x\n" in exec.stdout
        assert f"cwd={exec.cwd}\n".encode() in exec.stdout
        assert exec.cwd.startswith(str(root.resolve()))
        assert b"core=0\n" in exec.stdout

    @pytest.mark.rule("K-083")
    def test_config_env_comes_last_and_wins(self, world: FakeWorld, root: Path) -> None:
        setup = setup_for(nasty.path("shows.sh"))
        env = (EnvVar("A", "config ${registry.host}"), EnvVar("KUBE", "2"))
        setup = replace(setup, provider=replace(setup.provider, env=env))
        exec = sent(setup, world, root, env=(("A", "step"),), unset_env=("KUBE", "NO_PROXY"))
        assert exec.env[-2:] == (("A", "config 127.0.0.1:40001"), ("KUBE", "2"))
        assert ("A", "step") in exec.env
        assert ("KUBE", "let") not in exec.env
        assert "NO_PROXY" not in dict(exec.env)
        assert b"A=config 127.0.0.1:40001\n" in exec.stdout

    def test_homes_are_the_sandboxs_and_strangers_are_sent_to_our_proxy(self) -> None:
        names = {"proxy.url": "http://p"}
        env = dict(
            environment(setup_for("/x"), ExecStep("e", "i"), names, home="/s/home", tmp="/s/tmp")
        )
        assert (env["HOME"], env["TMPDIR"], env["PATH"]) == ("/s/home", "/s/tmp", "/usr/bin:/bin")
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
            assert env[name] == "http://p"
        assert env["NO_PROXY"] == env["no_proxy"] == "127.0.0.1,localhost,::1"

    def test_the_authors_proxy_is_kept_in_either_spelling(self) -> None:
        setup = setup_for("/x", base_env=(("https_proxy", "mine"), ("NO_PROXY", "all")))
        env = dict(environment(setup, ExecStep("e", "i"), {"proxy.url": "p"}, home="h", tmp="t"))
        assert env["https_proxy"] == "mine"
        assert "HTTPS_PROXY" not in env
        assert env["HTTP_PROXY"] == "p"
        assert env["NO_PROXY"] == "all"
        assert "no_proxy" not in env
        assert "/bin" in env["PATH"].split(":")

    def test_a_provider_that_does_not_exist_is_recorded(self, world: FakeWorld, root: Path) -> None:
        exec = sent(setup_for("/nonexistent/provider"), world, root)
        assert exec.ending is Ending.NOT_STARTED
        assert exec.start_error == "fork/exec /nonexistent/provider: no such file or directory"

    def test_the_steps_deadline_goes_before_the_setups(self, world: FakeWorld, root: Path) -> None:
        traces = nasty.Traces()
        setup = setup_for(nasty.path("deaf.sh"), traces.mark)
        assert sent(setup, world, root, deadline_s=0.2).ending is Ending.TIMED_OUT
        assert traces.are_gone()

    def test_children_are_watched_if_asked(self, world: FakeWorld, root: Path) -> None:
        setup = setup_for(nasty.path("helper_with_secret.sh"), "0.05", "0.012")
        exec = sent(setup, world, root, watch_children=True)
        assert ("sleep", "0.05", "0.012") in [child.argv for child in exec.children]


class TestSandboxes:
    SCRIPT = (
        'ls -A "$HOME" "$TMPDIR" . | grep -c MARK; touch "$HOME/MARK$$" "$TMPDIR/MARK$$" MARK$$'
    )

    def setup(self) -> Setup:
        return setup_for("/bin/sh", "-c", self.SCRIPT)

    def test_steps_with_one_name_share_and_others_do_not(
        self, world: FakeWorld, root: Path
    ) -> None:
        image = "registry.example/a"
        steps = [
            ExecStep("1", image, sandbox="s"),
            ExecStep("2", image),
            ExecStep("3", image, sandbox="s"),
            ExecStep("4", image, sandbox="other"),
            ExecStep("5", image),
        ]
        transcript = perform(self.setup(), world, root, *steps)
        assert [int(exec.stdout) for exec in transcript.execs] == [0, 0, 3, 0, 0]
        # The files of the first are none that the third created.
        assert [len(exec.files) for exec in transcript.execs] == [3, 3, 3, 3, 3]

    def test_the_next_scenario_finds_nothing(self, world: FakeWorld, root: Path) -> None:
        with Session(self.setup(), seed=1, root=root, world=world) as session:
            for _ in range(3):
                step = ExecStep("1", "registry.example/a", sandbox="s")
                assert int(session.perform(Scenario("A01", (step,))).execs[0].stdout) == 0
                (inside,) = root.iterdir()
                assert list(inside.iterdir()) == []

    def test_untouched_directories_are_not_made_again(self, world: FakeWorld, root: Path) -> None:
        with Session(setup_for("/bin/true"), seed=1, root=root, world=world) as session:
            steps = (ExecStep("1", "registry.example/a"), ExecStep("2", "registry.example/a"))
            first, second = session.perform(Scenario("A01", steps)).execs
            assert first.cwd != second.cwd
            third, fourth = session.perform(Scenario("A01", steps)).execs
            assert {third.cwd, fourth.cwd} == {first.cwd, second.cwd}

    def test_a_provider_that_removes_them_does_not_hinder_the_next_step(
        self, world: FakeWorld, root: Path
    ) -> None:
        setup = setup_for(nasty.path("removes_home.sh"))
        steps = [ExecStep(str(n), "registry.example/a", sandbox="s") for n in range(3)]
        transcript = perform(setup, world, root, *steps)
        assert [exec.exit_code for exec in transcript.execs] == [0, 0, 0]

    def test_mess_is_recorded_and_removed(self, world: FakeWorld, root: Path) -> None:
        exec = sent(setup_for(nasty.path("messes.sh")), world, root)
        assert {file.path for file in exec.files} >= {"home/plain", "tmp/fifo", "tmp/link"}


class TestGroups:
    def test_steps_of_one_group_run_at_the_same_time(self, world: FakeWorld, root: Path) -> None:
        steps = [ExecStep(str(n), "registry.example/a", group="g") for n in range(6)]
        before = time.monotonic()
        transcript = perform(setup_for("/bin/sleep", "0.3"), world, root, *steps)
        assert time.monotonic() - before < 1.2
        assert [exec.step for exec in transcript.execs] == list("012345")
        starts = [exec.started_s for exec in transcript.execs]
        assert max(starts) < min(starts) + 0.3

    def test_begin_and_end_enclose_the_whole_group(self, world: FakeWorld, root: Path) -> None:
        steps = [
            ExecStep("a", "registry.example/a"),
            ExecStep("b", "registry.example/a", group="g"),
            ExecStep("c", "registry.example/a", group="g"),
            ExecStep("d", "registry.example/a", group="h"),
        ]
        perform(setup_for("/bin/true"), world, root, *steps)
        assert world.calls == [
            "reset", "begin a", "end a", "begin b", "begin c", "end b", "end c",
            "begin d", "end d", "take",
        ]  # fmt: skip


class TestPulls:
    @pytest.mark.rule("K-137")
    def test_the_keyring_chooses_what_is_tried(
        self, world: FakeWorld, root: Path, show: str
    ) -> None:
        steps = (
            ExecStep("e", "registry.example/a"),
            PullStep("p", "registry.example/a:v1", "e", wait_s=30),
            PullStep("q", "registry.example/b", "e", cached=True),
        )
        transcript = perform(setup_for(show, "pass"), world, root, *steps)
        assert [pull.step for pull in transcript.pulls] == ["p", "q"]
        assert world.pulled == [
            (
                "registry.example/a:v1",
                (Credential("registry.example/a", "u", "pass", "provider"),),
            ),
            ("registry.example/b", ()),
        ]
        assert world.calls[3:7] == ["begin p", "advance 30", "pull p", "end p"]

    @pytest.mark.rule("K-094")
    def test_a_refused_response_gives_no_credentials(
        self, world: FakeWorld, root: Path, show: str
    ) -> None:
        steps = (
            ExecStep("e", "registry.example/a", workload="a"),
            PullStep("p", "registry.example/a", "e"),
        )
        setup = setup_for(show, TOKEN.format("e"), sa=True)
        transcript = perform(setup, world, root, *steps)
        assert transcript.exec("e").succeeded
        assert world.pulled == [("registry.example/a", ())]

    def test_a_pull_of_an_exec_that_never_was_is_our_error(
        self, world: FakeWorld, root: Path, show: str
    ) -> None:
        with pytest.raises(KeyError):
            perform(setup_for(show), world, root, PullStep("p", "registry.example/a", "e"))


class TestTranscript:
    def test_times_are_on_the_emulators_clock(self, world: FakeWorld, root: Path) -> None:
        steps = (
            ExecStep("1", "registry.example/a"),
            PullStep("p", "registry.example/a", "1", wait_s=1000),
            ExecStep("2", "registry.example/a"),
        )
        transcript = perform(setup_for("/bin/sleep", "0.1"), world, root, *steps)
        first, second = transcript.execs
        assert 1000 < second.expires_wall_s - first.expires_wall_s < 1005
        assert 0 <= first.started_s < 1
        assert first.started_s + first.duration_s <= second.started_s < 5

    def test_all_secrets_are_listed_once_and_short_ones_are_not(
        self, world: FakeWorld, root: Path, show: str
    ) -> None:
        world.minted = (
            Minted("m1", "e", "u", "m1nted-by-a-test", "sub", None, True, ()),
            Minted("m2", "e", "node", NODE_PASSWORD, "node", None, True, ()),
            Minted("m3", "e", "u", "short", "sub", None, True, ()),
        )
        user = (("KEY", "users-own-value"), ("PIN", "1234567"))
        setup = setup_for(show, sa=True, secrets=user)
        step = ExecStep("e", "registry.example/a", "a")
        transcript = perform(setup, world, root, step)
        assert set(transcript.secrets) == {
            Secret(SecretKind.TOKEN, "e", "header.claims.signature-e"),
            Secret(SecretKind.TOKEN_SIGNATURE, "e", "signature-e"),
            Secret(SecretKind.MINTED, "e", "m1nted-by-a-test"),
            Secret(SecretKind.NODE, "", NODE_PASSWORD),
            Secret(SecretKind.USER, "", "users-own-value"),
        }
        assert len(transcript.secrets) == 5
        shown = repr(transcript)
        assert not any(secret.value in shown for secret in transcript.secrets)

    def test_names_resolve_texts_and_hold_no_secret(
        self, world: FakeWorld, root: Path, show: str
    ) -> None:
        transcript = perform(
            setup_for(show), world, root, ExecStep("e", "${registry.host}/team/app")
        )
        assert json.loads(transcript.exec("e").stdin)["image"] == "127.0.0.1:40001/team/app"
        assert transcript.resolve("${registry.host}/x") == "127.0.0.1:40001/x"
        assert "node.password" not in dict(transcript.names)

    def test_what_the_world_saw_is_in_it(self, world: FakeWorld, root: Path, show: str) -> None:
        world.received = (Received(Actor.CANARY, "e", "GET", "/", (), b""),)
        transcript = perform(setup_for(show), world, root, ExecStep("e", "registry.example/a"))
        assert transcript.during("e", Actor.CANARY) == world.received


class TestLife:
    def test_an_unknown_launcher_is_refused(self) -> None:
        with pytest.raises(ValueError, match="exec, zygote"):
            Session(setup_for("/bin/true"), seed=1, launcher="rocket")

    def test_an_interrupt_leaves_no_process_and_no_directory(
        self, world: FakeWorld, root: Path
    ) -> None:
        import signal

        traces = nasty.Traces()

        def interrupt() -> None:
            while not traces.processes():
                time.sleep(0.005)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        setup = setup_for(nasty.path("deaf.sh"), traces.mark)
        steps = [ExecStep(str(n), "registry.example/a", group="g") for n in range(3)]
        thread = threading.Thread(target=interrupt)
        with Session(setup, seed=1, root=root, world=world) as session:
            thread.start()
            with pytest.raises(KeyboardInterrupt):
                session.perform(Scenario("A01", tuple(steps)))
            thread.join()
            assert traces.are_gone()
            with pytest.raises(Cancelled):
                session.perform(Scenario("A01", (ExecStep("e", "registry.example/a"),)))

    def test_the_zygote_performs_like_a_fresh_interpreter(
        self, world: FakeWorld, root: Path, tmp_path: Path
    ) -> None:
        path = tmp_path / "provider.py"
        body = (
            "import hashlib, os, sys\ndata = sys.stdin.buffer.read()\n"
            "open(os.environ['HOME'] + '/f', 'w').write('x')\n"
            "print(hashlib.sha256(data).hexdigest(), os.path.basename(os.getcwd()))\nsys.exit(3)\n"
        )
        path.write_text(f"#!{sys.executable}\n{body}")
        path.chmod(0o755)
        records: list[tuple[object, ...]] = []
        for launcher in ("exec", "zygote"):
            with Session(
                setup_for(str(path)), seed=1, root=root, world=world, launcher=launcher
            ) as session:
                step = ExecStep("e", "registry.example/a")
                exec = session.perform(Scenario("A01", (step,))).exec("e")
            digest = hashlib.sha256(exec.stdin).hexdigest()
            assert exec.stdout == f"{digest} cwd\n".encode()
            files = [(file.path, file.content) for file in exec.files]
            records.append((exec.ending, exec.exit_code, exec.stdout, exec.stderr, files))
        assert records[0] == records[1]

    def test_descriptors_are_given_back(self, world: FakeWorld, root: Path, show: str) -> None:
        step = ExecStep("e", "registry.example/a")
        perform(setup_for(show), world, root, step)
        before = len(os.listdir("/proc/self/fd"))
        perform(setup_for(show), world, root, step)
        assert len(os.listdir("/proc/self/fd")) == before


EXCHANGE = """#!/usr/bin/env python3
import json, os, sys, urllib.parse, urllib.request

request = json.load(sys.stdin)
form = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token": request["serviceAccountToken"],
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
}
data = urllib.parse.urlencode(form).encode()
with urllib.request.urlopen(os.environ["EXCHANGE_URL"], data, 10) as reply:
    minted = json.load(reply)
auth = {request["image"]: {"username": minted["username"], "password": minted["access_token"]}}
print(json.dumps({"kind": "CredentialProviderResponse", "apiVersion": request["apiVersion"],
                  "cacheKeyType": "Image", "cacheDuration": "1m", "auth": auth}))
"""


class TestRealWorld:
    @pytest.mark.parametrize("launcher", ["exec", "zygote"])
    def test_a_correct_provider_opens_its_workloads_image_and_no_other(
        self, root: Path, tmp_path: Path, launcher: str
    ) -> None:
        path = tmp_path / "exchange.py"
        path.write_text(EXCHANGE)
        path.chmod(0o755)
        images = ("registry.example/team-a/app", "registry.example/team-b/app")
        workloads = tuple(
            replace(
                WORKLOAD, name=letter, namespace=f"team-{letter}", images=(image,), annotations=()
            )
            for letter, image in zip("ab", images, strict=True)
        )
        setup = setup_for(
            str(path),
            sa=True,
            workloads=workloads,
            served=images,
            base_env=(("PATH", os.path.dirname(sys.executable) + ":/usr/bin:/bin"),),
        )
        env = (EnvVar("EXCHANGE_URL", "${exchange.url}"),)
        setup = replace(setup, provider=replace(setup.provider, env=env))
        steps: tuple[Step, ...] = (
            ExecStep("a", images[0], "a", group="g"),
            ExecStep("b", images[1], "b", group="g"),
            PullStep("own", images[0], "a"),
            PullStep("crossed", images[1], "a", cached=True),
            ExecStep("bad", images[0], "a", TokenKind.WRONG_KEY),
            PullStep("refused", images[0], "bad"),
        )
        with Session(setup, seed=1, root=root, launcher=launcher) as session:
            for _ in range(2):
                transcript = session.perform(Scenario("X01", steps))
                assert [exec.exit_code for exec in transcript.execs] == [0, 0, 1]
                opened = {pull.step: pull.opened for pull in transcript.pulls}
                assert opened == {"own": True, "crossed": False, "refused": False}
                for step in "ab":
                    (visit,) = transcript.during(step, Actor.EXCHANGE)
                    assert visit.token_verdict == "accepted"
                (visit,) = transcript.during("bad", Actor.EXCHANGE)
                assert visit.token_verdict != "accepted"
                assert len(transcript.minted) == 2
                kinds = [secret.kind for secret in transcript.secrets]
                assert kinds.count(SecretKind.MINTED) == 2
                assert kinds.count(SecretKind.TOKEN) == 3
