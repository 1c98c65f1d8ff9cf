"""To-dos on cases: steps to act on, objections to answer, heirs to name, bad marks to follow up, yearly re-checks."""

from __future__ import annotations

from django.urls import reverse

from zhigong.casework import queries as casework
from zhigong.casework.types import TodoKind, TodoLine
from zhigong.kernel.actor import Actor
from zhigong.web.workbench.home.lines import Kind, Todo

HANDLING = ("cases.check", "cases.review", "cases.publish", "cases.decide", "cases.objection")
# kind -> name of the chip, icon, what is said when nothing is overdue. Steps always have a chip, others when some wait.
KINDS = {
    TodoKind.STEP: ("办件", "folder2-open", "等您办理"),
    TodoKind.OBJECTION: ("复核异议", "chat-square-quote", "等您答复"),
    TodoKind.HEIR: ("确认继承人", "person-vcard", "确认后才能发放"),
    TodoKind.FOLLOW_UP: ("差评回访", "telephone", "给了一星或两星"),
    TodoKind.RECHECK: ("年度复核", "arrow-clockwise", "每年复核一次"),
}


def case_kinds(actor: Actor, *, chosen: str, most: int) -> list[tuple[Kind, list[Todo]]]:
    """The kinds of to-dos on cases with their counts, and the most urgent of each, or of the chosen one alone."""
    if actor.rights.isdisjoint(HANDLING):
        return []
    tallies = casework.todo_tallies(actor)
    found = []
    for kind, (label, icon, note) in KINDS.items():
        count, late = tallies.get(kind, (0, 0))
        if not count and kind is not TodoKind.STEP:
            continue
        key = f"case-{kind.value}"
        wanted = count and chosen in ("", key)
        lines = casework.todos(actor, kind=kind, limit=most) if wanted else ()
        said = f"{late:,} 件已超期" if late else note
        url = f"{reverse('workbench:cases-mine')}?kind={kind.value}"
        chip = Kind(key, label, icon, count, said, url, late, "bad" if late else "")
        found.append((chip, [_todo(line, icon) for line in lines]))
    return found


def _todo(line: TodoLine, icon: str) -> Todo:
    handed = "下级超期提交 · " if line.escalated else ""
    return Todo(
        icon=icon,
        title=f"{line.person_name} · {line.title}",
        detail=f"{handed}{line.what} · {line.union_name} · {line.number}",
        url=reverse("workbench:case", args=[line.case_id]),
        due=line.due_on,
        days=line.days_left,
        rank=0,
    )
