"""Gathers what waits for an actor from every module, the nearest deadline first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from zhigong.exchange import queries as exchange
from zhigong.exchange.types import BatchLine, BatchState
from zhigong.kernel import parameters
from zhigong.kernel.actor import Actor
from zhigong.orgs import queries as orgs
from zhigong.orgs.types import Level
from zhigong.people import queries as people
from zhigong.people.types import TransferState
from zhigong.web.navigation import url_or_none
from zhigong.web.workbench.home.cases import case_kinds
from zhigong.web.workbench.home.lines import Kind, Section, Todo
from zhigong.web.workbench.home.money import money_kinds

# Of each kind the page lists the most urgent; one kind alone shows more.
OF_EACH, OF_ONE = 8, 50
# Of union terms long over only a few stand among the rest: they are many, and last for months.
OF_TERMS_OVER = 3
# Sections of the list: name, and the largest number of days left that belongs to it.
SECTIONS = (("已超期", -1), ("今天到期", 0), ("7 天内", 7), ("30 天内", 30), ("以后", 10**6))
NO_DEADLINE = "不限期"


@dataclass(frozen=True, slots=True)
class Desk:
    """The whole home page. total: all that waits; figures: (label, value, unit, note, url, icon)."""

    kinds: tuple[Kind, ...]
    sections: tuple[Section, ...]
    chosen: str
    total: int
    overdue: int
    figures: tuple[tuple[str, int, str, str, str, str], ...]
    began: bool
    import_url: str
    can_import: bool
    can_register: bool
    audit_url: str
    longer: tuple[Kind, ...] = ()
    quiet: tuple[Kind, ...] = ()


def desk(actor: Actor, *, kind: str = "") -> Desk:
    """Everything on the home page: of what waits, only what the actor's post may act on."""
    tallies = people.tallies(actor) if "members.read" in actor.rights else None
    found = _found(actor, tallies["unverified"] if tallies else 0, kind)
    kinds = tuple(one for one, _ in found)
    chosen = kind if kind in {one.key for one in kinds} else ""
    most = OF_ONE if chosen else OF_EACH
    shown = [(one, todos) for one, todos in found if not chosen or one.key == chosen]
    listed = [todo for one, todos in shown for todo in (todos if chosen else _few(one, todos))[:most]]
    return Desk(
        kinds=kinds,
        sections=tuple(_sections(listed)),
        chosen=chosen,
        total=sum(one.count for one in kinds),
        overdue=sum(one.overdue for one in kinds),
        longer=tuple(one for one, todos in shown if todos and todos[0].days is not None and one.count > most),
        quiet=tuple(one for one in kinds if not one.count and one.key != chosen),
        figures=_figures(actor, tallies) if tallies else (),
        began=tallies is None or tallies["members"] > 0 or exchange.has_batches(actor),
        import_url=url_or_none("workbench:import-new") or "",
        can_import="members.import" in actor.rights and url_or_none("workbench:import-new") is not None,
        can_register="members.write" in actor.rights,
        audit_url=url_or_none("workbench:audit") or "",
    )


def _few(kind: Kind, todos: list[Todo]) -> list[Todo]:
    """What stands among the other kinds."""
    if kind.key != "terms":
        return todos
    over = [todo for todo in todos if todo.days is not None and todo.days < 0]
    return over[:OF_TERMS_OVER] + todos[len(over) :]


def _found(actor: Actor, unverified: int, chosen: str) -> list[tuple[Kind, list[Todo]]]:
    rights = actor.rights
    found = case_kinds(actor, chosen=chosen, most=OF_ONE if chosen else OF_EACH)
    found += money_kinds(actor)
    if "unions.write" in rights:
        found.append(_terms(actor))
    if "members.write" in rights:
        found.append(_transfers(actor))
    if not rights.isdisjoint(("members.write", "members.import")):
        found.append(_unverified(actor, unverified))
    if "members.import" in rights and url_or_none("workbench:imports"):
        found.append(_batches(actor))
    if "sources.import" in rights:
        found.append(_held(actor))
    if "links.review" in rights:
        found.append(_doubts(actor))
    return found


def _sections(todos: Iterable[Todo]) -> Iterable[Section]:
    dated = sorted((todo for todo in todos if todo.days is not None), key=_urgency)
    for index, (label, most) in enumerate(SECTIONS):
        least = SECTIONS[index - 1][1] if index else -(10**6)
        part = tuple(todo for todo in dated if todo.days is not None and least < todo.days <= most)
        if part:
            yield Section(label, part)
    undated = tuple(todo for todo in todos if todo.days is None)
    if undated:
        yield Section(NO_DEADLINE, undated)


def _urgency(todo: Todo) -> tuple[int, int, str]:
    """Nearest deadline first; of what is overdue, people who wait come before terms and lists."""
    days = todo.days or 0
    return (todo.rank if days < 0 else 0, days, todo.title)


