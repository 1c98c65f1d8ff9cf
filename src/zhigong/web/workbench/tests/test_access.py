"""Who may open what: nobody without signing in, nothing without a post, each screen by its right, no row outside."""

import pytest

from zhigong.web.workbench.tests.reading import text_of

SCREENS = {
    "": {"city", "district", "street", "chair", "data", "finance", "auditor", "admin"},
    "search/": {"city", "district", "street", "chair", "data", "finance", "auditor", "admin"},
    "unions/": {"city", "district", "street", "chair", "data", "finance", "auditor", "admin"},
    "members/": {"city", "district", "street", "chair", "data", "finance"},
    "members/new/": {"city", "district", "street", "chair"},
    "members/export/": {"city", "district", "street", "chair", "data"},
    "transfers/": {"city", "district", "street", "chair", "data", "finance"},
    "employers/": {"city", "district", "street", "chair", "data", "finance"},
    "posts/": {"city", "district", "street", "chair", "data", "finance", "admin"},
    "posts/terms/": {"city", "district", "street", "chair", "data", "finance", "auditor", "admin"},
    "posts/new/": {"city", "district", "chair", "admin"},
}
EVERYBODY = ("city", "district", "street", "chair", "data", "finance", "auditor", "admin")


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_opens_for_the_posts_that_carry_its_right_and_for_no_other(browser, screen):
    for who in EVERYBODY:
        answer = browser(who).get(f"/workbench/{screen}", follow=True)
        assert (answer.status_code == 200) == (who in SCREENS[screen]), (who, answer.status_code)
        if answer.status_code != 200:
            assert answer.status_code == 403
            assert "权限" in text_of(answer)


@pytest.mark.parametrize("screen", SCREENS)
def test_without_signing_in_every_screen_leads_to_the_door(browser, screen):
    answer = browser("").get(f"/workbench/{screen}")
    assert (answer.status_code, answer.url) == (302, f"/signin/?next=/workbench/{screen}")


def test_htmx_is_led_to_the_door_with_its_whole_page(browser):
    answer = browser("").get(
        "/workbench/search/?q=王", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/workbench/"}
    )
    assert answer.headers["HX-Redirect"] == "/signin/?next=%2Fworkbench%2F"


def test_an_account_without_a_post_is_told_what_is_missing(browser):
    answer = browser("nobody").get("/workbench/members/")
    assert answer.status_code == 403
    assert "您目前没有在任的岗位" in text_of(answer)


def test_what_lies_outside_the_scope_is_not_found_and_its_name_is_not_said(browser, desk):
    client = browser("chair")
    union, person, employer = desk.unions["d2s1g1"], desk.people["d2s1g1"][0], desk.employers["e3"]
    for url in (f"unions/{union}/", f"members/{person}/", f"employers/{employer}/", f"members/{person}/correct/"):
        answer = client.get(f"/workbench/{url}")
        assert answer.status_code == 404, url
        assert "2区1街1号公司工会" not in text_of(answer)
        assert "东湖物流" not in text_of(answer)
    assert client.get(f"/workbench/members/?union={union}").status_code == 404
    assert "没有找到「东湖物流」" in text_of(client.get("/workbench/search/?q=东湖物流"))


@pytest.mark.parametrize("act", ["rename", "move", "merge", "dissolve", "split", "term"])
def test_changes_of_a_union_outside_the_scope_are_not_found(browser, desk, act):
    client = browser("chair")
    assert client.get(f"/workbench/unions/{desk.unions['d2s1g1']}/{act}/").status_code == 404
    assert client.post(f"/workbench/unions/{desk.unions['d2s1g1']}/{act}/", {"step": "sure"}).status_code == 404


def test_ones_own_union_is_moved_merged_and_dissolved_by_the_one_above_only(browser, desk):
    for act in ("move", "merge", "dissolve", "split"):
        answer = browser("chair").get(f"/workbench/unions/{desk.unions['d1s1g1']}/{act}/")
        assert answer.status_code == 409
        assert "上级工会" in text_of(answer)
    assert browser("district").get(f"/workbench/unions/{desk.unions['d1s1g1']}/merge/").status_code == 200


def test_a_bad_address_is_refused_in_words(browser):
    client = browser("chair")
    for url in ("members/?after=xyz", "unions/?at=1", "unions/?on=2026-13-01", "unions/?on=2999-01-01"):
        answer = client.get(f"/workbench/{url}")
        assert answer.status_code == 409, url
        assert "没有找到" not in text_of(answer)


def test_no_answer_is_kept_by_a_cache_and_none_carries_inline_code(browser):
    for screen in SCREENS:
        answer = browser("city").get(f"/workbench/{screen}")
        assert answer.headers["Cache-Control"] == "no-store"
        source = answer.content.decode()
        assert " style=" not in source
        assert " onclick=" not in source
        assert "<style" not in source
