"""Lists: a part is what the page would show, filters and order hold, pages meet everyone, queries stay few."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhigong.web.workbench.tests.reading import inside, part, text_of

HTMX = {"HX-Request": "true"}
LISTS = [
    ("members/?sex=1", "member-list"),
    ("members/?status=all&sort=-joined", "member-list"),
    ("employers/?q=清河", "employer-list"),
    ("posts/?duty=chair", "post-list"),
]


@pytest.mark.parametrize(("url", "target"), LISTS)
def test_the_part_that_htmx_gets_is_what_a_fresh_page_shows_there(browser, url, target):
    client = browser("district")
    whole, fragment = client.get(f"/workbench/{url}"), client.get(f"/workbench/{url}", headers=HTMX)
    assert "<html" not in fragment.content.decode()
    assert part(fragment) == inside(whole, target)


def test_a_branch_of_the_tree_is_what_the_open_tree_shows_there(browser, desk):
    client = browser("city")
    union = desk.unions["d1s1"]
    whole = client.get(f"/workbench/unions/?at={union}")
    fragment = client.get(f"/workbench/unions/{union}/branch/", headers=HTMX)
    assert part(fragment) == inside(whole, f"below-{union}")
    assert client.get(f"/workbench/unions/{union}/branch/").url == f"/workbench/unions/?at={union}"


def names(answer) -> list[str]:
    return re.findall(r'<td data-label="姓名"><span class="zg-two"><a[^>]*>([^<]+)</a>', answer.content.decode())


def follow(client, answer, rel):
    found = re.search(rf'rel="{rel}" href="([^"]+)"', answer.content.decode())
    return client.get("/workbench/members/" + found[1].replace("&amp;", "&")) if found else None


def test_pages_of_members_go_on_and_back(browser):
    client = browser("chair")
    first = client.get("/workbench/members/")
    assert "共 70 人" in text_of(first)
    second = follow(client, first, "next")
    assert len(names(first)) == 50
    assert len(names(second)) == 20
    assert follow(client, second, "next") is None
    assert names(follow(client, second, "prev")) == names(first)
    assert follow(client, first, "prev") is None


def test_members_are_sorted_by_the_head_that_was_clicked(browser):
    client = browser("chair")
    answer = client.get("/workbench/members/?sort=-joined")
    dates = re.findall(r'data-label="入会日期" class="nowrap">(\d{4}-\d\d-\d\d)', answer.content.decode())
    assert dates == sorted(dates, reverse=True)
    assert 'aria-sort="descending"' in answer.content.decode()
    assert client.get("/workbench/members/?sort=phone").status_code == 409


def total(client, query) -> int:
    return int(re.search(r"共 (\d+) 人", text_of(client.get(f"/workbench/members/?{query}")))[1])


def test_filters_narrow(browser):
    client = browser("chair")
    assert total(client, "sex=1") + total(client, "sex=2") == total(client, "status=1") == 70
    assert 0 < total(client, "age_from=50") == 70 - total(client, "age_to=49") < 70
    assert total(client, "verification=1") == 70
    for none in ("status=3", "verification=0", "migrant=1"):
        assert "没有符合条件的会员" in text_of(client.get(f"/workbench/members/?{none}"))


@pytest.mark.parametrize(("query", "says"), [("q=13800000001", "不会把号码留在网址里"), ("age_from=200", "0 到 120")])
def test_a_filter_that_cannot_be_read_narrows_nothing_and_says_so(browser, query, says):
    words = text_of(browser("chair").get(f"/workbench/members/?{query}"))
    assert "共 70 人" in words
    assert says in words


def test_a_union_in_the_filter_shows_as_a_chip_and_means_all_below(browser, desk):
    words = text_of(browser("city").get(f"/workbench/members/?union={desk.unions['d1']}"))
    assert "共 75 人" in words
    assert "第1区总工会" in words


def test_a_saved_view_is_ones_own_keeps_no_names_and_can_be_dropped(browser):
    client = browser("chair")
    answer = client.post(
        "/workbench/members/views/", {"name": "男会员", "query": "sex=1&q=王&after=123&status=1"}, follow=True
    )
    assert answer.redirect_chain == [("/workbench/members/?status=1&sex=1", 302)]
    assert "男会员" in text_of(answer)
    assert "男会员" not in text_of(browser("other").get("/workbench/members/"))
    view = re.search(r"/workbench/members/views/([0-9a-f-]+)/drop/", answer.content.decode())[1]
    browser("other").post(f"/workbench/members/views/{view}/drop/")
    assert "男会员" in text_of(client.get("/workbench/members/"))
    client.post(f"/workbench/members/views/{view}/drop/")
    assert "男会员" not in text_of(client.get("/workbench/members/"))


def test_a_view_without_a_name_is_refused_in_words(browser):
    answer = browser("chair").post("/workbench/members/views/", {"name": " ", "query": "sex=1"}, follow=True)
    assert "40 字以内" in text_of(answer)


PINNED = {"members/": 10, "members/?sex=1&sort=-joined": 10, "employers/": 7, "posts/": 7, "posts/terms/": 9, "": 14}


@pytest.mark.parametrize("url", PINNED)
def test_the_main_lists_ask_the_database_few_times(browser, url):
    client = browser("city")
    client.get(f"/workbench/{url}")
    with CaptureQueriesContext(connection) as asked:
        client.get(f"/workbench/{url}")
    statements = [one["sql"] for one in asked.captured_queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(statements) <= PINNED[url], "\n".join(statements)
