"""Strict YAML: what a person sees, or a refusal with file and line."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhigong.kernel import yaml
from zhigong.kernel.errors import Refused


def test_plain_values_are_what_they_look_like():
    text = """
a: 1
b: -2.50
c: 2026-03-01
d: [yes, no, on, off, true, false, null, ~, '']
"1": quoted key
on: a word, not a truth value
e: "01"
f: |
  多行
  文字
g: {h: 12:30, i: 1e5, j: 0x10}
k:
"""
    assert yaml.loads(text, source="t") == {
        "a": 1,
        "b": Decimal("-2.50"),
        "c": date(2026, 3, 1),
        "d": ["yes", "no", "on", "off", True, False, None, None, ""],
        "1": "quoted key",
        "on": "a word, not a truth value",
        "e": "01",
        "f": "多行\n文字\n",
        "g": {"h": "12:30", "i": "1e5", "j": "0x10"},
        "k": None,
    }
    assert yaml.loads("", source="t") is None


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("a: 1\nb: 2\na: 3", 3, "重复"),
        ("x:\n  a: 1\n  'a': 2", 3, "重复"),
        ("1: x", 1, "键必须是文字"),
        ("true: x", 1, "键必须是文字"),
        ("2026-01-01: x", 1, "键必须是文字"),
        ("? [a]\n: x", 1, "键必须是文字"),
        ("a: 1\nb: 007", 2, "以 0 开头"),
        ("a: &x 1", 1, "锚点"),
        ("a: &x [1]\nb: *x", 1, "锚点"),
        ("<<: {a: 1}", 1, "合并键"),
        ("a: !!str 1", 1, "类型标记"),
        ("a: !!python/object/apply:os.system [ls]", 1, "类型标记"),
        ("a: 1\nb: 2026-02-30", 2, "2026-02-30"),
        ("a: 1\n---\nb: 2", 2, "一个文件"),
        ("a: ]", 1, ""),
        ("a: 1\n\tb: 2", 2, ""),
        ("a: " + "9" * 40, 1, "整数过长"),
        ("[" * 40 + "]" * 40, 1, "嵌套"),
    ],
)
def test_what_is_refused_says_where(text, line, why):
    with pytest.raises(Refused) as caught:
        yaml.loads(text, source="service.yaml")
    assert caught.value.where == f"service.yaml:{line}"
    assert why in caught.value.why


@given(st.text(max_size=60))
def test_anything_is_read_or_refused(text):
    with suppress(Refused):
        yaml.loads(text, source="t")


def test_files_are_bounded_and_utf8(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("键: 值", encoding="utf-8")
    assert yaml.load(path) == {"键": "值"}
    with pytest.raises(Refused, match="过大"):
        yaml.load(path, max_bytes=3)
    path.write_bytes("键: 值".encode("gb18030"))
    with pytest.raises(Refused, match="UTF-8"):
        yaml.load(path)
    with pytest.raises(Refused, match="读不出来"):
        yaml.load(tmp_path / "missing.yaml")
