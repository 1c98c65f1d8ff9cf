"""Rows of awards without application: who has something due, and the rows that a grant or a recovery writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from zhigong.casework.judging import label_of_grade, plain, reason_rows
from zhigong.casework.models import Award, Case, Decision, Event, Notice
from zhigong.casework.policies import award_key, canonical, content_hash
from zhigong.casework.sealing import seal
from zhigong.casework.types import CaseOrigin, CaseState
from zhigong.catalogue.types import Service
from zhigong.facts import queries as facts
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.ids import uuid7
from zhigong.kernel.money import format_yuan
from zhigong.rules import operations as rules

AUTOMATIC = "系统（免申即享）"


@dataclass(frozen=True)
class Run:
    """One run over a service: who runs it, the frozen version, the day of the facts, the day promised."""

    by: Actor
    service: Service
    version: str
    day: date
    promise: date


@dataclass(frozen=True)
class Due:
    """One person with something due: her row of facts, her standing, and the awards before this one.

    provenance: source and date by group of facts. total: fen awarded this year before.
    """

    person_id: UUID
    facts: Mapping[str, Any]
    amount: int
    recover: int
    name: str
    union_id: UUID
    union_name: str
    union_path: str
    chain: tuple[int, int, int, int]
    dead: bool
    ordinal: int
    total: int
    last_case: UUID | None
    provenance: Mapping[str, tuple[str, date]]

    @property
    def columns(self) -> dict[str, Any]:
        """The scoped columns of her rows."""
        chain = dict(zip(("l1", "l2", "l3", "l4"), self.chain, strict=True))
        return {"person_id": self.person_id, "union_id": self.union_id, **chain}


_PERSONS = """
SELECT p.id, p.name, p.union_id, u.name, u.path_names, p.l1, p.l2, p.l3, p.l4, p.deceased_on IS NOT NULL,
       coalesce(a.ordinal, 0), coalesce(a.total_fen, 0), a.case_id
FROM people_person p JOIN orgs_union u ON u.id = p.union_id
LEFT JOIN LATERAL (
    SELECT ordinal, total_fen, case_id FROM casework_award w
    WHERE w.person_id = p.id AND w.service_id = %(service)s AND w.period = %(period)s
    ORDER BY ordinal DESC LIMIT 1) a ON true
