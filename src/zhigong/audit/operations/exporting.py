"""Export of the record for the stand-alone verifier."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from zhigong.audit.models import Seal
from zhigong.audit.operations.recording import record
from zhigong.audit.operations.sealing import statement_of, utc_text
from zhigong.audit.types import Purpose
from zhigong.audit.verifier import EXPORT_CONTEXT, FORM, canonical
from zhigong.kernel.actor import Actor
from zhigong.kernel.crypto import Signer

# As many as one statement reads within the web role's five seconds, several times over.
_ENTRIES_AT_A_TIME = 20_000


def export(
    by: Actor, *, now: datetime, signer: Signer, first: int | None = None, last: int | None = None
) -> Iterator[bytes]:
    """Stream seals, their entries and what still waits as JSON lines; the form stands in verifier.py.

    first, last: seal numbers; by default from the first seal whose months are all kept to the last one. Needs the right
    `audit.read` at the top of the federation (the database refuses others) and is itself recorded. Consume it inside
    the transaction that opened the scope; memory stays flat.
    """
    by.require("audit.read")
    low, high = _bounds(first, last)
    record(by, action="audit.record.exported", purpose=Purpose.AUDIT, detail={"first": low, "last": high})
    return _signed(_lines(low, high, now), signer)


def _bounds(first: int | None, last: int | None) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(last_seal), 0) + 1 FROM audit_retired")
        kept_from = int(cursor.fetchone()[0])
    highest = Seal.objects.aggregate(highest=Max("number"))["highest"] or 0
    return max(first or 1, kept_from), min(last or highest, highest)


def _signed(lines: Iterable[tuple[str, bytes]], signer: Signer) -> Iterator[bytes]:
    """Pass the lines on, then close with counts, the digest of every byte before, and a signature over it."""
    digest, counts = hashlib.sha256(), {"seal": 0, "entry": 0, "pending": 0, "header": 0}
    for kind, line in lines:
        counts[kind] += 1
        digest.update(line)
        yield line
    yield _line(
        {
            "kind": "end",
            "seals": counts["seal"],
            "entries": counts["entry"],
            "pending": counts["pending"],
            "digest": digest.hexdigest(),
            "public_key": signer.public_key.hex(),
            "signature": signer.sign(EXPORT_CONTEXT + digest.digest()).hex(),
        }
    )


def _lines(low: int, high: int, now: datetime) -> Iterator[tuple[str, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        cluster = int(cursor.fetchone()[0])
    header = {"kind": "header", "form": FORM, "first": low, "last": high, "cluster": cluster, "made_at": utc_text(now)}
    yield "header", _line(header)
    for group in _groups(Seal.objects.filter(number__range=(low, high)).order_by("number").iterator()):
        yield from _sealed(group)
    for (content,) in _rows("audit_pending", "SELECT content FROM audit_export_pending()", []):
        yield "pending", b'{"kind":"pending","row":' + content.encode() + b"}\n"


def _groups(seals: Iterable[Seal]) -> Iterator[list[Seal]]:
    """Consecutive seals with a bounded number of entries, at least one seal each."""
    group: list[Seal] = []
    for made in seals:
        if group and sum(one.count for one in group) + made.count > _ENTRIES_AT_A_TIME:
            yield group
            group = []
        group.append(made)
    if group:
        yield group


def _sealed(group: list[Seal]) -> Iterator[tuple[str, bytes]]:
    waiting = iter(group)
    told = 0
    statement = "SELECT seal, place, hash, content FROM audit_export_sealed(%s, %s)"
    for number, place, leaf, content in _rows("audit_sealed", statement, [group[0].number, group[-1].number]):
        while told < number and (made := next(waiting, None)) is not None:
            told = made.number
            yield "seal", _line({"kind": "seal", **statement_of(made)})
        head = f'{{"kind":"entry","seal":{number},"position":{place},"leaf":"{bytes(leaf).hex()}","row":'
        yield "entry", head.encode() + content.encode() + b"}\n"
    for made in waiting:
        yield "seal", _line({"kind": "seal", **statement_of(made)})


def _rows(name: str, statement: str, parameters: list[int]) -> Iterator[tuple[Any, ...]]:
    """Rows through a server-side cursor of this transaction."""
    with transaction.atomic(), connection.cursor() as ours:
        ours.execute(f"DECLARE {name} NO SCROLL CURSOR FOR {statement}", parameters)
        while True:
            ours.execute(f"FETCH 2000 FROM {name}")
            rows = ours.fetchall()
            if not rows:
                break
            yield from rows
        ours.execute(f"CLOSE {name}")


def _line(content: dict[str, Any]) -> bytes:
    return canonical(content) + b"\n"
