"""The member sheet as a company sends it: titles, merged cells, header in row 4, a notes block among the rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

HEADER = [
    "序号",
    "姓名",
    "性别",
    "出生日期",
    "民族",
    "就业状况",
    "有效证件类别",
    "证件号码",
    "学历",
    "技术等级",
    "移动电话",
    "户籍类型",
    "户籍所在地",
    "会籍变化类型",
    "会籍变化日期",
    "会籍变化原因",
    "政治面貌",
    "工作单位",
    "籍贯",
    "是否农民工会员",
]


def member(serial: int, name: str, number: str, **fields: Any) -> dict[str, Any]:
    """One row of the sheet by header; fields override."""
    return {
        "序号": str(serial),
        "姓名": name,
        "性别": "女",
        "出生日期": "1985/06/12",
        "民族": "汉族",
        "就业状况": "在岗",
        "有效证件类别": "居民身份证",
        "证件号码": number,
        "学历": "大专",
        "技术等级": "中级",
        "移动电话": f"139{serial:08d}",
        "户籍类型": "非农业",
        "户籍所在地": "云泽市",
        "会籍变化类型": "入会",
        "会籍变化日期": "2024/01/01",
        "会籍变化原因": "",
        "政治面貌": "群众",
        "工作单位": "清河机械厂",
        "籍贯": "云泽",
        "是否农民工会员": "否",
    } | fields


def write_roster(path: Path, rows: Sequence[dict[str, Any]], *, notes_after: int = 2) -> Path:
    """Write the sheet as cadres have it."""
    book = Workbook()
    sheet = book.active
    sheet.title = "会员信息采集表"
    sheet.append(["附件四"])
    sheet.append(["工会会员信息采集表"])
    sheet.merge_cells("A2:T2")
    sheet.append(["填表单位（盖章）：清河机械厂工会", *[None] * 9, "单位负责人（签字）："])
    sheet.append(HEADER)
    for place, row in enumerate(rows):
        if place == notes_after:
            sheet.append(["填表说明：1.证件号码请填写18位；2.出生日期按年/月/日填写。"])
            sheet.merge_cells(start_row=sheet.max_row, start_column=1, end_row=sheet.max_row, end_column=20)
        sheet.append([row[name] for name in HEADER])
        for cell in sheet[sheet.max_row]:
            cell.number_format = "@"
    menu = book.create_sheet("下拉菜单表")
    menu.append(["性别", "民族"])
    menu.append(["男", "汉族"])
    book.save(path)
    return path
