"""Class H: secrets in places where somebody else can read them.

Most judges here watch every transcript of a run, whatever it was made for:
leaks show themselves on error paths. Only what opens something is searched
for (see `leak_search`), so a provider may print whom a token belongs to, its
header, or its own reasons.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, cast

from pullproof.checks.check import Check
from pullproof.checks.evidence import (
    WORKLOAD_NEEDS,
    control,
    exchanged,
    exec_step,
    exec_steps,
    needs_workload,
    own_records,
    pairs,
    scenario,
    with_faults,
)
from pullproof.checks.facts import BASELINE
from pullproof.checks.leak_search import canaries, describe, given_openly, head_of, leaked
from pullproof.checks.leaks import PROVIDER_SECRETS, strangers
from pullproof.checks.plans import any_image, valid_step
from pullproof.model.draw import Draw
from pullproof.model.scenario import Fault, FaultKind, Scenario
from pullproof.model.setup import Feature, Setup
from pullproof.model.transcript import Actor, Exec, FileSeen, Secret, Transcript
from pullproof.model.verdict import PASS, Level, Verdict, fail, not_applicable

_GROUP = "secrets"
_NOTHING = "no secret was in play"

# Where error paths meet secrets: a body that echoes the token, a body that is
# no JSON although it holds a credential, a reply cut in half.
_ERROR_PATHS = (
    Fault(FaultKind.STATUS, "400"),
    Fault(FaultKind.STATUS, "500"),
    Fault(FaultKind.STATUS_OK_BODY, "403"),
    Fault(FaultKind.HALF_BODY),
    Fault(FaultKind.NOT_JSON),
    Fault(FaultKind.NULL_MEMBER, "expires_in"),
)


def _propose_errors(check: str, setup: Setup, draw: Draw) -> Scenario:
    """Return the baseline and, if there is an exchange, its error paths.

    All judges watch, so only H01 walks every path on its own.
    """
    if needs_workload(setup) is None and Feature.EXCHANGE in setup.features:
        faults = _ERROR_PATHS if check == "H01" else _ERROR_PATHS[:2]
        return scenario(check, *with_faults(setup, draw, faults), label="error paths")
    return scenario(check, valid_step(setup, draw, image=any_image(setup, draw)))


# H01, H10: only a failed exec's stderr reaches the kubelet log (K-084, K-085).


def _judge_stderr(setup: Setup, transcript: Transcript, *, failed: bool) -> Verdict:
    secrets = canaries(transcript)
    for exec in transcript.execs:
        if exec.succeeded == failed:
            continue
        found = leaked(exec.stderr, secrets)
        if found:
            where = "the kubelet logs it" if failed else "anybody who runs it by hand sees it"
            return fail("S-12", f"stderr holds {describe(found)}; {where}", exec.step)
    judged = any(exec.succeeded != failed for exec in transcript.execs)
    return PASS if secrets and judged else not_applicable(_NOTHING)


# H02, H03: a provider may keep state in HOME. A secret in it is advice to
# reconsider at most, unless other users can read it. Only files directly in
# HOME, TMPDIR or the working directory count as readable for sure: a provider
# may have made a private directory around a file of any mode.


def _files_with_secrets(
    transcript: Transcript,
) -> Iterator[tuple[Exec, FileSeen, tuple[Secret, ...]]]:
    secrets = canaries(transcript)
    for exec in transcript.execs:
        for file in exec.files:
            found = leaked(file.content, secrets)
            if found:
                yield exec, file, found


def _is_open(file: FileSeen) -> bool:
    return bool(file.mode & 0o044) and len(PurePosixPath(file.path).parts) <= 2


def _judge_open_file(setup: Setup, transcript: Transcript) -> Verdict:
    for exec, file, found in _files_with_secrets(transcript):
        if _is_open(file):
            return fail(
                "S-12",
                f"{file.path} (mode {file.mode & 0o777:04o}) holds {describe(found)}, "
                "and other users can read it",
                exec.step,
            )
    judged = transcript.execs and canaries(transcript)
    return PASS if judged else not_applicable(_NOTHING)


def _judge_any_file(setup: Setup, transcript: Transcript) -> Verdict:
    for exec, file, found in _files_with_secrets(transcript):
        return fail("S-12", f"{file.path} holds {describe(found)}", exec.step)
    judged = transcript.execs and canaries(transcript)
    return PASS if judged else not_applicable(_NOTHING)


# H04: what the kubelet itself gave in argv or environment is not counted, so an
# inherited environment passes.


def _propose_children(setup: Setup, draw: Draw) -> Scenario:
    """Hold the exchange's answer back, so that a helper is still there to be seen."""
    step = exec_step(BASELINE, draw.choice(pairs(setup)))
    delay = (Fault(FaultKind.DELAY, "400"),)
    bad = (Fault(FaultKind.DELAY, "400"), Fault(FaultKind.STATUS, "500"))
    return scenario(
        "H04",
        replace(step, watch_children=True, exchange=delay),
        replace(step, id="failing", watch_children=True, exchange=bad),
        label="children, while the exchange is slow",
    )


