"""A city with two people of finance, a few members, and budgets: what the tests of money begin with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import connection
from tests.support.city import TODAY, City, build_city, make_post

from zhigong.funds import operations as funds
from zhigong.funds.policies import mistyped
from zhigong.funds.types import PaymentRequest
from zhigong.kernel.actor import Actor
from zhigong.kernel.ids import uuid7
from zhigong.kernel.names import initials, sort_key
from zhigong.orgs import operations as orgs
from zhigong.orgs.models import Union
from zhigong.orgs.types import Duty
from zhigong.people.models import Person
from zhigong.people.types import MembershipStatus

SERVICE = "mutual-aid/medical"
RIGHTS = frozenset({"payouts.make", "payouts.release", "payouts.post", "budgets.write"})
NAMES = ("陈秀兰", "李建国", "王芳", "张伟", "赵敏", "欧阳志强", "孙立", "周敏")


@dataclass
class Stage:
    """The city, who acts, and the members by place in NAMES."""

    city: City
    accounts: dict[str, UUID] = field(default_factory=dict)
    members: list[Person] = field(default_factory=list)
    budget: UUID | None = None

    @contextmanager
    def acting(self, who: str) -> Iterator[Actor]:
        """Act as `maker`, `checker` (finance of the city) or `cadre` (chair of the first grassroots union)."""
        before = scope()
        with orgs.acting_as(account_id=self.accounts[who], post_id=None, on=TODAY) as actor:
            yield replace(actor, rights=actor.rights | RIGHTS) if who != "cadre" else actor
        set_scope(before)

    def ask(self, member: int, fen: int, key: str, **more: Any) -> UUID:
        """One payment asked for by the cadre of the member's union."""
        person = self.members[member]
        with self.acting("cadre") as by:
            return funds.request_payment(by, **asked(person, fen, key, **more))

    def register(self, member: int, number: str | None = None, *, key: str | None = None) -> UUID:
        """An account for a member, by the cadre."""
        person = self.members[member]
        number = number or card(f"622202000{member:06d}")
        with self.acting("cadre") as by:
            return funds.register_account(
                by,
                person_id=person.id,
                holder=person.name,
                bank="中国工商银行云泽支行",
                number=number,
                key=key or f"account-{member}-{number}",
            )

    def batch(self, key: str = "b", *, upto: str = "released") -> UUID:
        """A batch of everything ready: drafted, frozen or released."""
        with self.acting("maker") as by:
            made = funds.draft_batch(by, title="十一月医疗互助", key=key)
            if upto != "drafted":
                funds.freeze_batch(by, batch_id=made)
        if upto == "released":
            with self.acting("checker") as by:
                funds.release_batch(by, batch_id=made)
        return made


def asked(person: Person, fen: int, key: str, **more: Any) -> dict[str, Any]:
    """The arguments of a request."""
    given = {
        "person_id": person.id,
        "union_id": person.union_id,
        "amount_fen": fen,
        "service_id": SERVICE,
        "case_id": None,
        "reason": "医疗互助金",
        "key": key,
    }
    return given | more


def requests(person: Person, fen: int, key: str, **more: Any) -> PaymentRequest:
    """The same as one entry of a table."""
    return PaymentRequest(**asked(person, fen, key, **more))


def scope() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('zhigong.scope', true), '')")
        return str(cursor.fetchone()[0])


def set_scope(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('zhigong.scope', %s, true)", [value])


def put_members(union: Union, number: int) -> list[Person]:
    """Persons straight into the table."""
    made = []
    for n in range(number):
        name = NAMES[n % len(NAMES)]
        made.append(
            Person(
                id=uuid7(), union=union, l1=union.l1, l2=union.l2, l3=union.l3, l4=union.l4, name=name,
                name_sort=sort_key(name), initials=initials(name), membership_status=MembershipStatus.ACTIVE,
            )
        )  # fmt: skip
    Person.objects.bulk_create(made)
    return made


def build_stage(*, fen: int = 1_000_000, members: int = 4) -> Stage:
    """Found it, within the caller's transaction of the job role."""
    stage = Stage(build_city(districts=1, streets=1, grassroots=2))
    with orgs.city_scope(on=TODAY):
        unions = {name: stage.city.union(name) for name in ("city", "d1s1g1")}
        stage.accounts = {
            "maker": make_post(unions["city"], duty=Duty.FINANCE),
            "checker": make_post(unions["city"], duty=Duty.FINANCE),
            "cadre": make_post(unions["d1s1g1"], duty=Duty.CHAIR),
        }
    with orgs.city_scope(on=TODAY):
        stage.members = put_members(unions["d1s1g1"], members)
    if fen:
        with stage.acting("maker") as by:
            stage.budget = funds.open_budget(
                by, union_id=stage.city.unions["city"], service_id=SERVICE, year=TODAY.year, fen=fen,
                document="云总工〔2026〕1号", key="budget-1",
            )  # fmt: skip
    return stage


def answer(file: bytes, results: dict[str, str] | str = "成功") -> bytes:
    """The bank's return file for a payout list: each serial with its result (失败 with a reason)."""
    rows = [line.split(",") for line in file.decode("gb18030").splitlines()]
    made = [[*rows[0], "处理结果", "失败原因"]]
    for row in rows[1:-1]:
        result = results if isinstance(results, str) else results.get(row[6], "成功")
        made.append([*row, result, "账号与户名不符" if result in {"失败", "退回", "退汇"} else ""])
    made.append([*rows[-1], "", ""])
    return "".join(",".join(row) + "\r\n" for row in made).encode("gb18030")


def card(body: str) -> str:
    """A card number: the body with its check digit, found by trying, as a clerk would."""
    return next(number for digit in "0123456789" if not mistyped(number := body + digit))


def only(file: bytes, *places: int) -> bytes:
    """A payout list cut to some of its lines, with the totals that fit: what a later file of the bank is about."""
    head, *lines, total = [line.split(",") for line in file.decode("gb18030").splitlines()]
    kept = [lines[place] for place in places]
    fen = sum(int(line[4].replace(".", "")) for line in kept)
    rows = [head, *kept, [total[0], str(len(kept)), *total[2:4], f"{fen // 100}.{fen % 100:02d}", *total[5:]]]
    return "".join(",".join(row) + "\r\n" for row in rows).encode("gb18030")
