"""Edits of a request: what changes, and that nothing else does."""

import json

import pytest

from pullproof.adapters.edits import InvalidEdit, apply_edits
from pullproof.adapters.placeholders import resolve
from pullproof.model.scenario import Edit, EditKind

K = EditKind
REQUEST = (
    b'{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1",'
    b'"image":"r.example/a","serviceAccountToken":"t.o.k",'
    b'"serviceAccountAnnotations":{"example.com/role":"a\\u003c","plain":"b"}}\n'
)
HEAD = REQUEST[: REQUEST.index(b'"image"')]
ANNOTATIONS = b'"serviceAccountAnnotations":{"example.com/role":"a\\u003c","plain":"b"}}\n'
TOKEN = b'"serviceAccountToken":"t.o.k",'
IMAGE = b'"image":"r.example/a",'


def edited(*edits: Edit) -> bytes:
    return apply_edits(REQUEST, edits)


def test_no_edits_are_the_kubelets_own_bytes() -> None:
    assert edited() == REQUEST


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (Edit(K.SET, "image", "7"), HEAD + b'"image":7,' + TOKEN + ANNOTATIONS),
        (Edit(K.SET, "image", '{"a": 1}'), HEAD + b'"image":{"a": 1},' + TOKEN + ANNOTATIONS),
        (Edit(K.DROP, "serviceAccountToken"), HEAD + IMAGE + ANNOTATIONS),
        (Edit(K.RENAME, "image", "Image"), HEAD + b'"Image":"r.example/a",' + TOKEN + ANNOTATIONS),
        (
            Edit(K.DUPLICATE, "image", '"second"'),
            HEAD + IMAGE + b'"image":"second",' + TOKEN + ANNOTATIONS,
        ),
        (Edit(K.ADD, "new<", "null"), REQUEST[:-2] + b',"new\\u003c":null}\n'),
        (Edit(K.SET, "missing", "[1, 2]"), REQUEST[:-2] + b',"missing":[1, 2]}\n'),
        (
            Edit(K.SET, "serviceAccountAnnotations/example.com/role", '"x"'),
            REQUEST.replace(b'"a\\u003c"', b'"x"'),
        ),
        (
            Edit(K.DROP, "serviceAccountAnnotations/plain"),
            REQUEST.replace(b',"plain":"b"', b""),
        ),
        (
            Edit(K.ADD, "serviceAccountAnnotations/new.example/key", '"c"'),
            REQUEST.replace(b'"plain":"b"', b'"plain":"b","new.example/key":"c"'),
        ),
        (
            Edit(K.REVERSE, "serviceAccountAnnotations"),
            REQUEST.replace(
                b'"example.com/role":"a\\u003c","plain":"b"',
                b'"plain":"b","example.com/role":"a\\u003c"',
            ),
        ),
        (Edit(K.NEST, "", "2"), REQUEST[:-2] + b',"nested":{"a":{"a":1}}}\n'),
        (Edit(K.NEST, "deep", "0"), REQUEST[:-2] + b',"deep":1}\n'),
        (Edit(K.NO_NEWLINE), REQUEST[:-1]),
        (Edit(K.PREPEND, arg="\\xef\\xbb\\xbf"), b"\xef\xbb\xbf" + REQUEST),
        (Edit(K.APPEND, arg='{"a":1}\\n'), REQUEST + b'{"a":1}\n'),
        (Edit(K.APPEND, arg="\\x00ÿ"), REQUEST + b"\x00\xff"),
        (Edit(K.TRUNCATE, arg="10"), REQUEST[:10]),
        (Edit(K.TRUNCATE, arg="0"), b""),
        (Edit(K.RAW, arg="null"), b"null"),
        (Edit(K.RAW, arg=""), b""),
        (Edit(K.PAD, arg="3"), REQUEST[:-1] + b"   \n"),
    ],
    ids=lambda value: value.kind if isinstance(value, Edit) else "",
)
def test_only_what_is_named_changes(edit: Edit, expected: bytes) -> None:
    assert edited(edit) == expected


