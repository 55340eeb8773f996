"""The shipped provider in C, correct or with a shell around it that spoils it."""

from pathlib import Path

import pytest

from pullproof.engine.settings import load_settings
from pullproof.fuzz.build import PROVIDERS, Unavailable, ensure_program
from pullproof.model.setup import Setup

_SETTINGS = """
[provider]
command = [{command}]
match-images = ["registry.example", "*.registry.example", "elsewhere.example"]
default-cache-duration = "0s"
{more}
[env]
REGISTRY = "registry.example"
REGISTRY_USERNAME = "${{node.username}}"
REGISTRY_PASSWORD = "${{node.password}}"

[run]
identity = "node"
deadline = "20s"

[images]
served = ["registry.example/team-a/app", "registry.example/tool"]
declined = ["elsewhere.example/foo/bar"]
{workloads}
"""
_TOKENS = """audience = "registry.example"
cache-type = "ServiceAccount"
require-service-account = false
optional-annotations = ["example.com/mode"]
"""
_WORKLOADS = """
[[workload]]
name = "a"
namespace = "team-a"
service-account = "puller"
[[workload]]
name = "b"
namespace = "team-b"
service-account = "puller"
"""
_AROUND = """request=$(cat; echo x)
request=${{request%x}}
answer=$(printf %s "$request" | {program}) || exit $?
{fault}
printf '%s\\n' "$answer"
"""


def write_setup(folder: Path, fault: str = "", *, tokens: bool = False) -> Setup:
    """Return the setup of the provider; `fault` is sh that changes `$answer`.

    Skips the test where there is no C compiler.
    """
    program = ensure_program(PROVIDERS / "c-static" / "c_static.c")
    if isinstance(program, Unavailable):
        pytest.skip(program.reason)
    words = [str(program)]
    if fault:
        script = folder / "provider.sh"
        script.write_text(_AROUND.format(program=program, fault=fault))
        words = ["/bin/sh", str(script)]
    path = folder / "pullproof.toml"
    path.write_text(
        _SETTINGS.format(
            command=", ".join(f'"{word}"' for word in words),
            more=_TOKENS if tokens else "",
            workloads=_WORKLOADS if tokens else "",
        )
    )
    return load_settings(path)
