#!/usr/bin/env python3
"""A repo name has no tag and no digest, stays what it is, and is put together from its parts.

Normalising twice is normalising once; a name written from its parts has the
same parts; the default tag changes the tag of untagged names and nothing else.

Source: K-070, K-071, K-072.
"""

from collections.abc import Iterator

from pullproof.corpus.cases import cases
from pullproof.model.images import (
    DEFAULT_TAG,
    InvalidImageName,
    apply_default_tag,
    parse_image,
    repo_name,
)

MAX_LEN = 96


def check(data: bytes) -> None:
    """Read `data` as the image of a pod."""
    image = data.decode("utf-8", "surrogateescape")
    try:
        found = parse_image(image)
    except InvalidImageName as problem:
        return _check_refusal(problem, image)
    name = found.repo_name
    assert name == repo_name(image), "two answers to one question"
    assert "@" not in name, "a digest is left"
    assert ":" not in name.rpartition("/")[2], "a tag is left"
    assert found.path == found.path.lower(), "a path with capitals"
    assert repo_name(name) == name, "normalising is not idempotent"
    tag = f":{found.tag}" if found.tag else ""
    digest = f"@{found.digest}" if found.digest else ""
    assert parse_image(f"{name}{tag}{digest}") == found, "the parts are not the whole"
    return _check_default_tag(image, name, found.tag, found.digest)


def from_corpus() -> Iterator[bytes]:
    """Yield the image names of the corpus."""
    for case in cases("names/images"):
        yield case.input_bytes("image")


def _check_refusal(problem: InvalidImageName, image: str) -> None:
    assert problem.image == image, "the message is about another image"
    assert str(problem).startswith("couldn't parse image name "), "not the kubelet's message"


def _check_default_tag(image: str, name: str, tag: str, digest: str) -> None:
    tagged = apply_default_tag(image)
    again = parse_image(tagged)
    assert again.repo_name == name, "the default tag changes the repo name"
    assert again.digest == digest, "the default tag changes the digest"
    assert again.tag == (tag or ("" if digest else DEFAULT_TAG)), "not the default tag"
    assert apply_default_tag(tagged) == tagged, "tagging is not idempotent"


if __name__ == "__main__":
    from pullproof.fuzz.targets.support.run import main

    main(__file__)
