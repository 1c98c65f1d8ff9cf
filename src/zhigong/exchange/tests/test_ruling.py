"""Rulings on links in a home: obeyed by the next refresh and by next month's file, answered, withdrawn, refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import IntegrityError
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.city import build_city
from tests.support.rosters import chunk, id_number, person

from zhigong.audit.models import Entry
from zhigong.exchange import linking, queries
from zhigong.exchange import operations as exchange
from zhigong.exchange.models import Batch, Ruling
from zhigong.exchange.tests.departments import CITY, bring, write
from zhigong.exchange.types import Verdict
from zhigong.kernel.errors import Conflict, NotAllowed, Refused
from zhigong.kernel.ids import uuid7
from zhigong.people import operations as people
from zhigong.people.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]
NOW_MS = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1000)
HOUSING = ("姓名", "证件号码", "房屋套数", "保障类型")
ANNA, OTHER = (1, "张建国"), (2, "欧阳小燕")
FILE = ((OTHER[1], id_number(OTHER[0]), "1", ""), ("李大钊", id_number(ANNA[0]), "2", ""))


def admit(*rows):
    with (
        CITY() as by,
        people.Admission(
            by=by, batch_id=uuid7(), at_ms=NOW_MS, default_union="990101010001", marks=lambda _: {}
        ) as admission,
    ):
        admission.stage(chunk(*rows))
        admission.finish()


def homes(folder, *rows, name="housing.csv"):
    lines = [dict(zip(HOUSING, row, strict=True)) for row in rows]
    bring("housing", write(folder / name, lines, HOUSING), accept="请核对")


@pytest.fixture
def town(tmp_path):
    """Her number stands in the housing file under quite another name (row 2): doubtful. Another row is sound."""
    build_city(1, 1, 1)
    admit(person(*ANNA), person(OTHER[0], OTHER[1], sex="2"))
    homes(tmp_path, *FILE)
    link()
    return tmp_path


def refresh():
    report = exchange.refresh(scope=CITY, at_ms=NOW_MS, tell=lambda _: None)
    return {stage: counts["changed"] for stage, counts in report.items() if counts["changed"]}


def link():
    batch = batch_of()
    with CITY() as by:
        linking.link(by, source="housing", batch=batch.id, at_ms=NOW_MS)


def id_of(who):
    with CITY():
        return Person.objects.get(name=who[1]).id


def batch_of(source="housing"):
    with CITY():
        return Batch.objects.filter(source=source).order_by("-number").first()


def lines():
    batch = batch_of()
    with CITY():
        return linking.links_of("housing", batch.id)


def line(row):
    return lines().to_pylist()[row - 1]


def rule(verdict, *, row=2, who=ANNA, seen=None, note="", key=None, source="housing"):
    person_id, batch = id_of(who), batch_of(source)
    with CITY() as by:
        return exchange.rule_link(
            by=by,
            source=source,
            batch_id=batch.id,
            row=row,
            person_id=person_id,
            verdict=verdict,
            note=note,
            seen=seen,
            key=key or uuid4(),
        )


def withdraw(ruling, note="看错了"):
    with CITY() as by:
        return exchange.withdraw_ruling(by=by, ruling_id=ruling, note=note, key=uuid4())


def fact(name, who=ANNA):
    rows = queries.fact_table().read(["person_id", name]).to_pylist()
    return next(row[name] for row in rows if row["person_id"] == str(id_of(who)))


def queue(state="open"):
    with CITY() as by:
        return queries.doubts(by, state=state)


def test_a_ruling_brings_her_facts_and_its_withdrawal_takes_them_back(town):
    refresh()
    before, homes_before = lines(), fact("homes_owned_self")
    assert (line(2)["outcome"], line(2)["method"]) == ("doubtful", "id-other-name")
    assert [(one.name, one.person_name) for one in queue().lines] == [("李大钊", "张建国")]
    ruling = rule(Verdict.SAME, note="曾用名")
    assert (queue().lines, len(queue("ruled").lines)) == ((), 1)
    assert refresh()["link"] == 1
    assert (line(2)["person_id"], line(2)["method"], line(2)["outcome"]) == (str(id_of(ANNA)), "ruled", "linked")
    assert fact("homes_owned_self") == 2 != homes_before
    homes(town, *FILE)  # the same file once more
    assert refresh() == {}
    withdraw(ruling)
    refresh()
    assert lines().equals(before) and fact("homes_owned_self") == homes_before
    assert refresh() == {} and len(queue().lines) == 1


def test_a_sound_link_is_parted_and_gets_the_pseudonym_of_its_number(town):
    assert line(1)["person_id"] == str(id_of(OTHER))
    ruling = rule(Verdict.DIFFERENT, row=1, who=OTHER, note="同号两人")
    link()
    assert (line(1)["person_id"], line(1)["method"], line(1)["outcome"]) == (None, "ruled-apart", "new")
    withdraw(ruling)
    link()
    assert line(1)["person_id"] == str(id_of(OTHER))
    rule(Verdict.DIFFERENT)
    before = line(2)["subject_id"]
    link()
    assert (line(2)["method"], line(2)["subject_id"]) == ("ruled-apart", before)


def test_next_months_file_obeys_wherever_the_row_stands(town):
    rule(Verdict.SAME)
    homes(town, ("李大钊", id_number(ANNA[0]), "2", "公租房"), ("王五", id_number(9), "1", ""), name="next.csv")
    link()
    assert (line(1)["person_id"], line(1)["method"]) == (str(id_of(ANNA)), "ruled")
    assert line(2)["outcome"] == "new"


def test_a_number_that_somebody_vouched_for_means_her_in_every_source(tmp_path):
    """She is in the base without a number and under another name."""
    build_city(1, 1, 1)
    admit(person(ANNA[0], ANNA[1], id_number=None, id_type=""))
    homes(tmp_path, ("李大钊", id_number(ANNA[0]), "2", ""))
    register = ("户号", "姓名", "证件号码", "与户主关系", "户籍地址", "人员状态")
    row = dict(zip(register, ("990100000001", "李大钊", id_number(ANNA[0]), "户主", "", "正常"), strict=True))
    bring("household", write(tmp_path / "household.csv", [row], register))
    link()
    assert line(1)["outcome"] == "new"
    rule(Verdict.SAME, row=1)
    refresh()
    with CITY() as by:
        known = {one.source: (one.method, one.high) for one in queries.person_links(by, id_of(ANNA))}
        said = queries.person_rulings(by, id_of(ANNA))
    assert known == {"housing": ("ruled", True), "household": ("alias", False)}
    assert [(one.source, one.verdict) for one in said] == [("housing", Verdict.SAME)]
    rule(Verdict.DIFFERENT, row=1, source="household")
    refresh()
    with CITY() as by:
        assert [one.source for one in queries.person_links(by, id_of(ANNA))] == ["housing"]


def test_unsure_stays_doubtful_and_the_next_verdict_answers_it(town):
    before = lines()
    unsure = rule(Verdict.UNSURE, note="等社区核实")
    link()
    assert lines().equals(before) and len(queue("unsure").lines) == 1
    with pytest.raises(Conflict):
        rule(Verdict.DIFFERENT)
    rule(Verdict.DIFFERENT, seen=unsure)
    link()
    assert line(2)["method"] == "ruled-apart" and queue().counts == {"open": 0, "unsure": 0, "ruled": 1}


def test_the_same_key_rules_once_and_a_row_is_one_person(town):
    key = uuid4()
    assert rule(Verdict.SAME, key=key) == rule(Verdict.SAME, key=key)
    with CITY():
        assert Ruling.objects.count() == 1
    with pytest.raises(Conflict, match="另一个人"):
        rule(Verdict.SAME, who=OTHER)


def test_two_rows_of_the_same_words_cannot_be_ruled(tmp_path):
    build_city(1, 1, 1)
    admit(person(*ANNA))
    homes(tmp_path, (ANNA[1], "", "1", ""), (ANNA[1], "", "2", "公租房"))
    link()
    with pytest.raises(Refused, match="认不出"):
        rule(Verdict.SAME, row=1)


def test_rulings_are_written_once_recorded_and_only_by_the_citys_reviewer(town):
    ruling = rule(Verdict.SAME, note="曾用名")
    with CITY():
        entry = Entry.objects.get(action="exchange.link.ruled")
        assert (entry.reason, entry.subject_id) == ("曾用名", id_of(ANNA))
    with pytest.raises(IntegrityError, match="append-only"), CITY():
        Ruling.objects.filter(id=ruling).update(note="x")
    with pytest.raises(Refused, match="为什么"):
        withdraw(ruling, note=" ")
    with pytest.raises(NotAllowed), CITY() as by:
        exchange.withdraw_ruling(by=_without(by), ruling_id=ruling, note="x", key=uuid4())


def _without(by):
    return replace(by, rights=by.rights - {"links.review"})


VERDICTS = st.sampled_from((Verdict.SAME, Verdict.DIFFERENT, Verdict.UNSURE))
STEPS = st.lists(st.tuples(st.sampled_from((1, 2)), VERDICTS), min_size=1, max_size=3)


def test_whatever_is_ruled_and_taken_back_leaves_exactly_the_links_before(town):
    before, who = lines(), {1: OTHER, 2: ANNA}

    @settings(max_examples=8, deadline=None)
    @given(STEPS)
    def property_(steps):
        standing = {}
        for row, verdict in steps:
            standing[row] = rule(verdict, row=row, who=who[row], seen=standing.get(row))
            link()
        for ruling in standing.values():
            withdraw(ruling)
        link()
        assert lines().equals(before)

    property_()
