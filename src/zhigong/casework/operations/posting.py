"""The bank's answer: funds posts the return file, and the cases it pays or fails to pay move with it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from zhigong.casework.models import Case
from zhigong.casework.moving import log, move, tell
from zhigong.casework.operations.settling import settle
from zhigong.casework.types import CaseState
from zhigong.funds import operations as funds
from zhigong.funds.types import LineState, Posted, PostedLine
from zhigong.kernel.actor import Actor
from zhigong.kernel.jobs import enqueue
from zhigong.kernel.money import format_yuan

CHUNK = 500


@transaction.atomic
def post_return(*, by: Actor, batch_id: UUID, file: bytes) -> Posted:
    """Post a bank return file and move its cases: paid ones end, rejected ones wait for a right account; paid ones
    that came back days later (退汇) wait again.

    Raises what funds raises (another batch's file, wrong sums, a line twice …); then nothing moves. The same file
    again moves nothing.
    """
    posted = funds.post_return(by, batch_id=batch_id, file=file)
    if posted.repeated:
        return posted
    with_case = [line for line in posted.lines if line.case_id is not None]
    for start in range(0, len(with_case), CHUNK):
        _move_cases(by, with_case[start : start + CHUNK])
    back = {line.person_id for line in with_case if line.state is LineState.RETURNED}
    if back:
        settle(by, persons=back)
    return posted


@transaction.atomic
def ask_return(*, by: Actor, batch_id: UUID, file: bytes, file_name: str) -> UUID:
    """Take a bank return file in and ask for its posting; the number of the file. Raises as funds.keep_return."""
    from zhigong.casework.jobs import post_kept_return as work  # jobs call operations

    made = funds.keep_return(by, batch_id=batch_id, file=file, file_name=file_name)
    number = enqueue(work, key=f"{work.name}:{made}", file_id=made, account_id=by.account_id, post_id=by.post_id)
    funds.note_job(file_id=made, job=number)
    return made


@transaction.atomic
def post_kept_return(*, by: Actor, file_id: UUID) -> None:
    """Post a return file that was taken in; one that is done already moves nothing. Raises as post_return."""
    kept = funds.open_return(by, file_id=file_id)
    if kept is None:
        return
    batch_id, content = kept
    funds.settle_file(by, file_id=file_id, posted=post_return(by=by, batch_id=batch_id, file=content))


def _move_cases(by: Actor, lines: Sequence[PostedLine]) -> None:
    wanted = {line.case_id: line for line in lines}
    cases = Case.objects.select_for_update().filter(id__in=list(wanted)).order_by("id")
    for case in cases:
        line = wanted[case.id]
        if line.state is LineState.PAID and case.state == CaseState.GRANTED:
            move(case, CaseState.PAID, on=by.on)
            text = f"{format_yuan(line.fen)} 已汇入您的账户。"
            if line.offset_fen:
                text += f"另有 {format_yuan(line.offset_fen)} 抵扣了应退回的款项。"
            log(by, case, "paid", "已到账", text, tone="good")
            tell(by, case, "paid", f"{case.title}：已到账", text, key=f"{line.payable_id}:paid:{batch_day(by)}")
        elif line.state is LineState.REJECTED:
            text = f"{line.problem}。请核对收款账户。"[:600]
            log(by, case, "payment.rejected", "银行退回", text, tone="bad")
            tell(
                by, case, "rejected", f"{case.title}：银行退回", text, key=f"{line.payable_id}:rejected:{batch_day(by)}"
            )
        elif line.state is LineState.RETURNED:
            _came_back(by, case, line)


def _came_back(by: Actor, case: Case, line: PostedLine) -> None:
    """The bank returned what it had paid: the case waits for its money again, and the member looks at her account."""
    if case.state == CaseState.PAID:
        move(case, CaseState.GRANTED, on=by.on)
    text = f"{format_yuan(line.fen)} 到账后又被银行退回：{line.problem}。请核对收款账户，核对后会重新发放。"[:600]
    log(by, case, "payment.returned", "银行退汇", text, tone="bad")
    tell(by, case, "rejected", f"{case.title}：银行退汇", text, key=f"{line.payable_id}:returned:{batch_day(by)}")


def batch_day(by: Actor) -> str:
    """The day of the posting, for keys of notices."""
    return by.on.isoformat()
