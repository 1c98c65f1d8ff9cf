"""Figures equal a plain count at every level, whatever levels a chain skips; each scope sees its own; runs are kept."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from tests.support.city import TODAY, City, acting_for, build_city, make_post

from zhigong.casework.models import Case, Entitlement
from zhigong.casework.types import OPEN_STATES, CaseOrigin, CaseState, EntitlementState
from zhigong.exchange.store import lake_root
from zhigong.facts import queries as words
from zhigong.funds import operations as funds
from zhigong.funds.models import Claim, Payable
from zhigong.funds.tests.staging import Stage, answer, asked, put_members
from zhigong.insight import operations as insight
from zhigong.insight import queries
from zhigong.insight.models import Run
from zhigong.kernel.errors import Refused
from zhigong.kernel.ids import uuid7
from zhigong.kernel.vault import vault
from zhigong.lake import operations as lake
from zhigong.lake.types import Layer
from zhigong.orgs import operations as orgs
from zhigong.orgs.types import Duty, Level, UnionKind
from zhigong.people.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job"), pytest.mark.xdist_group("insight")]

SCOPE = partial(orgs.city_scope, on=TODAY)
AT = 1_790_000_000_000
SERVICES = ("hardship/archive", "mutual-aid/medical")
MEASURES = ("members", "linked", "found", "helped", "paid_fen", "open_cases")


@dataclass
class Town:
    """A city with persons in unions of every level, and what is known of them."""

    city: City
    people: list[Person] = field(default_factory=list)
    known: dict[Any, tuple[str, str | None, int | None]] = field(default_factory=dict)


@pytest.fixture(autouse=True)
def own_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other workers refresh at the same time; the key ring is loaded before its folder is another."""
    vault()
    monkeypatch.setenv("ZHIGONG_HOME", str(tmp_path))


@pytest.fixture
def town(own_lake: None) -> Town:
    """Cases and payments are put straight into the tables: what led to them is told elsewhere."""
    chance = random.Random(7)
    city = build_city(2, 1, 2)
    with SCOPE() as by:
        for name, parent in (("lone", "city"), ("short", "d1")):
            city.unions[name] = orgs.found(
                by=by, code=f"9901{len(name):02d}99{len(parent):04d}", name=f"{name}公司工会", level=Level.GRASSROOTS,
                kind=UnionKind.ENTERPRISE, parent_id=city.unions[parent], on=TODAY - timedelta(days=900),
                division_code="990100",
            )  # fmt: skip
    made = Town(city)
    with SCOPE():
        for name in ("d1s1g1", "d1s1g2", "d2s1g1", "lone", "short", "d1"):
            made.people += put_members(city.union(name), chance.randint(3, 9))
        for person in made.people:
            made.known[person.id] = (
                chance.choice(("active", "active", "pending", "left")),
                chance.choice((None, "paid")),
                chance.choice((None, 3)),
            )
            for service in SERVICES:
                _story(person, service, chance)
    _pay(made, chance)
    _write_facts(made)
    return made


def _story(person: Person, service: str, chance: random.Random) -> None:
    scope = {"union_id": person.union_id, "l1": person.l1, "l2": person.l2, "l3": person.l3, "l4": person.l4}
    if chance.random() < 0.5:
        state = chance.choice((EntitlementState.OFFERED, EntitlementState.WITHDRAWN))
        Entitlement(
            id=uuid7(), person_id=person.id, service_id=service, service_version="v", state=state, digest="d",
            found_on=TODAY, changed_on=TODAY, **scope,
        ).save(force_insert=True)  # fmt: skip
    if chance.random() < 0.5:
        state = chance.choice((CaseState.RUNNING, CaseState.GRANTED, CaseState.REFUSED))
        serial = uuid7().hex
        Case(
            id=uuid7(), person_id=person.id, number=serial[-24:], service_id=service, service_version="v", title="t",
            person_name=person.name, union_name="u", origin=CaseOrigin.AUTOMATIC, state=state, content={},
            content_hash="h", submitted_on=TODAY, promised_on=TODAY, key=serial,
            closed_on=None if state in OPEN_STATES else TODAY, **scope,
        ).save(force_insert=True)  # fmt: skip


