"""Department files: what comes into force, what is held back and why, what a person may let pass, what undoing does."""

from datetime import date, timedelta

import pytest
from tests.support.city import TODAY, acting_for, build_city

from zhigong.exchange import live, queries
from zhigong.exchange import operations as exchange
from zhigong.exchange.models import Batch
from zhigong.exchange.tests.departments import CITY, INSURED, SETTLEMENT, bring, insured, reversal, settlement, write
from zhigong.exchange.types import BatchState
from zhigong.kernel.errors import Conflict, NotAllowed, Refused
from zhigong.orgs.types import Duty

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]


@pytest.fixture
def city():
    return build_city(1, 1, 1)


@pytest.fixture
def file(tmp_path, city):
    """Writes a file of either source under a name of its own."""
    count = iter(range(100))

    def made(rows, header=SETTLEMENT):
        return write(tmp_path / f"{next(count)}.csv", rows, header)

    return made


def people(file, numbers, header=INSURED, **changes):
    return file([insured(number, **changes) for number in numbers], header)


def in_force(source, *columns):
    with CITY():
        tables = [rows.select(["batch", *columns]).to_pylist() for rows in live.iter_live(source, columns)]
    return [row for table in tables for row in table]


def codes(receipt):
    with CITY():
        return [one["code"] for one in Batch.objects.get(id=receipt.batch_id).comparison["findings"]]


def held(receipt, code):
    assert receipt.state == "held"
    assert codes(receipt) == [code]
    assert len(receipt.held) == 1
    return receipt.held[0]


# --- coming into force


def test_a_file_comes_into_force_and_the_same_again_changes_nothing(file):
    path = file([settlement(1), settlement(2)])
    first = bring("medical-settlement", path)
    assert (first.state, first.accepted, first.held) == ("published", 2, ())
    again = bring("medical-settlement", path)
    assert again.duplicate_of == first.batch
    assert len(in_force("medical-settlement", "serial")) == 2


def test_a_full_file_replaces_and_a_delta_adds(file):
    bring("social-insurance", people(file, range(10)), as_of=TODAY - timedelta(30))
    second = bring("social-insurance", people(file, range(1, 11)))
    assert {row["batch"] for row in in_force("social-insurance")} == {second.batch}
    third = bring("social-insurance", people(file, [10, 11], 缴费基数="7000"), delta=True)
    rows = in_force("social-insurance", "id_number", "base")
    assert len(rows) == 11
    assert [row["base"] for row in rows if row["batch"] == third.batch] == [700000, 700000]
    assert len({row["id_number"] for row in rows}) == 11, "the newer row of a person covers the older one"


def test_rows_that_repeat_or_name_nobody_are_not_in_force(file):
    rows = [
        settlement(1),
        settlement(1),
        settlement(2, 姓名=""),
        settlement(3, 证件号码=""),
        settlement(1, 总费用="950"),
    ]
    bring("medical-settlement", file(rows))
    with CITY():
        found = [
            row for rows in live.iter_live("medical-settlement", ["serial", "verdict"]) for row in rows.to_pylist()
        ]
    assert [(row["data_row"], row["verdict"]) for row in found] == [(1, "accepted"), (4, "unverified")]


def test_columns_nobody_declared_are_refused(file):
    bring("medical-settlement", file([settlement(1)]))
    with CITY(), pytest.raises(Refused, match="字段"):
        list(live.iter_live("medical-settlement", ["nothing"]))


def test_a_delta_needs_something_to_add_to(file):
    with pytest.raises(Refused, match="增补"):
        bring("social-insurance", people(file, [1]), delta=True)


def test_a_day_to_come_is_refused(file):
    with pytest.raises(Refused, match="还没有到"):
        bring("medical-settlement", file([settlement(1)]), as_of=TODAY + timedelta(1))


# --- what one row can have wrong


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"结算日期": "2027-05-06"}, "还没有到"),
        ({"总费用": "-900", "政策范围内自付": "-100", "个人自付": "-200"}, "没有写明冲销"),
        ({"冲销流水号": "YB9900000009"}, "金额却是正的"),
        ({"总费用": "九百"}, "金额看不懂"),
        ({"个人自付": "901"}, "超过总费用"),
    ],
)
def test_a_settlement_that_cannot_be_counts_for_nothing(file, changes, problem):
    receipt = bring("medical-settlement", file([settlement(1), settlement(2), settlement(3, **changes)]))
    assert (receipt.accepted, receipt.unverified) == (2, 1)
    with CITY():
        told = [one["text"] for one in Batch.objects.get(id=receipt.batch_id).problem_counts]
    assert any(problem in text for text in told)
    wrong = in_force("medical-settlement", "total", "policy_own", "own")[2]
    assert (wrong["total"], wrong["policy_own"], wrong["own"]) == (None, None, None)


