"""A small city: one city union, districts, streets, grassroots unions, founded through orgs.operations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection

from zhigong.identity.models import Account
from zhigong.kernel.actor import Actor
from zhigong.kernel.ids import uuid7
from zhigong.orgs import operations as orgs
from zhigong.orgs.models import Union
from zhigong.orgs.types import Duty, Level, UnionKind

TODAY = date(2026, 11, 22)


@dataclass
class City:
    """Ids by short name: city, d1, d2, d1s1, d1s1g1 …"""

    unions: dict[str, UUID]

    def union(self, name: str) -> Union:
        return Union.objects.get(id=self.unions[name])


@contextmanager
def acting_for(union: Union, *, duty: Duty = Duty.CHAIR, person_id: UUID | None = None) -> Iterator[Actor]:
    """The actor of a post in this union, opened by the database as for a job; afterwards the scope is what it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('zhigong.scope', true), '')")
        before = cursor.fetchone()[0]
    account = make_post(union, duty=duty, person_id=person_id)
    with orgs.acting_as(account_id=account, post_id=None, on=TODAY) as actor:
        yield actor
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('zhigong.scope', %s, true)", [before])


def make_post(union: Union, *, duty: Duty = Duty.CHAIR, person_id: UUID | None = None) -> UUID:
    """An account with a post in a union; returns the account."""
    with orgs.city_scope(on=TODAY) as by:
        account = Account.objects.create_user(
            f"cadre-{uuid7().hex[-12:]}", name=f"{union.name}干部", person_id=person_id
        )
        orgs.appoint(
            by=by, union_id=union.id, holder=account.name, duty=duty, starts_on=date(2024, 1, 1), account_id=account.id
        )
    return account.id


def build_city(districts: int = 2, streets: int = 2, grassroots: int = 2) -> City:
    """Found the tree; the caller is inside a transaction of the job role."""
    made: dict[str, UUID] = {}
    with orgs.city_scope(on=TODAY) as by:
        made["city"] = orgs.found_city(
            by=by, code="99010000", name="云泽市总工会", on=date(1950, 5, 1), division_code="990100"
        )
    with orgs.city_scope(on=TODAY) as by:
        for d in range(1, districts + 1):
            made[f"d{d}"] = _found(
                by, f"9901{d:02d}00", f"第{d}区总工会", Level.DISTRICT, UnionKind.FEDERATION, made["city"]
            )
            for s in range(1, streets + 1):
                name = f"d{d}s{s}"
                made[name] = _found(
                    by,
                    f"9901{d:02d}{s:02d}",
                    f"第{d}区第{s}街道总工会",
                    Level.STREET,
                    UnionKind.FEDERATION,
                    made[f"d{d}"],
                )
                for g in range(1, grassroots + 1):
                    made[f"{name}g{g}"] = _found(
                        by,
                        f"9901{d:02d}{s:02d}{g:04d}",
                        f"{d}区{s}街{g}号公司工会",
                        Level.GRASSROOTS,
                        UnionKind.ENTERPRISE,
                        made[name],
                    )
    return City(made)


def _found(by: Actor, code: str, name: str, level: Level, kind: UnionKind, parent: UUID) -> UUID:
    return orgs.found(
        by=by,
        code=code,
        name=name,
        level=level,
        kind=kind,
        parent_id=parent,
        on=date(2000, 1, 1),
        division_code=code[:6],
    )
