"""A small city with cases at every stage of the way, and browsers signed in as its cadres.

Made once per worker through the product's own operations, in a database of its own; each test sees it as the web role
inside a transaction that is rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from zhigong.web.workbench.tests.conftest import browser  # noqa: F401 — the same browsers

if TYPE_CHECKING:
    from tests.bed import Bed, Database

    from zhigong.casework.tests.stage import Stage

RIVAL = "d1s1g2"


@dataclass
class Desk:
    """Accounts of cadres, cases and persons by short name."""

    accounts: dict[str, UUID] = field(default_factory=dict)
    cases: dict[str, UUID] = field(default_factory=dict)
    persons: dict[str, UUID] = field(default_factory=dict)
    objection: UUID | None = None


@pytest.fixture(scope="session")
def case_city(
    bed: Bed, django_db_setup: None, django_db_blocker: Any, worker_id: str
) -> Iterator[tuple[Database, Desk]]:
    from django.db import transaction
    from tests.bed import as_role

    database = bed.clone(f"cases_{worker_id}")
    with django_db_blocker.unblock(), as_role("job"), database.lent_to_django(), transaction.atomic():
        made = _build()
    yield database, made
    database.drop()


@pytest.fixture
def desk(case_city: tuple[Database, Desk], django_db_blocker: Any) -> Iterator[Desk]:
    """The city for one test; whatever the test changes is undone."""
    from django.db import transaction

    database, made = case_city
    with django_db_blocker.unblock(), database.lent_to_django(), transaction.atomic():
        yield made
        transaction.set_rollback(True)


def _build() -> Desk:
    from zhigong.casework.tests.stage import POOR, RICH, set_stage
    from zhigong.kernel.clock import today
    from zhigong.orgs.types import Duty

    on, stage, made = today(), set_stage(), Desk()
    for who, union, duty in (
        ("clerk", "d1s1", Duty.CLERK),
        ("finance", "city", Duty.FINANCE),
        ("data", "city", Duty.DATA_OFFICER),
        ("auditor", "city", Duty.AUDITOR),
        ("deputy", "city", Duty.CHAIR),
        ("elsewhere", "d2s1g1", Duty.CHAIR),
    ):
        stage.appoint(who, union, duty=duty)
    people = {
        "fresh": ("陈秀兰", POOR),
        "second": ("刘建国", POOR),
        "rich": ("钱多多", RICH),
        "street": ("吴桂英", POOR),
        "public": ("郑志强", POOR),
        "final": ("孙芳", POOR),
        "granted": ("周敏", POOR),
        "refused": ("赵军", RICH),
        "heir": ("王桂英", POOR),
    }
    for name, (person, known) in people.items():
        made.persons[name] = stage.join(name=person, **known)
        made.cases[name] = stage.apply(made.persons[name], on=on)
    _move(stage, made.cases, on)
    _afterwards(stage, made, on)
    _find(stage, made, on)
    made.accounts = stage.cadres
    return made


def _move(stage: Stage, cases: dict[str, UUID], on: Any) -> None:
    """Bring the cases to where their names say."""
    from datetime import timedelta

    from zhigong.casework import operations as casework

    stage.act("grassroots", cases["street"], "pass", on=on)
    stage.act("grassroots", cases["refused"], "refuse", on=on, note="入户看到的情况与规则一致。")
    for name in ("public", "final", "granted", "heir"):
        stage.pass_to_publicity(cases[name], on=on - timedelta(days=30) if name != "public" else on)
    with stage.system(on=on) as by:
        casework.run_clock(by=by)
    stage.act("city", cases["granted"], "pass", on=on)


def _find(stage: Stage, made: Desk, on: Any) -> None:
    """Somebody whom the data found and who has not applied, as screening leaves her."""
    from zhigong.casework.models import Entitlement
    from zhigong.casework.tests.stage import HARDSHIP, POOR
    from zhigong.people.models import Person

    made.persons["found"] = stage.join(name="沈静", **POOR)
    with stage.system(on=on):
        place = Person.objects.values("union_id", "l1", "l2", "l3", "l4").get(id=made.persons["found"])
        said = {"service_id": HARDSHIP, "service_version": "-", "grade": "deep", "amount_fen": 300_000, "digest": "-"}
        Entitlement.objects.create(person_id=made.persons["found"], found_on=on, changed_on=on, **place, **said)


def _afterwards(stage: Stage, made: Desk, on: Any) -> None:
    """What follows a decision: an heir to name, an objection, a bad mark, a re-check; and a fact that changed since."""
    from zhigong.casework import operations as casework
    from zhigong.casework.models import Entitlement
    from zhigong.facts import operations as facts
    from zhigong.people.models import Person

    with stage.system(on=on):
        Person.objects.filter(id=made.persons["heir"]).update(deceased_on=on)
        Entitlement.objects.filter(case_id=made.cases["granted"]).update(recheck_on=on)
    with stage.system(on=on) as by:
        assert casework.run_clock(by=by).rechecks == 1
    with stage.member(made.persons["granted"], on=on) as by:
        casework.answer_recheck(by=by, case_id=made.cases["granted"], changed=False, key="recheck")
    stage.act("city", made.cases["heir"], "pass", on=on)
    with stage.member(made.persons["refused"], on=on) as by:
        made.objection = casework.object(by=by, case_id=made.cases["refused"], text="我家的收入算错了。", key="obj")
        casework.rate(by=by, case_id=made.cases["refused"], score=1, text="没有人联系我", key="rate")
    with stage.cadre("grassroots", on=on) as by:
        facts.declare(by=by, person_id=made.persons["second"], name="sudden_loss_year", value=5_000_000, key="loss")
