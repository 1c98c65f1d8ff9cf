"""A small city with members whose facts are known, cadres at every level, and the acts of a case said shortly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

import pyarrow as pa
from django.db import connection
from tests.support.city import TODAY, City, build_city
from tests.support.rosters import id_number

from zhigong.casework import operations as casework
from zhigong.casework import queries
from zhigong.exchange.store import lake_root
from zhigong.facts import operations as facts
from zhigong.facts import queries as words
from zhigong.funds import operations as funds
from zhigong.funds.policies import card_digit
from zhigong.identity.models import Account
from zhigong.kernel.actor import Actor
from zhigong.kernel.ids import uuid7
from zhigong.lake import operations as lake
from zhigong.lake.types import Layer
from zhigong.orgs import operations as orgs
from zhigong.orgs.types import Duty
from zhigong.people import operations as people

HARDSHIP, MEDICAL = "hardship/archive", "mutual-aid/medical"
LEVELS = {"grassroots": "d1s1g1", "street": "d1s1", "district": "d1", "city": "city"}
KINDS = {"integer": pa.int64(), "boolean": pa.bool_(), "text": pa.string(), "date": pa.date32()}

# Poor by the hardship archive of the national catalogue: (1 000 000 - 0) / 12 / 3 fen a month.
POOR = {
    "membership_status": "active", "is_migrant": False, "household_income_year": 1_000_000,
    "household_rigid_expense_year": 0, "household_size": 3, "homes_owned": 1, "months_of_labour_relation": 60,
}  # fmt: skip
RICH = POOR | {"household_income_year": 100_000_000}
ILL = {
    "membership_status": "active", "mutual_aid_enrolled": True, "medical_policy_own_pay_year": 500_000,
    "medical_aid_paid_year": 0,
}  # fmt: skip
ANSWERS = {
    "runs_business_with_employees": False, "private_school_or_study_abroad": False, "sudden_loss_year": 0,
    "cause": "illness", "verification_consent": True,
}  # fmt: skip
CARD = casework.Account(holder="陈秀兰", bank="中国工商银行云泽支行", number="6222020000000015")


@dataclass(repr=False)
class Stage:
    """Who is there: accounts of cadres by name, of members by person."""

    city: City
    cadres: dict[str, UUID] = field(default_factory=dict)
    members: dict[UUID, UUID] = field(default_factory=dict)
    names: dict[UUID, str] = field(default_factory=dict)
    serial: int = 0
    known: dict[UUID, dict[str, Any]] = field(default_factory=dict)

    @contextmanager
    def acting(self, account: UUID, *, on: date = TODAY) -> Iterator[Actor]:
        """The scope of an account on a day; afterwards the scope is what it was."""
        with kept_scope(), orgs.acting_as(account_id=account, post_id=None, on=on) as actor:
            yield actor

    def cadre(self, who: str, *, on: date = TODAY) -> Any:
        """Acting as `grassroots`, `street`, `district`, `city`, or a name given to `appoint`."""
        return self.acting(self.cadres[who], on=on)

    def member(self, person: UUID, *, on: date = TODAY) -> Any:
        """Acting as a member."""
        return self.acting(self.members[person], on=on)

    def system(self, *, on: date = TODAY) -> Any:
        """The city's scope, for jobs."""
        return orgs.city_scope(on=on)

    def appoint(self, who: str, union: str, *, duty: Duty = Duty.CHAIR, person_id: UUID | None = None) -> UUID:
        """One more cadre."""
        with self.system() as by:
            name = f"{union}的{who}"
            account = Account.objects.create_user(f"c-{uuid7().hex[-12:]}", name=name, person_id=person_id)
            orgs.appoint(
                by=by, union_id=self.city.unions[union], holder=name, duty=duty, starts_on=date(2024, 1, 1),
                account_id=account.id,
            )  # fmt: skip
        self.cadres[who] = account.id
        return account.id

    def appoint_member(self, who: str, union: str, person: UUID) -> None:
        """The account of a member gets a post as well."""
        with self.system() as by:
            orgs.appoint(
                by=by, union_id=self.city.unions[union], holder=who, duty=Duty.CHAIR, starts_on=date(2024, 1, 1),
                account_id=self.members[person],
            )  # fmt: skip
        self.cadres[who] = self.members[person]

    def join(self, union: str = "d1s1g1", *, name: str = "陈秀兰", **known: Any) -> UUID:
        """A member with an account and these facts."""
        self.serial += 1
        with self.system() as by:
            person = people.register(
                by=by, union_id=self.city.unions[union], name=name, id_type="111", id_number=id_number(self.serial),
                phone="", employer_name="", on=date(2021, 5, 1),
            )  # fmt: skip
            account = Account.objects.create_user(f"m-{uuid7().hex[-12:]}", name=name, person_id=person)
        self.members[person], self.names[person] = account.id, name
        self.tell_facts(person, **known)
        return person

    def tell_facts(self, person: UUID, **known: Any) -> None:
        """Publish facts of a person, and remember them for the wide table."""
        self.known[person] = self.known.get(person, {}) | known
        vocabulary = words.vocabulary()
        for name in sorted({vocabulary[fact].group for fact in known}):
            group = words.groups()[name]
            row = self.known[person]
            columns = {one.name: pa.array([row.get(one.name)], KINDS[one.kind]) for one in group.facts}
            table = pa.table(
                {"person_id": pa.array([str(person)], pa.string()), **columns}
                | {"source": [next(iter(group.sources))], "as_of": pa.array([TODAY], pa.date32())}
                | {"batch": pa.array([None], pa.string())}
            )
            with self.system() as by:
                facts.publish(by=by, group=name, rows=[table])

    def open_budget(self, service: str, fen: int = 100_000_000) -> None:
        """Money for a service this year, in the city's budget."""
        with self.system() as by:
            funds.open_budget(
                by, union_id=self.city.unions["city"], service_id=service, year=TODAY.year, fen=fen, document="1",
                key=f"budget-{service}",
            )  # fmt: skip

    def write_table(self, *, day: date = TODAY) -> None:
        """The wide table of facts as a refresh leaves it."""
        vocabulary = {name: one for name, one in words.vocabulary().items() if name not in ANSWERS}
        persons = sorted(self.known, key=str)
        columns = {
            name: pa.array([self.known[person].get(name) for person in persons], KINDS[one.kind])
            for name, one in vocabulary.items()
        }
        chain = {f"l{n}": pa.array([1] * len(persons), pa.int32()) for n in (1, 2, 3, 4)}
        table = pa.table({"person_id": pa.array([str(one) for one in persons], pa.string())} | chain | columns)
        with lake.one_writer(lake_root()):
            with lake.write_batch(lake_root(), layer=Layer.FACTS, name="person") as writer:
                writer.write(table)
                ref = writer.commit(version=uuid7().hex)
            lake.swap_snapshot(lake_root(), "facts", {"person": ref}, {"day": day.isoformat(), "signature": "test"})

    def screen(self, service: str, *, on: date = TODAY) -> Any:
        """Screen one service over the table."""
        from functools import partial

        return casework.screen_service(
            scope=partial(orgs.city_scope, on=on), service_id=service, at_ms=1_800_000_000_000
        )

    def apply(self, person: UUID, *, key: str = "apply", on: date = TODAY, **answers: Any) -> UUID:
        """The member applies for the hardship archive."""
        with self.member(person, on=on) as by:
            body = f"62220200{self.members[person].int % 10**10:010d}"
            number = body + str(card_digit(body))
            account = replace(CARD, holder=self.names[person], number=number)
            return casework.apply(
                by=by, service_id=HARDSHIP, answers=ANSWERS | answers, account=account, key=f"{key}-{person}"
            )

    def act(self, who: str, case: UUID, action: str, *, on: date = TODAY, note: str = "", **more: Any) -> None:
        """A cadre acts on the open step."""
        with self.cadre(who, on=on) as by:
            step = more.pop("step", None) or queries.case(by, case).step_id
            casework.act(
                by=by, case_id=case, step=step, action=action, note=note, key=more.pop("key", uuid7().hex), **more
            )

    def page(self, case: UUID, *, who: str = "city", on: date = TODAY) -> Any:
        """The case as a cadre sees it."""
        with self.cadre(who, on=on) as by:
            return queries.case(by, case)

    def pass_to_publicity(self, case: UUID, *, on: date = TODAY) -> None:
        """Through check and reviews, names published."""
        for who in ("grassroots", "street", "district"):
            self.act(who, case, "pass", on=on)
        self.act("district", case, "publish", on=on)


@contextmanager
def kept_scope() -> Iterator[None]:
    """Afterwards the scope of the transaction is what it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('zhigong.scope', true), '')")
        before = cursor.fetchone()[0]
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('zhigong.scope', %s, true)", [before])


def set_stage() -> Stage:
    """The city with a chair on each level of one chain."""
    stage = Stage(build_city(districts=2, streets=1, grassroots=2))
    for who, union in LEVELS.items():
        stage.appoint(who, union)
    return stage
