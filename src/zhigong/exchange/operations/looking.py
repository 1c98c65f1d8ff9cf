"""Looking at a doubtful pair: recorded, because it shows somebody's data, and opened for a stated purpose only."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.exchange import queries
from zhigong.exchange.queries.sides import of_base
from zhigong.exchange.types import DoubtPair
from zhigong.kernel.actor import Actor
from zhigong.people import operations as people

LOOKED_AT = ("name", "sex", "birth_date", "employer_name")


@transaction.atomic
def view_doubt(*, by: Actor, source: str, token: str, person_id: UUID, within_source: bool = False) -> DoubtPair:
    """One pair, numbers masked; that it was looked at is recorded and shown to the person. Raises NotFound."""
    pair = queries.doubt(by, source, token, person_id, within_source=within_source)
    chain = of_base([person_id])[person_id].chain
    audit.record_opening(by, person_id=person_id, union_chain=chain, fields=LOOKED_AT, purpose=Purpose.CHECKING)
    return pair


@transaction.atomic
def open_doubt(  # noqa: PLR0913 - keyword-only: each is named at the call
    *,
    by: Actor,
    source: str,
    token: str,
    person_id: UUID,
    purpose: Purpose,
    now: datetime,
    within_source: bool = False,
) -> DoubtPair:
    """One pair with both numbers open, for a stated purpose; recorded and shown to the person."""
    pair = queries.doubt(by, source, token, person_id, within_source=within_source)
    known = people.open_fields(by=by, person_id=person_id, fields=("id_number",), purpose=purpose, now=now)
    written = queries.written_number(by, source, token, person_id)
    return replace(pair, file=replace(pair.file, number=written), base=replace(pair.base, number=known["id_number"]))
