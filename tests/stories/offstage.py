"""What happens off stage: the same operations that pages call, for what another story shows on its pages."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from tests.stories.at_work import bank_answer
from tests.support import spine

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.stories.living import Living

HARDSHIP = "hardship/archive"
LONG_AGO = 3600
SAID = {
    "runs_business_with_employees": False, "private_school_or_study_abroad": False, "sudden_loss_year": 0,
    "verification_consent": True,
}  # fmt: skip


def enrol(city: Living, role: str, name: str) -> None:
    """A member gets an account; the front door has cards for some."""

    def make() -> UUID:
        from zhigong.identity import operations as identity
        from zhigong.kernel.clock import now
        from zhigong.orgs import operations as orgs

        with orgs.city_scope(on=city.today) as by:
            return identity.create_account(
                by=by, username=role, name=name, person_id=city.persons[name], now=now()
            )  # fmt: skip

    city.accounts[role] = city.away(make)


def open_budget(city: Living, year: int) -> None:
    """Money for the archive of hardship in a year."""

    def make() -> None:
        from zhigong.funds import operations as funds

        union = city.one("SELECT id FROM orgs_union WHERE code = %s", spine.CITY)
        with city.acting("demo-finance") as by:
            funds.open_budget(
                by, union_id=union, service_id=HARDSHIP, year=year, fen=50_000_000, document="云工发〔去年〕1号",
                key=f"budget:{year}",
            )  # fmt: skip

    city.away(make)


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


def grant_aid(city: Living, role: str, *, on: date | None = None, number: str = spine.ACCOUNT) -> UUID:
    """A member applies for the archive of hardship, and her case goes through all four levels; the case."""
    return city.away(lambda: _granted(city, role, on or city.today, number))


def _granted(city: Living, role: str, on: date, number: str) -> UUID:
    from zhigong.casework import operations as casework
    from zhigong.casework import queries
    from zhigong.orgs import operations as orgs

    with city.acting(role, on=on) as by:
        account = casework.Account(holder=by.name, bank="云泽银行镜河支行", number=number)
        case = casework.apply(by=by, service_id=HARDSHIP, answers=SAID, account=account, key=role)

    def act(who: str, action: str, day: date) -> None:
        with city.acting(who, on=day) as by:
            step = queries.case(by, case).step_id
            key = f"{role}:{who}:{action}"
            casework.act(by=by, case_id=case, step=step, action=action, note="与部门数据一致。", key=key)

    for who in ("demo-grassroots", "demo-street", "demo-district"):
        act(who, "pass", on)
    act("demo-district", "publish", on)
    over = city.one("SELECT ends_on FROM casework_publicity WHERE case_id = %s", case) + timedelta(days=1)
    with orgs.city_scope(on=over) as by:
        casework.run_clock(by=by)
    act("demo-city", "pass", on if on == city.today else over)
    return case


def pay(city: Living, *, key: str = "batch") -> tuple[UUID, bytes]:
    """What is ready is drafted, released by a second person, paid by the bank; the batch, and the list sent."""

    def run() -> tuple[UUID, bytes]:
        from zhigong.casework import operations as casework
        from zhigong.funds import operations as funds

        with city.acting("demo-finance") as by:
            batch = funds.draft_batch(by, title="困难职工帮扶", service_id=HARDSHIP, key=key)
            funds.freeze_batch(by, batch_id=batch)
        with city.acting("demo-city") as by:
            funds.release_batch(by, batch_id=batch)
        with city.acting("demo-finance") as by:
            sent = funds.bank_file(by, batch_id=batch)
            casework.post_return(by=by, batch_id=batch, file=bank_answer(sent))
        return batch, sent

    return city.away(run)


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
