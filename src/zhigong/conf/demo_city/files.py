"""The files of the city through the same door as any department's, and one more that comes later: reversals."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from zhigong.exchange import operations as exchange
from zhigong.kernel.clock import now
from zhigong.orgs import operations as orgs

SOURCES = (
    "unions", "enterprises", "roster", "social-insurance", "household", "housing", "tax", "low-income",
    "medical-settlement", "work-injury", "school",
)  # fmt: skip
SETTLEMENTS = "medical-settlement"
REVERSED = 3
LEAST_REVERSED = Decimal(1500)
_SERIAL, _NAME, _NUMBER, _DAY, _REVERSES = "结算流水号", "姓名", "证件号码", "结算日期", "冲销流水号"
_AMOUNTS = ("总费用", "政策范围内自付", "个人自付")


def of_city(folder: Path, source: str) -> Path:
    """The file of a source in a generated city."""
    return next(path for path in sorted(folder.glob(f"{source}.*")))


def ingest(source: str, file: Path, *, day: date, tell: Callable[[str], None]) -> None:
    """Bring one file in; the same file again does nothing."""
    begun = time.monotonic()
    receipt = exchange.ingest(
        scope=partial(orgs.city_scope, on=day),
        source=source,
        file=file,
        as_of=day,
        at_ms=int(now().timestamp() * 1000),
    )
    told = f"待核实 {receipt.unverified}，退回 {receipt.rejected}"
    tell(f"  {file.name}：{receipt.rows} 行，{told}（{time.monotonic() - begun:.1f} 秒）")


def write_reversals(folder: Path, holders: Collection[str], *, day: date) -> Path | None:
    """A file of the medical insurance that takes back some settlements of persons already paid; None without any.

    holders: names of those paid. The same city and holders give the same file.
    """
    rows = list(_reversals(of_city(folder, SETTLEMENTS), holders, day=day))
    if not rows:
        return None
    target = folder / "later" / f"{SETTLEMENTS}-reversals.csv"
    target.parent.mkdir(exist_ok=True)
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return target


def _reversals(file: Path, holders: Collection[str], *, day: date) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    names = Counter(row[_NAME] for row in rows if row[_DAY].startswith(str(day.year)))
    taken = {row[_REVERSES] for row in rows if row[_REVERSES]}
    wanted = [
        row
        for row in rows
        if row[_NAME] in holders and names[row[_NAME]] == 1 and row[_SERIAL] not in taken and _is_large(row, day)
    ]
    for row in sorted(wanted, key=lambda row: row[_SERIAL])[:REVERSED]:
        changes = {name: f"-{row[name]}" for name in _AMOUNTS}
        changes |= {_SERIAL: f"{row[_SERIAL]}C", _DAY: str(day - timedelta(days=1)), _REVERSES: row[_SERIAL]}
        yield row | changes


def _is_large(row: dict[str, str], day: date) -> bool:
    sound = row[_DAY].startswith(f"{day.year}-") and row[_NUMBER].strip().startswith("99")
    try:
        return sound and Decimal(row[_AMOUNTS[1]]) > LEAST_REVERSED and Decimal(row[_AMOUNTS[0]]) > 0
    except ArithmeticError:
        return False
