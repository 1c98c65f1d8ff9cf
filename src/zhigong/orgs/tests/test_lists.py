"""Lists of unions, posts and terms page without losing or repeating a line; a past day shows its own children."""

from datetime import date, timedelta

import pytest
from tests.support.city import TODAY, build_city

from zhigong.orgs import operations as orgs
from zhigong.orgs import queries
from zhigong.orgs.types import Duty, Level, UnionKind

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]


def test_children_of_several_levels_page_by_level_and_name():
    city = build_city(1, 3, 1)
    with orgs.city_scope(on=TODAY) as by:
        for number, name in enumerate(("阿工会", "甲工会", "甲工会", "周工会")):
            orgs.found(
                by=by, code=f"9901010099{number}", name=name, level=Level.GRASSROOTS, kind=UnionKind.ENTERPRISE,
                parent_id=city.unions["d1"], on=TODAY,
            )  # fmt: skip
        seen, after = [], None
        while True:
            page = queries.children(by, city.unions["d1"], limit=2, after=after)
            seen += page
            after = page.following
            if after is None:
                break
        assert [line.level for line in seen] == [Level.STREET] * 3 + [Level.GRASSROOTS] * 4
        assert [line.name for line in seen[3:]] == ["阿工会", "甲工会", "甲工会", "周工会"]
        assert len({line.id for line in seen}) == 7
        assert [line.children for line in seen[:3]] == [1, 1, 1]


def test_children_of_a_past_day_are_those_of_that_day():
    city = build_city(2, 1, 1)
    with orgs.city_scope(on=TODAY) as by:
        orgs.move(by=by, union_id=city.unions["d1s1"], to_parent=city.unions["d2"], on=TODAY)
        orgs.rename(by=by, union_id=city.unions["d2s1"], name="新街道总工会", on=TODAY)
        then = TODAY - timedelta(days=1)
        assert [line.name for line in queries.children_as_of(by, city.unions["d2"], on=then)] == ["第2区第1街道总工会"]
        assert {line.name for line in queries.children_as_of(by, city.unions["d2"], on=TODAY)} == {
            "新街道总工会",
            "第1区第1街道总工会",
        }
        assert queries.children_as_of(by, city.unions["d1"], on=TODAY) == []
        assert queries.unions_below(by, city.unions["d2"]) == 4
        assert queries.scope_counts(by)["unions"] == 7


def test_posts_page_and_narrow():
    city = build_city(1, 1, 2)
    with orgs.city_scope(on=TODAY) as by:
        for union in ("d1", "d1s1g1", "d1s1g2"):
            for holder in ("张三", "李四"):
                orgs.appoint(
                    by=by, union_id=city.unions[union], holder=holder, duty=Duty.CLERK, starts_on=date(2024, 1, 1)
                )
        first = queries.posts(by, on=TODAY, limit=4)
        second = queries.posts(by, on=TODAY, limit=4, after=first.following)
        back = queries.posts(by, on=TODAY, limit=4, before=second.previous)
        assert len({post.id for post in (*first, *second)}) == 6
        assert back.items == first.items
        assert second.following is None
        assert {post.holder for post in queries.posts(by, on=TODAY, text="张")} == {"张三"}
        assert len(queries.posts(by, on=TODAY, text="2号公司")) == 2
        assert len(queries.posts(by, on=TODAY, duty="chair")) == 0


def test_terms_are_counted_by_stage_and_paged_by_urgency():
    city = build_city(1, 1, 3)
    stages = (180, 90, 30, 0)
    with orgs.city_scope(on=TODAY) as by:
        for union, ends in (("d1s1g1", -1), ("d1s1g2", 0), ("d1s1g3", 100), ("d1s1", 181)):
            ends_on = TODAY + timedelta(days=ends)
            starts = (ends_on + timedelta(days=1)).replace(year=ends_on.year - 3)
            orgs.start_term(by=by, union_id=city.unions[union], starts_on=starts, years=3)
        assert queries.term_counts(by, on=TODAY, stages=stages) == {-1: 1, 0: 1, 180: 1}
        first = queries.terms_ending(by, on=TODAY, within_days=180, limit=2)
        rest = queries.terms_ending(by, on=TODAY, within_days=180, limit=2, after=first.following)
        assert [line.days_left for line in (*first, *rest)] == [-1, 0, 100]
        back = queries.terms_ending(by, on=TODAY, within_days=180, limit=2, before=rest.previous)
        assert back.items == first.items


def test_a_search_keeps_to_the_levels_asked_for():
    build_city(1, 1, 1)
    with orgs.city_scope(on=TODAY) as by:
        assert {line.level for line in queries.search_unions(by, "总工会")} == {
            Level.CITY,
            Level.DISTRICT,
            Level.STREET,
        }
        assert {line.level for line in queries.search_unions(by, "总工会", levels=[Level.STREET])} == {Level.STREET}
        assert "第1区总工会" in [line.name for line in queries.search_unions(by, "di")]