def _pay(town: Town, chance: random.Random) -> None:
    """Some are paid through a batch of their own, one of them gives money back, others still wait."""
    stage = Stage(town.city, {"maker": _finance(town), "checker": _finance(town)})
    lucky = chance.sample(town.people, 12)
    with stage.acting("maker") as by:
        funds.open_budget(
            by, union_id=town.city.unions["city"], service_id=SERVICES[1], year=TODAY.year, fen=10_000_000,
            document="云总工〔2026〕1号", key="b",
        )  # fmt: skip
    with SCOPE() as by:
        for place, person in enumerate(lucky):
            funds.request_payment(by, **asked(person, 1_000 + 37 * place, f"p{place}"))
            if place < 9:
                funds.register_account(
                    by,
                    person_id=person.id,
                    holder=person.name,
                    bank="建行",
                    number=f"62270000{place:06d}",
                    key=f"a{place}",
                )
    batch = stage.batch("b")
    with stage.acting("checker") as by:
        funds.post_return(by, batch_id=batch, file=answer(funds.bank_file(by, batch_id=batch)))
    with SCOPE() as by:
        claim = funds.recover(by, **asked(lucky[0], 400, "c"))
        funds.repay(by, claim_id=claim, fen=150, key="r")


def _finance(town: Town) -> UUID:
    with SCOPE():
        return make_post(town.city.union("city"), duty=Duty.FINANCE)


def _write_facts(town: Town) -> None:
    kinds = {"integer": pa.int64(), "boolean": pa.bool_(), "text": pa.string(), "date": pa.date32()}
    rows = town.people
    columns = {
        name: pa.nulls(len(rows), kinds.get(str(one.kind), pa.string())) for name, one in words.vocabulary().items()
    }
    columns |= {
        "person_id": pa.array([str(one.id) for one in rows], pa.string()),
        "membership_status": pa.array([town.known[one.id][0] for one in rows], pa.string()),
        "insured_state": pa.array([town.known[one.id][1] for one in rows], pa.string()),
        "household_size": pa.array([town.known[one.id][2] for one in rows], pa.int64()),
        **{f"l{n}": pa.array([getattr(one, f"l{n}") for one in rows], pa.int32()) for n in (1, 2, 3, 4)},
    }
    with lake.one_writer(lake_root()):
        with lake.write_batch(lake_root(), layer=Layer.FACTS, name="person") as writer:
            writer.write(pa.table(columns))
            ref = writer.commit(version=uuid7().hex)
        lake.swap_snapshot(lake_root(), "facts", {"person": ref}, {"day": TODAY.isoformat(), "signature": "test"})


def oracle(town: Town, column: str, seq: int, service: str = "") -> dict[str, int]:
    """The measures of a union counted person by person."""
    here = {one.id for one in town.people if getattr(one, column) == seq}
    with SCOPE():
        offers = set(
            Entitlement.objects.exclude(state=EntitlementState.WITHDRAWN).values_list("person_id", "service_id")
        )
        cases = list(Case.objects.values_list("person_id", "service_id", "state"))
        paid = list(Payable.objects.filter(state=6).values_list("person_id", "service_id", "amount_fen"))
        paid += [(p, s, -fen) for p, s, fen in Claim.objects.values_list("person_id", "service_id", "regained_fen")]
    offers |= {(p, s) for p, s, v in cases if v in (*OPEN_STATES, CaseState.HEIR, CaseState.GRANTED, CaseState.PAID)}
    mine = [(p, s, v) for p, s, v in cases if p in here and service in ("", s)]
    active = {p for p in here if town.known[p][0] == "active"}
    return {
        "members": 0 if service else len(active),
        "linked": 0 if service else sum(1 for p in active if town.known[p][1] or town.known[p][2]),
        "found": len({p for p, s in offers if p in here and service in ("", s)}),
        "helped": len({p for p, _, v in mine if v in (CaseState.GRANTED, CaseState.PAID)}),
        "paid_fen": sum(fen for p, s, fen in paid if p in here and service in ("", s)),
        "open_cases": sum(1 for *_, v in mine if v in (*OPEN_STATES, CaseState.HEIR)),
    }


