"""What happens off stage: the same operations that pages call, for what another story shows on its pages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.stories.living import Living

HARDSHIP = "hardship/archive"
LONG_AGO = 3600


def promise(city: Living, name: str, fen: int) -> UUID:
    """An aid of so much is granted to a member; it waits where the budget does not cover it."""
    from zhigong.funds import operations as funds
    from zhigong.funds.types import PaymentRequest

    def ask() -> UUID:
        person, union = city.rows("SELECT id, union_id FROM people_person WHERE name = %s", name)[0]
        one = PaymentRequest(
            person_id=person, union_id=union, amount_fen=fen, service_id=HARDSHIP, case_id=None, reason="帮扶", key=name
        )
        with city.acting("demo-grassroots") as by:
            return funds.request_payments(by, requests=[one], wait_for_budget=True).ids[name]

    return city.away(ask)


def forget_the_proof(page: Page, city: Living) -> None:
    """The last proof of who one is grows old."""
    from importlib import import_module

    from django.conf import settings

    from tests.bed import as_role

    (key,) = (one["value"] for one in page.context.cookies() if one["name"] == settings.SESSION_COOKIE_NAME)

    def grow_old() -> None:
        with as_role("web"):
            session = import_module(settings.SESSION_ENGINE).SessionStore(key)
            for record in session["account_authentication_methods"]:
                record["at"] -= LONG_AGO
            session.save()

    city.away(grow_old)
