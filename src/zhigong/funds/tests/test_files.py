"""The bank's files: the same bytes every time, and a return file that is not sound is refused whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.city import TODAY

from zhigong.funds import formats
from zhigong.funds import operations as funds
from zhigong.funds.formats import FileLine, bank_file, read_return
from zhigong.funds.models import Answer, Line, Transfer
from zhigong.funds.tests.staging import answer, build_stage
from zhigong.funds.types import Format, LineState
from zhigong.kernel.errors import Refused
from zhigong.orgs import operations as orgs

DIGEST = "ab" * 32
LINES = (
    FileLine(1, "陈秀兰", "6222020000000001", "中国工商银行云泽支行", 300_000, "医疗互助", "ZG20261122000001000001"),
    FileLine(2, "买买提·吐尔逊", "6222020000000002", "云泽农商银行", 5, "医疗互助", "ZG20261122000001000002"),
)
GOLDEN = (
    "序号,户名,账号,开户行,金额(元),摘要,流水号\r\n"
    "1,陈秀兰,6222020000000001,中国工商银行云泽支行,3000.00,医疗互助,ZG20261122000001000001\r\n"
    "2,买买提·吐尔逊,6222020000000002,云泽农商银行,0.05,医疗互助,ZG20261122000001000002\r\n"
    f"合计,2,,,3000.05,{DIGEST},ZG0000000001\r\n"
)


def made(layout: Format = Format.CSV) -> bytes:
    return bank_file(LINES, code="ZG0000000001", digest=DIGEST, layout=layout)


def test_the_payout_list_has_these_bytes_and_no_others():
    assert made() == GOLDEN.encode("gb18030")


def test_the_fixed_layout_has_lines_of_one_length():
    rows = made(Format.FIXED).split(b"\r\n")
    assert [len(row) for row in rows] == [sum(formats.WIDTHS)] * 4 + [0]
    assert rows[1][6:126].decode("gb18030").rstrip() == "陈秀兰"
    assert rows[1][238:254].rstrip() == b"3000.00"


@pytest.mark.parametrize("holder", ["=cmd()", "a,b", 'a"b', "a\nb", "@x", "-1"])
def test_what_a_sheet_or_the_bank_would_misread_is_never_written(holder):
    line = FileLine(1, holder, "1", "b", 1, "", "ZG20261122000001000001")
    with pytest.raises(Refused):
        bank_file([line], code="c", digest=DIGEST, layout=Format.CSV)


def test_a_name_too_long_for_the_fixed_layout_is_told():
    line = FileLine(1, "长" * 61, "1", "b", 1, "", "ZG20261122000001000001")
    with pytest.raises(Refused, match="超长"):
        bank_file([line], code="c", digest=DIGEST, layout=Format.FIXED)


def test_a_sound_return_is_read_in_either_encoding():
    file = answer(made(), {LINES[1].serial: "失败"})
    read = read_return(file)
    assert (read.batch_code, read.hash) == ("ZG0000000001", DIGEST)
    assert [(line.row, line.fen, line.state) for line in read.lines] == [
        (2, 300_000, LineState.PAID),
        (3, 5, LineState.REJECTED),
    ]
    assert read_return(file.decode("gb18030").encode("utf-8-sig")) == read


def text(change: tuple[str, str] | None = None) -> bytes:
    whole = answer(made()).decode("gb18030")
    if change:
        assert change[0] in whole
        whole = whole.replace(*change)
    return whole.encode("gb18030")


ROW = answer(made()).decode("gb18030").splitlines()[1] + "\r\n"
BAD = {
    "empty": (b"", "空的"),
    "not text": (b"\xff\xfe\x00\x00", "编码"),
    "broken encoding": (text().replace("陈".encode("gb18030"), b"\xb3\xff"), "编码"),
    "UTF-8 without its mark": (text().decode("gb18030").encode(), "编码|栏目"),
    "a column is missing": (text(("处理结果", "结果")), "缺少栏目"),
    "a column is there twice": (text(("失败原因", "处理结果")), "缺少栏目"),
    "the totals row is cut off": (b"\r\n".join(text().split(b"\r\n")[:-2]) + b"\r\n", "合计行"),
    "the same line twice": (text((ROW, ROW + ROW)), "出现两次"),
    "a wrong count": (text(("合计,2", "合计,3")), "笔数不符"),
    "a wrong sum": (text(("3000.05", "3000.06")), "金额不符"),
    "an amount with commas": (text((",3000.00,", ',"3,000.00",')), "金额写法"),
    "an unknown result": (text((",成功,", ",也许,")), "看不懂"),
    "a rejection without reason": (text((",成功,", ",失败,")), "没有写原因"),
    "another system's serial": (text(("ZG20261122000001000001", "20261122")), "不是本系统"),
    "a ragged row": (text((",成功,\r\n", ",成功\r\n")), "栏目数|合计"),
    "an open quote": (text(("陈秀兰", '"陈秀兰')), "格式|栏目数|合计"),
    "a NUL": (text(("陈秀兰", "陈\x00兰")), "不是文本|格式"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_unsound_return_is_refused_with_its_reason(name):
    file, why = BAD[name]
    with pytest.raises(Refused, match=why):
        read_return(file)


@given(st.binary(max_size=400))
def test_bytes_at_random_are_refused_and_never_crash(noise):
    with pytest.raises(Refused):
        read_return(noise)


@given(st.integers(min_value=0, max_value=len(text()) - 3))
def test_a_file_cut_anywhere_is_refused(place):
    with pytest.raises(Refused):
        read_return(text()[:place])


@pytest.mark.django_db
@pytest.mark.database_role("job")
def test_a_return_that_does_not_fit_the_batch_posts_nothing():
    stage = build_stage()
    for member in range(3):
        stage.register(member)
    stage.ask(0, 5_000, "a")
    stage.ask(1, 6_000, "b")
    first = stage.batch("first")
    stage.ask(2, 7_000, "c")
    second = stage.batch("second")
    with stage.acting("checker") as by:
        mine, other = (funds.bank_file(by, batch_id=batch).decode("gb18030") for batch in (first, second))
    rows = mine.splitlines(keepends=True)
    code, digest = rows[-1].strip().split(",")[6], rows[-1].split(",")[5]
    alien = other.splitlines()[1].split(",")[6]
    wrong = {
        "另一个批次": other,
        "笔数与批次不符": rows[0] + rows[1] + f"合计,1,,,50.00,{digest},{code}\r\n",
        "不在本批次": mine.replace(rows[1].strip().split(",")[6], alien),
        "金额与发出的名单不一致": mine.replace("50.00", "51.00").replace("110.00", "111.00"),
        "校验值": mine.replace(digest, "0" * 64),
    }
    with orgs.city_scope(on=TODAY):
        before = Transfer.objects.count()
    for why, file in wrong.items():
        with stage.acting("checker") as by, pytest.raises(Refused, match=why):
            funds.post_return(by, batch_id=first, file=answer(file.encode("gb18030")))
    with stage.acting("maker") as by:
        assert Transfer.objects.count() == before
        assert not Answer.objects.exists()
        assert set(Line.objects.values_list("state", flat=True)) == {LineState.PENDING}
        assert funds.reconcile(by).sound
