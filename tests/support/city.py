"""A small city: one city union, districts, streets, grassroots unions, founded through orgs.operations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.db import connection

from zhigong.kernel.actor import Actor
from zhigong.orgs import operations as orgs
from zhigong.orgs.models import Union
from zhigong.orgs.policies import SYSTEM_RIGHTS
from zhigong.orgs.types import Level, UnionKind

TODAY = date(2026, 11, 22)


def set_scope(unions: list[int], ancestors: list[int] | None = None, *, person: UUID | None = None, account: UUID | None = None,
              rights: list[str] | None = None) -> None:
    """Set a scope as the owner would; only the administrator's connection may, so tests use it to play any actor."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kernel_set_scope(%s, %s, %s, %s, %s)", [unions, ancestors or [], person, account, rights or []])


@dataclass
class City:
    """Ids by short name: city, d1, d2, d1s1, d1s1g1 …"""

    unions: dict[str, UUID]

    def union(self, name: str) -> Union:
        return Union.objects.get(id=self.unions[name])


@contextmanager
def acting_for(union: Union, *, rights: frozenset[str] = SYSTEM_RIGHTS, account_id: UUID | None = None) -> Iterator[Actor]:
    """The actor of a union and the scope of the present transaction set to it, then back to what it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('zhigong.scope', true), '')")
        before = cursor.fetchone()[0]
    chain = [key for key in (union.l1, union.l2, union.l3, union.l4) if key]
    set_scope([chain[-1]], chain[:-1], account=account_id)
    try:
        yield Actor(
            account_id=account_id, name=f"{union.name}干部", on=TODAY, duty="chair", rights=rights, union_id=union.id,
            union_name=union.name, level=union.level, seq=union.seq,
        )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('zhigong.scope', %s, true)", [before])


def build_city(districts: int = 2, streets: int = 2, grassroots: int = 2) -> City:
    """Found the tree; the caller is inside a transaction of the job role."""
    made: dict[str, UUID] = {}
    with orgs.city_scope(on=TODAY) as by:
        made["city"] = orgs.found_city(by=by, code="99010000", name="云泽市总工会", on=date(1950, 5, 1), division_code="990100")
    with orgs.city_scope(on=TODAY) as by:
        for d in range(1, districts + 1):
            made[f"d{d}"] = _found(by, f"9901{d:02d}00", f"第{d}区总工会", Level.DISTRICT, UnionKind.FEDERATION, made["city"])
            for s in range(1, streets + 1):
                name = f"d{d}s{s}"
                made[name] = _found(by, f"9901{d:02d}{s:02d}", f"第{d}区第{s}街道总工会", Level.STREET, UnionKind.FEDERATION, made[f"d{d}"])
                for g in range(1, grassroots + 1):
                    made[f"{name}g{g}"] = _found(
                        by, f"9901{d:02d}{s:02d}{g:04d}", f"{d}区{s}街{g}号公司工会", Level.GRASSROOTS, UnionKind.ENTERPRISE, made[name]
                    )
    return City(made)


def _found(by: Actor, code: str, name: str, level: Level, kind: UnionKind, parent: UUID) -> UUID:
    return orgs.found(by=by, code=code, name=name, level=level, kind=kind, parent_id=parent, on=date(2000, 1, 1), division_code=code[:6])


def renamed(actor: Actor, name: str) -> Actor:
    return replace(actor, name=name)
