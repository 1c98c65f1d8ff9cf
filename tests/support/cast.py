"""People of the small city who sign in: the demo's roles, each with an account, a post or a file of her own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from tests.support.city import City, build_city
from zhigong.identity import operations as identity
from zhigong.kernel.clock import now, today
from zhigong.kernel.identity_numbers import check_digit
from zhigong.orgs import operations as orgs
from zhigong.orgs.types import Duty
from zhigong.people import operations as people

CADRES = {
    "demo-city": ("city", Duty.CHAIR, "林国华"),
    "demo-district": ("d1", Duty.CHAIR, "赵文静"),
    "demo-street": ("d1s1", Duty.CLERK, "孙立"),
    "demo-grassroots": ("d1s1g1", Duty.CHAIR, "周敏"),
    "demo-data": ("city", Duty.DATA_OFFICER, "何晓东"),
    "demo-finance": ("city", Duty.FINANCE, "吴芳"),
    "demo-auditor": ("city", Duty.AUDITOR, "郑直"),
}
MEMBER = "陈秀兰"


@dataclass
class Cast:
    """The city, accounts by sign-in name, persons by name."""

    city: City
    accounts: dict[str, UUID] = field(default_factory=dict)
    persons: dict[str, UUID] = field(default_factory=dict)


def id_number(serial: int, *, born: str = "19850612") -> str:
    """A sound fictional document number; odd serials are men."""
    head = f"990102{born}{serial:03d}"
    return head + check_digit(head)


def assemble() -> Cast:
    """Found the city and its cast; the caller is the job role on a database where rows are committed."""
    cast = Cast(build_city(districts=1, streets=1, grassroots=2))
    for username, (union, duty, name) in CADRES.items():
        account = identity.create_account(by=None, username=username, name=name, now=now())
        cast.accounts[username] = account
        with orgs.city_scope(on=today()) as by:
            orgs.appoint(
                by=by,
                union_id=cast.city.unions[union],
                holder=name,
                duty=duty,
                starts_on=date(2020, 1, 1),
                account_id=account,
            )
    with orgs.city_scope(on=today()) as by:
        cast.persons[MEMBER] = people.register(
            by=by,
            union_id=cast.city.unions["d1s1g1"],
            name=MEMBER,
            id_type="111",
            id_number=id_number(204),
            phone="13800001234",
            employer_name="清河机械厂",
            on=date(2021, 5, 1),
        )
    cast.accounts["demo-member"] = identity.create_account(
        by=None, username="demo-member", name=MEMBER, phone="13800001234", person_id=cast.persons[MEMBER], now=now()
    )
    cast.accounts["demo-courier"] = identity.create_account(
        by=None, username="demo-courier", name="罗勇", phone="13900005678", now=now()
    )
    return cast
