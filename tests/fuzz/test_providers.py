"""The shipped correct providers answer as the kubelet wants, by the kubelet's decoder."""

import json
import os
import subprocess
from collections.abc import Iterator

import pytest

from pullproof.fuzz import zoo
from pullproof.fuzz.build import Unavailable, provider_names
from pullproof.model.keyring import Keyring
from pullproof.model.request import Request, encode_request
from pullproof.model.response import Refusal, Response, judge_response
from pullproof.model.setup import Identity, Setup, UnknownImage
from tests.fuzz.service import PASSWORD, BackEnd, back_end

TOKEN = "header.payload.signature"
NAMES = zoo.correct_providers()
EXCHANGING = [name for name in NAMES if "exchange" in name or name in ("slow-odd", "base-workload")]

pytestmark = pytest.mark.process


@pytest.fixture
def server() -> Iterator[BackEnd]:
    with back_end() as running:
        yield running


def _setup(name: str) -> Setup:
    setup = zoo.correct_setup(name)
    if isinstance(setup, Unavailable):
        pytest.skip(setup.reason)
    return setup


def _places(server: BackEnd) -> dict[str, str]:
    return {
        "${exchange.url}": f"{server.url}/token",
        "${node.url}": f"{server.url}/node",
        "${node.username}": "node-user",
        "${node.password}": PASSWORD,
        "${registry.host}": server.url.removeprefix("http://"),
    }


def _resolve(text: str, server: BackEnd) -> str:
    for name, value in _places(server).items():
        text = text.replace(name, value)
    return text


def _run(setup: Setup, server: BackEnd, stdin: bytes) -> subprocess.CompletedProcess[bytes]:
    env = {"PATH": os.environ["PATH"], "SLOW_DELAY_S": "0.01"}
    env |= {name: _resolve(value, server) for name, value in setup.base_env}
    env |= {item.name: _resolve(item.value, server) for item in setup.provider.env}
    env["SLOW_DELAY_S"] = "0.01"
    args = [_resolve(item, server) for item in setup.provider.args]
    return subprocess.run(
        [*setup.command, *args],
        check=False,
        input=stdin,
        env=env,
        cwd="/",
        capture_output=True,
        timeout=30,
    )


def _request(setup: Setup, image: str, token: str = TOKEN) -> bytes:
    annotations = (("registry.example/role", "a"),)
    request = Request(image, token, annotations) if setup.provider.sa_mode else Request(image)
    return encode_request(request, setup.provider.api_version)


def _judge(setup: Setup, stdout: bytes) -> Response | Refusal:
    attributes = setup.provider.token_attributes
    return judge_response(
        stdout,
        api_version=setup.provider.api_version,
        sent_token=TOKEN if setup.provider.sa_mode else "",
        cache_type=attributes.cache_type if attributes else None,
        version=setup.version,
    )


@pytest.mark.parametrize("name", NAMES)
class TestEachCorrectProvider:
    def test_a_served_image_gets_the_credential(self, name: str, server: BackEnd) -> None:
        setup = _setup(name)
        for image in setup.served:
            done = _run(setup, server, _request(setup, image))
            found = _judge(setup, done.stdout)
            assert done.returncode == 0, done.stderr
            assert isinstance(found, Response), found
            credentials = Keyring().add(name, found.auth).lookup(image)
            wanted = TOKEN if setup.identity is Identity.PASS_THROUGH else PASSWORD
            assert [item.password for item in credentials] == [wanted]

    def test_an_unknown_image_gets_none(self, name: str, server: BackEnd) -> None:
        setup = _setup(name)
        done = _run(setup, server, _request(setup, "elsewhere.example/foo/bar"))
        if setup.policy.unknown_image is UnknownImage.ERROR:
            assert done.returncode != 0
            assert not done.stdout
            return
        found = _judge(setup, done.stdout)
        assert isinstance(found, Response), found
        assert not Keyring().add(name, found.auth).lookup("elsewhere.example/foo/bar")

    @pytest.mark.parametrize("stdin", [b"", b"null\n", b"[1, 2]", b'{"image": 7}', b"{} {}"])
    def test_nonsense_is_refused_with_one_reason(
        self, name: str, server: BackEnd, stdin: bytes
    ) -> None:
        done = _run(_setup(name), server, stdin)
        assert done.returncode not in (0, -6, -11)
        assert not done.stdout
        assert done.stderr.strip()
        assert b"Traceback" not in done.stderr

    def test_escapes_and_odd_spacing_change_nothing(self, name: str, server: BackEnd) -> None:
        setup = _setup(name)
        image = setup.served[0]
        plain = json.loads(_request(setup, image))
        escaped = json.dumps(plain, indent=3).replace(
            image, "".join(f"\\u{ord(c):04x}" for c in image)
        )
        usual = _judge(setup, _run(setup, server, _request(setup, image)).stdout)
        assert _judge(setup, _run(setup, server, escaped.encode()).stdout) == usual


@pytest.mark.parametrize("name", EXCHANGING)
class TestEachExchangingProvider:
    def test_the_token_goes_to_the_exchange_unchanged(self, name: str, server: BackEnd) -> None:
        setup = _setup(name)
        _run(setup, server, _request(setup, setup.served[0]))
        assert [form["subject_token"] for form in server.forms] == [[TOKEN]]

    @pytest.mark.rule("S-65")
    def test_a_redirect_is_not_followed(self, name: str, server: BackEnd) -> None:
        setup = _setup(name)
        server.status = 307
        done = _run(setup, server, _request(setup, setup.served[0]))
        assert done.returncode != 0
        assert server.paths == ["/token"]

    @pytest.mark.rule("S-69", "S-70")
    @pytest.mark.parametrize(
        "reply",
        [
            b"",
            b"<html>",
            b"null",
            b'{"access_token": ""}',
            b'{"access_token": 42, "username": "u"}',
        ],
    )
    def test_a_useless_reply_is_a_failure_without_secrets(
        self, name: str, server: BackEnd, reply: bytes
    ) -> None:
        setup = _setup(name)
        server.reply = reply
        done = _run(setup, server, _request(setup, setup.served[0]))
        assert done.returncode != 0
        assert not done.stdout
        assert TOKEN.encode() not in done.stderr

    @pytest.mark.rule("S-56")
    def test_the_cache_ends_before_the_credential(self, name: str, server: BackEnd) -> None:
        setup = _setup(name)
        found = _judge(setup, _run(setup, server, _request(setup, setup.served[0])).stdout)
        assert isinstance(found, Response)
        assert found.cache_duration_ns is not None
        assert 0 < found.cache_duration_ns < 900 * 10**9


def test_there_are_enough_of_them() -> None:
    assert len(provider_names()) >= 7
