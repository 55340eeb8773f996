"""Rules cited by tests must exist."""

import pytest

from pullproof.corpus.rules import all_rules


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