def test_a_negative_base_is_not_taken(file):
    receipt = bring("social-insurance", file([*map(insured, range(9)), insured(9, 缴费基数="-1")], INSURED))
    assert receipt.unverified == 1
    assert in_force("social-insurance", "base")[9]["base"] is None


def test_a_reversal_may_come_before_what_it_reverses(file):
    early = bring("medical-settlement", file([reversal(2, of=1)]))
    assert (early.state, early.accepted) == ("published", 1)
    late = bring("medical-settlement", file([settlement(1)]))
    assert late.state == "published"
    rows = in_force("medical-settlement", "serial", "own", "reverses")
    assert sum(row["own"] for row in rows) == 0
    assert {row["reverses"] for row in rows} == {None, "YB9900000001"}


# --- held back


def test_thirty_percent_fewer_rows(file):
    bring("social-insurance", people(file, range(10)))
    assert bring("social-insurance", people(file, range(8))).state == "published"
    text = held(bring("social-insurance", people(file, range(5))), "fewer-rows")
    assert "5 行" in text
    assert "8 行" in text


def test_a_column_that_was_there_is_missing(file):
    bring("social-insurance", people(file, range(5)))
    fewer = [column for column in INSURED if column != "缴费基数"]
    assert "缴费基数" in held(bring("social-insurance", people(file, range(5), fewer)), "missing-column")


def test_the_first_file_needs_the_columns_its_rows_are_known_by(file):
    without = [column for column in SETTLEMENT if column != "证件号码"]
    assert "证件号码" in held(bring("medical-settlement", file([settlement(1)], without)), "missing-column")


def test_columns_nobody_knows(file):
    bring("social-insurance", people(file, range(5)))
    more = [*INSURED, "备用一"]
    assert "备用一" in held(bring("social-insurance", people(file, range(5), more, 备用一="x")), "unknown-column")


def test_a_first_file_may_have_more_columns(file):
    assert bring("social-insurance", people(file, range(5), [*INSURED, "备用一"], 备用一="x")).state == "published"


def test_a_column_that_holds_something_else_now(file):
    bring("social-insurance", people(file, range(5)))
    text = held(bring("social-insurance", people(file, range(5), 缴费基数="第三档")), "retyped-column")
    assert "缴费基数" in text
    assert "100%" in text


def test_a_first_file_whose_column_is_not_what_it_says(file):
    held(bring("social-insurance", people(file, range(5), 缴费年月="十月")), "retyped-column")


def test_a_column_that_is_empty_now(file):
    bring("social-insurance", people(file, range(5)))
    held(bring("social-insurance", people(file, range(5), 缴费基数="")), "emptied-column")


def test_a_settlement_with_other_amounts_contradicts(file):
    bring("medical-settlement", file([settlement(1), settlement(2)]))
    text = held(bring("medical-settlement", file([settlement(3), settlement(2, 个人自付="250")])), "contradiction")
    assert "结算流水号" in text
    assert "个人自付" in text
    assert "第 2 行" in text
    assert "250" not in text, "reasons never quote a cell"


def test_an_earlier_batch_can_be_contradicted_too(file):
    bring("medical-settlement", file([settlement(1)]))
    bring("medical-settlement", file([settlement(2)]))
    held(bring("medical-settlement", file([settlement(1, 证件号码=settlement(4)["证件号码"])])), "contradiction")


def test_numbers_that_belong_to_others_now(file):
    bring("social-insurance", people(file, range(10)))
    moved = [insured(number) | {"姓名": insured(number + 50)["姓名"]} for number in range(10)]
    held(bring("social-insurance", file(moved, INSURED)), "contradiction")


def test_a_damaged_number_contradicts_nothing(file):
    bring("social-insurance", people(file, range(10)))
    rows = [*(insured(number) for number in range(9)), insured(9, 证件号码="990103198501010000")]
    assert bring("social-insurance", file(rows, INSURED)).state == "published"


def test_an_older_file_does_not_replace_a_newer_one(file):
    newer = bring("social-insurance", people(file, range(5)))
    older = people(file, range(6))
    held(bring("social-insurance", older, as_of=TODAY - timedelta(40)), "older")
    assert bring("social-insurance", older, as_of=TODAY - timedelta(40), accept="留存").state == "published"
    assert {row["batch"] for row in in_force("social-insurance")} == {newer.batch}


def test_a_dry_run_leaves_nothing_behind(file):
    first = bring("social-insurance", people(file, range(5)))
    tried = bring("social-insurance", people(file, range(5, 10)), dry_run=True)
    assert tried.rows == 5
    assert bring("social-insurance", people(file, range(5)), dry_run=True).batch == first.batch
    with CITY():
        assert Batch.objects.get(id=tried.batch_id).state == BatchState.DISCARDED
        assert Batch.objects.get(id=first.batch_id).state == BatchState.PUBLISHED


# --- letting pass, mending, taking back


