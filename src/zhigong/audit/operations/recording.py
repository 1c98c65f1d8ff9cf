"""Recording acts. Called inside the transaction of the act itself: either both are kept or neither."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from zhigong.audit.policies import clean_detail
from zhigong.audit.types import OPENED, Detail, Outcome, Purpose, Subject, UnionChain
from zhigong.kernel.actor import Actor
from zhigong.kernel.ids import milliseconds_of, uuid7, uuid7_texts

CHUNK = 20_000

# Raw SQL: one round trip whatever the number, and no RETURNING, which would need the right to read.
_COMMON = """account_id, actor_name, post_id, duty, union_name, action, purpose, reason, subject_kind, fields, detail,
    request_id, outcome"""
_VALUES = """%(account_id)s, %(actor_name)s, %(post_id)s, %(duty)s, %(union_name)s, %(action)s, %(purpose)s, %(reason)s,
    %(subject_kind)s, %(fields)s, %(detail)s, %(request_id)s, %(outcome)s"""
_ONE = f"""INSERT INTO audit_entry (id, {_COMMON}, subject_id, count, l1, l2, l3, l4)
    SELECT %(id)s, {_VALUES}, %(subject_id)s, %(count)s, chain[1], chain[2], chain[3], chain[4]
    FROM (SELECT coalesce(%(chain)s::integer[], audit_chain_of_actor(%(level)s, %(seq)s)) AS chain) c"""
_MANY = f"""INSERT INTO audit_entry (id, {_COMMON}, subject_id, count, l1, l2, l3, l4)
    SELECT s.id, {_VALUES}, s.subject_id, s.count,
           coalesce(s.l1, own[1]), coalesce(s.l2, own[2]), coalesce(s.l3, own[3]), coalesce(s.l4, own[4])
    FROM (SELECT audit_chain_of_actor(%(level)s, %(seq)s) AS own) c,
         unnest(%(ids)s::uuid[], %(subjects)s::uuid[], %(counts)s::integer[],
                %(l1)s::integer[], %(l2)s::integer[], %(l3)s::integer[], %(l4)s::integer[])
             AS s(id, subject_id, count, l1, l2, l3, l4)"""


def record(  # noqa: PLR0913 — an act has that many sides, and each is named at the call
    by: Actor,
    *,
    action: str,
    purpose: Purpose,
    reason: str = "",
    subject_kind: str = "",
    subject_id: UUID | None = None,
    count: int = 1,
    fields: Sequence[str] = (),
    detail: Detail | None = None,
    union_chain: UnionChain | None = None,
    outcome: Outcome | str = Outcome.DONE,
) -> None:
    """Record one act, `package.thing.past_participle`.

    union_chain: of the union the act concerns; without it, of the union acted in. count: how many things it touched.
    fields: names of the fields read or changed. detail: ids, numbers and short codes, never values (else ValueError).
    reason: what the actor gave as reason beside the purpose, at most 200 characters. The database refuses an entry in
    another account's name than the scope's.
    """
    values = _common(by, action=action, purpose=purpose, reason=reason, subject_kind=subject_kind, outcome=outcome)
    values |= _what(fields, detail)
    values |= {
        "id": uuid7(),
        "subject_id": subject_id,
        "count": count,
        "chain": list(union_chain) if union_chain else None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ONE, values)


def record_opening(
    by: Actor,
    *,
    person_id: UUID,
    union_chain: UnionChain | None,
    fields: Sequence[str],
    purpose: Purpose,
    reason: str = "",
) -> None:
    """Record that personal data was opened: whose, which fields, why. The person concerned sees it."""
    record(
        by,
        action=OPENED,
        purpose=purpose,
        reason=reason,
        subject_kind="person",
        subject_id=person_id,
        fields=fields,
        union_chain=union_chain,
    )


@transaction.atomic
def record_many(  # noqa: PLR0913 — as above
    by: Actor,
    *,
    action: str,
    purpose: Purpose,
    subjects: Iterable[Subject],
    subject_kind: str = "",
    reason: str = "",
    fields: Sequence[str] = (),
    detail: Detail | None = None,
    outcome: Outcome | str = Outcome.DONE,
) -> int:
    """Record the same act on many subjects, set-based, one entry each; returns their number.

    Arguments as in `record`. Memory is bounded by a chunk of 20 000, so subjects may be a generator.
    """
    values = _common(by, action=action, purpose=purpose, reason=reason, subject_kind=subject_kind, outcome=outcome)
    values |= _what(fields, detail)
    waiting, total = iter(subjects), 0
    with connection.cursor() as cursor:
        while chunk := list(islice(waiting, CHUNK)):
            cursor.execute(_MANY, values | _arrays(chunk))
            total += len(chunk)
    return total


def record_openings(
    by: Actor, *, persons: Iterable[Subject], fields: Sequence[str], purpose: Purpose, reason: str = ""
) -> int:
    """Record the opening of many persons' data (an export, a printed list), one entry each; returns their number."""
    return record_many(
        by, action=OPENED, purpose=purpose, reason=reason, subject_kind="person", subjects=persons, fields=fields
    )


def _common(
    by: Actor, *, action: str, purpose: Purpose, reason: str, subject_kind: str, outcome: Outcome | str
) -> dict[str, Any]:
    return {
        "account_id": by.account_id,
        "actor_name": by.name[:64],
        "post_id": by.post_id,
        "duty": by.duty[:32],
        "union_name": by.union_name[:200],
        "request_id": by.request_id[:64],
        "level": by.level,
        "seq": by.seq,
        "action": action,
        "purpose": Purpose(purpose).value,
        "reason": reason.strip()[:200],
        "subject_kind": subject_kind,
        "outcome": Outcome(outcome).value,
    }


def _what(fields: Sequence[str], detail: Detail | None) -> dict[str, Any]:
    return {"fields": list(fields), "detail": json.dumps(clean_detail(detail or {}))}


def _arrays(chunk: Sequence[Subject]) -> dict[str, str]:
    """Array literals: a tenth of the time that adapting lists of objects takes."""
    chains = [subject.union_chain or (None, None, None, None) for subject in chunk]
    levels = {f"l{level}": _literal(chain[level - 1] for chain in chains) for level in (1, 2, 3, 4)}
    return levels | {
        "ids": _literal(uuid7_texts(len(chunk), at_ms=milliseconds_of(uuid7()))),
        "subjects": _literal(subject.id for subject in chunk),
        "counts": _literal(subject.count for subject in chunk),
    }


def _literal(items: Iterable[object]) -> str:
    """A PostgreSQL array literal of numbers and identifiers; None becomes NULL."""
    return "{" + ",".join("NULL" if item is None else str(item) for item in items) + "}"
