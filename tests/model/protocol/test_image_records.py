"""Records by themselves: upstream's vectors, the merge table, the policies."""

import re
from collections.abc import Callable

import pytest

from pullproof.model.protocol.image_params import ImageParams
from pullproof.model.protocol.image_policies import (
    InvalidPattern,
    is_listed,
    parse_pattern,
    requires_verification,
    runtime_name,
    untagged,
)
from pullproof.model.protocol.image_rules import ImageRules, image_rules_for
from pullproof.model.protocol.image_values import (
    Entry,
    PulledRecord,
    RecordedAccount,
    RecordedSecret,
    RecordFile,
    Unreadable,
)
from pullproof.model.protocol.records import (
    Evidence,
    LookupFailed,
    entry_of,
    merged,
    must_pull,
    record_key,
    written,
)
from pullproof.model.protocol.values import Coordinates, Offered

IMAGE, REPO = "docker.io/testing/test:latest", "docker.io/testing/test"
RULES = ImageRules()
DEFAULT, ALWAYS = ImageParams(), ImageParams(policy="AlwaysVerify")
NEVER = ImageParams(policy="NeverVerify")
HERE = Coordinates("default", "pull-secret", "testsecretuid")
SA_HERE = Coordinates("test-ns", "test-sa", "test-sa-uid")


def secret(where: Coordinates = HERE, hash: str = "testsecrethash") -> Offered:
    return Offered("secret", where, hash)


def account(where: Coordinates = SA_HERE) -> Offered:
    return Offered("account", where)


def recorded(hash: str = "testsecrethash") -> PulledRecord:
    return PulledRecord(((REPO, Entry(secrets=(RecordedSecret(HERE, hash),))),))


KNOWN = recorded()
KNOWN_SA = PulledRecord(((REPO, Entry(accounts=(RecordedAccount(SA_HERE),))),))
OPEN = PulledRecord(((REPO, Entry(node=True)),))
OTHER_UID = Coordinates("default", "pull-secret", "otheruid")
OTHER_NAMESPACE = Coordinates("other", "pull-secret", "testsecretuid")
NO_RECORD = Evidence()
INTENT = Evidence(None, 0, "written")


def decide(
    params: ImageParams,
    evidence: Evidence,
    *mine: Offered,
    image: str = IMAGE,
    rules: ImageRules = RULES,
) -> bool:
    return must_pull(params, rules, image, evidence, lambda: mine).pull


VECTORS = [
    ("same coordinates, same hash", DEFAULT, KNOWN, (secret(),), False),
    ("no pod secrets", DEFAULT, KNOWN, (), True),
    ("same coordinates, other hash", DEFAULT, KNOWN, (secret(hash="other"),), False),
    ("other UID, other hash", DEFAULT, KNOWN, (secret(OTHER_UID, "other"),), True),
    ("other namespace, other hash", DEFAULT, KNOWN, (secret(OTHER_NAMESPACE, "other"),), True),
    ("other namespace, same hash", DEFAULT, KNOWN, (secret(OTHER_NAMESPACE),), False),
    ("empty mapping", DEFAULT, PulledRecord(), (secret(),), True),
    ("no record, preloaded", DEFAULT, None, (), False),
    ("no record, AlwaysVerify", ALWAYS, None, (), True),
    ("record, NeverVerify", NEVER, KNOWN, (), False),
    ("node-accessible, no secrets", DEFAULT, OPEN, (), False),
    ("node-accessible, with secrets", DEFAULT, OPEN, (secret(OTHER_UID, "other"),), False),
    ("both hashes empty, other coordinates", DEFAULT, recorded(""), (secret(OTHER_UID, ""),), True),
    ("both hashes empty, same coordinates", DEFAULT, recorded(""), (secret(hash=""),), False),
    ("same account", DEFAULT, KNOWN_SA, (account(),), False),
    ("no account", DEFAULT, KNOWN_SA, (), True),
    (
        "account with another UID",
        DEFAULT,
        KNOWN_SA,
        (account(Coordinates("test-ns", "test-sa", "new")),),
        True,
    ),
    (
        "account in another namespace",
        DEFAULT,
        KNOWN_SA,
        (account(Coordinates("other", "test-sa", "test-sa-uid")),),
        True,
    ),
    ("a secret where an account is recorded", DEFAULT, KNOWN_SA, (secret(),), True),
    ("unreadable", DEFAULT, Unreadable(), (secret(),), True),
    ("unreadable, NeverVerify", NEVER, Unreadable(), (), True),
]


