"""Pure decisions about organisations: rights of duties, parents of levels, terms."""

from __future__ import annotations

from datetime import date, timedelta

from zhigong.kernel.errors import Refused
from zhigong.orgs.types import Duty, Level

READING = frozenset({"unions.read", "members.read", "employers.read", "posts.read"})
HANDLING = frozenset({"cases.read", "cases.check", "cases.review", "cases.publish"})
DECIDING = HANDLING | {"cases.decide", "cases.objection", "payouts.release"}
KEEPING = READING | {"members.write", "members.open", "members.import", "members.export", "unions.write", "posts.write"}

RIGHTS: dict[Duty, frozenset[str]] = {
    Duty.CHAIR: KEEPING | DECIDING,
    Duty.CLERK: (KEEPING - {"posts.write"}) | HANDLING,
    Duty.DATA_OFFICER: READING
    | {"members.open", "members.import", "sources.import", "links.review", "employers.write", "members.export"},
    # Maker and checker of a payout are two persons, whatever their duties (a constraint of the payout itself).
    Duty.FINANCE: READING
    | {"members.open", "cases.read", "payouts.make", "payouts.release", "payouts.post", "budgets.write"},
    # Separate administrators (GB/T 22239 level 3): the auditor reads traces, the administrator gives posts; neither
    # opens members.
    Duty.AUDITOR: frozenset({"unions.read", "audit.read"}),
    Duty.ADMINISTRATOR: frozenset({"unions.read", "posts.read", "posts.write", "accounts.write"}),
}

SYSTEM_RIGHTS = frozenset().union(*RIGHTS.values())


def rights_of(duty: str) -> frozenset[str]:
    """Rights of a duty; an unknown duty has none (fail closed)."""
    return RIGHTS.get(Duty(duty), frozenset()) if duty in set(Duty) else frozenset()


def may_appoint(*, rights: frozenset[str], duty: Duty) -> bool:
    """Auditors and administrators are appointed by administrators only; other duties by whoever keeps posts."""
    needed = "accounts.write" if duty in (Duty.AUDITOR, Duty.ADMINISTRATOR) else "posts.write"
    return needed in rights


def check_parent(*, level: Level, parent: Level | None, name: str) -> None:
    """A union hangs below a strictly higher level; only the city has no parent. Raises Refused."""
    if parent is None:
        if level is not Level.CITY:
            raise Refused(f"「{name}」没有上级工会。", why=f"{level.label}必须隶属于上一级工会", do="填写上级工会编码")
        return
    if parent >= level:
        raise Refused(
            f"「{name}」不能隶属于这个上级工会。",
            why=f"{level.label}的上级必须比它级别高，而所选上级是{parent.label}",
            do="换一个上级工会，或更正级别",
        )


def term_end(*, starts_on: date, years: int) -> date:
    """Last day of a term of 3 or 5 years (工会法 §16; 基层工会 3 or 5 years). Raises Refused for another length."""
    if years not in (3, 5):
        raise Refused("届期只能是三年或五年。", why="《中华人民共和国工会法》第十六条", do="选择三年或五年")
    try:
        anniversary = starts_on.replace(year=starts_on.year + years)
    except ValueError:  # 29 February
        anniversary = starts_on.replace(year=starts_on.year + years, day=28)
    return anniversary - timedelta(days=1)


def reminder_stage(*, days_left: int, stages: tuple[int, ...]) -> int | None:
    """The reminder stage a term is in: the smallest stage not yet passed, -1 when overdue, None when it is too early.

    stages: days before the end, descending, e.g. (180, 90, 30, 0), a dated parameter of the catalogue.
    """
    if days_left < 0:
        return -1
    reached = [stage for stage in stages if days_left <= stage]
    return min(reached) if reached else None
