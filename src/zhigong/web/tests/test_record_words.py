"""Every act the product records has words for members and auditors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import zhigong
from zhigong.exchange.checking import load_source
from zhigong.web import record_words

SOURCES = Path(zhigong.__file__).parent
ACT = re.compile(r"""(?:action=|record_act\([^,\n]+,\s*|OPENED = )f?"([a-z_]+\.[a-z_]+\.)([a-z_]+|\{[^"]*)\"""")


def recorded() -> set[tuple[str, str]]:
    found = set()
    for path in SOURCES.rglob("*.py"):
        if "tests" not in path.parts:
            found |= set(ACT.findall(path.read_text(encoding="utf-8")))
    return found


def test_every_act_has_words():
    acts = recorded()
    assert len(acts) > 20
    for head, tail in acts:
        if tail.startswith("{"):
            assert any(name.startswith(head) for name in record_words.ACTIONS), head
        else:
            assert head + tail in record_words.ACTIONS, head + tail


@pytest.mark.parametrize("source", ["roster", "unions", "enterprises"])
def test_every_column_that_a_preview_opens_has_words(source):
    assert {column.field for column in load_source(source).columns} <= set(record_words.FIELDS)


def test_a_long_list_of_fields_leads_with_the_identity():
    names = tuple(column.field for column in load_source("roster").columns)
    assert record_words.fields(names).startswith("姓名、证件号码、手机号码、")
    assert record_words.fields(names).endswith(f"等 {len(names)} 项")


def test_unknown_acts_are_shown_by_name_rather_than_hidden():
    assert record_words.action("new.thing.done") == "new.thing.done"
    assert record_words.fields(("id_number", "shoe_size")) == "证件号码、shoe_size"
