"""A small committed city with cadres of every level, and browsers signed in as they are.

The city is made once per worker, through the product's own operations, in a database of its own; each test sees it as
the web role inside a transaction that is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

if TYPE_CHECKING:
    from django.test import Client
    from tests.bed import Bed, Database

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高"
GIVEN = ("秀兰", "建国", "芳", "伟", "娜", "强", "桂英", "志强", "敏", "军")


@dataclass
class Desk:
    """The city and who works in it: unions and accounts by short name."""

    unions: dict[str, UUID] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, list[UUID]] = field(default_factory=dict)
    employers: dict[str, UUID] = field(default_factory=dict)


def id_number(serial: int, *, born: date = date(1985, 3, 2)) -> str:
    """A number that passes its check digit."""
    body = f"340202{born:%Y%m%d}{serial:03d}"
    weights = [pow(2, 17 - place, 11) for place in range(17)]
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def name_of(serial: int) -> str:
    return SURNAMES[serial % len(SURNAMES)] + GIVEN[serial // 3 % len(GIVEN)]


@pytest.fixture(scope="session")
def city_database(
    bed: Bed, django_db_setup: None, django_db_blocker: Any, worker_id: str
) -> Iterator[tuple[Database, Desk]]:
    from tests.bed import as_role

    database = bed.clone(f"desk_{worker_id}")
    with django_db_blocker.unblock(), as_role("job"), database.lent_to_django():
        made = _build()
    yield database, made
    database.drop()


@pytest.fixture
def desk(city_database: tuple[Database, Desk], django_db_blocker: Any) -> Iterator[Desk]:
    """The city for one test; whatever the test changes is undone."""
    from django.db import transaction

    database, made = city_database
    with django_db_blocker.unblock(), database.lent_to_django(), transaction.atomic():
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def browser(desk: Desk) -> Callable[[str], Client]:
    """A client signed in as a cadre of the city by her short name; '' is nobody."""

    def sign_in(who: str) -> Client:
        from django.conf import settings
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
        from django.db import connection
        from django.test import Client

        from zhigong.identity.policies import RECORDS_KEY, RECORDS_OF_KEY
        from zhigong.identity.sessions import SessionStore
        from zhigong.kernel.clock import now

        client = Client()
        if not who:
            with connection.cursor() as cursor:  # each real request has a transaction, and so a scope, of its own
                cursor.execute("SELECT set_config('zhigong.scope', '', true)")
            return client
        user = get_user_model().objects.get(pk=desk.accounts[who])
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session[RECORDS_OF_KEY] = str(user.pk)
        session[RECORDS_KEY] = [{"method": "demo", "at": now().timestamp()}]
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return client

    return sign_in


def _build() -> Desk:
    from django.db import transaction
    from tests.support.city import build_city

    from zhigong.kernel.clock import today

    made = Desk()
    with transaction.atomic():
        made.unions = build_city(2, 2, 2).unions
    with transaction.atomic():
        _cadres(made, today())
        _employers(made, today())
        _members(made, today())
        _family(made, today())
        _terms(made, today())
    return made


def _cadres(made: Desk, today: date) -> None:
    from zhigong.identity import operations as identity
    from zhigong.kernel.clock import now
    from zhigong.orgs import operations as orgs
    from zhigong.orgs.models import Union
    from zhigong.orgs.types import Duty

    posts = {
        "city": ("city", Duty.CHAIR),
        "district": ("d1", Duty.CHAIR),
        "street": ("d1s1", Duty.CLERK),
        "chair": ("d1s1g1", Duty.CHAIR),
        "other": ("d2s1g1", Duty.CHAIR),
        "empty": ("d2s2g2", Duty.CHAIR),
        "data": ("city", Duty.DATA_OFFICER),
        "finance": ("d1", Duty.FINANCE),
        "auditor": ("city", Duty.AUDITOR),
        "admin": ("city", Duty.ADMINISTRATOR),
    }
    with orgs.city_scope(on=today) as by:
        made.codes = {name: Union.objects.get(id=key).code for name, key in made.unions.items()}
        for who, (union, duty) in posts.items():
            account = identity.create_account(by=by, username=f"test-{who}", name=f"{who}干部", now=now())
            made.accounts[who] = account
            orgs.appoint(
                by=by,
                union_id=made.unions[union],
                holder=f"{who}干部",
                duty=duty,
                starts_on=date(2024, 1, 1),
                account_id=account,
            )
        made.accounts["nobody"] = identity.create_account(by=by, username="test-nobody", name="无岗位", now=now())
        orgs.appoint(
            by=by, union_id=made.unions["d1s1g2"], holder="李没账号", duty=Duty.CHAIR, starts_on=date(2024, 1, 1)
        )


def _family(made: Desk, today: date) -> None:
    """The register: two of one union live together, with one of another district and somebody outside the base."""
    import pyarrow as pa

    from zhigong.orgs import operations as orgs
    from zhigong.people import operations as people

    lives = [("d1s1g1", 0, "02"), ("d1s1g1", 1, "12"), ("d2s1g1", 0, "52")]
    rows = [
        {"household_no": "990101000001", "person_id": str(made.people[union][n]), "relation": relation, "size": 4}
        for union, n, relation in lives
    ]
    with orgs.city_scope(on=today) as by:
        table = pa.Table.from_pylist(rows, schema=people.HOUSEHOLD_ROWS)
        people.publish_households(by=by, rows=table, mark=b"", full=True)


def _employers(made: Desk, today: date) -> None:
    from zhigong.kernel.db.bulk import execute
    from zhigong.kernel.ids import uuid7
    from zhigong.kernel.names import sort_key, unit_key
    from zhigong.orgs import operations as orgs

    places = {
        "e1": ("清河机械厂", "d1s1g1"),
        "e2": ("平江纺织有限公司", "d1s1g1"),
        "e3": ("东湖物流有限公司", "d2s1g1"),
    }
    with orgs.city_scope(on=today):
        for key, (name, union) in places.items():
            made.employers[key] = uuid7()
            values = {"id": made.employers[key], "union": made.unions[union], "name": name}
            values |= {"sort": sort_key(name), "key": unit_key(name)}
            execute(
                """INSERT INTO orgs_employer (id, union_id, l1, l2, l3, l4, name, name_sort, name_key, industry,
                                              registration_type, division_code, address, status, unionised)
                   SELECT %(id)s, id, l1, l2, l3, l4, %(name)s, %(sort)s, %(key)s, '34', '', '', '清河路 1 号', 1, true
                   FROM orgs_union WHERE id = %(union)s""",
                values,
            )
            execute(
                """INSERT INTO orgs_coverage (id, union_id, l1, l2, l3, l4, employer_id, valid)
                   SELECT gen_random_uuid(), id, l1, l2, l3, l4, %(id)s, daterange('2020-01-01', NULL)
                   FROM orgs_union WHERE id = %(union)s""",
                values,
            )


def _members(made: Desk, today: date) -> None:
    from zhigong.orgs import operations as orgs
    from zhigong.people import operations as people

    places = {"d1s1g1": 70, "d1s1g2": 5, "d2s1g1": 8}
    serial = 0
    with orgs.city_scope(on=today) as by:
        for union, number in places.items():
            made.people[union] = []
            for _ in range(number):
                serial += 1
                made.people[union].append(
                    people.register(
                        by=by,
                        union_id=made.unions[union],
                        name=name_of(serial),
                        id_type="111",
                        id_number=id_number(serial, born=date(1970, 1, 1) + timedelta(days=37 * serial)),
                        phone=f"138{serial:08d}",
                        employer_name="清河机械厂" if serial % 2 else "平江纺织有限公司",
                        on=date(2021, 1, 1) + timedelta(days=serial),
                    )
                )


def _terms(made: Desk, today: date) -> None:
    from zhigong.orgs import operations as orgs

    ends_in = {"d1s1g1": 20, "d1s1g2": -3, "d2s1g1": 170, "d2s1g2": 900}
    with orgs.city_scope(on=today) as by:
        for union, days in ends_in.items():
            starts = today + timedelta(days=days + 1)
            starts = starts.replace(year=starts.year - 3, day=min(starts.day, 28))
            orgs.start_term(by=by, union_id=made.unions[union], starts_on=starts, years=3)
