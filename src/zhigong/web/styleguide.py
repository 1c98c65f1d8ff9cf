"""Every component on one page, with made-up content: to look at, and for the screenshot test. Demo mode only."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from zhigong.kernel.errors import Refused
from zhigong.web.components import Column, Pager, heads
from zhigong.web.signin.forms import OpeningForm

COLUMNS = (
    Column("姓名", "name"),
    Column("所属工会", "union"),
    Column("手机"),
    Column("会籍"),
    Column("入会日期", "joined"),
    Column("本年普惠（元）", "benefit", numeric=True),
)
ROWS = (
    ("陈秀兰", "清河机械厂工会", "138****2047", "good", "在册", "2019-04-12", "1,260"),
    ("买买提·吐尔逊", "城东快递行业联合工会", "159****8813", "info", "转入中", "2026-11-02", "0"),
    ("欧阳志强", "平江街道第三建筑公司工会", "136****0091", "warn", "待核实", "2024-09-30", "480"),
    ("李䶮", "市第二人民医院工会", "187****5526", "", "保留", "2011-06-01", "12,040"),
)


def page(request: HttpRequest) -> HttpResponse:
    """The page; ?frame=member shows the same in the members' frame."""
    if not settings.DEMO:
        raise Http404
    frame = "member/base.html" if request.GET.get("frame") == "member" else "workbench/base.html"
    context = {
        "frame": frame,
        "columns": heads(COLUMNS, request.GET, default="-joined"),
        "rows": ROWS,
        "pager": Pager("第 1–4 人，共 42 000 人", next_url="?page=2"),
        "form": OpeningForm({"username": "chen", "code": "K7QM", "password": "", "again": ""}),
        "refused": Refused(
            "第 14 行的证件号码不对。",
            where="名册.xlsx，第 14 行，证件号码",
            why="校验码应为 X",
            do="请核对身份证后改正。",
        ),
        "tabs": [("会员", "?", 42), ("用人单位", "?tab=2", 3), ("届次", "?tab=3", None)],
        "crumbs": [("工会组织", "?"), ("城东区总工会", "?"), ("样式一览", "")],
        "steps": ["上传", "认列", "核对", "导入", "取回"],
    }
    return render(request, "styleguide/page.html", context)
