"""Story: the same month's files come a second time, and nothing happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stories.at_work import refresh, said, send_file, shown, sign_in
from tests.support import spine

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.stories.conftest import LivingStack
    from tests.stories.living import Living

pytestmark = [pytest.mark.story, pytest.mark.slow, pytest.mark.xdist_group("story-same-files-twice")]
# All that may not move, with the row itself: not one more, not one other.
STANDS = {
    "batches": "SELECT id, state FROM exchange_batch",
    "persons": "SELECT id, union_id, membership_status, updated_at FROM people_person",
    "facts": 'SELECT person_id, fact_group, "values", source, as_of, batch_id FROM facts_current',
    "offers": "SELECT * FROM casework_entitlement",
    "cases": "SELECT * FROM casework_case",
    "notices": "SELECT * FROM casework_notice",
    "awards": "SELECT * FROM casework_award",
    "payables": "SELECT * FROM funds_payable",
    "transfers": "SELECT * FROM funds_transfer",
}


@pytest.fixture(scope="module")
def stack(living: LivingStack) -> LivingStack:
    return living


def test_the_same_files_a_second_time_change_nothing(page: Page, phone: Page, stack: LivingStack) -> None:
    city = stack.city
    # A month with news: a settlement that paid a member; then the month is over, and its files come again.
    later = spine.write_settlement(city.files, today=city.today)
    city.ingest("medical-settlement", later)
    assert city.refresh()["screen"]["changed"] == 1
    stood, board, home = standing(city), the_board(page), her_home(phone)

    files = [*spine.write_files(city.files, today=city.today).items(), ("medical-settlement", later)]
    assert [source for source, file in files if city.ingest(source, file).duplicate_of is None] == []
    sign_in(page, "demo-data")
    send_file(page, "medical-settlement", later)
    page.get_by_text("这个文件已经上传过了").wait_for()

    assert set(refresh(page).values()) == {0}
    assert {stage: counts["changed"] for stage, counts in city.refresh().items() if counts["changed"]} == {}
    now = standing(city)
    assert {name for name, rows in stood.items() if rows != now[name]} == set()
    assert the_board(page) == board
    assert her_home(phone) == home
    city.assert_books_agree()


def standing(city: Living) -> dict[str, list[str]]:
    return {name: sorted(map(str, city.rows(query))) for name, query in STANDS.items()}


def the_board(page: Page) -> dict[str, str]:
    """What the data officer sees of each department, and how many batches it has."""
    sign_in(page, "demo-data")
    page.goto("/workbench/exchange/")
    cards = {said(one.locator(".card-title")): said(one) for one in page.locator(".zg-source").all()}
    assert len(cards) == 10 and all("正常" in text for text in cards.values())
    return cards


def her_home(phone: Page) -> str:
    sign_in(phone, "demo-member")
    text = shown(phone)
    assert "8,000 元" in text
    return text
