"""Department files made by code, and their way in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

from tests.support.city import TODAY

from zhigong.exchange import operations as exchange
from zhigong.exchange.tests.workbooks import id_number
from zhigong.exchange.types import Receipt
from zhigong.orgs import operations as orgs

SETTLEMENT = (
    *("结算流水号", "姓名", "证件号码", "就诊类型", "病种", "结算日期"),
    *("总费用", "政策范围内自付", "个人自付", "冲销流水号"),
)
INSURED = ("姓名", "证件号码", "单位名称", "统一社会信用代码", "参保状态", "缴费年月", "缴费基数")
CITY = partial(orgs.city_scope, on=TODAY)

Row = dict[str, str]


def name(serial: int) -> str:
    """A name of its own."""
    return "李" + chr(0x4E00 + serial % 5000) + chr(0x4E00 + serial * 7 % 5000)


def settlement(serial: int, **changes: str) -> Row:
    """A sound settlement of 900 yuan, 100 of them within the policy."""
    row = {
        "结算流水号": f"YB99{serial:08d}",
        "姓名": name(serial),
        "证件号码": id_number(serial),
        "就诊类型": "住院",
        "病种": "肺炎",
        "结算日期": "2026-05-06",
        "总费用": "900.00",
        "政策范围内自付": "100.00",
        "个人自付": "200.00",
        "冲销流水号": "",
    }
    return row | changes


def reversal(serial: int, of: int, **changes: str) -> Row:
    """What takes a settlement back."""
    amounts = {"总费用": "-900.00", "政策范围内自付": "-100.00", "个人自付": "-200.00"}
    who = {"姓名": name(of), "证件号码": id_number(of)}
    return settlement(serial, **amounts, **who, 冲销流水号=f"YB99{of:08d}") | changes


def insured(serial: int, **changes: str) -> Row:
    """Somebody whose contributions are paid."""
    row = {
        "姓名": name(serial),
        "证件号码": id_number(serial),
        "单位名称": "云泽江东机械有限公司",
        "统一社会信用代码": "91990103MA2100001T",
        "参保状态": "参保缴费",
        "缴费年月": "202610",
        "缴费基数": "6200.00",
    }
    return row | changes


def write(path: Path, rows: Sequence[Row], header: Sequence[str]) -> Path:
    """A CSV with these columns."""
    lines = [",".join(header), *(",".join(row.get(column, "") for column in header) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def bring(
    source: str,
    file: Path,
    *,
    as_of: date = TODAY,
    accept: str = "",
    delta: bool | None = None,
    dry_run: bool = False,
) -> Receipt:
    """The whole way of a file."""
    return exchange.ingest(
        scope=CITY,
        source=source,
        file=file,
        as_of=as_of,
        at_ms=1_790_000_000_000,
        accept=accept,
        delta=delta,
        dry_run=dry_run,
    )
