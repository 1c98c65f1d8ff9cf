"""The bank card: asked once, the member's own, refused in words when it cannot be."""

from __future__ import annotations

import pytest
from tests.support.world import World, text_of

HOME = "/m/me/account/"
CARD = "6222 0212 3456 7890 128"


def test_a_card_is_kept_masked_and_sending_twice_is_one_card(world: World):
    member = world.browser("demo-member")
    assert "登记银行卡" in text_of(member.get(HOME))
    sent = {"key": "a" * 32, "number": CARD, "bank": "中国工商银行云泽支行"}
    for _ in range(2):
        assert member.post(HOME, sent).status_code == 302
    text = text_of(member.get(HOME))
    assert "现在登记的" in text and "0128" in text and "62220212345678" not in text
    assert world.admin("SELECT count(*) FROM funds_payee") == [(1,)]


@pytest.mark.parametrize(
    ("number", "bank", "word"),
    [
        ("", "工商银行", "请填写"),
        ("12ab", "工商银行", "银行账号有误"),
        (CARD, "", "请填写"),
        ("6" * 31, "工商银行", "最多"),
        ("6222\x00", "工商银行", "特殊字符"),
        (CARD, "工商银行,转账", "开户行有误"),
    ],
)
def test_what_cannot_be_a_card_is_said_beside_the_field(world: World, number, bank, word):
    answer = world.browser("demo-member").post(HOME, {"key": "b" * 32, "number": number, "bank": bank})
    assert answer.status_code == 422 and word in text_of(answer)


def test_whoever_has_no_file_is_told_how_to_join(world: World):
    assert "入会" in text_of(world.browser("demo-courier").get(HOME))
