"""Sealing: a signed Merkle root over every entry that is final, chained to the last one and told to a witness."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from zhigong.audit.models import Seal
from zhigong.audit.queries import line_of
from zhigong.audit.types import SealLine
from zhigong.audit.verifier import FORM, SEAL_CONTEXT, MerkleTree, read_witness, seal_root
from zhigong.kernel.crypto import Signer
from zhigong.kernel.errors import Conflict

MOST = 50_000
_HASH_BYTES = 32
_COLLECTED = ("number", "cluster", "from_tx", "to_tx", "count", "first_at", "last_at", "previous", "leaves")
_WITNESSED = ("number", "root", "previous", "count", "sealed_at", "public_key", "signature")


def seal(*, now: datetime, signer: Signer, most: int = MOST) -> SealLine | None:
    """Seal what is final, at most `most` entries; None when nothing waits. For the job role, outside any transaction.

    Final are entries whose transactions ended before every one still running (docs/adr/0005-audit-sealing.md): a long
    import delays the seal of what was written meanwhile, it never lets an entry escape.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM audit_collect(%s)", [most])
        row = cursor.fetchone()
        if row is None:
            return None
        batch = dict(zip(_COLLECTED, row, strict=True))
        made = _sign(batch, now=now, signer=signer)
        made.save(force_insert=True)
    return line_of(made)


def _sign(batch: dict[str, Any], *, now: datetime, signer: Signer) -> Seal:
    leaves, tree = bytes(batch.pop("leaves")), MerkleTree()
    for start in range(0, len(leaves), _HASH_BYTES):
        tree.add(leaves[start : start + _HASH_BYTES])
    made = Seal(
        **batch,
        merkle=tree.root(),
        sealed_at=now,
        public_key=signer.public_key,
        key_id=signer.key_id,
        root=b"",
        signature=b"",
    )
    made.root = seal_root(statement_of(made))
    made.signature = signer.sign(SEAL_CONTEXT + made.root)
    return made


def statement_of(made: Seal) -> dict[str, Any]:
    """A seal as the export and the root know it; bytes as hexadecimal text, times in UTC to the microsecond."""
    return {
        "form": FORM,
        "number": made.number,
        "cluster": made.cluster,
        "from_tx": made.from_tx,
        "to_tx": made.to_tx,
        "count": made.count,
        "first_at": utc_text(made.first_at),
        "last_at": utc_text(made.last_at),
        "merkle": bytes(made.merkle).hex(),
        "previous": bytes(made.previous).hex(),
        "public_key": bytes(made.public_key).hex(),
        "sealed_at": utc_text(made.sealed_at),
        "root": bytes(made.root).hex(),
        "signature": bytes(made.signature).hex(),
    }


def utc_text(moment: datetime) -> str:
    """The one way a time is written into seals and exports."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def publish(*, directory: Path) -> int:
    """Append every root that the witness files do not hold yet, one line each, a file a month; returns the lines added.

    Called after the seal is committed; what a crash in between left out follows next time. The directory belongs on
    another machine, with a higher union, or on paper. Raises Conflict when the witness holds another root than the
    database for its last seal: then one of them was rewritten.
    """
    directory.mkdir(parents=True, exist_ok=True)
    kept = read_witness(sorted(directory.glob("*.txt")))
    last = max(kept, default=0)
    if last:
        _compare(last, kept[last])
    lines: dict[Path, list[str]] = {}
    for made in Seal.objects.filter(number__gt=last).order_by("number").iterator():
        told = statement_of(made)
        file = directory / f"roots-{told['sealed_at'][:7]}.txt"
        lines.setdefault(file, []).append(" ".join(str(told[name]) for name in _WITNESSED) + "\n")
    for file, added in lines.items():
        _append(file, added)
    return sum(len(added) for added in lines.values())


def _compare(number: int, root: str) -> None:
    stored = Seal.objects.filter(number=number).first()
    if stored is None or bytes(stored.root).hex() != root:
        raise Conflict(
            "审计封存与见证不一致。",
            where=f"第 {number} 号封存",
            why="数据库中的根与见证文件留存的根不同，其中一方被改动过",
            do="保留现场，停止查阅个人资料，导出审计记录并用核对程序逐条核对。",
        )


def _append(file: Path, lines: list[str]) -> None:
    with file.open("a", encoding="utf-8") as stream:
        stream.writelines(lines)
        stream.flush()
        os.fsync(stream.fileno())
