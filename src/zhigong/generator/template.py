"""The members' sheet 《工会会员信息采集表》 of a provincial template, as a workbook with the traps it has in life.

Always: row 1 附件四, row 2 a merged title, row 3 merged 填表单位 and 单位负责人, header in row 4, all cells text, a
visible second sheet 下拉菜单表, drop-downs far below the data, and the note 填表说明 as a merged row after the ninth
member, with members going on below it. Features:

`no-note`: without it. `header-first`: neither titles nor note. `numbers`: phones and serials as numbers. `dates`: real
date cells; `epoch-1904`: counted from 1904. `two-sheets`: half the members on a second sheet with the same head.
`sample-row`: a row 示例. `subtotal`, `signature`: last rows 合计, 制表人. `blank-rows`: before every seventh member.
`repeated-header`: in the middle. `hidden-row`, `hidden-column`: both hold real values. `extra-columns`. `aliases`:
other words in the header. `reordered`: columns. `formula-serials`: 序号 computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from zhigong.generator.files import Workbook, open_workbook
from zhigong.generator.sources.roster import CHANGES, EDUCATION_LABELS, JOB_LABELS, PARTY, REASONS, SKILLS

if TYPE_CHECKING:
    from pathlib import Path

NOTE = (
    "填表说明：1.本表由基层工会填写，一人一行；2.“证件号码”按身份证填写，末位为X的请大写；3.“出生日期”格式为yyyy/MM/dd；"
    "4.“会籍变化类型”为入会、转入、保留、转出、除名、退会；5.请勿改动表头，不够可在本说明下方继续填写。"
)
ALIASES = {
    "序号": "编号",
    "姓名": "姓 名",
    "证件号码": "身份证号码",
    "移动电话": "联系电话",
    "工作单位": "所在单位",
    "民族": "民 族",
    "学历": "文化程度",
}
_LISTS = {
    "性别": ("男", "女"),
    "就业状况": tuple(dict.fromkeys(JOB_LABELS)),
    "学历": EDUCATION_LABELS,
    "技术等级": SKILLS[1:],
    "户籍类型": ("非农业", "农业"),
    "会籍变化类型": CHANGES,
    "会籍变化原因": REASONS[1:],
    "政治面貌": PARTY,
    "是否农民工会员": ("是", "否"),
}
_LAST_ROW = 63_353
_NOTE_AFTER = 9
_SAMPLE = {
    "序号": "示例",
    "姓名": "张三",
    "性别": "男",
    "出生日期": "1985/01/01",
    "民族": "汉族",
    "证件号码": "99010219850101001X",
    "移动电话": "16000000000",
}


@dataclass(frozen=True)
class Page:
    """One union's members: cells by column, rows whose id is a number, and what is odd about the workbook."""

    union: str
    chair: str
    cells: dict[str, list[str]]
    cut: set[int]
    features: frozenset[str]

    @property
    def title(self) -> str:
        """The merged second row."""
        return f"{self.union}工会会员信息采集表"

    @property
    def signature(self) -> str:
        """The last row of some sheets."""
        return f"制表人：{self.chair}　　审核人：　　　　填表日期：2026年11月"


