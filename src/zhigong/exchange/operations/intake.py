"""Receiving a file: sealed as it came, one batch row; the same file again is the same batch."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.db import IntegrityError, transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.exchange.checking import load_source, source_names
from zhigong.exchange.models import Batch
from zhigong.exchange.publishing import PUBLISHERS
from zhigong.exchange.store import INBOX, lake_keys, lake_root
from zhigong.exchange.types import BatchState
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, NotAllowed, NotFound, Refused
from zhigong.kernel.ids import uuid7
from zhigong.lake import operations as lake
from zhigong.lake.types import Layer
from zhigong.orgs.models import Union

STANDING = (
    BatchState.RECEIVED,
    BatchState.CHECKED,
    BatchState.PUBLISHING,
    BatchState.PUBLISHED,
    BatchState.UNDOING,
    BatchState.HELD,
)
DISCARDABLE = (BatchState.RECEIVED, BatchState.CHECKED, BatchState.FAILED, BatchState.HELD)
RIGHTS = {"roster": "members.import"}


def right_for(source: str) -> str:
    """The right that importing a source needs; department files need the data officer's."""
    return RIGHTS.get(source, "sources.import")


def receive(  # noqa: PLR0913 — keyword-only: each is named at the call
    *,
    by: Actor,
    source: str,
    file: Path | BinaryIO,
    file_name: str,
    as_of: date,
    union_code: str = "",
    delta: bool | None = None,
) -> tuple[UUID, bool]:
    """Take a file in; returns its batch and whether that batch was there before.

    delta: whether it adds to what is in force or replaces it; None: as the source's files usually do.
    union_code: the union all rows belong to, for rosters that name none. Call outside a transaction that may be
    rolled back later: the sealed file is written first, and an orphan is swept when no batch row names it.
    Raises Refused for an unknown source or union.
    """
    by.require(right_for(source))
    if source not in source_names():
        raise Refused("没有这个数据源。", where=source, do="可用的数据源：" + "、".join(source_names()))
    arrives = load_source(source).arrives
    delta = arrives == "delta" if delta is None else delta
    if source not in PUBLISHERS:
        _check_department(by, source, as_of, delta=delta and arrives == "full")
    batch_id = uuid7()
    with lake.write_batch(lake_root(), layer=Layer.RAW, name=INBOX, keys=lake_keys()) as writer:
        sha256 = writer.keep_original(file)
        found = _standing(by, source, sha256)
        if found is not None:
            return found, True
        ref = writer.commit(version=batch_id.hex)
    batch = Batch(
        id=batch_id,
        source=source,
        file_name=file_name[-200:],
        sha256=sha256,
        size=ref.original_bytes,
        as_of=as_of,
        delta=delta,
        default_union_code=union_code,
    )
    return _kept(by, batch)


def _kept(by: Actor, batch: Batch) -> tuple[UUID, bool]:
    """The batch's row, or the one that somebody else made of the same file meanwhile."""
    try:
        with transaction.atomic():
            _create(by, batch)
    except IntegrityError as error:
        again = _standing(by, batch.source, batch.sha256)
        if again is None:
            raise Conflict("同一个文件正在被别人上传。", where=batch.file_name, do="请稍候刷新") from error
        return again, True
    return batch.id, False


def require_city(by: Actor) -> None:
    """Department files speak of everybody in the city: only the city's data officer handles them."""
    by.require("sources.import")
    if by.level != 1:
        raise NotAllowed("部门数据由市总工会管理。", why="文件里是全市的人和单位", do="请联系市总工会")


def _check_department(by: Actor, source: str, as_of: date, *, delta: bool) -> None:
    """What a department's file adds to must be there; its day has been."""
    require_city(by)
    if as_of > by.on:
        raise Refused("数据截止日还没有到。", where=as_of.isoformat(), do="请填文件所反映的那一天")
    standing = Batch.objects.filter(source=source, state=BatchState.PUBLISHED, delta=False)
    if delta and not standing.exists():
        raise Refused("还没有可以增补的整份文件。", where=source, do="请先导入一份完整的文件")


