"""Exports: what is shown, streamed, safe to open; recorded for each person before the first row goes out."""

import csv
import io
import zipfile

import pytest

from zhigong.web.workbench.export import writing
from zhigong.web.workbench.tests.conftest import name_of
from zhigong.web.workbench.tests.reading import text_of

URL = "/workbench/members/export/"


def rows_of(answer):
    data = b"".join(answer.streaming_content)
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_a_csv_holds_what_the_list_shows_and_no_number(browser):
    client = browser("chair")
    assert "将导出 70 人" in text_of(client.get(URL))
    answer = client.post(URL, {"reason": "慰问走访", "kind": "csv"})
    assert answer.streaming
    rows = rows_of(answer)
    assert len(rows) == 70
    assert {row["工会名称"] for row in rows} == {"1区1街1号公司工会"}
    assert all("*" in row["移动电话"] for row in rows)
    assert "340202" not in str(rows)


def test_filters_and_scope_hold(browser, desk):
    women = rows_of(browser("city").post(URL + "?sex=2", {"reason": "体检", "kind": "csv"}))
    assert women
    assert {row["性别"] for row in women} == {"女"}
    below = rows_of(browser("city").post(f"{URL}?union={desk.unions['d2']}", {"reason": "体检", "kind": "csv"}))
    assert len(below) == 8
    assert (
        browser("chair").post(f"{URL}?union={desk.unions['d2']}", {"reason": "体检", "kind": "csv"}).status_code == 422
    )


def test_a_workbook_opens_and_says_who_made_it_and_why(browser):
    import openpyxl

    answer = browser("chair").post(URL, {"reason": "慰问走访", "kind": "xlsx"})
    data = b"".join(answer.streaming_content)
    assert zipfile.is_zipfile(io.BytesIO(data))
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book["会员"]
    assert sheet.max_row == 71
    assert [cell.value for cell in sheet[1]][:2] == ["工会名称", "姓名"]
    said = {row[0].value: row[1].value for row in book["说明"].iter_rows()}
    assert said["用途"] == "慰问走访"
    assert said["人数"] == "70"
    assert "chair干部" in said["导出人"]


def test_each_person_sees_the_export_and_its_reason(browser, desk):
    rows_of(browser("chair").post(URL, {"reason": "换届选民名册", "kind": "csv"}))
    for person in (desk.people["d1s1g1"][0], desk.people["d1s1g1"][69]):
        words = text_of(browser("auditor").get(f"/workbench/members/{person}/looked/"))
        assert "chair干部" in words
        assert "导入导出" in words
    outside = text_of(browser("auditor").get(f"/workbench/members/{desk.people['d2s1g1'][0]}/looked/"))
    assert "chair干部" not in outside


def test_what_leaves_is_recorded_before_the_first_row(browser, desk):
    answer = browser("chair").post(URL, {"reason": "慰问走访", "kind": "csv"})
    pieces = iter(answer.streaming_content)
    next(pieces)
    words = text_of(browser("auditor").get(f"/workbench/members/{desk.people['d1s1g1'][0]}/looked/"))
    assert "chair干部" in words
    browser("chair").get("/workbench/")  # the scope of the moment is the auditor's
    assert b"".join(pieces)


def test_without_a_reason_nothing_leaves(browser):
    answer = browser("chair").post(URL, {"reason": " ", "kind": "csv"})
    assert answer.status_code == 422
    assert not answer.streaming
    assert "请写明用途" in text_of(answer)


def test_an_old_proof_is_not_enough(browser):
    from django.conf import settings

    from zhigong.identity.policies import RECORDS_KEY
    from zhigong.identity.sessions import SessionStore

    client = browser("chair")
    session = SessionStore(client.cookies[settings.SESSION_COOKIE_NAME].value)
    session[RECORDS_KEY] = [{**record, "at": record["at"] - 3600} for record in session[RECORDS_KEY]]
    session.save()
    for answer in (client.get(URL + "?sex=1"), client.post(URL + "?sex=1", {"reason": "走访", "kind": "csv"})):
        assert answer.status_code == 302
        assert answer.url == "/signin/confirm/?next=%2Fworkbench%2Fmembers%2Fexport%2F%3Fsex%3D1"


def test_an_ended_session_gets_no_rows(browser, desk):
    from zhigong.identity import operations as identity
    from zhigong.kernel.errors import NotAllowed

    client = browser("chair")
    answer = client.post(URL, {"reason": "走访", "kind": "csv"})
    identity.end_sessions(account_id=desk.accounts["chair"])
    with pytest.raises(NotAllowed):
        b"".join(answer.streaming_content)


@pytest.mark.parametrize("cell", ["=1+1", "+86", "-2", "@cmd", "\t=1", "\r=1", "\n=1"])
def test_no_cell_of_a_workbook_is_a_formula(cell, tmp_path):
    import openpyxl
    import pyarrow as pa

    batch = pa.RecordBatch.from_arrays([pa.array([cell, "王芳", None])], names=["姓名"])
    writing.write_workbook(tmp_path / "x.xlsx", ["姓名"], [batch], notes=[("用途", cell)])
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx")["会员"]
    assert sheet["A2"].data_type == "s"


def test_the_names_are_those_of_the_list(browser):
    rows = rows_of(browser("chair").post(URL, {"reason": "走访", "kind": "csv"}))
    assert name_of(1) in {row["姓名"] for row in rows}
