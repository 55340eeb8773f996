"""One pytest item per check: `pytest --pullproof-config … --pullproof-bin-dir …`.

Items are called `pullproof::A01`. Each goes through Hypothesis, so a failing
scenario is made smaller and tried first the next time.

This module is imported at each start of pytest, whether or not it is needed.
Therefore it imports no room (and not even its own items) before an option or a
fixture asks for one.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pullproof.engine.judging import Performer
    from pullproof.model.setup import Setup

_TARGETS = ("pullproof_config", "pullproof_settings")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options in a group of their own."""
    group = parser.getgroup("pullproof", "kubelet image credential providers")
    for name, metavar, text in (
        ("--pullproof-config", "PATH", "kubelet credential provider configuration, file or folder"),
        ("--pullproof-bin-dir", "DIR", "folder of the provider binaries"),
        ("--pullproof-provider", "NAME", "which provider, if the configuration has several"),
        ("--pullproof-settings", "FILE", "pullproof.toml: the author's declarations"),
        ("--pullproof-kubernetes", "VERSION", "Kubernetes minor, for example 1.34"),
        ("--pullproof-checks", "IDS", "only these checks, separated by commas"),
        ("--pullproof-expect", "FILE", "expect.toml: known failures, with reasons"),
    ):
        group.addoption(name, metavar=metavar, default=None, help=text)
    group.addoption(
        "--pullproof-profile",
        choices=("smoke", "default", "deep"),
        default="default",
        help="how much is tried",
    )
    group.addoption(
        "--pullproof-strict",
        action="store_true",
        help="failures of SHOULD checks fail, too, instead of being shown as xfailed",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark of our items, for `-m pullproof`."""
    config.addinivalue_line("markers", "pullproof: a check of a credential provider")


def _is_wanted(config: pytest.Config) -> bool:
    return any(config.getoption(name) for name in _TARGETS)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Append one item per check; first, so that `-k` and the like see them."""
    if _is_wanted(config):
        from pullproof.pytest_items import collect

        items.extend(collect(session))


@pytest.fixture(scope="session")
def pullproof_setup(pytestconfig: pytest.Config) -> "Setup":
    """The setup that the `--pullproof-…` options describe."""
    if not _is_wanted(pytestconfig):
        pytest.skip("no provider: give --pullproof-config or --pullproof-settings")
    from pullproof.pytest_items import state_of

    return state_of(pytestconfig).setup


@pytest.fixture(scope="session")
def pullproof_session(pytestconfig: pytest.Config, pullproof_setup: "Setup") -> "Performer":
    """A session for `pullproof_setup`: `.perform(scenario)` gives a transcript."""
    from pullproof.pytest_items import state_of

    return state_of(pytestconfig).session


@pytest.fixture(scope="session")
def provider_session(pullproof_session: "Performer") -> "Performer":
    """Another name of `pullproof_session`."""
    return pullproof_session