@pytest.mark.rule("K-230")
@pytest.mark.parametrize(
    ("params", "record", "mine", "pulls"),
    [vector[1:] for vector in VECTORS],
    ids=[vector[0] for vector in VECTORS],
)
def test_access_is_decided_as_upstream_decides_it(
    params: ImageParams, record: RecordFile, mine: tuple[Offered, ...], pulls: bool
) -> None:
    assert decide(params, Evidence(record), *mine) is pulls


@pytest.mark.rule("K-230")
def test_a_record_under_another_name_proves_nothing() -> None:
    assert decide(DEFAULT, Evidence(KNOWN), secret(), image="docker.io/testing/other:latest")


@pytest.mark.rule("K-221")
@pytest.mark.parametrize(
    ("params", "evidence", "pulls"),
    [
        (DEFAULT, INTENT, True),
        (DEFAULT, Evidence(None, 1, ""), True),
        (DEFAULT, Evidence(None, 0, "corrupt"), True),
        (NEVER, INTENT, False),
        (NEVER, Evidence(None, 1, "corrupt"), False),
        (NEVER, Evidence(None, 0, "corrupt"), True),
        (ALWAYS, INTENT, True),
    ],
)
def test_an_intent_makes_an_image_a_pulled_one(
    params: ImageParams, evidence: Evidence, pulls: bool
) -> None:
    assert decide(params, evidence, secret()) is pulls


@pytest.mark.rule("K-224")
@pytest.mark.parametrize("record", [OPEN, PulledRecord(), None, PulledRecord(((REPO, Entry()),))])
def test_credentials_are_not_looked_up_where_none_are_needed(record: RecordFile) -> None:
    def lookup() -> tuple[Offered, ...]:
        raise AssertionError("looked up")

    must_pull(DEFAULT, RULES, IMAGE, Evidence(record), lookup)


@pytest.mark.rule("K-225")
def test_a_failed_lookup_is_no_decision() -> None:
    def lookup() -> tuple[Offered, ...]:
        raise LookupFailed

    with pytest.raises(LookupFailed):
        must_pull(DEFAULT, RULES, IMAGE, Evidence(KNOWN), lookup)


def many(count: int) -> PulledRecord:
    secrets = (RecordedSecret(Coordinates("z", f"s-{n:03}", "u"), "h") for n in range(count - 1))
    return PulledRecord(
        ((REPO, Entry(secrets=(RecordedSecret(HERE, "testsecrethash"), *secrets))),)
    )


@pytest.mark.rule("K-226")
@pytest.mark.parametrize(
    ("count", "mine", "pulls", "adds"),
    [
        (99, secret(), False, False),
        (99, secret(hash="new"), False, True),
        (99, secret(OTHER_UID), False, True),
        (100, secret(), False, False),
        (100, secret(hash="new"), True, False),
        (100, secret(OTHER_UID), False, False),
    ],
)
def test_from_a_hundred_secrets_on_a_match_adds_none(
    count: int, mine: Offered, pulls: bool, adds: bool
) -> None:
    decision = must_pull(DEFAULT, RULES, IMAGE, Evidence(many(count)), lambda: (mine,))
    assert (decision.pull, decision.adds is not None) == (pulls, adds)


@pytest.mark.rule("K-231")
def test_the_first_of_the_pods_secrets_that_matches_decides() -> None:
    mine = (secret(hash="rotated"), secret(OTHER_UID))
    decision = must_pull(DEFAULT, RULES, IMAGE, Evidence(KNOWN), lambda: mine)
    assert decision.basis == "coordinates"
    assert decision.adds == RecordedSecret(HERE, "rotated")


# The merge table (K-245).


def place(namespace: str, name: str, uid: str) -> Coordinates:
    return Coordinates(namespace, name, uid)


S1 = RecordedSecret(place("ns1", "n1", "u1"), "h1")
S2 = RecordedSecret(place("ns2", "n2", "u2"), "h2")
S2_ROTATED = RecordedSecret(S2.where, "h9")
S3_SAME_HASH = RecordedSecret(place("ns2", "n3", "u3"), "h2")
S_BETWEEN = RecordedSecret(place("ns1", "n5", "u5"), "h5")
A1 = RecordedAccount(place("default", "sa1", "u1"))
A1_NEW = RecordedAccount(place("default", "sa1", "u2"))
A2 = RecordedAccount(place("kube-system", "sa2", "u3"))
NODE = Entry(node=True)

