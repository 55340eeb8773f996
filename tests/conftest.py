"""Rules cited by tests must exist, and the machine's mood must not decide."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from pullproof.corpus.rules import all_rules

# How fast a loaded machine draws examples says nothing about what is tested.
# In CI the examples are the same each time; exploring is the nightly jobs' work.
settings.register_profile(
    "pullproof",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("pullproof")

# A shell that starts us in the background has us ignore interrupts, and so
# would every process that the tests start in order to interrupt it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _stay() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """Come back: what spawns at full speed works in its provider's directory (`Spawner`)."""
    here = os.getcwd()
    yield
    os.chdir(here)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    known = all_rules()
    unknown = [
        f"{item.nodeid}: {rule}"
        for item in items
        for marker in item.iter_markers("rule")
        for rule in marker.args
        if rule not in known
    ]
    if unknown:
        raise pytest.UsageError("tests cite unknown rules:\n" + "\n".join(unknown))
