"""Links in plain words, and where two numbers differ."""

import pytest

from zhigong.web.link_words import METHODS, differences, how


@pytest.mark.parametrize(
    ("method", "reason", "words"),
    [
        ("id", "id:same name:same", "证件号码和姓名都一致"),
        ("model", "name:same id:one birth:- sex:- employer:same", "姓名一致，号码有一位之差，单位一致"),
        ("model", "name:near id:- birth:same sex:same employer:other", "姓名差一个字，出生日期一致，单位不同"),
        ("model", "", "按姓名和单位推断"),
        ("ruled", "name:same id:cut", METHODS["ruled"]),
    ],
)
def test_how_a_row_was_found_is_said_in_words(method, reason, words):
    assert how(method, reason) == words


def test_differing_digits_are_marked_on_either_side():
    left, right = differences("990102198106104742", "990102198106104743")
    assert left == (("99010219810610474", False), ("2", True))
    assert right == (("99010219810610474", False), ("3", True))


@pytest.mark.parametrize(("left", "right"), [("9.90102E+17", "990102198106104742"), ("", "990102198106104742")])
def test_nothing_is_marked_where_too_little_is_left(left, right):
    assert not any(own for side in differences(left, right) for _, own in side)
    assert "".join(text for text, _ in differences(left, right)[0]) == left
