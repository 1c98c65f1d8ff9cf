"""The cards of the demo's front door: data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """One card: the account it signs in, what the role is called, what she does all day, an icon."""

    username: str
    title: str
    text: str
    icon: str


CADRES = (
    Role("demo-city", "市总工会干部", "全市工会、会员和数据一览", "building"),
    Role("demo-district", "区县总工会干部", "本区县的工会与会员", "buildings"),
    Role("demo-street", "乡镇街道工会干部", "辖区单位建会、入会与走访", "signpost-split"),
    Role("demo-grassroots", "基层工会主席", "导入名册，办理会员事务", "person-workspace"),
    Role("demo-data", "数据专员", "部门数据入库、核对与比对", "database-check"),
    Role("demo-finance", "财务", "经费、发放与对账", "cash-coin"),
    Role("demo-auditor", "审计", "查阅记录与核验", "shield-check"),
)
MEMBERS = (
    Role("demo-member", "会员", "手机上的工会：会员码、服务、办件", "person"),
    Role("demo-hardship", "困难职工", "数据找到的帮扶，不用再跑腿", "heart"),
    Role("demo-courier", "快递员", "还没有工会，一分钟入会", "bicycle"),
)
USERNAMES = frozenset(role.username for role in (*CADRES, *MEMBERS))
