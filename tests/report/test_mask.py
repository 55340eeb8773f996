"""No secret reaches a text that is shown, in any common spelling (I-19, S-12)."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.model.scenario import ExecStep, Scenario
from pullproof.model.transcript import (
    Ending,
    Exec,
    Minted,
    Secret,
    SecretKind,
    Transcript,
)
from pullproof.report.mask import mask, mask_values, printable, show_bytes

PASSWORD = 'p"w\\d<é>&-4711'
TOKEN = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6YTpiIn0.c2lnbmF0dXJl"


def transcript(**extra: object) -> Transcript:
    run = Exec("1", ("/p",), (), "/tmp/box/1/cwd", b"", b"", b"", Ending.EXITED, 0, token=TOKEN)
    values: dict[str, object] = {
        "scenario": Scenario("X", (ExecStep("1", "r.example/a"),)),
        "execs": (run,),
        "minted": (Minted("m1", "1", "u", PASSWORD, "s", None, False, ()),),
        "secrets": (Secret(SecretKind.NODE, "", "node-password-1"),),
        "names": (("registry.host", "127.0.0.1:40001"), ("node.password", "node-password-1")),
    }
    return Transcript(**(values | extra))  # type: ignore[arg-type]


SPELLED: dict[str, Callable[[str], str]] = {
    "raw": lambda value: value,
    "json": lambda value: json.dumps({"password": value}),
    "json kept unicode": lambda value: json.dumps({"password": value}, ensure_ascii=False),
    "go json": lambda value: json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
    "url": lambda value: "https://h/?p=" + quote(value, safe=""),
    "hex": lambda value: value.encode().hex(),
    "basic": lambda value: "Basic " + base64.b64encode(b"user:" + value.encode()).decode(),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64url": lambda value: base64.urlsafe_b64encode(b"xx" + value.encode()).decode(),
}  # fmt: skip


@pytest.mark.rule("I-19", "S-12")
@pytest.mark.parametrize("spelling", sorted(SPELLED))
@pytest.mark.parametrize("value", [PASSWORD, TOKEN, "node-password-1"])
def test_a_secret_is_masked_in_every_spelling(spelling: str, value: str) -> None:
    shown = mask(f"before {SPELLED[spelling](value)} after", transcript())
    assert value not in shown
    assert SPELLED[spelling](value) not in shown
    assert shown.startswith("before ")
    # What is left of an encoded secret must be too short to be of use.
    raw = base64.b64encode(value.encode()).decode()
    assert not any(raw[i : i + 16] in shown for i in range(len(raw) - 15))


def test_an_unknown_jwt_is_masked_as_well() -> None:
    other = TOKEN.replace("c2ln", "b3Ro")
    assert mask_values(f"x {other}", ()) == "x <token>"


def test_addresses_and_folders_become_placeholders() -> None:
    shown = mask("GET http://127.0.0.1:40001/v2/ in /tmp/box/1/cwd/x /tmp/box/1/home", transcript())
    assert shown == "GET http://${registry.host}/v2/ in ${sandbox}/cwd/x ${sandbox}/home"


def test_a_short_value_does_not_blank_the_text() -> None:
    assert mask_values("the cat", [("<s>", "at")]) == "the cat"


def test_control_characters_cannot_move_the_cursor() -> None:
    assert printable("a\x1b[2Jb\u202ec\r") == "a\\x1b[2Jb\\x202ec\\x0d"


def test_long_output_keeps_head_and_tail() -> None:
    shown = show_bytes(b"A" * 5000 + b"the end", transcript(), limit=300)
    assert shown.startswith("AAAA")
    assert shown.endswith("the end")
    assert "5007 bytes in all" in shown
    assert len(shown) < 400


@given(st.text(min_size=8, max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_no_secret_survives_between_other_text(value: str, before: str, after: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        return
    shown = mask_values(before + value + after, [("<s>", value)])
    if value not in before + "<s>" + after:
        assert value not in shown


def test_a_password_only_the_provider_knows_is_masked() -> None:
    stdout = b'{"auth": {"r": {"username": "u", "password": "only-i-know\\u0021"}}, oops'
    run = Exec("1", ("/p",), (), "/x", b"", stdout, b"only-i-know!", Ending.EXITED, 0)
    shown = transcript(execs=(run,))
    assert "only-i-know" not in show_bytes(run.stdout, shown)
    assert "only-i-know" not in show_bytes(run.stderr, shown)


def test_a_declared_name_is_shown_as_it_is() -> None:
    names = (("exchange.audience", "registry.example"),)
    assert mask("registry.example/app", transcript(names=names)) == "registry.example/app"
