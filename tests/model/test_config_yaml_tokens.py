"""Corners of YAML in which go-yaml and PyYAML part; expectations from the oracle."""

import pytest

from pullproof.model.config_yaml import InvalidYAML, read_yaml
from pullproof.model.gojson import JsonArray, JsonObject, JsonString


def first(text: str) -> str:
    """Return the text of the first member of a mapping."""
    value = read_yaml(text.encode()).value
    assert isinstance(value, JsonObject)
    member = value.members[0].value
    assert isinstance(member, JsonString)
    return member.text


@pytest.mark.rule("K-022")
class TestK022BlockScalars:
    @pytest.mark.parametrize("header", ["|", "|#", "|# words", "|\t", "|-\t# words", "| #"])
    def test_a_comment_or_tab_may_follow_the_header_at_once(self, header: str) -> None:
        assert first(f"a: {header}\n  b\n").rstrip("\n") == "b"

    @pytest.mark.parametrize("header", ["|0", "|-0", "|x", "|10"])
    def test_other_headers_are_refused(self, header: str) -> None:
        with pytest.raises(InvalidYAML):
            read_yaml(f"a: {header}\n  b\n".encode())

    def test_a_tab_is_no_indent(self) -> None:
        with pytest.raises(InvalidYAML):
            read_yaml(b"a: |\n \tb\n")

    def test_a_tab_behind_the_indent_is_text(self) -> None:
        assert first("a: |\n  b\n  \tc\n") == "b\n\tc\n"


@pytest.mark.rule("K-022")
class TestK022Tags:
    @pytest.mark.parametrize("tag", ["!", "![!", "!x", "!!str", "!<tag:yaml.org,2002:str>", "!a,b"])
    def test_a_text_with_a_tag_is_a_text(self, tag: str) -> None:
        assert first(f"a: {tag} b\n") == "b"

    def test_a_tab_may_follow(self) -> None:
        assert first("a: !!str\t1\n") == "1"

    def test_a_tag_with_nothing_behind_it_is_an_empty_text(self) -> None:
        assert read_yaml(b"!").value == JsonString("", 1)
        assert first("a: !\n") == ""

    @pytest.mark.parametrize("value", ["1", "~", "yes", '"1"'])
    def test_a_lone_tag_makes_a_text_of_what_follows(self, value: str) -> None:
        assert first(f"a: ! {value}\n") == value.strip('"')

    @pytest.mark.parametrize("tag", ["!!", "!a!b", "!<>", '!"x"', "!a%zz"])
    def test_what_is_no_tag_is_refused(self, tag: str) -> None:
        with pytest.raises(InvalidYAML):
            read_yaml(f"a: {tag} b\n".encode())


@pytest.mark.rule("K-022")
class TestK022LoneQuestionMark:
    def test_it_swallows_the_bracket_behind_it(self) -> None:
        with pytest.raises(InvalidYAML) as caught:
            read_yaml(b"a: [?]\n")
        assert "unsupported map key" not in caught.value.message

    def test_with_one_more_bracket_it_is_read(self) -> None:
        with pytest.raises(InvalidYAML, match="unsupported map key"):
            read_yaml(b"a: [?]]\n")

    def test_a_key_behind_it_is_a_key(self) -> None:
        value = read_yaml(b"[? a]").value
        assert isinstance(value, JsonArray)
        (item,) = value.items
        assert isinstance(item, JsonObject)
        assert item.members[0].name == "a"

    def test_a_mapping_as_key_is_told_before_an_empty_key(self) -> None:
        with pytest.raises(InvalidYAML, match="invalid map key"):
            read_yaml(b"[{?}: a]")