def _judge_children(setup: Setup, transcript: Transcript) -> Verdict:
    secrets = canaries(transcript)
    seen = False
    for exec in transcript.execs:
        if not exec.children:
            continue
        seen = True
        open_anyway = given_openly(exec, secrets)
        hidden = tuple(secret for secret in secrets if secret not in open_anyway)
        for child in exec.children:
            places = {"command line": child.argv, "environment": child.env}
            for place, texts in places.items():
                data = "\n".join(texts).encode("utf-8", "surrogateescape")
                found = leaked(data, hidden)
                if found:
                    message = f"the {place} of a child process holds {describe(found)}"
                    return fail("S-12", message, exec.step)
    return PASS if seen and secrets else not_applicable("no child process was seen")


# H05, H06: the answer. Passwords of `auth` may hold secrets; apiVersion,
# cacheKeyType and an unparsable auth key reach the kubelet log.


def _texts(value: Any) -> Iterator[tuple[str, str]]:
    """Yield (place, text) of all keys and texts of a response but passwords."""
    if isinstance(value, str):
        yield "value", value
    elif isinstance(value, list):
        for item in cast("Sequence[Any]", value):
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            yield "key", key
            if key == "password":
                continue
            for place, text in _texts(item):
                yield ("username" if key == "username" else place), text


def _judge_answer(setup: Setup, transcript: Transcript, *, usernames: bool) -> Verdict:
    secrets = canaries(transcript)
    judged = False
    for exec in transcript.execs:
        if not exec.succeeded:
            continue
        try:
            document: Any = json.loads(exec.stdout)
        except (ValueError, RecursionError):
            continue  # refused as a whole, and never logged (K-090)
        judged = True
        for place, text in _texts(document):
            found = leaked(text.encode("utf-8", "surrogatepass"), secrets)
            if not found or (place == "username") != usernames:
                continue
            where = "a username" if usernames else "an auth key or another member"
            message = f"{where} of the answer holds {describe(found)}"
            return fail("S-68", message, exec.step)
    return PASS if judged and secrets else not_applicable("no answer was printed")


# H07: a token in a form body or an Authorization header is fine; servers and
# proxies log the other places.


def _judge_targets(setup: Setup, transcript: Transcript) -> Verdict:
    secrets = canaries(transcript)
    records = own_records(transcript)
    for record in records:
        found = leaked(head_of(record, "Referer", "User-Agent"), secrets)
        if found:
            return fail(
                "S-69",
                f"the URL, Referer or User-Agent of a request to the {record.actor.value} holds "
                f"{describe(found)}",
                record.step,
            )
    return PASS if records and secrets else not_applicable("no request was seen")


# H08: a CONNECT only names a host; whatever the proxy can read went out in clear.


def _judge_clear(setup: Setup, transcript: Transcript) -> Verdict:
    secrets = canaries(transcript, *PROVIDER_SECRETS)
    outside = strangers(setup) & {Actor.CANARY} | {Actor.PROXY}
    for record in own_records(transcript):
        if record.actor not in outside or record.method == "CONNECT":
            continue
        head = "\n".join((record.target, *(value for _, value in record.headers)))
        data = head.encode("utf-8", "surrogateescape") + b"\n" + record.body
        found = leaked(data, secrets)
        if found:
            how = "over plain HTTP to a host outside" if record.actor is Actor.PROXY else "to a"
            whom = "" if record.actor is Actor.PROXY else " host that nobody configured"
            return fail("S-10", f"{describe(found)} was sent {how}{whom}", record.step)
    return PASS if transcript.execs and secrets else not_applicable(_NOTHING)


# H09: K-084 appends stderr to the kubelet's error line, so a whole reply body
# ends up there. Naming status, error code or description is good and passes.

_MIN_BODY = 60


def _judge_body_echo(setup: Setup, transcript: Transcript) -> Verdict:
    problem = control(setup, transcript)
    if problem is not None:
        return problem
    judged = False
    for step, exec in exec_steps(transcript):
        if exec.succeeded or not exchanged(transcript, step.id):
            continue
        for record in transcript.during(step.id, Actor.EXCHANGE):
            body = record.reply.strip()
            if len(body) < _MIN_BODY:
                continue
            judged = True
            quoted = json.dumps(body.decode("utf-8", "replace"))[1:-1].encode()
            if body in exec.stderr or quoted in exec.stderr:
                message = f"the exchange's whole reply ({len(body)} bytes) is on stderr"
                return fail("X-145", message, step.id)
    return PASS if judged else not_applicable("no exec failed after a reply of the exchange")


# H11: a dump of the memory holds every secret of the exec.


def _judge_core(setup: Setup, transcript: Transcript) -> Verdict:
    for exec in transcript.execs:
        if exec.core_dumped:
            return fail("S-12", "a core file with the provider's memory was written", exec.step)
    return PASS if transcript.execs else not_applicable("nothing was executed")


