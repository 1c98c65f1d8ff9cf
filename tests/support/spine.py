"""A city small enough to read: the eleven files its departments send, and those that come later.

One chain of four unions, one works, four members. 周桂兰's family is in hardship and nobody told the union: her
husband is ill, her wage is small, her mother-in-law draws a small pension, her son is at school. 陈秀兰's family does
well. All names, numbers and places are fictional; days are counted back from today.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path

from tests.support.cast import id_number
from zhigong.kernel.credit_codes import check_character

CITY, DISTRICT, STREET, GRASSROOTS = "9901", "990103", "990103002", "99010300200001"
UNIONS = {
    CITY: "云泽市总工会",
    DISTRICT: "镜河区总工会",
    STREET: "张家桥街道总工会",
    GRASSROOTS: "清河机械厂工会委员会",
}
WORKS, WORKS_CODE = "云泽清河机械有限公司", "91990103MA2100001"
WORKS_CODE += check_character(WORKS_CODE)

POOR, RICH = "周桂兰", "陈秀兰"
NUMBERS = {
    POOR: id_number(204, born="19800314"),
    "王志强": id_number(101, born="19780902"),
    "王小宝": id_number(103, born="20120520"),
    "刘秀英": id_number(202, born="19500718"),
    RICH: id_number(206, born="19850612"),
    "李国强": id_number(105, born="19830101"),
    "李想": id_number(107, born="20150301"),
    "吴秀珍": id_number(208, born="19880808"),
    "孙建国": id_number(109, born="19790505"),
    "赵德福": id_number(111, born="19481111"),
}
PHONES = {POOR: "13800000204", RICH: "13800000206", "吴秀珍": "13800000208", "孙建国": "13800000109"}
ADDRESS = "江泽省云泽市镜河区弋河路 8 号"
ILLNESS = "慢性肾功能衰竭"
ACCOUNT = "6299010000000002048"

# What the settlement of the rich member comes to: 16 000 yuan of her own within the policy, less 1 000; half of the
# first 10 000 and 60 % of the rest.
OWN, AID = "16000.00", "8,000.00"
SERIAL = "YB9901000206"


def write_files(folder: Path, *, today: date) -> dict[str, Path]:
    """The files of this month by source, in the order in which a city takes them in."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {
        "unions": _unions(today),
        "enterprises": _enterprises(),
        "roster": _roster(),
        "social-insurance": social_insurance(today),
        "household": _household(),
        "housing": housing(),
        "tax": _tax(today),
        "low-income": low_income(),
        "medical-settlement": _settlements(today),
        "work-injury": _injuries(today),
        "school": _school(today),
    }
    return {source: write(folder / f"{source}.csv", rows) for source, rows in tables.items()}


def write_settlement(folder: Path, *, today: date) -> Path:
    """A later file of the medical insurance: 陈秀兰 was in hospital."""
    row = _settlement(SERIAL, RICH, "肺炎", _this_year(today, 9), total="58000.00", policy=OWN, own="21000.00")
    return write(folder / "医保结算-新到.csv", [row])


def write_reversal(folder: Path, *, today: date) -> Path:
    """And one later still: the hospital takes that settlement back."""
    row = _settlement(
        f"{SERIAL}C", RICH, "肺炎", _this_year(today, 2), total="-58000.00", policy=f"-{OWN}", own="-21000.00"
    )
    return write(folder / "医保结算-冲销.csv", [row | {"冲销流水号": SERIAL}])


def _unions(today: date) -> list[dict[str, str]]:
    levels = {CITY: "市总", DISTRICT: "区县总", STREET: "街道", GRASSROOTS: "基层"}
    above = {CITY: "", DISTRICT: CITY, STREET: DISTRICT, GRASSROOTS: STREET}
    return [
        {
            "工会编码": code, "工会名称": name, "上级工会编码": above[code], "级别": levels[code],
            "类型": "独立" if code == GRASSROOTS else "总工会",
            "行政区划代码": "990100" if code == CITY else "990103", "成立日期": "2003-07-01",
            "届满日期": f"{today.year + 2}-07-01", "覆盖单位信用代码": WORKS_CODE if code == GRASSROOTS else "",
        }
        for code, name in UNIONS.items()
    ]  # fmt: skip


def _enterprises() -> list[dict[str, str]]:
    return [
        {
            "统一社会信用代码": WORKS_CODE, "单位名称": WORKS, "行业代码": "3421",
            "登记注册类型": "159其他有限责任公司", "行政区划代码": "990103", "地址": ADDRESS, "登记状态": "存续",
            "成立日期": "2003-03-05",
        }
    ]  # fmt: skip


def _roster() -> list[dict[str, str]]:
    return [
        {
            "工会编码": GRASSROOTS, "序号": str(place), "姓名": name, "民族": "汉族", "就业状况": "在岗",
            "有效证件类别": "居民身份证", "证件号码": NUMBERS[name], "学历": "高中", "移动电话": PHONES[name],
            "户籍类型": "非农业", "户籍所在地": "江泽省云泽市", "会籍变化类型": "入会", "会籍变化日期": "2015-03-01",
            "工作单位": WORKS, "是否农民工会员": "否",
        }
        for place, name in enumerate((POOR, RICH, "吴秀珍", "孙建国"), 1)
    ]  # fmt: skip