def home(by: Actor) -> Union:
    """The union of the actor's post, the city's for jobs; raises NotFound in an empty base."""
    rows = Union.objects.filter(id=by.union_id) if by.union_id else Union.objects.filter(level=1).order_by("seq")
    union = rows.first()
    if union is None:
        raise NotFound(
            "没有可以登记批次的工会。", why="库里还没有工会组织", do="请先导入工会组织（zhigong ingest unions）"
        )
    return union


def _standing(by: Actor, source: str, sha256: str) -> UUID | None:
    if not Union.objects.filter(level=1).exists():
        return None
    own = home(by)
    found = Batch.objects.filter(source=source, sha256=sha256, union=own, state__in=STANDING).values_list(
        "id", flat=True
    )
    return found.first()


def _create(by: Actor, batch: Batch) -> None:
    """Give a batch its union and keep its row."""
    home = _first_city_or_home(by, batch.source)
    code = batch.default_union_code
    if code and not Union.objects.filter(code=code, **{by.level_column: by.seq}).exists():
        raise NotFound(
            "没有找到这个工会。", where=f"工会编码 {code}", why="它不在您的管辖范围内，或编码有误", do="请核对工会编码"
        )
    batch.union, batch.uploaded_by, batch.account_id, batch.post_id = home, by.name, by.account_id, by.post_id
    batch.l1, batch.l2, batch.l3, batch.l4 = home.l1, home.l2, home.l3, home.l4
    batch.save(force_insert=True)
    audit.record(
        by,
        action="exchange.batch.received",
        purpose=Purpose.IMPORT_EXPORT,
        subject_kind="batch",
        subject_id=batch.id,
        detail={"source": batch.source, "bytes": batch.size},
        union_chain=(home.l1, home.l2, home.l3, home.l4),
    )


def _first_city_or_home(by: Actor, source: str) -> Union:
    """The union that keeps the batch; the very first file of an empty base is the union tree, which has none yet."""
    if source == "unions" and not Union.objects.filter(level=1).exists():
        raise Conflict("库里还没有市级工会。", do="工会组织文件须含市总工会一行，并由系统管理员用命令行首次导入")
    return home(by)


@transaction.atomic
def rename_union(*, by: Actor, batch_id: UUID, union_code: str) -> None:
    """Name the union a checked roster belongs to, when the file itself does not say."""
    batch = get_batch(by, batch_id, states=(BatchState.RECEIVED, BatchState.CHECKED))
    if not Union.objects.filter(code=union_code, **{by.level_column: by.seq}).exists():
        raise NotFound(
            "没有找到这个工会。", where=f"工会编码 {union_code}", why="它不在您的管辖范围内", do="请重新选择"
        )
    Batch.objects.filter(id=batch.id).update(default_union_code=union_code)


@transaction.atomic
def discard(*, by: Actor, batch_id: UUID) -> None:
    """Give up a batch that was not published; its file stays sealed for the retention period."""
    batch = get_batch(by, batch_id, states=DISCARDABLE)
    Batch.objects.filter(id=batch.id).update(state=BatchState.DISCARDED)
    audit.record(
        by,
        action="exchange.batch.discarded",
        purpose=Purpose.IMPORT_EXPORT,
        subject_kind="batch",
        subject_id=batch_id,
        union_chain=(batch.l1, batch.l2, batch.l3, batch.l4),
    )


def get_batch(by: Actor, batch_id: UUID, *, states: tuple[BatchState, ...], lock: bool = True) -> Batch:
    """A batch of the scope in one of some states; raises NotFound or Conflict."""
    rows = Batch.objects.select_for_update() if lock else Batch.objects.all()
    batch = rows.filter(id=batch_id).first()
    if batch is None:
        raise NotFound("没有找到这个批次。", why="它不在您的管辖范围内", do="请在导入记录中查看")
    by.require(right_for(batch.source))
    if batch.state not in states:
        raise Conflict(f"批次 {batch.number} {BatchState(batch.state).label}，现在不能这样做。")
    return batch