CHECKS: tuple[Check, ...] = (
    Check(
        id="H01",
        title="A failing provider prints no secret on stderr",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-12", "K-084", "S-69", "I-19"),
        defects=("D-H1", "D-H4"),
        propose=lambda setup, draw: _propose_errors("H01", setup, draw),
        judge=lambda setup, transcript: _judge_stderr(setup, transcript, failed=True),
        consequence="The kubelet appends stderr to its own log, and the secret with it.",
        hint="Print your own words: status code and error code, never bodies, headers or tokens.",
        watches=True,
    ),
    Check(
        id="H02",
        title="No file that others can read holds a secret",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-12", "S-69"),
        defects=("D-H2",),
        propose=lambda setup, draw: _propose_errors("H02", setup, draw),
        judge=_judge_open_file,
        consequence="Every user of the node can take the credential from the file.",
        hint="Do not log secrets; if one must be kept, create the file with mode 0600.",
        watches=True,
    ),
    Check(
        id="H03",
        title="No secret is written to disk",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-12", "S-60"),
        defects=("D-H2",),
        propose=lambda setup, draw: _propose_errors("H03", setup, draw),
        judge=_judge_any_file,
        consequence="The secret outlives the exec, in backups and on the node's disk.",
        hint="Leave caching to the kubelet: that is what cacheDuration is for.",
        watches=True,
    ),
    Check(
        id="H04",
        title="No child process gets a secret on its command line or in its environment",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-12", "S-69"),
        defects=("D-H3",),
        propose=_propose_children,
        judge=_judge_children,
        consequence="Everybody who may list processes on the node reads it.",
        hint="Hand secrets to helpers on stdin (`curl --config -`, `--data @-`).",
        needs=WORKLOAD_NEEDS,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="H05",
        title="In the answer, secrets stand in passwords and usernames only",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-68", "I-19"),
        defects=("D-H1", "D-C5"),
        propose=lambda setup, draw: _propose_errors("H05", setup, draw),
        judge=lambda setup, transcript: _judge_answer(setup, transcript, usernames=False),
        consequence="The kubelet logs auth keys that it cannot parse, apiVersion and cacheKeyType.",
        hint="Build auth keys from the image name alone.",
        watches=True,
    ),
    Check(
        id="H06",
        title="In the answer, usernames hold no secret",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-68",),
        defects=("D-G7", "D-H5"),
        propose=lambda setup, draw: _propose_errors("H06", setup, draw),
        judge=lambda setup, transcript: _judge_answer(setup, transcript, usernames=True),
        consequence="Runtimes and registries log user names; the kubelet's echo guard looks at "
        "passwords only.",
        hint="Put the token or credential into the password, and a fixed name into the username.",
        watches=True,
    ),
    Check(
        id="H07",
        title="No request carries a secret in its URL, Referer or User-Agent",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-69", "S-64"),
        defects=("D-H3", "D-H6"),
        propose=lambda setup, draw: _propose_errors("H07", setup, draw),
        judge=_judge_targets,
        consequence="Access logs of servers and proxies collect the secret.",
        hint="Send tokens in a POST body or in the Authorization header.",
        needs=frozenset({Feature.EXCHANGE}),
        watches=True,
    ),
    Check(
        id="H08",
        title="No secret leaves in clear text, or to a host that nobody configured",
        group=_GROUP,
        level=Level.MUST,
        rules=("S-10", "S-64", "S-67"),
        defects=("D-H6", "D-J4", "D-E5"),
        propose=lambda setup, draw: _propose_errors("H08", setup, draw),
        judge=_judge_clear,
        consequence="Whoever sits on the way, or runs that host, pulls as the workload.",
        hint="Use https, and only hosts from the provider's own configuration.",
        needs=frozenset({Feature.EXCHANGE}),
        watches=True,
    ),
    Check(
        id="H09",
        title="Replies of the exchange are not copied to stderr",
        group=_GROUP,
        level=Level.ADVICE,
        rules=("X-145", "K-084"),
        defects=("D-H4",),
        propose=lambda setup, draw: _propose_errors("H09", setup, draw),
        judge=_judge_body_echo,
        consequence="Whatever the exchange says, be it a page of HTML or your token, is logged.",
        hint="Print the status, and of an OAuth error the `error` member.",
        needs=WORKLOAD_NEEDS,
        watches=True,
        applies=needs_workload,
    ),
    Check(
        id="H10",
        title="A working provider prints no secret on stderr either",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-12", "K-085", "S-69"),
        defects=("D-H1",),
        propose=lambda setup, draw: _propose_errors("H10", setup, draw),
        judge=lambda setup, transcript: _judge_stderr(setup, transcript, failed=False),
        consequence="The kubelet discards it today; a wrapper, a hand test or a debugger does not.",
        hint="Take the secret out of debug output, too.",
        watches=True,
    ),
    Check(
        id="H11",
        title="No core file is written",
        group=_GROUP,
        level=Level.SHOULD,
        rules=("S-12", "S-17"),
        defects=("D-H2", "D-I1"),
        propose=lambda setup, draw: _propose_errors("H11", setup, draw),
        judge=_judge_core,
        consequence="The core file holds token and credential, and stays on the node.",
        hint="Mend the crash; set the core size limit to 0 at start-up.",
        watches=True,
    ),
)
