"""Awards without application: what a rule says is due beyond what was awarded is granted, the reverse is recovered."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import pyarrow as pa
from django.db import IntegrityError, transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.casework.awards import (
    Due,
    Run,
    award_row,
    case_row,
    decision_row,
    due_persons,
    event_row,
    notice_row,
)
from zhigong.casework.models import Award, Case, Decision, Event, Notice
from zhigong.casework.operations.settling import settle
from zhigong.casework.policies import due_total, promised_on
from zhigong.casework.population import ledger_fact
from zhigong.catalogue.types import Service
from zhigong.funds import operations as funds
from zhigong.funds.types import PaymentRequest, RecoveryRequest
from zhigong.kernel.actor import ScopeOpener
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import Conflict, NotFound
from zhigong.kernel.money import format_yuan
from zhigong.kernel.workdays import work_calendar
from zhigong.people import operations as people

log = logging.getLogger("zhigong.casework")
CHUNK = 2_000
ROWS = 500


@dataclass(frozen=True)
class Awarded:
    """What was awarded and recovered."""

    granted: int = 0
    granted_fen: int = 0
    recovered: int = 0
    recovered_fen: int = 0
    waiting_for_heirs: int = 0

    def as_dict(self) -> dict[str, int]:
        """By name."""
        return asdict(self)

    def plus(self, other: Awarded) -> Awarded:
        """Both together."""
        return Awarded(*(a + b for a, b in zip(asdict(self).values(), asdict(other).values(), strict=True)))


def award(scope: ScopeOpener, *, service: Service, version: str, due: pa.Table, day: date) -> Awarded:
    """Award and recover in transactions of 2 000 persons.

    due: the facts of each person with `amount` and `recover` against the total the screening saw. Within the
    transaction the present total is read again under a lock, so two screenings at once pay once, and a run that was
    killed is finished by the next one.
    """
    total = Awarded()
    for start in range(0, due.num_rows, CHUNK):
        with scope() as by:
            promise = promised_on(start=by.on, days=service.days_promised, calendar=work_calendar())
            rows = due.slice(start, CHUNK).to_pylist()
            total = total.plus(_chunk(Run(by, service, version, day, promise), rows))
    return total


def _chunk(run: Run, rows: list[dict[str, Any]]) -> Awarded:
    fetch("SELECT pg_advisory_xact_lock(hashtextextended('casework.award:' || %(s)s, 0))", {"s": run.service.id})
    died = {UUID(row["person_id"]): row["death_date"] or run.day for row in rows if row["deceased"]}
    people.note_deaths(by=run.by, died=died)
    ledger = ledger_fact(run.service)
    paying, taking = [], []
    for one in due_persons(run, rows):
        # What the screening saw as awarded, plus what it found due: the total by the rule, whatever happened since.
        seen = int(one.facts[ledger]) if ledger else 0
        delta = due_total(amount=one.amount, recover=one.recover, already=seen) - one.total
        if delta > 0:
            paying.append((one, delta))
        elif delta < 0 and one.last_case is not None:
            taking.append((one, -delta, one.last_case))
    try:
        made = _grant(run, paying).plus(_recovered(run, taking))
        settle(run.by, persons=[one.person_id for one, _ in paying] + [one.person_id for one, *_ in taking])
        return made
    except IntegrityError as error:
        raise Conflict("同时有另一次筛查在发放，这一次没有发放。", do="请稍后再运行一次。") from error


def _grant(run: Run, paying: list[tuple[Due, int]]) -> Awarded:
    if not paying:
        return Awarded()
    numbers = fetch("SELECT nextval('casework_number') FROM generate_series(1, %(n)s)", {"n": len(paying)})
    cases = [case_row(run, one, fen, number=int(n[0])) for (one, fen), n in zip(paying, numbers, strict=True)]
    made = [(one, fen, case) for (one, fen), case in zip(paying, cases, strict=True)]
    said = run.service.screening.found_text
    awards = [award_row(run, one, fen, case.id) for one, fen, case in made]
    Case.objects.bulk_create(cases, batch_size=ROWS)
    Decision.objects.bulk_create([decision_row(run, one, case) for one, _, case in made], batch_size=ROWS)
    Event.objects.bulk_create([event_row(run, one, fen, case.id) for one, fen, case in made], batch_size=ROWS)
    Notice.objects.bulk_create(
        [notice_row(run, one, fen, case.id, text=said) for one, fen, case in made], batch_size=ROWS
    )
    Award.objects.bulk_create(awards, batch_size=ROWS)
    reason = run.service.payout.title if run.service.payout else run.service.title
    requests = [
        PaymentRequest(
            person_id=one.person_id,
            union_id=one.union_id,
            amount_fen=fen,
            service_id=run.service.id,
            case_id=case.id,
            reason=reason,
            key=award.key,
        )
        for (one, fen, case), award in zip(made, awards, strict=True)
    ]
    funds.request_payments(run.by, requests=requests, wait_for_budget=True)
    _record(run, "granted", len(cases))
    return Awarded(
        granted=len(cases),
        granted_fen=sum(fen for _, fen in paying),
        waiting_for_heirs=sum(1 for one, _ in paying if one.dead),
    )


def _recovered(run: Run, taking: list[tuple[Due, int, UUID]]) -> Awarded:
    """Recover, or leave it for the next run where no budget exists yet into which the money could return."""
    try:
        with transaction.atomic():
            return _recover(run, taking)
    except NotFound as error:
        log.warning("%d recoveries of %s wait: %s", len(taking), run.service.id, error.what)
        return Awarded()


def _recover(run: Run, taking: list[tuple[Due, int, UUID]]) -> Awarded:
    """Take back what the rule no longer covers: against coming payments, or claimed back; the member is told why."""
    if not taking:
        return Awarded()
    words = "有结算被冲销或更正，多发的 {} 将从以后的补助中抵扣，或联系您退回。如有异议请联系工会。"
    left = _not_recovered(run, [one.person_id for one, _, _ in taking])
    events, notices, awards, requests = [], [], [], []
    for one, fen, last_case in taking:
        notices.append(notice_row(run, one, -fen, last_case, text=words.format(format_yuan(fen))))
        for part, share, case_id in _spread(one, fen, left.get(one.person_id, [])):
            events.append(event_row(run, part, -share, case_id, text=words.format(format_yuan(share))))
            awards.append(award_row(run, part, -share, case_id))
            requests.append(
                RecoveryRequest(
                    person_id=one.person_id,
                    union_id=one.union_id,
                    amount_fen=share,
                    service_id=run.service.id,
                    case_id=case_id,
                    reason=f"{run.service.title}：结算冲销或更正",
                    key=awards[-1].key,
                )
            )
    Event.objects.bulk_create(events, batch_size=ROWS)
    Notice.objects.bulk_create(notices, batch_size=ROWS)
    Award.objects.bulk_create(awards, batch_size=ROWS)
    funds.recoveries(run.by, requests=requests)
    _record(run, "recovered", len(taking))
    return Awarded(recovered=len(taking), recovered_fen=sum(fen for _, fen, _ in taking))


_LEFT = """
SELECT person_id, case_id, sum(fen)::bigint FROM casework_award
WHERE service_id = %(service)s AND period = %(period)s AND person_id = ANY (%(ids)s)
GROUP BY person_id, case_id HAVING sum(fen) > 0 ORDER BY person_id, min(ordinal) DESC
"""


def _not_recovered(run: Run, persons: list[UUID]) -> dict[UUID, list[tuple[UUID, int]]]:
    """What is left of each award case of these persons, the latest first."""
    left: dict[UUID, list[tuple[UUID, int]]] = {}
    values = {"service": run.service.id, "period": run.day.year, "ids": persons}
    for person, case_id, fen in fetch(_LEFT, values):
        left.setdefault(person, []).append((case_id, fen))
    return left


def _spread(one: Due, fen: int, left: list[tuple[UUID, int]]) -> Iterator[tuple[Due, int, UUID]]:
    """A recovery over the cases it came from, the latest first: no case gives back more than it was given."""
    for case_id, most in left:
        share = min(fen, most)
        if share:
            yield one, share, case_id
            one, fen = replace(one, ordinal=one.ordinal + 1, total=one.total - share), fen - share


def _record(run: Run, act: str, count: int) -> None:
    audit.record(
        run.by,
        action=f"casework.award.{act}",
        purpose=Purpose.SYSTEM,
        count=count,
        detail={"service": run.service.id},
    )
