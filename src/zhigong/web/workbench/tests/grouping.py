"""Keeps tests marked with xdist_group in one worker where pytest-xdist no longer manages to.

pytest 9.2 holds a structured node id, and pytest-xdist 3.8 still writes its group into the field of before: under
`--dist loadgroup` grouped tests are scattered without a word (https://github.com/pytest-dev/pytest-xdist/issues/1386).
A conftest imports the hook by its name. With releases that agree it changes nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.nodes import coerce_node_id

_OURS = Path(__file__).parents[1]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Write the group of each of the workbench's tests to where the scheduler reads it; only in workers."""
    if not config.getoption("loadgroup", default=False):
        return
    for item in items:
        groups = sorted({str(mark.args[0]) for mark in item.iter_markers("xdist_group")})
        mark = f"@{'_'.join(groups)}"
        if groups and item.path.is_relative_to(_OURS) and not item.nodeid.endswith(mark):
            item._id = coerce_node_id(item.nodeid + mark)
