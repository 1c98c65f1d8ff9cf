"""Doubtful links: the queue of pairs, and one pair side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from uuid import UUID

from zhigong.exchange.checking import load_source
from zhigong.exchange.deriving.definitions import department_sources
from zhigong.exchange.linking.reviewing import Doubt, edition, read_doubts
from zhigong.exchange.live import in_force
from zhigong.exchange.models import Batch, Ruling
from zhigong.exchange.operations.ruling import require_reviewer
from zhigong.exchange.queries.sides import SideOfBase, agreements, of_base, of_file
from zhigong.exchange.types import BatchState, DoubtLine, DoubtPage, DoubtPair, RulingLine, Verdict
from zhigong.facts import queries as facts
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import NotFound
from zhigong.orgs.queries import within

PAGE = 20
STATES = ("open", "unsure", "ruled")
Pairs = list[tuple[Batch, Doubt]]
Place = tuple[str, bytes, str]


def doubts(actor: Actor, *, source: str = "", state: str = "open", page: int = 1) -> DoubtPage:
    """A page of the queue: what most hangs on first, likelier pairs before others. state: open, unsure or ruled."""
    require_reviewer(actor)
    pairs, said = _pairs(actor), rulings(actor)
    asked = [one for one in pairs if not source or one[0].source == source]
    found = [one for one in asked if _state(said.get(_place(*one))) == state]
    if state == "ruled":
        found.sort(key=lambda one: said[_place(*one)].ruled_at, reverse=True)
    pages = max(1, -(-len(found) // PAGE))
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * PAGE : page * PAGE]
    names = of_base([UUID(doubt.person_id) for _, doubt in shown])
    counted = Counter(_state(said.get(_place(*one))) for one in asked)
    waiting = Counter(batch.source for batch, doubt in pairs if _state(said.get(_place(batch, doubt))) == "open")
    return DoubtPage(
        lines=tuple(_line(batch, doubt, names, said.get(_place(batch, doubt))) for batch, doubt in shown),
        counts={state: counted.get(state, 0) for state in STATES},
        sources=tuple((name, load_source(name).title, waiting.get(name, 0)) for name in _sources()),
        page=page,
        pages=pages,
    )


def doubts_waiting(actor: Actor) -> int:
    """How many pairs wait for somebody to judge."""
    require_reviewer(actor)
    said = rulings(actor)
    return sum(_state(said.get(_place(*one))) == "open" for one in _pairs(actor))


def doubt(actor: Actor, source: str, token: str, person_id: UUID, *, within_source: bool = False) -> DoubtPair:
    """One pair with its neighbours among those that wait; see `operations.view_doubt`. Raises NotFound.

    within_source: only neighbours of the same source.
    """
    require_reviewer(actor)
    pairs, said = _pairs(actor), rulings(actor)
    wanted = (source, token, str(person_id))
    found = next((one for one in pairs if _address(*one) == wanted), None)
    if found is None:
        raise NotFound("没有找到这一对。", why="它已经不存疑，或所在的批次已经不在用", do="请回到待核对的列表")
    batch, pair = found
    base = of_base([person_id])
    ruling = said.get(_place(*found))
    asked = [one for one in pairs if one is found or not within_source or one[0].source == source]
    near = [one for one in asked if one is found or _state(said.get(_place(*one))) == "open"]
    at = near.index(found)
    file = of_file(whole := _whole(batch, pair), batch.as_of)
    return DoubtPair(
        line=_line(batch, pair, base, ruling),
        batch_id=batch.id,
        batch_number=batch.number,
        as_of=batch.as_of,
        row=pair.row,
        alone=pair.alone,
        file=file,
        base=base[person_id].side,
        union_name=base[person_id].union_name,
        agreements=agreements(whole, file, base[person_id].side),
        history=history(actor, source, token, person_id),
        previous=_key(near[at - 1]) if at else None,
        following=_key(near[at + 1]) if at + 1 < len(near) else None,
    )


def written_number(actor: Actor, source: str, token: str, person_id: UUID) -> str:
    """The document number of a pair as the file has it; whoever asks records the opening."""
    require_reviewer(actor)
    actor.require("members.open")
    wanted = (source, token, str(person_id))
    batch, pair = next((one for one in _pairs(actor) if _address(*one) == wanted), (None, None))
    return _whole(batch, pair).id_number if batch and pair else ""


def rulings(actor: Actor) -> dict[Place, RulingLine]:
    """The last ruling on each pair, withdrawn ones too."""
    rows = list(within(Ruling.objects.all(), actor))
    answered = {one.replaces for one in rows}
    last = (one for one in rows if one.id not in answered)
    return {(one.source, bytes(one.token), str(one.person_id)): ruling_line(one) for one in last}


def history(actor: Actor, source: str, token: str, person_id: UUID) -> tuple[RulingLine, ...]:
    """Every ruling on a pair, the latest first."""
    rows = within(Ruling.objects.filter(source=source, token=bytes.fromhex(token), person_id=person_id), actor)
    return tuple(ruling_line(one) for one in rows.order_by("-id"))


def ruling_line(row: Ruling) -> RulingLine:
    """A ruling as pages show it."""
    return RulingLine(
        id=row.id,
        source=row.source,
        source_title=load_source(row.source).title,
        token=bytes(row.token).hex(),
        person_id=row.person_id,
        verdict=Verdict(row.verdict),
        note=row.note,
        ruled_by=row.ruled_by,
        ruled_at=row.ruled_at,
    )


def _pairs(actor: Actor) -> Pairs:
    """Every pair of the batches in force whose person is still there, what most hangs on first."""
    weights = _hanging()
    found: Pairs = []
    for source in _sources():
        seen: set[Place] = set()
        batches = in_force(within(Batch.objects.filter(source=source, state=BatchState.PUBLISHED), actor))
        for batch in reversed(batches):
            for one in _light(source, str(batch.layout.get("links", ""))):
                if (place := _place(batch, one)) not in seen:
                    seen.add(place)
                    found.append((batch, one))
    there = of_base([UUID(one.person_id) for _, one in found])
    found = [one for one in found if UUID(one[1].person_id) in there]
    return sorted(found, key=lambda one: (-weights.get(one[0].source, 0) * one[1].score, one[0].source, one[1].row))


def _light(source: str, version: str) -> Sequence[Doubt]:
    written = edition(source, version) if version else ""
    return _read(source, version, written) if written else ()  # linked before there were reviews: the next refresh asks


@lru_cache(maxsize=1024)
def _read(source: str, version: str, _written: str) -> Sequence[Doubt]:
    """The pairs of a batch without their numbers, which no process should keep."""
    return tuple(replace(one, id_number="") for one in read_doubts(source, version))


def _whole(batch: Batch, pair: Doubt) -> Doubt:
    version = str(batch.layout.get("links", ""))
    found = (
        one for one in read_doubts(batch.source, version) if (one.token, one.person_id) == (pair.token, pair.person_id)
    )
    return next(found)


def _sources() -> Iterator[str]:
    return (name for name in department_sources() if load_source(name).entity == "person")


def _hanging() -> dict[str, int]:
    """How many facts each source tells."""
    weights: Counter[str] = Counter()
    for group in facts.groups().values():
        for source in group.sources:
            weights[source] += len(group.facts)
    return weights


def _place(batch: Batch, pair: Doubt) -> Place:
    return batch.source, pair.token, pair.person_id


def _address(batch: Batch, pair: Doubt) -> tuple[str, str, str]:
    return batch.source, pair.token.hex(), pair.person_id


def _key(one: tuple[Batch, Doubt]) -> tuple[str, str, UUID]:
    return one[0].source, one[1].token.hex(), UUID(one[1].person_id)


def _state(ruling: RulingLine | None) -> str:
    if ruling is None or ruling.verdict is Verdict.WITHDRAWN:
        return "open"
    return "unsure" if ruling.verdict is Verdict.UNSURE else "ruled"


def _line(batch: Batch, pair: Doubt, base: dict[UUID, SideOfBase], ruling: RulingLine | None) -> DoubtLine:
    person = UUID(pair.person_id)
    return DoubtLine(
        source=batch.source,
        source_title=load_source(batch.source).title,
        token=pair.token.hex(),
        person_id=person,
        name=pair.name,
        person_name=base[person].side.name,
        unit=pair.employer_name,
        person_unit=base[person].side.employer_name,
        score=pair.score,
        method=pair.method,
        reason=pair.reason,
        rows=pair.rows,
        hangs=_hanging().get(batch.source, 0),
        ruling=ruling,
    )
