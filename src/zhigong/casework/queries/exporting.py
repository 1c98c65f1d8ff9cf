"""Rows for the marts: pseudonymous, streamed, of the actor's whole scope."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from zhigong.casework.types import OPEN_STATES, CaseState, EntitlementState
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import copy_out

_CHAIN = {"l1": pa.int32(), "l2": pa.int32(), "l3": pa.int32(), "l4": pa.int32()}
_ENTITLEMENT = {"person_id": pa.string(), **_CHAIN, "service_id": pa.string()}
_CASE = {**_ENTITLEMENT, "granted": pa.bool_(), "is_open": pa.bool_()}


def mart_entitlements(actor: Actor) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Everybody the data found and who still meets the rule or was granted: person, chain, service."""
    query = (
        "SELECT person_id, l1, l2, l3, l4, service_id FROM casework_entitlement "
        f"WHERE {actor.level_column} = %(seq)s AND NOT state = ANY (%(gone)s)"
    )
    return pa.schema(_ENTITLEMENT), copy_out(
        query,
        _ENTITLEMENT,
        {"seq": actor.seq, "gone": [EntitlementState.WITHDRAWN.value, EntitlementState.EXPIRED.value]},
    )


def mart_cases(actor: Actor) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Every case: person, chain, service, whether it was granted, whether somebody still has to act."""
    query = (
        "SELECT person_id, l1, l2, l3, l4, service_id, state = ANY (%(granted)s), state = ANY (%(open)s) "
        f"FROM casework_case WHERE {actor.level_column} = %(seq)s"
    )
    values = {
        "seq": actor.seq,
        "granted": [CaseState.GRANTED.value, CaseState.PAID.value],
        "open": [state.value for state in (*OPEN_STATES, CaseState.HEIR)],
    }
    return pa.schema(_CASE), copy_out(query, _CASE, values)
