"""Class D, auth keys: whether the kubelet finds the credential, and for what.

A key is judged by what the kubelet's keyring does with it, never by its looks:
host, host with path, scheme and wildcards are all legal (K-131, section 2).
"""

import json

from pullproof.checks.check import Check
from pullproof.checks.facts import (
    broken_baseline,
    credentials,
    has_secret,
    image_of,
    kubelet_execs,
    response,
    step_credentials,
    was_run,
)
from pullproof.checks.hosts import is_sent
from pullproof.checks.images import (
    FOREIGN,
    NO_REPO_NAMES,
    UNUSUAL,
    is_owned,
    port_twins,
    split_host,
)
from pullproof.checks.judges import survives
from pullproof.checks.leaks import find, known_secrets
from pullproof.checks.plans import (
    any_image,
    edited,
    needs_served,
    scenario,
    served_image,
    served_images,
    valid_step,
)
from pullproof.model.cache import registry_of, store
from pullproof.model.draw import Draw
from pullproof.model.keyring import keyring_key
from pullproof.model.matching import explain, matches
from pullproof.model.provider import CacheKeyType
from pullproof.model.response import AuthEntry, Response
from pullproof.model.scenario import LEGAL_TOKENS, Edit, EditKind, ExecStep, Scenario
from pullproof.model.setup import Feature, Identity, Setup
from pullproof.model.transcript import Exec, Transcript
from pullproof.model.verdict import PASS, Level, Verdict, fail, inconclusive, not_applicable

_KEYS = "auth keys"
TWIN = "other-port"
STRANGER = "stranger"


def shown_key(transcript: Transcript, answer: Response, key: str) -> str:
    """Return `key` for a message, unless it holds a secret."""
    passwords = (entry.password for entry in answer.auth if entry.password)
    if find(key.encode("utf-8", "replace"), known_secrets(transcript)):
        return "(hidden: it holds a secret)"
    if any(password in key for password in passwords):
        return "(hidden: it holds a password)"
    return repr(key)


def _propose_plain(check: str, setup: Setup, draw: Draw) -> Scenario:
    step = valid_step(setup, draw, image=any_image(setup, draw))
    return scenario(check, step, label="the kubelet's own request")


def _secret_entries(answer: Response | None) -> tuple[AuthEntry, ...]:
    return () if answer is None else tuple(entry for entry in answer.auth if entry.password)


# D01: a key for a served image matches it.


def _is_promised(setup: Setup, step: ExecStep) -> bool:
    """Return whether `step` must end in a credential for its image."""
    legal = step.workload is None or step.token in LEGAL_TOKENS
    undisturbed = not step.exchange and not step.registry and step.annotations is None
    return step.image in setup.served and legal and undisturbed


def _why_no_key_matches(transcript: Transcript, answer: Response, image: str) -> str:
    keys = [entry.auth_key for entry in _secret_entries(answer)]
    shown = ", ".join(shown_key(transcript, answer, key) for key in keys[:3])
    sentence = ""
    if "hidden" not in shown:
        normal = keyring_key(keys[0])
        sentence = f" {explain(normal, image)}" if normal is not None else " It is no URL."
    return f"no auth key matches {image}: {shown}.{sentence}"


def _judge_matching_key(setup: Setup, transcript: Transcript) -> Verdict:
    promised = {step.id for step in transcript.scenario.execs if _is_promised(setup, step)}
    judged = False
    for exec in kubelet_execs(setup, transcript):
        answer = response(setup, exec)
        if exec.step not in promised or answer is None or not has_secret(answer):
            continue
        judged = True
        if step_credentials(setup, transcript, exec.step):
            continue
        message = _why_no_key_matches(transcript, answer, image_of(transcript, exec.step))
        if not setup.declared:
            return inconclusive(f"{message} (the image was guessed, not declared)", exec.step)
        return fail("K-043", message, exec.step)
    return PASS if judged else not_applicable("no served image was answered with a secret")


# D02: the port belongs to the key.


def _twins(setup: Setup) -> tuple[tuple[str, str], ...]:
    """Return (served image, the same with another port that the kubelet would send)."""
    return tuple(
        (image, twin) for image in served_images(setup) for twin in port_twins(setup, image)
    )


def _needs_twins(setup: Setup) -> str | None:
    if _twins(setup):
        return None
    return "matchImages admits no served image under a second port"