def test_a_person_may_let_it_pass_and_says_why(file):
    bring("social-insurance", people(file, range(10)))
    path = people(file, range(5))
    receipt = bring("social-insurance", path)
    with CITY() as by:
        with pytest.raises(Refused, match="为什么"):
            exchange.accept_held(by=by, batch_id=receipt.batch_id, note=" ")
        exchange.accept_held(by=by, batch_id=receipt.batch_id, note="人社来电：本月起只报在职")
        line = queries.batch(by, receipt.batch_id)
    assert line.state is BatchState.PUBLISHED
    assert line.accepted_note == "人社来电：本月起只报在职"
    assert [one.code for one in line.findings] == ["fewer-rows"]
    assert len(in_force("social-insurance")) == 5
    assert bring("social-insurance", path).duplicate_of == receipt.batch


def test_accepting_on_the_way_in(file):
    bring("social-insurance", people(file, range(10)))
    assert bring("social-insurance", people(file, range(5)), accept="核对过").state == "published"


def test_what_was_compared_with_something_else_is_compared_again(file):
    bring("social-insurance", people(file, range(10)))
    path = people(file, range(5))
    receipt = bring("social-insurance", path)
    bring("social-insurance", people(file, range(20, 29)))
    with CITY() as by, pytest.raises(Conflict, match="又有新的批次"):
        exchange.accept_held(by=by, batch_id=receipt.batch_id, note="核对过")
    assert bring("social-insurance", path).state == "held"
    with CITY() as by:
        exchange.accept_held(by=by, batch_id=receipt.batch_id, note="核对过")


def test_a_replay_after_mending(file):
    bring("social-insurance", people(file, range(10)))
    path = people(file, range(5))
    receipt = bring("social-insurance", path)
    with CITY() as by:
        exchange.discard(by=by, batch_id=receipt.batch_id)
    mended = bring("social-insurance", people(file, range(9)))
    assert mended.state == "published"
    again = bring("social-insurance", path)
    assert again.batch != receipt.batch
    assert again.state == "held"


def test_taking_back_uncovers_what_was_there_before(file):
    first = bring("social-insurance", people(file, range(10)))
    path = people(file, range(2, 12))
    second = bring("social-insurance", path)
    with CITY() as by:
        assert exchange.undo(by=by, batch_id=second.batch_id) == {"withdrawn": 10}
        with pytest.raises(Conflict):
            exchange.undo(by=by, batch_id=second.batch_id)
    assert {row["batch"] for row in in_force("social-insurance")} == {first.batch}
    third = bring("social-insurance", path)
    assert third.batch not in (first.batch, second.batch)
    assert third.state == "published"


def test_taking_back_a_delta_uncovers_the_row_it_corrected(file):
    bring("medical-settlement", file([settlement(1)]))
    wrong = bring("medical-settlement", file([settlement(1, 个人自付="250")]), accept="更正")
    assert [row["own"] for row in in_force("medical-settlement", "own")] == [25000]
    with CITY() as by:
        exchange.undo(by=by, batch_id=wrong.batch_id)
    assert [row["own"] for row in in_force("medical-settlement", "own")] == [20000]


def test_departments_belong_to_the_city(city, file):
    path = file([settlement(1)])
    with CITY():
        district = city.union("d1")
    with acting_for(district, duty=Duty.DATA_OFFICER) as by, pytest.raises(NotAllowed):
        exchange.receive(by=by, source="tax", file=path, file_name="a.csv", as_of=TODAY)


# --- the board


def test_the_board_tells_freshness_and_the_last_batch(file):
    bring("social-insurance", people(file, range(10), 缴费年月="202608"), as_of=date(2026, 9, 1))
    waiting = bring("social-insurance", people(file, range(5)))
    bring("medical-settlement", file([settlement(1), settlement(2, 姓名="")]))
    with CITY() as by:
        states = queries.board(by)
        page = queries.source_page(by, "medical-settlement")
    by_name = {state.name: state for state in states}
    assert states[0].name == "social-insurance", "what waits for somebody comes first"
    insurance = by_name["social-insurance"]
    assert (insurance.days, insurance.limit, insurance.stale, insurance.held) == (82, 62, True, 1)
    assert insurance.last.number == waiting.batch
    assert (insurance.rows, insurance.batches) == (10, 1)
    assert by_name["tax"].stale
    assert by_name["tax"].as_of is None
    assert not by_name["medical-settlement"].stale
    assert "roster" not in by_name
    assert (page.batches[0].funnel.rows, page.batches[0].funnel.readable, page.batches[0].funnel.linked) == (2, 1, None)
    assert page.batches[0].in_force
    assert [(line.column, line.per_ten_thousand) for line in page.trend] == [("姓名", (5000,))]


def test_the_board_costs_one_query(file, django_assert_num_queries):
    bring("medical-settlement", file([settlement(1)]))
    with CITY() as by, django_assert_num_queries(1):
        queries.board(by)
