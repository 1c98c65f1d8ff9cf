"""Who died, by the household register: the one thing of a department that the base itself has to know."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute

from zhigong.exchange.deriving.standing import Standing

pc: Any = pyarrow.compute
REGISTER = "household"
STATE, DEAD = "state", "dead"
PSEUDONYM = "s-"


def deaths(before: Standing | None, now: Standing | None, columns: frozenset[str]) -> dict[UUID, date]:
    """Persons of the base whose rows in force say that they died, of the batches that came since; the day is that of
    the file. columns: what is kept of the register."""
    if now is None or STATE not in columns:
        return {}
    old = before.versions() if before else {}
    fresh = [part for part in now.parts if old.get(part.batch) != part.version]
    covered = now.covered(part.batch for part in fresh)
    found: dict[UUID, date] = {}
    for part in fresh:
        rows = part.read(["subject_id", STATE])
        if rows.num_rows:
            rows = rows.filter(pa.array(~covered[part.batch]))
            dead = rows.filter(pc.equal(rows[STATE], DEAD))["subject_id"].drop_null().to_pylist()
            found |= {UUID(one): part.as_of for one in dead if not one.startswith(PSEUDONYM)}
    return found