class _Writer:
    """Keeps the row at which the next line goes."""

    def __init__(self, book: Workbook, page: Page, name: str) -> None:
        self.book, self.page = book, page
        self.sheet = book.add_worksheet(name)
        self.text = book.add_format({"num_format": "@", "border": 1})
        self.day = book.add_format({"num_format": "yyyy/mm/dd", "border": 1})
        self.bold = book.add_format({"bold": True, "border": 1, "align": "center", "text_wrap": True})
        self.big = book.add_format({"bold": True, "font_size": 18, "align": "center"})
        self.plain = book.add_format({"text_wrap": True, "valign": "top"})
        self.names = _ordered(list(page.cells), page.features)
        self.width = len(self.names)
        self.row = 0

    def head(self) -> None:
        """Titles and header."""
        last = self.width - 1
        if "header-first" not in self.page.features:
            self.sheet.write_string(0, 0, "附件四")
            self.sheet.merge_range(1, 0, 1, last, self.page.title, self.big)
            self.sheet.merge_range(2, 0, 2, 9, f"填表单位（盖章）：{self.page.union}", self.plain)
            self.sheet.merge_range(2, 10, 2, last, f"单位负责人(签字)：{self.page.chair}", self.plain)
            self.row = 3
        self.header()
        if "sample-row" in self.page.features:
            for column, name in enumerate(self.names):
                self.sheet.write_string(self.row, column, _SAMPLE.get(name, ""), self.text)
            self.row += 1

    def header(self) -> None:
        """The row of column names."""
        aliases = ALIASES if "aliases" in self.page.features else {}
        for column, name in enumerate(self.names):
            self.sheet.write_string(self.row, column, aliases.get(name, name), self.bold)
        self.row += 1

    def member(self, place: int) -> None:
        """One member's row, and what the features put before it."""
        for column, name in enumerate(self.names):
            self._cell(
                column, name, self.page.cells[name][place] if name in self.page.cells else _extra(name, place), place
            )
        if "hidden-row" in self.page.features and place == 4:
            self.sheet.set_row(self.row, None, None, {"hidden": True})
        self.row += 1

    def _cell(self, column: int, name: str, value: str, place: int) -> None:
        features = self.page.features
        if name == "序号" and "formula-serials" in features:
            self.sheet.write_formula(self.row, column, "=ROW()-4", self.text, place + 1)
        elif name == "证件号码" and place in self.page.cut:
            self.sheet.write_number(self.row, column, float(value))
        elif "numbers" in features and name in ("序号", "移动电话") and value.isascii() and value.isdigit():
            self.sheet.write_number(self.row, column, int(value))
        elif "dates" in features and name in ("出生日期", "会籍变化日期") and _is_day(value):
            self.sheet.write_datetime(self.row, column, date.fromisoformat(value), self.day)
        else:
            self.sheet.write_string(self.row, column, value, self.text)

    def note(self) -> None:
        """The merged explanation inside the data."""
        self.sheet.merge_range(self.row, 0, self.row, self.width - 1, NOTE, self.plain)
        self.row += 1

    def foot(self, members: int) -> None:
        """Total and signature lines."""
        if "subtotal" in self.page.features:
            self.sheet.write_row(self.row, 0, ["合计", f"{members}人"])
            self.row += 1
        if "signature" in self.page.features:
            self.sheet.merge_range(self.row, 0, self.row, self.width - 1, self.page.signature, self.plain)

    def finish(self) -> None:
        """Drop-downs and widths."""
        self.sheet.set_column(0, self.width - 1, 14)
        for column, name in enumerate(self.names):
            if name in _LISTS:
                rule = {"validate": "list", "source": list(_LISTS[name]), "error_type": "information"}
                self.sheet.data_validation(4, column, _LAST_ROW, column, rule)
        if "hidden-column" in self.page.features:
            column = self.names.index("移动电话")
            self.sheet.set_column(column, column, None, None, {"hidden": True})


def _ordered(names: list[str], features: frozenset[str]) -> list[str]:
    if "extra-columns" in features:
        names = [*names[:8], "站内卡号", *names[8:], "车间班组", "备注"]
    if "reordered" in features:
        names = [names[0], names[7], names[1], *names[10:], *names[2:7], *names[8:10]]
    return names


def _extra(name: str, place: int) -> str:
    return {"站内卡号": f"YZ{place:06d}", "车间班组": ("甲班", "乙班", "丙班")[place % 3]}.get(name, "")


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def write_template(page: Page, path: Path) -> None:
    """Write the workbook."""
    book = open_workbook(path, date_1904="epoch-1904" in page.features)
    members = len(page.cells["姓名"])
    parts = [range(members)]
    if "two-sheets" in page.features:
        parts = [range(members // 2), range(members // 2, members)]
    for number, part in enumerate(parts):
        writer = _Writer(book, page, "会员信息采集表" if len(parts) == 1 else ("一车间", "二车间")[number])
        writer.head()
        for count, place in enumerate(part):
            _between(writer, count, len(part))
            writer.member(place)
        writer.foot(len(part))
        writer.finish()
    _write_lists(book)
    book.close()


def _between(writer: _Writer, count: int, total: int) -> None:
    """What stands before the member of that place."""
    features = writer.page.features
    if count == _NOTE_AFTER and "no-note" not in features and "header-first" not in features:
        writer.note()
    if "blank-rows" in features and count and count % 7 == 0:
        writer.row += 1
    if "repeated-header" in features and count == total // 2 and count:
        writer.header()


def _write_lists(book: Workbook) -> None:
    sheet = book.add_worksheet("下拉菜单表")
    for column, (name, values) in enumerate(_LISTS.items()):
        sheet.write_column(0, column, [name, *values])
