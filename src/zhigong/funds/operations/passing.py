"""Files of a batch that a job works on: the bank's answer until it is posted, a large bank file until it is fetched."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.funds.models import Batch, PassedFile
from zhigong.funds.operations.filing import bank_file
from zhigong.funds.operations.returning import require_returning
from zhigong.funds.types import MAX_BYTES, BatchState, FileKind, FileState, Format, Posted
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused
from zhigong.kernel.ids import uuid7
from zhigong.kernel.jobs import enqueue, is_open
from zhigong.kernel.vault import vault

FIELD = "funds_passedfile.cipher"


@transaction.atomic
def keep_return(by: Actor, *, batch_id: UUID, file: bytes, file_name: str) -> UUID:
    """Keep the bank's answer to a released batch until a job has posted it; rights as of post_return.

    It is read and judged by the job; here only what can be said at once. Raises Refused, Conflict.
    """
    if not file or len(file) > MAX_BYTES:
        raise Refused("回盘文件是空的。" if not file else "回盘文件过大。", where=file_name, why="最大 20 MB")
    if _released(batch_id) is BatchState.SETTLED:
        require_returning(by)
    else:
        by.require("payouts.post")
    return _keep(by, batch_id, FileKind.RETURN, file_name=file_name, content=file)


@transaction.atomic
def ask_bank_file(by: Actor, *, batch_id: UUID, layout: Format = Format.CSV, only_unknown: bool = False) -> UUID:
    """Ask a job to build the payout list of a released batch; asked twice while it is built, it is built once."""
    by.require("payouts.post")
    if by.account_id is None:
        raise NotAllowed("须由在任的财务人员办理。")
    _released(batch_id)
    same = PassedFile.objects.filter(
        batch_id=batch_id, kind=FileKind.BANK, state=FileState.WAITING, layout=layout.value,
        only_unknown=only_unknown, asked_by=by.account_id,
    ).first()  # fmt: skip
    if same is not None and same.job is not None and is_open(same.job):
        return same.id
    made = _keep(by, batch_id, FileKind.BANK, layout=layout.value, only_unknown=only_unknown)
    from zhigong.funds.jobs import build_bank_file  # jobs call operations

    number = enqueue(
        build_bank_file, key=f"funds.file:{made}", file_id=made, account_id=by.account_id, post_id=by.post_id
    )
    PassedFile.objects.filter(id=made).update(job=number)
    return made


@transaction.atomic
def build_asked_file(by: Actor, *, file_id: UUID) -> None:
    """Build what was asked for and keep it sealed until it is fetched; done once."""
    row = _waiting(file_id, FileKind.BANK)
    if row is None:
        return
    made = bank_file(by, batch_id=row.batch_id, layout=Format(row.layout), only_unknown=row.only_unknown)
    row.cipher, row.state = _sealed(made, row.id), FileState.DONE
    row.save(update_fields=["cipher", "state"])


@transaction.atomic
def fetch_bank_file(by: Actor, *, file_id: UUID) -> bytes:
    """The built file, to whoever asked for it, once; a second time it is built anew. Needs `payouts.post`."""
    by.require("payouts.post")
    row = PassedFile.objects.select_for_update().filter(id=file_id, kind=FileKind.BANK).first()
    if row is None:
        raise NotFound("没有这个文件。")
    if row.asked_by != by.account_id:
        raise NotAllowed("这个文件由另一位同事申请。", do="请自行生成。")
    if row.state != FileState.DONE or row.cipher is None:
        raise Conflict("文件已经取走，或还没有做好。", do="请重新生成；同一批次每次生成的内容相同。")
    made = _opened(row)
    row.cipher, row.state = None, FileState.TAKEN
    row.save(update_fields=["cipher", "state"])
    audit.record(
        by, action="funds.file.fetched", purpose=Purpose.BUSINESS, subject_kind="batch", subject_id=row.batch_id
    )  # fmt: skip
    return made


def open_return(by: Actor, *, file_id: UUID) -> tuple[UUID, bytes] | None:
    """The batch and the bytes of an answer that waits, held until the end of the transaction; None when it is done."""
    require_returning(by)
    row = _waiting(file_id, FileKind.RETURN)
    return (row.batch_id, _opened(row)) if row is not None else None


@transaction.atomic
def settle_file(by: Actor, *, file_id: UUID, posted: Posted | None = None, refused: Refused | None = None) -> None:
    """Note what became of a file, and let its content go."""
    require_returning(by)
    error = {name: str(value) for name, value in refused.as_dict().items() if value} if refused else {}
    result = {}
    if posted is not None:
        result = {
            "paid": posted.paid, "rejected": posted.rejected, "unknown": posted.unknown, "returned": posted.returned,
            "paid_fen": posted.paid_fen, "repeated": int(posted.repeated),
        }  # fmt: skip
    PassedFile.objects.filter(id=file_id, state=FileState.WAITING).update(
        state=FileState.REFUSED if refused else FileState.DONE, error=error, result=result, cipher=None
    )


def note_job(*, file_id: UUID, job: int) -> None:
    """Which job works on a file."""
    PassedFile.objects.filter(id=file_id).update(job=job)


def _keep(  # noqa: PLR0913 — the columns of a row
    by: Actor, batch_id: UUID, kind: FileKind, *, file_name: str = "", content: bytes | None = None, layout: str = "",
    only_unknown: bool = False,
) -> UUID:  # fmt: skip
    if by.account_id is None:
        raise NotAllowed("须由在任的财务人员办理。")
    row = PassedFile(
        id=uuid7(), batch_id=batch_id, kind=kind, file_name=file_name[:200], layout=layout, only_unknown=only_unknown,
        asked_by=by.account_id, asked_by_name=by.name[:64], post_id=by.post_id,
    )  # fmt: skip
    row.cipher = _sealed(content, row.id) if content is not None else None
    row.save(force_insert=True)
    return row.id


def _released(batch_id: UUID) -> BatchState:
    state = Batch.objects.filter(id=batch_id).values_list("state", flat=True).first()
    if state is None:
        raise NotFound("没有这个发放批次。")
    if state not in (BatchState.RELEASED, BatchState.SETTLED):
        raise Conflict("这个批次还没有放款。", why=BatchState(state).label)
    return BatchState(state)


def _waiting(file_id: UUID, kind: FileKind) -> PassedFile | None:
    return PassedFile.objects.select_for_update().filter(id=file_id, kind=kind, state=FileState.WAITING).first()


def _sealed(content: bytes, row_id: UUID) -> bytes:
    """Bytes go through latin-1: a field seals text, and every byte is a character of it."""
    return vault().field(FIELD).seal(content.decode("latin-1"), row_id)


def _opened(row: PassedFile) -> bytes:
    return vault().field(FIELD).open(bytes(row.cipher or b""), row.id).encode("latin-1")