MERGES = [
    ("a new name", None, Entry(secrets=(S1,)), Entry(secrets=(S1,))),
    ("one more secret", Entry(secrets=(S1,)), Entry(secrets=(S2,)), Entry(secrets=(S1, S2))),
    (
        "sorted among others",
        Entry(secrets=(S1, S2)),
        Entry(secrets=(S_BETWEEN,)),
        Entry(secrets=(S1, S_BETWEEN, S2)),
    ),
    ("node clears secrets", Entry(secrets=(S1, S2)), NODE, NODE),
    (
        "a new hash overwrites",
        Entry(secrets=(S1, S2)),
        Entry(secrets=(S2_ROTATED,)),
        Entry(secrets=(S1, S2_ROTATED)),
    ),
    (
        "a known hash at other coordinates is another",
        Entry(secrets=(S1, S2)),
        Entry(secrets=(S3_SAME_HASH,)),
        Entry(secrets=(S1, S2, S3_SAME_HASH)),
    ),
    ("a new name with an account", None, Entry(accounts=(A1,)), Entry(accounts=(A1,))),
    ("one more account", Entry(accounts=(A1,)), Entry(accounts=(A2,)), Entry(accounts=(A1, A2))),
    ("the same account", Entry(accounts=(A1,)), Entry(accounts=(A1,)), Entry(accounts=(A1,))),
    (
        "the account recreated",
        Entry(accounts=(A1,)),
        Entry(accounts=(A1_NEW,)),
        Entry(accounts=(A1, A1_NEW)),
    ),
    (
        "an account besides secrets",
        Entry(secrets=(S1,)),
        Entry(accounts=(A1,)),
        Entry(False, (S1,), (A1,)),
    ),
    (
        "a secret besides accounts",
        Entry(accounts=(A1,)),
        Entry(secrets=(S1,)),
        Entry(False, (S1,), (A1,)),
    ),
    ("node clears both", Entry(False, (S1,), (A1,)), NODE, NODE),
    ("node stays, with a secret", NODE, Entry(secrets=(S1,)), NODE),
    ("node stays, with an account", NODE, Entry(accounts=(A1,)), NODE),
    ("nil changes nothing", Entry(secrets=(S1,)), None, Entry(secrets=(S1,))),
    ("empty changes nothing", Entry(secrets=(S1,)), Entry(), Entry(secrets=(S1,))),
]


@pytest.mark.rule("K-245")
@pytest.mark.parametrize(
    ("before", "proof", "after"), [row[1:] for row in MERGES], ids=[row[0] for row in MERGES]
)
def test_proofs_are_merged_as_upstream_merges_them(
    before: Entry | None, proof: Entry | None, after: Entry
) -> None:
    other = ("zzz", Entry(secrets=(S1,)))
    record = PulledRecord(((REPO, before), other) if before else (other,))
    result, changes = written(RULES, record, REPO, proof)
    assert result == PulledRecord(((REPO, after), other))
    assert changes is (after != before)


@pytest.mark.rule("K-246")
def test_the_first_record_is_written_whatever_is_known() -> None:
    assert written(RULES, None, REPO, None) == (PulledRecord(), True)
    assert written(RULES, Unreadable(), REPO, NODE) == (PulledRecord(((REPO, NODE),)), True)


@pytest.mark.rule("K-245")
def test_merging_is_idempotent_and_does_not_depend_on_order() -> None:
    proofs = [
        Entry(secrets=(S1,)),
        Entry(accounts=(A1,)),
        Entry(secrets=(S2,)),
        Entry(accounts=(A2,)),
    ]
    forward = backward = PulledRecord()
    for proof in proofs:
        forward = merged(RULES, merged(RULES, forward, REPO, proof), REPO, proof)
    for proof in reversed(proofs):
        backward = merged(RULES, backward, REPO, proof)
    assert forward == backward


@pytest.mark.rule("K-213")
@pytest.mark.parametrize(
    ("used", "minor", "entry"),
    [
        (Offered("none"), 37, NODE),
        (Offered("node", None, "h"), 37, NODE),
        (secret(), 37, Entry(secrets=(RecordedSecret(HERE, "testsecrethash"),))),
        (secret(), 33, Entry(secrets=(RecordedSecret(HERE, "testsecrethash"),))),
        (account(), 34, Entry(accounts=(RecordedAccount(SA_HERE),))),
        (account(), 33, NODE),
    ],
)
def test_the_source_of_a_credential_is_what_is_recorded(
    used: Offered, minor: int, entry: Entry
) -> None:
    assert entry_of(image_rules_for(minor), used) == entry