WHERE p.id = ANY (%(ids)s) ORDER BY p.id
"""
_PROVENANCE = """
SELECT person_id, fact_group, source, as_of FROM facts_current
WHERE person_id = ANY (%(ids)s) AND fact_group = ANY (%(groups)s)
"""


def due_persons(run: Run, rows: list[dict[str, Any]]) -> list[Due]:
    """The persons of these screened rows as they stand now; those no longer in the base are left out."""
    by_id = {UUID(row["person_id"]): row for row in rows}
    values = {"ids": list(by_id), "service": run.service.id, "period": run.day.year}
    known = facts.vocabulary()
    groups = sorted({known[name].group for name in run.service.rule.facts})
    sources: dict[UUID, dict[str, tuple[str, date]]] = {}
    for person, group, source, as_of in fetch(_PROVENANCE, values | {"groups": groups}):
        sources.setdefault(person, {})[group] = (source, as_of)
    return [_due(run, row, by_id[row[0]], sources.get(row[0], {})) for row in fetch(_PERSONS, values)]


def _due(
    run: Run, row: tuple[Any, ...], screened: Mapping[str, Any], provenance: Mapping[str, tuple[str, date]]
) -> Due:
    id_, name, union_id, union_name, path, l1, l2, l3, l4, dead, ordinal, total, last = row
    return Due(
        person_id=id_,
        facts={fact: screened[fact] for fact in run.service.rule.facts},
        amount=screened["amount"] or 0,
        recover=screened["recover"] or 0,
        name=name,
        union_id=union_id,
        union_name=union_name,
        union_path=path,
        chain=(l1, l2, l3, l4),
        dead=dead,
        ordinal=ordinal,
        total=total,
        last_case=last,
        provenance=provenance,
    )


def case_row(run: Run, one: Due, fen: int, *, number: int) -> Case:
    """The case of a grant: decided the day it is made, or waiting for an heir."""
    content = _content(run, one, fen)
    return Case(
        id=uuid7(),
        **one.columns,
        number=f"{run.by.on.year}{number:08d}",
        service_id=run.service.id,
        service_version=run.version,
        title=run.service.title,
        person_name=one.name,
        union_name=one.union_name,
        union_path=one.union_path,
        origin=CaseOrigin.AUTOMATIC,
        state=CaseState.HEIR if one.dead else CaseState.GRANTED,
        content=content,
        content_hash=content_hash(content),
        amount_fen=fen,
        submitted_on=run.by.on,
        promised_on=run.promise,
        closed_on=None if one.dead else run.by.on,
        key=f"award:{key_of(run, one, one.total + fen)}",
    )


def key_of(run: Run, one: Due, total: int) -> str:
    """The key of the next award of a person."""
    return award_key(
        service_id=run.service.id, person_id=one.person_id, period=run.day.year, ordinal=one.ordinal + 1, total=total
    )


def _content(run: Run, one: Due, fen: int) -> dict[str, Any]:
    """What is frozen: the facts the rule was applied to, with their sources, and what came of it."""
    words, groups = facts.vocabulary(), facts.groups()
    kept = {}
    for name, value in sorted(one.facts.items()):
        if value is None:
            continue
        group = words[name].group
        source, as_of = one.provenance.get(group, (group, run.day))
        titles = groups[group].sources
        kept[name] = {
            "value": plain(value),
            "label": words[name].label,
            "shown": facts.shown(name, value),
            "source": source,
            "source_title": "、".join(titles.get(part, groups[group].title) for part in source.split("+")),
            "as_of": as_of.isoformat(),
            "declared": False,
        }
    content = {
        "person": str(one.person_id),
        "service": run.service.id,
        "version": run.version,
        "on": run.by.on.isoformat(),
        "facts": kept,
        "answers": {},
        "verdict": True,
        "grade": None,
        "amount": fen,
    }
    frozen: dict[str, Any] = json.loads(canonical(content))
    return frozen


def decision_row(run: Run, one: Due, case: Case) -> Decision:
    """The decision of the rule itself, with its reasons, signed like any other."""
    service, on = run.service, run.by.on
    said = rules.decide(
        service.rule, facts=one.facts, parameters=service.parameters(run.day), presume=service.screening.presume
    )
    values: dict[str, Any] = {
        "ordinal": 1,
        "granted": True,
        "grade": said.grade or "",
        "grade_label": label_of_grade(service, said.grade),
        "amount_fen": case.amount_fen,
        "reasons": reason_rows(said.reasons),
        "note": "",
        "decided_name": AUTOMATIC,
        "decided_by": None,
    }
    text, signature, key_id = seal(case, on, values)
    return Decision(
        id=uuid7(),
        case_id=case.id,
        **one.columns,
        **values,
        automatic=True,
        level=1,
        decided_on=on,
        signed=text,
        signature=signature,
        key_id=key_id,
    )


def event_row(run: Run, one: Due, fen: int, case_id: UUID, *, text: str = "") -> Event:
    """The line of the timeline: granted (fen above zero), or recovered."""
    title = f"已为您发放 {format_yuan(fen)}" if fen > 0 else f"收回 {format_yuan(-fen)}"
    if fen > 0 and one.dead:
        title = f"应发 {format_yuan(fen)}，等待确认继承人"
    days = run.service.route.objection.days
    said = text or f"{run.service.screening.found_text}如有不同意见，可在 {days} 天内提出异议，由人工复核。"
    return Event(
        id=uuid7(),
        case_id=case_id,
        **one.columns,
        on=run.by.on,
        kind="awarded" if fen > 0 else "recovered",
        title=title,
        text=said[:600],
        who=AUTOMATIC,
        tone=("wait" if one.dead else "good") if fen > 0 else "bad",
    )


def notice_row(run: Run, one: Due, fen: int, case_id: UUID, *, text: str) -> Notice:
    """The message to the member."""
    what = f"发放 {format_yuan(fen)}" if fen > 0 else f"收回 {format_yuan(-fen)}"
    return Notice(
        id=uuid7(),
        **one.columns,
        case_id=case_id,
        service_id=run.service.id,
        kind="granted" if fen > 0 else "recovered",
        title=f"{run.service.title}：{what}"[:80],
        text=text[:600],
        on=run.by.on,
        key=f"award:{key_of(run, one, one.total + fen)}",
    )


def award_row(run: Run, one: Due, fen: int, case_id: UUID) -> Award:
    """The award itself; fen is below zero for a recovery."""
    total = one.total + fen
    return Award(
        id=uuid7(),
        **one.columns,
        service_id=run.service.id,
        period=run.day.year,
        ordinal=one.ordinal + 1,
        fen=fen,
        total_fen=total,
        case_id=case_id,
        made_on=run.by.on,
        key=key_of(run, one, total),
    )
