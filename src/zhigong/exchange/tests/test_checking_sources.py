"""Source folders are read strictly: what is not known, not right or not there is refused with its place."""

from __future__ import annotations

import pytest

from zhigong.exchange.checking import load_source, source_names
from zhigong.kernel.errors import NotFound, Refused

GOOD = """
title: 试验
department: 某局
entity: person
columns:
  - {name: 姓名, field: name, kind: name, required: true, key: true, severity: reject, aliases: [名字]}
  - {name: 金额, field: amount, kind: money}
unique: {key: name, identity: [name]}
problems: {odd: 怪}
"""


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "sources" / "trial"
    made.mkdir(parents=True)
    (made / "conform.sql").write_text("SELECT * FROM typed;\n")
    return made


def load(folder, text):
    (folder / "source.yaml").write_text(text, "utf-8")
    return load_source("trial", within=[folder.parents[1]])


def test_a_source_comes_as_written(folder):
    source = load(folder, GOOD)
    assert (source.name, source.title, source.entity) == ("trial", "试验", "person")
    assert source.conform_sql == "SELECT * FROM typed"
    assert source.columns[0].aliases == ("名字",)
    assert source.problems["odd"].severity == "warn"
    assert source.fields == ("name", "amount")


CHANGES = [
    ("title: 试验", "titel: 试验", "titel"),
    ("title: 试验", "title: 3", "title"),
    ("title: 试验", "", "title"),
    ("entity: person", "entity: planet", "entity"),
    ("kind: money", "kind: gold", "gold"),
    ("kind: money", "kind: money, colour: red", "colour"),
    ("field: amount", "field: Amount", "Amount"),
    ("field: amount", "field: verdict", "verdict"),
    ("field: amount", "field: name", "field"),
    ("name: 金额", "name: 名 字", "名字"),
    ("name: 金额", "name: 导入结果", "导入结果"),
    ("severity: reject", "severity: bad", "severity"),
    ("required: true", "required: yes", "required"),
    ("required: true", "required: false", "required"),
    ("aliases: [名字]", "aliases: 名字", "aliases"),
    ("aliases: [名字]", "aliases: [3]", "aliases"),
    ("key: name, identity", "key: nobody, identity", "unique.key"),
    ("identity: [name]", "identity: [nobody]", "identity"),
    ("problems: {odd: 怪}", "problems: {odd: {severity: warn}}", "odd"),
    ("problems: {odd: 怪}", "problems: [怪]", "problems"),
    ("kind: name,", "kind: id_number, id_type: nothing,", "nothing"),
]


@pytest.mark.parametrize(("part", "other", "named"), CHANGES)
def test_what_is_wrong_is_refused_by_name(folder, part, other, named):
    assert part in GOOD
    with pytest.raises(Refused) as refusal:
        load(folder, GOOD.replace(part, other))
    assert "source.yaml" in refusal.value.where
    assert named in str(refusal.value)


def test_sources_of_a_city_come_first(folder, tmp_path):
    load(folder, GOOD)
    near = tmp_path / "near" / "sources" / "trial"
    near.mkdir(parents=True)
    (near / "source.yaml").write_text(GOOD.replace("试验", "本市"), "utf-8")
    (near / "conform.sql").write_text("SELECT * FROM typed")
    within = [tmp_path / "near", tmp_path]
    assert load_source("trial", within=within).title == "本市"
    assert source_names(within=within) == ("trial",)


def test_unknown_names():
    for name in ("nothing", "../roster", "", "Roster"):
        with pytest.raises(NotFound):
            load_source(name)
    assert {"roster", "unions", "enterprises"} <= set(source_names())
