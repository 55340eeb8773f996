"""Pull secrets as Go's lenient decoder reads them; expectations from the oracle."""

import base64

import pytest

from pullproof.model.docker_config import InvalidDockerConfig, read_docker_config


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def read(text: str, *, wrapped: bool = True) -> list[tuple[str, str, str]]:
    entries = read_docker_config(text.encode(), wrapped=wrapped)
    return [(one.auth_key, one.username, one.password) for one in entries]


@pytest.mark.rule("K-172")
class TestK172PullSecrets:
    """A pull secret holds a docker configuration; an unreadable one fails the pull."""

    def test_username_and_password_are_taken(self) -> None:
        text = '{"auths":{"r.io":{"username":"u","password":"p","email":"e"}},"credsStore":"x"}'
        assert read(text) == [("r.io", "u", "p")]

    def test_auth_wins_over_username_and_password(self) -> None:
        text = f'{{"r.io":{{"username":"a","password":"b","auth":"{coded("u:p:q")}"}}}}'
        assert read(text, wrapped=False) == [("r.io", "u", "p:q")]

    @pytest.mark.parametrize(
        "auth", ["YTpi", "YTpi\\n", "YTpiYw==", "YTpiYw", "YTpiY2Q=", "YTpiY2Q"]
    )
    def test_padding_may_be_left_out_altogether(self, auth: str) -> None:
        ((_, username, password),) = read(f'{{"auths":{{"r":{{"auth":"{auth}"}}}}}}')
        assert (username, password[0]) == ("a", "b")

    @pytest.mark.parametrize(
        "auth", ["YTpiYw=", "YTpi=", "YTpi====", " YTpi", "!!", "YQ", coded("nocolon")]
    )
    def test_an_auth_that_go_cannot_decode_is_refused(self, auth: str) -> None:
        with pytest.raises(InvalidDockerConfig):
            read(f'{{"auths":{{"r":{{"auth":"{auth}"}}}}}}')

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"auths":[]}', '{"auths":{"r":1}}',
                                      '{"auths":{"r":{"username":1}}}', '{"HttpHeaders":{"a":1}}'])  # fmt: skip
    def test_a_wrong_type_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidDockerConfig):
            read(text)

    def test_names_may_be_in_any_case_and_the_last_one_counts(self) -> None:
        text = '{"AUTHS":{"r":{"Username":"a","username":"b"}},"auths":{"s":{}}}'
        assert read(text) == [("r", "b", ""), ("s", "", "")]

    def test_null_is_nothing(self) -> None:
        assert read('{"auths":null}') == []
        assert read('{"auths":{"r":null}}') == [("r", "", "")]

    def test_a_message_holds_no_value(self) -> None:
        with pytest.raises(InvalidDockerConfig) as caught:
            read('{"auths":{"r":{"auth":"c2VjcmV0LXZhbHVl","password":"hunter2hunter2"}}}')
        assert "c2VjcmV0" not in str(caught.value)
        assert "secret-value" not in str(caught.value)
        assert "hunter2" not in str(caught.value)