def _propose_twin(setup: Setup, draw: Draw) -> Scenario:
    image, twin = draw.choice(_twins(setup))
    baseline = valid_step(setup, draw, image=image)
    name = baseline.workload
    return scenario(
        "D02",
        baseline,
        valid_step(setup, draw, id=TWIN, image=twin, workload=name),
        valid_step(setup, draw, id=STRANGER, image=FOREIGN["elsewhere"], workload=name),
        label="the same host under another port",
    )


def _keys(answer: Response | None) -> frozenset[str]:
    return frozenset(entry.auth_key for entry in _secret_entries(answer))


def _judge_twin(setup: Setup, transcript: Transcript) -> Verdict:
    broken = broken_baseline(setup, transcript)
    if broken is not None:
        return broken
    if not was_run(transcript, TWIN) or not was_run(transcript, STRANGER):
        return not_applicable("no second port was asked for")
    answer = response(setup, transcript.exec(TWIN))
    # A provider may hand out its whole list of credentials whatever it is asked
    # (the kubelet picks): then a key for another port is no answer to this image.
    if not _keys(answer) or _keys(answer) & _keys(response(setup, transcript.exec(STRANGER))):
        return not_applicable("the second port is not answered with a credential of its own")
    if step_credentials(setup, transcript, TWIN):
        return PASS
    assert answer is not None
    image = image_of(transcript, TWIN)
    host = split_host(image)[0]
    named = [key for key in _keys(answer) if (keyring_key(key) or "").split("/")[0] == host]
    if not named:
        return not_applicable("the second port is not answered with a credential of its own")
    return fail("K-043", _why_no_key_matches(transcript, answer, image), TWIN)


# D03: keys that can never match.


def dead_key(key: str) -> str | None:
    """Return why the kubelet can use `key` for no image at all, or None.

    Source: K-131, K-043, K-044, K-070.
    """
    normal = keyring_key(key)
    if normal is None:
        return "it is no URL, so the kubelet logs and skips it"
    host, slash, path = normal.partition("/")
    if not host:
        return "it names no host"
    if "://" in normal or normal.endswith(("http:", "https:")):
        return "its scheme is neither https:// nor http:// in small letters"
    if "*" in path:
        return "a * in the path is an ordinary character"
    if "@" in path or ":" in path:
        return "a repo name has neither tag nor digest"
    if slash and path != path.lower():
        return "the path of a repo name has no capital letters"
    return None


def _judge_dead_keys(setup: Setup, transcript: Transcript) -> Verdict:
    judged = False
    for exec in kubelet_execs(setup, transcript):
        answer = response(setup, exec)
        for entry in _secret_entries(answer):
            judged = True
            reason = dead_key(entry.auth_key)
            if reason is not None and answer is not None:
                shown = shown_key(transcript, answer, entry.auth_key)
                return fail("K-131", f"auth key {shown} never matches: {reason}", exec.step)
    return PASS if judged else not_applicable("no answer held a secret")


# D04: what the kubelet would make of the answer once it is cached.


def _probes(setup: Setup, image: str) -> tuple[str, ...]:
    """Return images beyond the policy that the kubelet would ask this provider for."""
    registry = registry_of(image)
    candidates = (
        f"{registry}/pullproof/other",
        f"{registry}/other",
        *setup.served,
        *setup.declined,
        *FOREIGN.values(),
    )
    return tuple(
        other
        for other in dict.fromkeys(candidates)
        if other != image and not is_owned(setup, other) and is_sent(setup, other)
    )


def reaches_from_cache(setup: Setup, answer: Response, image: str, other: str) -> bool:
    """Return whether an answer for `image` would be a cache hit for `other`.

    For the same identity, that is: the kubelet adds the service account to
    every cache key in SA mode. Source: K-101, K-105, K-109.
    """
    life = store(answer.cache_duration_ns, setup.provider.default_cache_duration_ns)
    if life is None or life <= 0:
        return False
    if answer.cache_key_type is CacheKeyType.GLOBAL:
        return True
    if answer.cache_key_type is CacheKeyType.REGISTRY:
        return registry_of(image) == registry_of(other)
    return image == other


def _offered_beyond(
    setup: Setup, transcript: Transcript, exec: Exec, answer: Response
) -> str | None:
    image = image_of(transcript, exec.step)
    for other in map(transcript.resolve, _probes(setup, image)):
        offered = any(item.password for item in credentials(setup, exec, other))
        if offered and reaches_from_cache(setup, answer, image, other):
            return other
    return None