def seen(town: Town, name: str, duty: Duty = Duty.CHAIR) -> Any:
    with SCOPE():
        union = town.city.union(name)
    with acting_for(union, duty=duty) as actor:
        return actor, queries.overview(actor)


def test_before_the_first_count_there_is_nothing(town):
    _, page = seen(town, "city")
    assert page.made_at is None and not page.lines


@pytest.mark.parametrize("name", ["city", "d1", "d2", "d1s1", "d2s1", "d1s1g1", "lone", "short"])
def test_figures_are_those_of_a_plain_count(town, name):
    insight.refresh(scope=SCOPE, at_ms=AT)
    actor, page = seen(town, name)
    assert {measure.name for measure in page.measures} == set(MEASURES)
    assert dict(page.total) == oracle(town, actor.level_column, actor.seq)
    assert page.as_of == TODAY
    titles = dict(zip((line.name for line in page.services), (line.figures for line in page.services), strict=True))
    for service in SERVICES:
        wanted = oracle(town, actor.level_column, actor.seq, service)
        found = [dict(figures) for figures in titles.values()]
        assert not any(wanted.values()) or wanted in found


@pytest.mark.parametrize("name", ["city", "d1", "d1s1"])
def test_the_unions_below_add_up_to_the_whole(town, name):
    insight.refresh(scope=SCOPE, at_ms=AT)
    _, page = seen(town, name)
    for measure in MEASURES:
        assert sum(line.figures[measure] for line in page.lines) == page.total[measure]
    by_id = {line.union_id: line for line in page.lines}
    below = {"city": ("d1", "d2", "lone"), "d1": ("d1s1", "short"), "d1s1": ("d1s1g1", "d1s1g2")}[name]
    for one in below:
        with SCOPE():
            union = town.city.union(one)
        column = f"l{union.level}"
        assert dict(by_id[union.id].figures) == oracle(town, column, getattr(union, column)), one
    own = [line for line in page.lines if line.union_id is None]
    assert bool(own) == (name == "d1"), "only the district has members of its own"


def test_another_scope_is_not_in_the_figures(town):
    insight.refresh(scope=SCOPE, at_ms=AT)
    _, one = seen(town, "d2s1g1")
    _, other = seen(town, "d1s1g1")
    assert one.lines == () and one.below == ""
    assert one.total["members"] != one.total["members"] + other.total["members"]
    assert {line.union_id for line in seen(town, "d2")[1].lines} == {town.city.unions["d2s1"]}


def test_counting_again_changes_nothing_until_something_happens(town):
    insight.refresh(scope=SCOPE, at_ms=AT)
    again = insight.refresh(scope=SCOPE, at_ms=AT + 1)
    assert again.rows > 0 and again.changed == 0
    with SCOPE():
        person = town.people[0]
        Entitlement(
            id=uuid7(), person_id=person.id, service_id="other/service", service_version="v", digest="d",
            state=EntitlementState.OFFERED, found_on=TODAY, changed_on=TODAY, union_id=person.union_id, l1=person.l1,
            l2=person.l2, l3=person.l3, l4=person.l4,
        ).save(force_insert=True)  # fmt: skip
    assert insight.refresh(scope=SCOPE, at_ms=AT + 2).changed > 0


def test_a_run_that_is_refused_says_why(town, monkeypatch):
    from zhigong.insight import running

    def refuse(**_: Any) -> None:
        raise Refused("数据湖正忙。", do="稍后再试。")

    monkeypatch.setattr(running.casework, "refresh", refuse)
    with pytest.raises(Refused):
        insight.refresh_all(scope=SCOPE, at_ms=AT, tell=lambda _: None)
    with SCOPE():
        run = Run.objects.get()
    assert run.finished_at and run.error["what"] == "数据湖正忙。" and not run.report["stages"]
