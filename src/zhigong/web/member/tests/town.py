"""The small city with facts about its members, and cases at every stage, for the pages of members."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from tests.bed import Bed, as_role
from tests.support.cast import MEMBER
from tests.support.world import World, world

from zhigong.casework.tests.stage import HARDSHIP, ILL, MEDICAL, POOR, RICH, Stage
from zhigong.identity import operations as identity
from zhigong.identity.models import Account
from zhigong.kernel.clock import now, today
from zhigong.web.member.posting import new_key

POOR_ONE = "刘桂英"
SERVICE = f"/m/services/{HARDSHIP}/"
APPLY = f"{SERVICE}apply/"
ANSWERS = {
    "runs_business_with_employees": "no",
    "private_school_or_study_abroad": "no",
    "sudden_loss_year": "1,200.50",
    "cause": "illness",
    "note": "孩子在读大学",
    "verification_consent": "on",
    "account_bank": "中国工商银行云泽支行",
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

    def someone(self, *, name: str = POOR_ONE, **known: Any) -> tuple[Client, UUID]:
        """One more member with these facts, signed in."""
        with as_role("job"):
            person = self.stage.join("d1s1g1", name=name, **known)
        client = Client()
        client.force_login(Account.objects.get(id=self.stage.members[person]))
        return client, person

    def answers(self, **changed: str) -> dict[str, str]:
        """All questions of the hardship archive answered soundly, with a bank card of its own."""
        self.serial += 1
        return ANSWERS | {"account_number": f"622202{self.serial:09d}"} | changed

    def send(self, client: Client, **changed: str) -> UUID:
        """Apply by the pages; the case."""
        answer = client.post(APPLY, self.answers(key=new_key(), step="send", **changed))
        assert answer.status_code == 302, answer.context["form"].errors
        return UUID(answer["Location"].split("/")[3])

    def count(self, person: UUID) -> int:
        """How many cases somebody has."""
        found: int = self.world.admin("SELECT count(*) FROM casework_case WHERE person_id = %s", person)[0][0]
        return found

    def publish(self, case: UUID) -> None:
        """Checked, reviewed, names published."""
        with as_role("job"):
            self.stage.pass_to_publicity(case, on=today())


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
    with TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIGONG_HOME", home)  # a lake of its own: other workers screen at the same time
        stage.write_table(day=today())
        for service in (HARDSHIP, MEDICAL):
            stage.screen(service, on=today())
    return Town(made, stage, member, poor)


def key_on(answer: Any) -> str:
    """The key of the first form on a page."""
    found = re.search(r'name="key" value="([0-9a-f]{32})"', answer.content.decode())
    assert found
    return found[1]