def _judge_cached_width(setup: Setup, transcript: Transcript) -> Verdict:
    judged = False
    for exec in kubelet_execs(setup, transcript):
        answer = response(setup, exec)
        if answer is None or not has_secret(answer):
            continue
        judged = True
        other = _offered_beyond(setup, transcript, exec, answer)
        if other is not None:
            return fail(
                "K-109",
                f"cached as {answer.cache_key_type}, the answer for "
                f"{image_of(transcript, exec.step)} is also offered to {other}, which the "
                "policy `owns` does not list",
                exec.step,
            )
    return PASS if judged else not_applicable("no answer held a secret")


# D05: a wildcard key for half the world.


def _unrelated(key: str) -> str | None:
    """Return an image on nobody's host in particular that `key` matches, or None.

    The host has as many parts as the key's, and shares with it at most the last.
    """
    normal = keyring_key(key)
    if normal is None:
        return None
    host, port, path = split_host(normal)
    labels = host.split(".")
    strange = [f"pullproof{number}" for number in range(len(labels))]
    tops = {strange[-1], labels[-1]} if len(labels) > 1 else {strange[-1]}
    for top in sorted(tops):
        image = ".".join([*strange[:-1], top]) + port + (path if len(path) > 1 else "/app")
        if matches(normal, image):
            return image
    return None


def _judge_wide_keys(setup: Setup, transcript: Transcript) -> Verdict:
    judged = False
    for exec in kubelet_execs(setup, transcript):
        answer = response(setup, exec)
        for entry in _secret_entries(answer):
            judged = True
            image = _unrelated(entry.auth_key)
            # An author who owns such a wildcard says so in the policy.
            allowed = setup.policy.owns is not None and image and is_owned(setup, image)
            if image is not None and not allowed and answer is not None:
                shown = shown_key(transcript, answer, entry.auth_key)
                return fail(
                    "S-09", f"auth key {shown} also matches unrelated hosts: {image}", exec.step
                )
    return PASS if judged else not_applicable("no answer held a secret")


# D06 and D08: names at the edges.


def _propose_unusual(setup: Setup, draw: Draw) -> Scenario:
    steps = [
        valid_step(setup, draw, id=name, image=image) for name, image in UNUSUAL.items()
    ]  # fmt: skip
    return scenario("D06", *_baseline(setup, draw), *steps, label="unusual but legal images")


def _baseline(setup: Setup, draw: Draw) -> tuple[ExecStep, ...]:
    if not served_images(setup):
        return ()
    return (valid_step(setup, draw, image=served_image(setup, draw)),)


def _propose_no_repo_names(setup: Setup, draw: Draw) -> Scenario:
    table = {
        name: (Edit(EditKind.SET, "image", json.dumps(image)),)
        for name, image in NO_REPO_NAMES.items()
    }
    steps = edited(setup, draw, table)
    return scenario("D08", *_baseline(setup, draw), *steps, label="images that are none")


# D07: two keys that become one.


def _judge_colliding_keys(setup: Setup, transcript: Transcript) -> Verdict:
    judged = False
    for exec in kubelet_execs(setup, transcript):
        answer = response(setup, exec)
        seen: dict[str, AuthEntry] = {}
        for entry in _secret_entries(answer):
            judged = True
            normal = keyring_key(entry.auth_key)
            if normal is None or answer is None:
                continue
            first = seen.setdefault(normal, entry)
            if (first.username, first.password) != (entry.username, entry.password):
                names = " and ".join(
                    shown_key(transcript, answer, item.auth_key) for item in (first, entry)
                )
                return fail(
                    "K-131",
                    f"auth keys {names} are one to the kubelet but hold different credentials",
                    exec.step,
                )
    return PASS if judged else not_applicable("no answer held a secret")


def _has_secrets(setup: Setup) -> str | None:
    if setup.identity is Identity.NONE:
        return "the setup declares that no image is answered with a credential"
    return needs_served(setup)


