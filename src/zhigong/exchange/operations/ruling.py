"""What somebody says of a row and a person: kept for the row's own words, obeyed by the next linking, answerable.

Nothing is linked here and no identifier changes; links are laid anew when the next refresh sees the ruling (ADR 0015).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pyarrow.compute
from django.db import IntegrityError, transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.exchange.checking import load_source
from zhigong.exchange.linking import evidence_of
from zhigong.exchange.linking.reviewing import Marked, mark, read_doubts
from zhigong.exchange.linking.rows import incoming
from zhigong.exchange.models import Batch, Ruling
from zhigong.exchange.operations.intake import home
from zhigong.exchange.types import BatchState, Verdict
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused
from zhigong.orgs.queries import within

# Arrow's stubs demand exact array types that its own functions don't return.
pc: Any = pyarrow.compute
RIGHT = "links.review"
NOTE_CHARS = 500


def require_reviewer(by: Actor) -> None:
    """Departments' rows are about everybody in the city: only the city's reviewer sees and judges them."""
    by.require(RIGHT)
    if by.level != 1:
        raise NotAllowed("部门数据由市总工会核对。", why="文件里是全市的人", do="请联系市总工会")


@transaction.atomic
def rule_link(  # noqa: PLR0913 - keyword-only: each is named at the call
    *,
    by: Actor,
    source: str,
    batch_id: UUID,
    row: int,
    person_id: UUID,
    verdict: Verdict,
    note: str,
    seen: UUID | None,
    key: UUID,
) -> UUID:
    """Say whether a row is about a person; returns the ruling. It holds for every row that names the same one.

    seen: the ruling that stood when the judge looked, None when there was none; another one meanwhile: Conflict.
    key: the same again changes nothing. Raises NotFound, and Refused when the row can't be told again next month.
    """
    require_reviewer(by)
    if (told := _told(key, person_id, verdict)) is not None:
        return told
    if verdict is Verdict.WITHDRAWN:
        raise Refused("撤回要对着一条判定。", where=f"第 {row} 行", do="在判定的记录里点“撤回”")
    batch = _batch(by, source, batch_id)
    token = _token(batch, row, person_id, verdict)
    before = _last(source, token, person_id)
    standing = before if before and before.verdict != Verdict.WITHDRAWN else None
    if (standing.id if standing else None) != seen:
        raise Conflict("刚才已有人判定过这一对。", where=f"第 {row} 行", do="请看过对方的判定再决定")
    if verdict is Verdict.SAME:
        fetch("SELECT pg_advisory_xact_lock(hashtext('exchange.ruling'), hashtext(%(source)s))", {"source": source})
        _nobody_else(source, token, person_id)
    kept = Ruling(
        source=source,
        token=token,
        person_id=person_id,
        verdict=verdict,
        batch_id=batch_id,
        row=row,
        replaces=before.id if before else None,
        key=key,
    )
    return _keep(by, kept, note, batch)


@transaction.atomic
def withdraw_ruling(*, by: Actor, ruling_id: UUID, note: str, key: UUID) -> UUID:
    """Take a ruling back, as if nobody had ever ruled on the pair; returns the counter-ruling.

    Raises NotFound, Conflict when it is no longer in force, Refused without a reason.
    """
    require_reviewer(by)
    ruling = within(Ruling.objects.filter(id=ruling_id), by).first()
    if ruling is None:
        raise NotFound("没有找到这条判定。", why="它不在您的管辖范围内，或编号有误")
    if (told := _told(key, ruling.person_id, Verdict.WITHDRAWN)) is not None:
        return told
    if ruling.verdict == Verdict.WITHDRAWN or Ruling.objects.filter(replaces=ruling.id).exists():
        raise Conflict("这条判定已经不在用了。", do="请刷新页面，看最近的判定")
    if not note.strip():
        raise Refused("请写明为什么撤回。", where="说明", do="写一句原因，例如核对后发现是同名的另一个人")
    kept = Ruling(
        source=ruling.source,
        token=bytes(ruling.token),
        person_id=ruling.person_id,
        verdict=Verdict.WITHDRAWN,
        batch_id=ruling.batch_id,
        row=ruling.row,
        replaces=ruling.id,
        key=key,
    )
    return _keep(by, kept, note, Batch.objects.filter(id=ruling.batch_id).first())


def _told(key: UUID, person_id: UUID, verdict: Verdict) -> UUID | None:
    """The ruling that this very form made before."""
    told = Ruling.objects.filter(key=key).first()
    if told is not None and (told.person_id, told.verdict) != (person_id, verdict):
        raise Conflict("这个页面已经交过另一个判定。", do="请刷新页面，看过现在的判定再决定")
    return told.id if told is not None else None


def _batch(by: Actor, source: str, batch_id: UUID) -> Batch:
    found = within(Batch.objects.filter(id=batch_id, source=source, state=BatchState.PUBLISHED), by).first()
    if found is None:
        raise NotFound("没有找到这个批次。", why="它已撤销，或不在您的管辖范围内", do="请回到待核对的列表")
    return found


def _token(batch: Batch, row: int, person_id: UUID, verdict: Verdict) -> bytes:
    """Whom a row names, provided that a ruling can find it again."""
    named = _named(batch, row, str(person_id))
    if named.token is None or (not named.alone and verdict is not Verdict.UNSURE):
        raise Refused(
            "这一行不能判定。",
            where=f"批次 {batch.number} 第 {row} 行",
            why="它没有号码，同名同单位的又不止一行，下个月的文件里认不出是不是它",
            do="请数据来源部门补上证件号码；或先标为“不确定”",
        )
    return named.token


def _named(batch: Batch, row: int, person_id: str) -> Marked:
    """Whom a row names: as the pair it stands for says, or read from the batch itself."""
    for one in read_doubts(batch.source, str(batch.layout.get("links", ""))):
        if (one.row, one.person_id) == (row, person_id):
            return Marked(place=0, token=one.token, alone=one.alone)
    evidence, rows = evidence_of(batch.source, batch.id), incoming(batch, load_source(batch.source))
    place = pc.index(rows["row"], row).as_py()
    if evidence is None or place < 0:
        raise NotFound("没有找到这一行。", where=f"批次 {batch.number} 第 {row} 行", do="请刷新数据后再试")
    names = evidence.slice(place, 1)["name_key"].combine_chunks()
    return next(one for one in mark(rows, evidence, names) if one.place == place)


def _last(source: str, token: bytes, person_id: UUID) -> Ruling | None:
    """The last ruling on a pair, withdrawn ones too: the next one answers it."""
    chain = list(Ruling.objects.filter(source=source, token=token, person_id=person_id))
    answered = {one.replaces for one in chain}
    return next((one for one in chain if one.id not in answered), None)


def _nobody_else(source: str, token: bytes, person_id: UUID) -> None:
    """A row is about one person."""
    others = Ruling.objects.filter(source=source, token=token, verdict=Verdict.SAME).exclude(person_id=person_id)
    answered = Ruling.objects.filter(source=source, token=token, replaces__isnull=False).values("replaces")
    if others.exclude(id__in=answered).exists():
        raise Conflict("这一行已判定是另一个人。", why="一行只能是一个人", do="请先撤回那条判定，或判定为“不是同一人”")


def _keep(by: Actor, ruling: Ruling, note: str, batch: Batch | None) -> UUID:
    found = fetch("SELECT l1, l2, l3, l4 FROM people_person WHERE id = %(id)s", {"id": ruling.person_id})
    if not found:
        raise NotFound("会员库里没有这个人。", do="请回到待核对的列表")
    l1, l2, l3, l4 = found[0]
    ruling.note, ruling.ruled_by, ruling.ruled_on = note.strip()[:NOTE_CHARS], by.name[:64], by.on
    ruling.account_id, ruling.post_id = by.account_id, by.post_id
    ruling.union = home(by)
    try:
        with transaction.atomic():
            ruling.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("刚才已有人判定过这一对。", do="请看过对方的判定再决定") from error
    audit.record(
        by,
        action="exchange.link.ruled",
        purpose=Purpose.CHECKING,
        reason=ruling.note,
        subject_kind="person",
        subject_id=ruling.person_id,
        detail={
            "source": ruling.source,
            "verdict": int(ruling.verdict),
            "batch": batch.number if batch else None,
            "row": ruling.row,
        },
        union_chain=(l1, l2, l3, l4),
    )
    return ruling.id
