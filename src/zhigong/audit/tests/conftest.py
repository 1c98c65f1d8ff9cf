"""A database of the module's own, because seals and other connections see committed rows only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.bed import Bed

    from zhigong.audit.tests.staging import Stage
    from zhigong.kernel.crypto import Signer


@pytest.fixture(scope="module")
def stage(bed: Bed, django_db_blocker, worker_id: str, request) -> Iterator[Stage]:
    from zhigong.audit.tests.staging import Stage

    database = bed.clone(f"audit_{worker_id}_{request.module.__name__.rpartition('.')[2]}")
    with django_db_blocker.unblock(), database.lent_to_django():
        yield Stage(database)
    database.drop()


@pytest.fixture(scope="session")
def signer() -> Signer:
    from zhigong.kernel.vault import vault

    return vault().signer("audit")
