"""Scopes: grammar, and that a grant is never wider than both sides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullproof.model.scope import (
    MAX_SCOPES,
    InvalidScope,
    Scope,
    format_scopes,
    intersect,
    is_digest,
    is_repository,
    is_tag,
    parse_scope,
    parse_scopes,
    pull,
)


@pytest.mark.rule("R-025", "R-026", "R-027")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("repository:a:pull", Scope("repository", "a", ("pull",))),
        ("repository:a/b-c/d__e:pull", Scope("repository", "a/b-c/d__e", ("pull",))),
        ("repository:h.example:5000/a:pull", Scope("repository", "h.example:5000/a", ("pull",))),
        ("repository:Host/a:pull", Scope("repository", "Host/a", ("pull",))),
        ("repository:a:push,pull,push", Scope("repository", "a", ("pull", "push"))),
        ("registry:catalog:*", Scope("registry", "catalog", ("*",))),
        ("repository(plugin):a:pull", Scope("repository", "a", ("pull",))),
    ],
)
def test_r025_scopes_are_read(text: str, expected: Scope) -> None:
    assert parse_scope(text) == expected


@pytest.mark.rule("R-029")
@pytest.mark.parametrize(
    "text",
    [
        "repository:a",
        "repository::pull",
        ":a:pull",
        "repository:a:",
        "repository:a:pull,",
        "repository:a:pull push",
        "REPOSITORY:a:pull",
        "repository:A:pull",
        "repository:*:pull",
        "repository:../a:pull",
        "repository:a//b:pull",
        "repository:a:Pull",
        "repository:a/B:pull",
        "repository:a:pull\n",
        "",
        ":::",
    ],
)
def test_r029_other_texts_ask_for_nothing(text: str) -> None:
    with pytest.raises(InvalidScope):
        parse_scope(text)


@pytest.mark.rule("R-029")
def test_r029_a_star_is_never_widened_to_what_it_could_mean() -> None:
    assert intersect([parse_scope("repository:a:*")], [pull("a")]) == ()


@pytest.mark.rule("R-012", "R-029")
def test_r012_a_list_drops_what_it_cannot_read() -> None:
    found, dropped = parse_scopes("repository:a:pull  repository:B:pull repository:b:push")
    assert format_scopes(found) == "repository:a:pull repository:b:push"
    assert dropped == 1


@pytest.mark.rule("R-029")
def test_r029_ten_thousand_scopes_are_cut_off() -> None:
    found, dropped = parse_scopes(" ".join(f"repository:a{i}:pull" for i in range(10_000)))
    assert len(found) == MAX_SCOPES
    assert dropped == 10_000 - MAX_SCOPES


SCOPES = st.lists(
    st.builds(
        Scope,
        st.sampled_from(["repository", "registry"]),
        st.sampled_from(["a", "a/b", "b"]),
        st.sets(st.sampled_from(["pull", "push", "*"]), min_size=1).map(
            lambda actions: tuple(sorted(actions))
        ),
    ),
    max_size=5,
)


def rights(scopes: list[Scope] | tuple[Scope, ...]) -> set[tuple[str, str, str]]:
    return {(scope.type, scope.name, action) for scope in scopes for action in scope.actions}


@pytest.mark.rule("R-012", "R-035", "S-05")
@given(SCOPES, SCOPES)
def test_r012_what_is_granted_is_what_both_sides_hold(
    requested: list[Scope], permitted: list[Scope]
) -> None:
    assert rights(intersect(requested, permitted)) == rights(requested) & rights(permitted)


@given(SCOPES)
def test_written_scopes_are_read_back(scopes: list[Scope]) -> None:
    found, dropped = parse_scopes(format_scopes(scopes))
    assert (list(found), dropped) == (scopes, 0)


@pytest.mark.rule("R-050", "R-051")
def test_r050_names_tags_and_digests() -> None:
    assert all(map(is_repository, ("a", "a/b", "a.b_c__d--e/f")))
    assert not any(map(is_repository, ("", "A", "a/", "/a", "a//b", "a___b", "h:5/a", "a\n")))
    assert all(map(is_tag, ("latest", "_", "V1.0-x", "a" * 128)))
    assert not any(map(is_tag, ("", ".a", "-a", "a" * 129, "a/b", "a\n")))
    assert is_digest("sha256:" + "0" * 64)
    assert is_digest("sha512:" + "f" * 128)
    assert is_digest("other+b64u:AbC_-=")
    assert not any(
        map(is_digest, ("sha256:" + "0" * 63, "sha256:" + "A" * 64, "sha256", ":x", "SHA256:00"))
    )