def _terms(actor: Actor) -> tuple[Kind, list[Todo]]:
    stages = parameters.integers("term_reminder_days", on=actor.on)
    counts = orgs.term_counts(actor, on=actor.on, stages=stages)
    lines = orgs.terms_ending(actor, on=actor.on, within_days=max(stages), limit=OF_ONE) if counts else ()
    over = counts.get(-1, 0)
    note = f"{over:,} 个已超期" if over else f"{max(stages)} 天内届满"
    total, tone = sum(counts.values()), "bad" if over else ""
    kind = Kind("terms", "换届", "arrow-repeat", total, note, reverse("workbench:terms"), over, tone)
    todos = [
        Todo(
            icon="arrow-repeat",
            title=f"{line.union_name} 换届",
            detail=f"第 {line.number} 届 · {line.union_path}",
            url=f"{reverse('workbench:union', args=[line.union_id])}?tab=posts",
            due=line.ends_on,
            days=line.days_left,
        )
        for line in lines
    ]
    return kind, todos


def _transfers(actor: Actor) -> tuple[Kind, list[Todo]]:
    count = people.transfers_waiting(actor)
    waiting = TransferState.REQUESTED
    lines = people.transfers(actor, state=waiting, incoming=True, limit=OF_ONE) if count else []
    late = sum(1 for line in lines if line.due_on < actor.on)
    note = f"{late:,} 件已超期" if late else "等待我方接收"
    url = reverse("workbench:transfers")
    todos = [
        Todo(
            icon="person-plus",
            title=f"{line.name} 申请转入",
            detail=f"{line.from_union} → {line.to_union}",
            url=url,
            due=line.due_on,
            days=(line.due_on - actor.on).days,
        )
        for line in lines
    ]
    return Kind("transfers", "会员转入", "person-plus", count, note, url, late, "bad" if late else ""), todos


def _unverified(actor: Actor, count: int) -> tuple[Kind, list[Todo]]:
    url = f"{reverse('workbench:members')}?verification=0"
    todos = [
        Todo(
            "person-exclamation", f"核实 {count:,} 名会员的身份信息", "证件号码缺失或有误，名册改好后重传即可补齐", url
        )
    ]
    kind = Kind("unverified", "待核实会员", "person-exclamation", count, "证件缺失或有误", url)
    return kind, todos if count else []


WORDS = {
    BatchState.CHECKED: "已检查，等您确认导入",
    BatchState.FAILED: "没能处理",
    BatchState.RECEIVED: "正在检查",
    BatchState.PUBLISHING: "正在导入",
}


def _batches(actor: Actor) -> tuple[Kind, list[Todo]]:
    lines = [line for line in exchange.batches(actor, limit=100) if line.state in WORDS]
    mine = [line for line in lines if line.state in (BatchState.CHECKED, BatchState.FAILED)]
    failed = sum(1 for line in mine if line.state is BatchState.FAILED)
    note = f"{failed:,} 个没能处理" if failed else "等待确认或改正"
    todos = [_batch(line) for line in mine]
    url = url_or_none("workbench:imports") or ""
    tone = "bad" if failed else ""
    return Kind("imports", "名册导入", "file-earmark-spreadsheet", len(mine), note, url, 0, tone), todos


def _batch(line: BatchLine) -> Todo:
    detail = (
        f"{line.usable:,} 行可导入，{line.rejected:,} 行要改"
        if line.state is BatchState.CHECKED
        else line.error.get("what", "")
    )
    url = reverse("workbench:import-batch", args=[line.id])
    return Todo("file-earmark-spreadsheet", f"{line.file_name} {WORDS[line.state]}", detail, url)


def _held(actor: Actor) -> tuple[Kind, list[Todo]]:
    lines = exchange.held(actor)
    todos = [
        Todo(
            "shield-exclamation",
            f"{line.source_title}的新数据与上一批出入较大，请确认",
            "；".join(one.text for one in line.findings[:2]) or line.file_name,
            reverse("workbench:exchange-batch", args=[line.id]),
        )
        for line in lines
    ]
    url = reverse("workbench:exchange")
    return Kind("held", "数据待确认", "shield-exclamation", len(todos), "确认后才起作用", url), todos


def _doubts(actor: Actor) -> tuple[Kind, list[Todo]]:
    count, url = exchange.doubts_waiting(actor), reverse("workbench:links")
    todo = Todo("person-check", f"核对 {count:,} 处存疑的关联", "部门数据里的这一行，是不是库里的这个人", url)
    return Kind("doubts", "关联待核对", "person-check", count, "核对后下次刷新起作用", url), [todo] if count else []


def _figures(actor: Actor, tallies: dict[str, int]) -> tuple[tuple[str, int, str, str, str, str], ...]:
    members, url = tallies["members"], reverse("workbench:members")
    real = members - tallies["unverified"]

    def share(count: int, word: str) -> str:
        return f"{count / members:.1%} {word}" if members else ""

    people_figures = (
        ("会员", members, "人", f"女会员占 {tallies['women'] / members:.0%}" if members else "", url, "people"),
        ("实名会员", real, "人", share(real, "身份已校验"), f"{url}?verification=1", "person-check"),
    )
    if actor.level == Level.GRASSROOTS:
        return (
            *people_figures,
            ("女会员", tallies["women"], "人", "", f"{url}?sex=2", "gender-female"),
            ("农民工会员", tallies["migrants"], "人", "", f"{url}?migrant=1", "hammer"),
        )
    counts = orgs.scope_counts(actor)
    covered = f"{counts['unionised'] / counts['employers']:.0%} 已建会" if counts["employers"] else ""
    return (
        *people_figures,
        ("工会", counts["unions"], "个", "含本级", reverse("workbench:unions"), "diagram-3"),
        ("用人单位", counts["employers"], "家", covered, reverse("workbench:employers"), "buildings"),
    )
