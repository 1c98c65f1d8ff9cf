"""The bank's answer: read strictly, matched line by line, posted once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.funds import formats
from zhigong.funds.formats import ReturnFile, ReturnLine
from zhigong.funds.models import Answer, Batch, Line
from zhigong.funds.operations.batching import check_hash, locked
from zhigong.funds.operations.ledger import Entry, post, speaking
from zhigong.funds.policies import RETURNING
from zhigong.funds.types import BatchState, LineState, Movement, PayableState, Posted, PostedLine
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import execute, fetch
from zhigong.kernel.errors import Conflict, NotAllowed, Refused
from zhigong.kernel.money import format_fen

STATE_OF = {
    LineState.PAID: PayableState.PAID,
    LineState.REJECTED: PayableState.REJECTED,
    LineState.UNKNOWN: PayableState.UNKNOWN,
}
FINAL = (LineState.PAID, LineState.REJECTED, LineState.RETURNED)
_ANSWER_LINES = """UPDATE funds_line l SET state = a.state, problem = a.problem, answered_on = %(today)s
    FROM unnest(%(ids)s::uuid[], %(states)s::smallint[], %(problems)s::text[]) AS a (id, state, problem) WHERE l.id =
        a.id"""
_ANSWER_PAYABLES = """UPDATE funds_payable r SET state = a.state, problem = a.problem,
        paid_on = CASE WHEN a.state = 6 THEN %(today)s::date END
    FROM unnest(%(ids)s::uuid[], %(states)s::smallint[], %(problems)s::text[]) AS a (id, state, problem) WHERE r.id =
        a.id"""

Matched = list[tuple[Line, ReturnLine]]


@transaction.atomic
def post_return(by: Actor, *, batch_id: UUID, file: bytes) -> Posted:
    """Post the bank's return file of a released batch; needs `payouts.post`, or `payouts.release` where it holds
    nothing but returns of what was paid. All of it or nothing.

    The first file must answer every line, with the count, sum and check value of the list that was sent; later ones may
    answer those that were unknown, or tell of paid ones that came back days later (退汇). Paid lines are spent;
    rejected and returned ones are reserved again and wait for a correction; unknown ones stay in transit and are never
    paid again by themselves. A return is posted by another person than who made the batch: it lets money be paid a
    second time. The same file again moves nothing.
    """
    require_returning(by)
    batch = locked(batch_id)
    if batch.state not in (BatchState.RELEASED, BatchState.SETTLED):
        raise Conflict("这个批次还没有放款，不能回盘。", why=BatchState(batch.state).label)
    digest = hashlib.sha256(file).hexdigest()
    before = Answer.objects.filter(batch_id=batch_id, sha256=digest).first()
    if before is not None:
        return _repeated(batch, before)
    check_hash(batch)
    matched = _match(batch, formats.read_return(file))
    _check_second_person(by, batch, matched)
    _write(by, matched)
    counts = {state: sum(1 for _, told in matched if told.state is state) for state in (*STATE_OF, LineState.RETURNED)}
    paid_fen = sum(told.fen for _, told in matched if told.state is LineState.PAID)
    Answer(
        batch_id=batch_id, sha256=digest, posted_by=by.account_id, posted_on=by.on, paid=counts[LineState.PAID],
        rejected=counts[LineState.REJECTED], unknown=counts[LineState.UNKNOWN], paid_fen=paid_fen,
        returned=counts[LineState.RETURNED],
    ).save(force_insert=True)  # fmt: skip
    settled = _settle(by, batch)
    audit.record(
        by, action="funds.return.posted", purpose=Purpose.BUSINESS, subject_kind="batch", subject_id=batch_id,
        count=len(matched), detail={state.name.lower(): number for state, number in counts.items()},
    )  # fmt: skip
    return Posted(
        batch_id=batch_id, paid=counts[LineState.PAID], rejected=counts[LineState.REJECTED],
        unknown=counts[LineState.UNKNOWN], paid_fen=paid_fen, lines=tuple(_posted(*pair) for pair in matched),
        settled=settled, returned=counts[LineState.RETURNED],
    )  # fmt: skip


def _repeated(batch: Batch, before: Answer) -> Posted:
    return Posted(
        batch_id=batch.id, paid=before.paid, rejected=before.rejected, unknown=before.unknown, paid_fen=before.paid_fen,
        lines=(), repeated=True, settled=batch.state == BatchState.SETTLED, returned=before.returned,
    )  # fmt: skip


def _posted(line: Line, told: ReturnLine) -> PostedLine:
    return PostedLine(
        payable_id=line.payable_id, case_id=line.payable.case_id, person_id=line.payable.person_id, state=told.state,
        fen=line.fen, problem=told.problem, offset_fen=line.payable.offset_fen,
    )  # fmt: skip


def _match(batch: Batch, file: ReturnFile) -> Matched:
    """The lines this file newly answers; raises Refused, and nothing is posted."""
    code = formats.batch_code(batch.number)
    if file.batch_code != code:
        raise Refused("这是另一个批次的回盘文件。", where="合计行", why=f"文件是 {file.batch_code} 的，本批次是 {code}")
    if file.hash != batch.hash:
        raise Refused("回盘文件的校验值与发出的名单不一致。", where="合计行", do="请向银行核实文件是否被改动。")
    lines = {line.serial: line for line in Line.objects.filter(batch_id=batch.id).select_related("payable")}
    answers = [_told_late(told, lines.get(told.serial)) for told in file.lines]
    for told in answers:
        _check_line(told, lines)
    first = not Answer.objects.filter(batch_id=batch.id).exists()
    if first and len(file.lines) != len(lines):
        raise Refused(
            "回盘文件的笔数与批次不符。", where=code, why=f"批次有 {len(lines)} 笔，文件只有 {len(file.lines)} 笔",
            do="请向银行索取完整的回盘文件。",
        )  # fmt: skip
    fresh = [(lines[told.serial], told) for told in answers if lines[told.serial].state != told.state]
    if not fresh and any(told.state is LineState.RETURNED for told in answers):
        raise Conflict("文件中的退汇都已入账，不能再次入账。", where=code, do="请核对是否选错了文件。")
    return fresh


def _told_late(told: ReturnLine, line: Line | None) -> ReturnLine:
    """Some banks write 退回 also for what was paid and came back; what never arrived (失败) cannot have come back."""
    late = line is not None and line.state in (LineState.PAID, LineState.RETURNED)
    return replace(told, state=LineState.RETURNED) if late and told.word == formats.GONE_BACK else told


def require_returning(by: Actor) -> None:
    """Raise NotAllowed for whoever may post no file of the bank at all."""
    if by.rights.isdisjoint(RETURNING):
        by.require("payouts.post")


def _check_second_person(by: Actor, batch: Batch, matched: Matched) -> None:
    if any(told.state is not LineState.RETURNED for _, told in matched):
        by.require("payouts.post")
    if any(told.state is LineState.RETURNED for _, told in matched) and by.account_id in (
        None,
        batch.made_by,
        batch.frozen_by,
    ):
        raise NotAllowed(
            "退汇不能由制单人入账。", why="退汇入账后这笔款项可以再次发放，须由两人办理", do="请由另一位财务同事入账。"
        )


def _check_line(told: ReturnLine, lines: Mapping[str, Line]) -> None:
    where = f"第 {told.row} 行"
    line = lines.get(told.serial)
    if line is None:
        raise Refused("流水号不在本批次中。", where=where, why=told.serial, do="请核对是否选错了批次或文件。")
    if line.fen != told.fen:
        raise Refused(
            "金额与发出的名单不一致。", where=where,
            why=f"名单为 {format_fen(line.fen)} 元，回盘为 {format_fen(told.fen)} 元",
            do="请用银行给的原文件，不要改动；原文件就是这样的，请向银行核实。",
        )  # fmt: skip
    if told.state is LineState.RETURNED:
        _check_return(told, line)
    elif line.state in FINAL and line.state != told.state:
        raise Conflict(
            "回盘结果与已入账的结果矛盾。", where=where,
            why=f"已入账为「{LineState(line.state).label}」，文件为「{told.state.label}」",
            do="请与银行核实后由财务另行处理。",
        )  # fmt: skip


def _check_return(told: ReturnLine, line: Line) -> None:
    """Only what was paid comes back, and once."""
    if line.state not in (LineState.PAID, LineState.RETURNED):
        raise Refused(
            "这一笔没有到账，不能作退汇。", where=f"第 {told.row} 行",
            why=f"现在是「{LineState(line.state).label}」", do="没有付出去的，处理结果应写「失败」或「退回」。",
        )  # fmt: skip


def _write(by: Actor, matched: Matched) -> None:
    problems = [told.problem if told.state is not LineState.PAID else "" for _, told in matched]
    execute(
        _ANSWER_LINES,
        {
            "ids": [line.id for line, _ in matched],
            "states": [told.state.value for _, told in matched],
            "problems": problems,
            "today": by.on,
        },
    )
    answered = [(line, told) for line, told in matched if told.state is not LineState.RETURNED]
    execute(
        _ANSWER_PAYABLES,
        {
            "ids": [line.payable_id for line, _ in answered],
            "states": [STATE_OF[told.state].value for _, told in answered],
            "problems": [told.problem if told.state is not LineState.PAID else "" for _, told in answered],
            "today": by.on,
        },
    )
    post(by, _entries(answered))
    returned = [line.id for line, told in matched if told.state is LineState.RETURNED]
    if returned:
        with speaking():
            fetch(
                "SELECT funds_return(%(lines)s::uuid[], %(today)s, %(account)s)",
                {"lines": returned, "today": by.on, "account": by.account_id},
            )


def _entries(matched: Matched) -> Sequence[Entry]:
    made = []
    for line, told in matched:
        budget = line.payable.budget_id
        if told.state is LineState.UNKNOWN or budget is None:
            continue
        paid = told.state is LineState.PAID
        # A line is paid once; another line of the same payable only after this one came back (funds_line_one).
        key = f"pay:{line.id}" if paid else f"void:{line.id}"
        movement = Movement.PAY if paid else Movement.VOID
        made.append(Entry(movement=movement, budget_id=budget, fen=line.fen, key=key, payable_id=line.payable_id))
    return made


def _settle(by: Actor, batch: Batch) -> bool:
    waiting = Line.objects.filter(batch_id=batch.id, state__in=[LineState.PENDING, LineState.UNKNOWN]).exists()
    if waiting or batch.state == BatchState.SETTLED:
        return not waiting
    batch.state, batch.settled_on = BatchState.SETTLED, by.on
    batch.save(update_fields=["state", "settled_on"])
    return True


@transaction.atomic
def retry_payment(by: Actor, *, payable_id: UUID) -> None:
    """Make a rejected payment ready again with the same account (the bank's reason has passed): `payouts.make`."""
    by.require("payouts.make")
    done = execute(
        "UPDATE funds_payable SET state = 4, problem = '' WHERE id = %(id)s AND state = 7 AND payee_id IS NOT NULL",
        {"id": payable_id},
    )
    if not done:
        raise Conflict("这笔款项不是银行退回的款项。")
    audit.record(
        by, action="funds.payment.retried", purpose=Purpose.BUSINESS, subject_kind="payable", subject_id=payable_id
    )  # fmt: skip