CHECKS: tuple[Check, ...] = (
    Check(
        id="D01",
        title="Writes an auth key that matches the image asked for",
        group=_KEYS,
        level=Level.MUST,
        rules=("K-043", "K-131", "K-132"),
        defects=("D-D1", "D-D3", "D-D4", "D-D2"),
        propose=lambda setup, draw: _propose_plain("D01", setup, draw),
        judge=_judge_matching_key,
        consequence="The kubelet finds no credential for the image and pulls without one: 401.",
        hint=(
            "The safest key is the image exactly as it was sent, or everything before its first "
            "slash: with the port, without tag or digest, in unchanged case."
        ),
        smoke=True,
        watches=True,
        applies=_has_secrets,
    ),
    Check(
        id="D02",
        title="Keeps the port of the image in the auth key",
        group=_KEYS,
        level=Level.SHOULD,
        rules=("K-043", "K-131"),
        defects=("D-D1", "D-D6"),
        propose=_propose_twin,
        # Answering the second port not at all is right: it was never promised.
        judge=_judge_twin,
        consequence="The key never matches an image with a port, and the pull gets 401.",
        hint="Take everything before the first slash; do not parse the image as a URL.",
        applies=_needs_twins,
    ),
    Check(
        id="D03",
        title="Writes no auth key that can never match",
        group=_KEYS,
        level=Level.ADVICE,
        rules=("K-131", "K-044", "K-070"),
        defects=("D-D2", "D-D3", "D-D4"),
        propose=lambda setup, draw: _propose_plain("D03", setup, draw),
        # Never more than advice: a dead key beside a working one does no harm.
        judge=_judge_dead_keys,
        consequence="The entry is carried along and cached, and is of no use to any pull.",
        hint="Write host, host:port or host/path; wildcards only in the host.",
        watches=True,
        applies=_has_secrets,
    ),
    Check(
        id="D04",
        title="Answers such that the cache offers its secrets only where the policy allows",
        group=_KEYS,
        level=Level.POLICY,
        rules=("K-109", "K-135", "S-09"),
        defects=("D-D7", "D-F6"),
        propose=lambda setup, draw: _propose_plain("D04", setup, draw),
        # Judged by what a cache hit would offer: a wide key in an answer that
        # is not cached, or cached for its image alone, is offered to nobody.
        judge=_judge_cached_width,
        consequence="The kubelet offers the cached credential to a registry it was not meant for.",
        hint="Narrow the auth key, or answer with cacheKeyType Image.",
        needs=frozenset({Feature.OWNS}),
        watches=True,
        applies=_has_secrets,
    ),
    Check(
        id="D05",
        title="Writes no auth key that matches unrelated hosts",
        group=_KEYS,
        level=Level.ADVICE,
        rules=("S-09", "K-043"),
        defects=("D-D7", "D-D8"),
        propose=lambda setup, draw: _propose_plain("D05", setup, draw),
        judge=_judge_wide_keys,
        consequence="Only matchImages stands between the secret and every other registry.",
        hint="Write the registry's own host, or at least its own domain, into the key.",
        watches=True,
        applies=_has_secrets,
    ),
    Check(
        id="D06",
        title="Survives unusual names of images",
        group=_KEYS,
        level=Level.SHOULD,
        rules=("S-17", "K-072", "K-070"),
        defects=("D-D5", "D-D6"),
        propose=_propose_unusual,
        # Unknown to most providers: empty auth and a refusal are both right.
        judge=survives("S-17", "an unusual image", odd_success=True),
        consequence="A stack trace in the kubelet's log, and no pull of such an image.",
        hint="Split the image at its first slash and treat what is before it as opaque text.",
    ),
    Check(
        id="D07",
        title="Writes no two auth keys that are one to the kubelet",
        group=_KEYS,
        level=Level.ADVICE,
        rules=("K-131", "Q-10", "S-21"),
        defects=("D-D4",),
        propose=lambda setup, draw: _propose_plain("D07", setup, draw),
        judge=_judge_colliding_keys,
        consequence="The kubelet tries the two credentials in random order.",
        hint="https://host, host/ and host/v1/ are all the key host: write one of them.",
        watches=True,
        applies=_has_secrets,
    ),
    Check(
        id="D08",
        title="Survives an image that is no repo name",
        group=_KEYS,
        level=Level.SHOULD,
        rules=("S-17", "K-070"),
        defects=("D-D5", "D-D6", "D-I9"),
        propose=_propose_no_repo_names,
        # Answering is allowed too: the kubelet never sends such an image, and
        # never uses a key that its own images do not match.
        judge=survives("S-17", "an image that is no repo name", odd_success=True),
        consequence="A stack trace instead of a reason when another caller makes a mistake.",
        hint="Refuse what does not look like host/path with one line on stderr.",
    ),
)
