"""The union tree: dated versions, moves that carry every row along, as-of answers that later changes leave alone."""

from datetime import date, timedelta

import pytest
from tests.support.city import TODAY, build_city

from zhigong.kernel.errors import Conflict, NotFound, Refused
from zhigong.orgs import operations as orgs
from zhigong.orgs import queries
from zhigong.orgs.models import Union
from zhigong.orgs.types import Duty, Level, UnionKind

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]


def test_a_moved_street_takes_its_unions_and_posts_along():
    city = build_city()
    with orgs.city_scope(on=TODAY) as by:
        post = orgs.appoint(
            by=by, union_id=city.unions["d1s1g1"], holder="张三", duty=Duty.CHAIR, starts_on=date(2024, 1, 1)
        )
        moved = orgs.move(
            by=by, union_id=city.unions["d1s1"], to_parent=city.unions["d2"], on=TODAY, document="云工〔2026〕9号"
        )
        assert moved == 3
        target, below = city.union("d2"), city.union("d1s1g1")
        assert (below.l1, below.l2, below.l3) == (city.union("city").seq, target.seq, city.union("d1s1").seq)
        assert below.path_names == "云泽市总工会 / 第2区总工会 / 第1区第1街道总工会"
        line = next(p for p in queries.posts(by, on=TODAY) if p.id == post)
        assert line.holder == "张三"
        assert target.posts.model.objects.get(id=post).l2 == target.seq


def test_the_tree_of_an_earlier_day_does_not_change_when_unions_move_merge_or_change_names():
    city = build_city()
    with orgs.city_scope(on=TODAY) as by:
        before = queries.tree_as_of(by, on=date(2025, 12, 31))
        assert len(before) == 1 + 2 + 4 + 8
        orgs.move(by=by, union_id=city.unions["d1s1"], to_parent=city.unions["d2"], on=date(2026, 3, 1))
        orgs.rename(by=by, union_id=city.unions["d1s2g1"], name="新名称公司工会", on=date(2026, 4, 1))
        orgs.merge_into(by=by, union_id=city.unions["d2s1"], successor_id=city.unions["d2s2"], on=date(2026, 5, 1))
        assert queries.tree_as_of(by, on=date(2025, 12, 31)) == before
        now = queries.tree_as_of(by, on=TODAY)
        assert len(now) == len(before) - 1
        assert (city.unions["d1s1"], city.unions["d2"]) in {(union, parent) for union, parent, *_ in now}


def test_versions_follow_one_another_without_gap_or_overlap():
    city = build_city()
    with orgs.city_scope(on=TODAY) as by:
        for day, name in ((date(2026, 1, 1), "甲工会"), (date(2026, 2, 1), "乙工会"), (date(2026, 2, 1), "丙工会")):
            orgs.rename(by=by, union_id=city.unions["d1s1g1"], name=name, on=day)
        history = queries.union_page(by, city.unions["d1s1g1"]).history
    assert [(v.name, v.valid_from, v.valid_to) for v in history] == [
        ("丙工会", date(2026, 2, 1), None),
        ("甲工会", date(2026, 1, 1), date(2026, 2, 1)),
        ("1区1街1号公司工会", date(2000, 1, 1), date(2026, 1, 1)),
    ]


def test_a_change_dated_before_the_last_one_is_refused():
    city = build_city()
    with orgs.city_scope(on=TODAY) as by:
        orgs.rename(by=by, union_id=city.unions["d1"], name="新区总工会", on=date(2026, 6, 1))
        with pytest.raises(Conflict, match="已有更新的变更"):
            orgs.rename(by=by, union_id=city.unions["d1"], name="旧区总工会", on=date(2026, 5, 31))


def test_wrong_parents_used_codes_and_unions_with_children_are_refused():
    city = build_city()
    with orgs.city_scope(on=TODAY) as by:
        with pytest.raises(Refused, match="不能隶属"):
            orgs.move(by=by, union_id=city.unions["d1s1"], to_parent=city.unions["d2s1g1"], on=TODAY)
        with pytest.raises(Conflict, match="编码已被使用"):
            orgs.found(
                by=by,
                code="99010100",
                name="重码工会",
                level=Level.STREET,
                kind=UnionKind.FEDERATION,
                parent_id=city.unions["d1"],
                on=TODAY,
            )
        with pytest.raises(Conflict, match="还有 2 个工会"):
            orgs.dissolve(by=by, union_id=city.unions["d1s1"], on=TODAY)
        with pytest.raises(NotFound):
            orgs.rename(by=by, union_id=TODAY_ID, name="无", on=TODAY)


TODAY_ID = "018f0000-0000-7000-8000-000000000000"


def test_a_second_city_cannot_be_founded():
    build_city(1, 1, 1)
    with orgs.city_scope(on=TODAY) as by, pytest.raises(Conflict, match="已经有市级工会"):
        orgs.found_city(by=by, code="X", name="第二市总工会", on=TODAY)


def test_terms_remind_by_stage_and_the_next_term_clears_the_reminder():
    city = build_city()
    with orgs.city_scope(on=TODAY) as by:
        orgs.start_term(by=by, union_id=city.unions["d1s1g1"], starts_on=TODAY - timedelta(days=3 * 365), years=3)
        due = queries.terms_ending(by, on=TODAY, within_days=180)
        assert [(line.union_id, line.number) for line in due] == [(city.unions["d1s1g1"], 1)]
        orgs.start_term(by=by, union_id=city.unions["d1s1g1"], starts_on=TODAY, years=5)
        assert not list(queries.terms_ending(by, on=TODAY, within_days=180))
        with pytest.raises(Conflict, match="不能早于上一届"):
            orgs.start_term(by=by, union_id=city.unions["d1s1g1"], starts_on=date(2020, 1, 1), years=3)


def test_search_finds_by_name_initials_code_and_part_and_shows_the_path():
    build_city()
    Union.objects.count()
    with orgs.city_scope(on=TODAY) as by:
        assert [u.name for u in queries.search_unions(by, "第1区第1")] == ["第1区第1街道总工会"]
        assert [u.code for u in queries.search_unions(by, "99010201")] == ["99010201"]
        found = queries.search_unions(by, "2号公司")
        assert len(found) == 4
        assert found[0].path.startswith("云泽市总工会 / ")
