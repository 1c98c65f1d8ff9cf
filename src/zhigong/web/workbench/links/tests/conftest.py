"""One small committed city per module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.world import World


@pytest.fixture(scope="module")
def world(bed, django_db_blocker) -> Iterator[World]:
    from tests.support.world import world as made

    with made(bed, django_db_blocker) as one:
        yield one