@pytest.mark.rule("K-243")
@pytest.mark.parametrize(
    ("minor", "image", "key"),
    [
        (35, "nginx:1", "docker.io/library/nginx"),
        (36, "nginx:1", "nginx"),
        (34, "r.test/a:1", "r.test/a"),
        (37, "r.test/a@sha256:" + "0" * 64, "r.test/a"),
    ],
)
def test_records_are_keyed_by_name_without_tag(minor: int, image: str, key: str) -> None:
    assert record_key(image_rules_for(minor), image) == key


# Policies (K-202 to K-205).


@pytest.mark.rule("K-202")
@pytest.mark.parametrize(
    ("policy", "listed", "pulled", "verifies"),
    [
        ("NeverVerify", False, False, False),
        ("NeverVerify", False, True, False),
        ("NeverVerifyPreloadedImages", False, False, False),
        ("NeverVerifyPreloadedImages", False, True, True),
        ("AlwaysVerify", False, False, True),
        ("AlwaysVerify", True, True, True),
        ("NeverVerifyAllowlistedImages", True, False, False),
        ("NeverVerifyAllowlistedImages", True, True, False),
        ("NeverVerifyAllowlistedImages", False, False, True),
        ("NeverVerifyAllowlistedImages", False, True, True),
    ],
)
def test_a_policy_asks_for_proof(policy: str, listed: bool, pulled: bool, verifies: bool) -> None:
    allowlist = ("r.test/a",) if listed else ("r.test/other",)
    params = ImageParams(policy=policy, allowlist=allowlist)  # type: ignore[arg-type]
    assert requires_verification(params, RULES, "r.test/a", pulled) is verifies


@pytest.mark.rule("K-203")
@pytest.mark.parametrize("text", ["reg.io/org/img", "reg.io/org/*", "reg.io/*"])
def test_an_allowlist_takes(text: str) -> None:
    assert parse_pattern(text).is_prefix is text.endswith("*")


@pytest.mark.rule("K-203")
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the supplied pattern is too short"),
        ("*", "only patterns ending with '/*' are allowed"),
        ("/*", "at least registry hostname is required"),
        ("reg.io/", "failed to parse as an image name"),
        ("image.repo/pokus*", "only patterns ending with '/*' are allowed"),
        ("image.repo/*/x", "only patterns ending with '/*' are allowed"),
        ("reg.io/img:tag", "neither tag nor digest is accepted"),
        ("reg.io/img@sha256:" + "0" * 64, "neither tag nor digest is accepted"),
        ("reg.io/img ", "leading/trailing spaces are not allowed"),
    ],
)
def test_an_allowlist_refuses(text: str, why: str) -> None:
    with pytest.raises(InvalidPattern, match=re.escape(why)):
        parse_pattern(text)


@pytest.mark.rule("K-204")
@pytest.mark.parametrize(
    ("entry", "image", "cuts_tag", "listed"),
    [
        ("reg.io/org/img", "reg.io/org/img", False, True),
        ("reg.io/org/img", "reg.io/org/img:1", False, False),
        ("reg.io/org/img", "reg.io/org/img:1", True, True),
        ("reg.io/org/img", "reg.io/org/img@sha256:" + "0" * 64, True, True),
        ("reg.io/org/*", "reg.io/org/img:1", False, True),
        ("reg.io/org/*", "reg.io/org-2/img", True, False),
        ("docker.io/library/nginx", "nginx:1", True, False),
    ],
)
def test_allowlist_entries_are_compared_as_text(
    entry: str, image: str, cuts_tag: bool, listed: bool
) -> None:
    assert is_listed((entry,), image, cuts_tag=cuts_tag) is listed


@pytest.mark.parametrize(
    ("function", "image", "name"),
    [
        (untagged, "r.test:5000/a", "r.test:5000/a"),
        (untagged, "r.test:5000/a:1@sha256:" + "0" * 64, "r.test:5000/a"),
        (runtime_name, "r.test/a", "r.test/a:latest"),
        (runtime_name, "a/b:1", "docker.io/a/b:1"),
        (runtime_name, "r.test/a@sha256:" + "0" * 64, "r.test/a@sha256:" + "0" * 64),
    ],
)
def test_names_are_cut_and_completed(function: Callable[[str], str], image: str, name: str) -> None:
    assert function(image) == name