@pytest.mark.parametrize("kind", [K.DROP, K.RENAME, K.DUPLICATE, K.REVERSE])
def test_an_edit_of_what_is_not_there_does_nothing(kind: EditKind) -> None:
    assert edited(Edit(kind, "absent/too", "1")) == REQUEST


def test_reverse_keeps_every_member() -> None:
    result = edited(Edit(K.REVERSE))
    pairs = json.loads(result, object_pairs_hook=list)
    assert pairs == json.loads(REQUEST, object_pairs_hook=list)[::-1]


def test_pretty_is_the_same_document_on_several_lines() -> None:
    result = edited(Edit(K.PRETTY))
    assert result.count(b"\n") > 7
    assert json.loads(result, object_pairs_hook=list) == json.loads(REQUEST, object_pairs_hook=list)
    assert b"\\u003c" in result


def test_edits_are_applied_in_order() -> None:
    result = edited(
        Edit(K.SET, "serviceAccountAnnotations", '{"x":1}'),
        Edit(K.ADD, "serviceAccountAnnotations/y", "2"),
        Edit(K.NO_NEWLINE),
        Edit(K.DROP, "image"),
        Edit(K.APPEND, arg="!"),
    )
    assert result == HEAD + TOKEN + b'"serviceAccountAnnotations":{"x":1,"y":2}}!'


def test_members_can_be_edited_between_white_space() -> None:
    padded = apply_edits(b' \n{ "a" : 1 , "b":{ } }\n\n', [Edit(K.SET, "a", "2")])
    assert padded == b' \n{"a":2,"b":{}}\n\n'


def test_a_deep_nest_does_not_hinder_later_edits() -> None:
    result = edited(Edit(K.NEST, "", "100000"), Edit(K.SET, "image", '"i"'), Edit(K.PRETTY))
    assert result.count(b'{"a":') == 100000
    assert b'"image": "i"' in result


@pytest.mark.parametrize(
    "edits",
    [
        (Edit(K.RAW, arg="[1]"), Edit(K.SET, "a", "1")),
        (Edit(K.RAW, arg="{"), Edit(K.DROP, "a")),
        (Edit(K.RAW, arg=""), Edit(K.DROP, "a")),
        (Edit(K.TRUNCATE, arg="7"), Edit(K.REVERSE)),
        (Edit(K.NEST, "", "9000"), Edit(K.APPEND), Edit(K.SET, "a", "1")),
        (Edit(K.TRUNCATE, arg="-1"),),
        (Edit(K.PAD, arg="many"),),
        (Edit(K.RAW, arg="\\u20ac"),),
        (Edit(K.RAW, arg="\\x4"),),
    ],
    ids=str,
)
def test_what_cannot_be_edited_is_our_own_error(edits: tuple[Edit, ...]) -> None:
    with pytest.raises(InvalidEdit):
        edited(*edits)


def test_an_error_shows_no_token() -> None:
    with pytest.raises(InvalidEdit) as caught:
        edited(Edit(K.TRUNCATE, arg="140"), Edit(K.SET, "serviceAccountToken", '"s3cr3t"'))
    assert "s3cr3t" not in str(caught.value)
    assert "t.o.k" not in str(caught.value)


def test_every_kind_of_edit_is_known() -> None:
    from pullproof.adapters import edits

    known = {*edits._BYTE_EDITS, *edits._MEMBER_EDITS}  # pyright: ignore[reportPrivateUsage]
    assert known == set(EditKind)


NAMES = {"registry.host": "127.0.0.1:5", "odd": "${registry.host}"}


class TestPlaceholders:
    def test_known_names_are_replaced_everywhere(self) -> None:
        assert resolve("${registry.host}/a|${registry.host}", NAMES) == (
            "127.0.0.1:5/a|127.0.0.1:5"
        )  # fmt: skip

    @pytest.mark.rule("K-080")
    @pytest.mark.parametrize("text", ["${HOME}", "$registry.host", "${registry}", "${", "$(id)"])
    def test_everything_else_is_meant_literally(self, text: str) -> None:
        assert resolve(text, NAMES) == text

    def test_a_value_is_not_looked_into(self) -> None:
        assert resolve("${odd}", NAMES) == "${registry.host}"