def social_insurance(today: date) -> list[dict[str, str]]:
    """Who is insured, and on what wage."""
    wages = {POOR: "3200.00", RICH: "16000.00", "李国强": "21000.00", "吴秀珍": "7800.00", "孙建国": "8600.00"}
    last = f"{today.replace(day=1) - timedelta(days=1):%Y%m}"
    rows = [_insured(name, "参保缴费", last, base) for name, base in wages.items()]
    return [*rows, _insured("刘秀英", "退休", last, "1200.00") | {"单位名称": "", "统一社会信用代码": ""}]


def _insured(name: str, state: str, month: str, base: str) -> dict[str, str]:
    return {
        "姓名": name, "证件号码": NUMBERS[name], "单位名称": WORKS, "统一社会信用代码": WORKS_CODE, "参保状态": state,
        "缴费年月": month, "缴费基数": base,
    }  # fmt: skip


def _household() -> list[dict[str, str]]:
    families: Mapping[str, Mapping[str, str]] = {
        "9901030000001": {"王志强": "户主", POOR: "妻", "王小宝": "长子", "刘秀英": "母亲"},
        "9901030000002": {"李国强": "户主", RICH: "妻", "李想": "长子"},
        "9901030000003": {"吴秀珍": "户主"},
        "9901030000004": {"孙建国": "户主"},
        "9901030000005": {"赵德福": "户主"},
    }
    return [
        {
            "户号": number, "姓名": name, "证件号码": NUMBERS[name], "与户主关系": relation, "户籍地址": ADDRESS,
            "人员状态": "正常",
        }
        for number, family in families.items() for name, relation in family.items()
    ]  # fmt: skip


def housing() -> list[dict[str, str]]:
    """Who owns homes."""
    homes = {"王志强": "1", RICH: "1", "李国强": "1", "吴秀珍": "1", "孙建国": "1"}
    return [
        {"姓名": name, "证件号码": NUMBERS[name], "房屋套数": count, "保障类型": ""} for name, count in homes.items()
    ]


def _tax(today: date) -> list[dict[str, str]]:
    """The quarter before this one; the works pays its union fund."""
    year, quarter = (today.year, (today.month - 1) // 3) if today.month > 3 else (today.year - 1, 4)
    return [
        {
            "统一社会信用代码": WORKS_CODE, "纳税人名称": WORKS, "所属期": f"{year}Q{quarter}", "从业人数": "85",
            "工资总额": "2100000.00", "营业收入": "9100000.00", "利润总额": "310000.00", "工会经费": "42000.00",
        }
    ]  # fmt: skip


def low_income() -> list[dict[str, str]]:
    """Who draws relief: nobody of the union."""
    number = NUMBERS["赵德福"]
    return [
        {
            "姓名": "赵德福", "证件号码": number, "户主证件号码": number, "保障类别": "特困", "月保障金额": "1380.00",
            "起始年月": "2023-05",
        }
    ]  # fmt: skip


def _settlements(today: date) -> list[dict[str, str]]:
    day = _this_year(today, 40)
    return [
        _settlement("YB9901000101", "王志强", ILLNESS, day, total="86000.00", policy="14000.00", own="26000.00"),
        _settlement(
            "YB9901000208", "吴秀珍", "牙髓炎", day, total="600.00", policy="180.00", own="240.00", visit="门诊"
        ),
    ]


def _settlement(
    serial: str, name: str, disease: str, day: date, *, total: str, policy: str, own: str, visit: str = "住院"
) -> dict[str, str]:
    return {
        "结算流水号": serial, "姓名": name, "证件号码": NUMBERS[name], "就诊类型": visit, "病种": disease,
        "结算日期": str(day), "总费用": total, "政策范围内自付": policy, "个人自付": own, "冲销流水号": "",
    }  # fmt: skip


def _injuries(today: date) -> list[dict[str, str]]:
    return [
        {
            "认定书编号": f"云泽人社工认〔{today.year}〕00001号", "姓名": "孙建国", "证件号码": NUMBERS["孙建国"],
            "单位名称": WORKS, "统一社会信用代码": WORKS_CODE, "部门": "生产一部", "工种": "钳工",
            "事故日期": str(today - timedelta(days=200)), "伤害程度": "轻伤",
        }
    ]  # fmt: skip


def _school(today: date) -> list[dict[str, str]]:
    first = today.year if today.month >= 9 else today.year - 1
    pupils = {
        "王小宝": ("王志强", "云泽市第三中学", "初中", "0.00"),
        "李想": ("李国强", "云泽市第一小学", "小学", "0.00"),
    }
    return [
        {
            "学生姓名": name, "学生证件号码": NUMBERS[name], "监护人证件号码": NUMBERS[guardian], "学校": school,
            "学段": stage, "学费": fee, "学年": f"{first}-{first + 1}",
        }
        for name, (guardian, school, stage, fee) in pupils.items()
    ]  # fmt: skip


def _this_year(today: date, days: int) -> date:
    """So many days ago, but of this year: expenses are counted by calendar years."""
    return max(today - timedelta(days=days), today.replace(month=1, day=1))


def write(target: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """A department's file of these rows."""
    given = list(rows)
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(given[0]))
        writer.writeheader()
        writer.writerows(given)
    return target
