"""The small city with facts about its members, and cases at every stage, for the pages of members."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.test import Client
from tests.bed import Bed, as_role
from tests.support.cast import MEMBER
from tests.support.world import World, world

from zhigong.casework.tests.stage import HARDSHIP, ILL, MEDICAL, POOR, RICH, Stage
from zhigong.identity import operations as identity
from zhigong.kernel.clock import now, today

POOR_ONE = "刘桂英"
SERVICE = f"/m/services/{HARDSHIP}/"
APPLY = f"{SERVICE}apply/"
CARD = {"account_bank": "中国工商银行云泽支行", "account_number": "6222 0200 0000 0000 017"}
ANSWERS = {
    "runs_business_with_employees": "no",
    "private_school_or_study_abroad": "no",
    "sudden_loss_year": "1,200.50",
    "cause": "illness",
    "note": "孩子在读大学",
    "verification_consent": "on",
    **CARD,
}


@dataclass
class Town:
    """The world, its stage, and the persons who sign in by the demo's door."""

    world: World
    stage: Stage
    member: UUID
    poor: UUID
    serial: int = field(default=0)

    def browser(self, role: str, **options: Any) -> Client:
        return self.world.browser(role, **options)

    def act(self, who: str, case: UUID, action: str, **more: Any) -> None:
        """A cadre acts, today."""
        with as_role("job"):
            self.stage.act(who, case, action, on=today(), **more)

    def latest(self) -> UUID:
        """The case written last."""
        found: UUID = self.world.admin("SELECT id FROM casework_case ORDER BY id DESC LIMIT 1")[0][0]
        return found

    def publish(self, case: UUID) -> None:
        """Checked, reviewed, names published."""
        with as_role("job"):
            self.stage.pass_to_publicity(case, on=today())

    def clear(self) -> None:
        """No cases, notices or declarations: as before anybody applied; the offers stand again."""
        with self.world.database.connect() as admin:
            admin.execute("SET session_replication_role = replica")
            for table in (
                "rating", "objection", "publicity", "supplement", "decision", "event", "step", "request", "award",
            ):  # fmt: skip
                admin.execute(f"DELETE FROM casework_{table}")  # noqa: S608
            admin.execute("DELETE FROM casework_case WHERE origin <> 3")
            admin.execute("DELETE FROM facts_declared")
            admin.execute("DELETE FROM funds_payee WHERE person_id = %s", [self.poor])
            admin.execute("UPDATE casework_entitlement SET state = 1, case_id = NULL WHERE service_id = %s", [HARDSHIP])


@contextmanager
def town(bed: Bed, blocker: Any) -> Iterator[Town]:
    """Make it: a poor member whom the screening finds, one with a hospital bill, a courier without a file."""
    with world(bed, blocker) as made:
        with as_role("job"):
            raised = _raise(made)
        yield raised


def _raise(made: World) -> Town:
    names = {"grassroots": "demo-grassroots", "street": "demo-street", "district": "demo-district", "city": "demo-city"}
    cast = made.cast
    stage = Stage(cast.city, cadres={who: cast.accounts[name] for who, name in names.items()}, serial=500)
    poor = stage.join("d1s1g1", name=POOR_ONE, **(POOR | ILL | {"medical_policy_own_pay_year": 0}))
    member = cast.persons[MEMBER]
    stage.members[member] = cast.accounts["demo-member"]
    stage.tell_facts(member, **(RICH | ILL))
    made.admin("UPDATE identity_account SET person_id = NULL WHERE id = %s", stage.members[poor])
    stage.members[poor] = identity.create_account(
        by=None, username="demo-hardship", name=POOR_ONE, person_id=poor, now=now()
    )
    stage.write_table(day=today())
    for service in (HARDSHIP, MEDICAL):
        stage.screen(service, on=today())
    return Town(made, stage, member, poor)


def key_on(answer: Any) -> str:
    """The key of the first form on a page."""
    found = re.search(r'name="key" value="([0-9a-f]{32})"', answer.content.decode())
    assert found
    return found[1]
