"""Rows meet persons: exactly by number, by likeness where the number is damaged, and never two for one."""

from __future__ import annotations

import hashlib
import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhigong.exchange.linking.deciding import NOTHING_KEPT
from zhigong.exchange.linking.linker import EMPLOYERS, Base
from zhigong.exchange.linking.tests.specimens import (
    FIRM,
    FIRM_CODE,
    OTHER_FIRM,
    base_of,
    hidden,
    linked,
    number,
    person,
    row,
    rows_of,
)

PERSONS = [person(index) for index in range(600)]
BASE = base_of(PERSONS)
ANNA = PERSONS[123]


def only(*rows, **more):
    lines = linked(rows_of(*rows), BASE, **more)
    assert [line["row"] for line in lines] == list(range(1, len(rows) + 1))
    return lines[0]


def test_the_same_number_and_name_is_the_person():
    line = only(row(ANNA))
    assert (line["person_id"], line["subject_id"], line["method"], line["score"], line["outcome"]) == (
        ANNA["person_id"],
        ANNA["person_id"],
        "id",
        1.0,
        "linked",
    )


@pytest.mark.parametrize("name", ["张 伟", "阿卜力米提•买买提", "阿卜力米提．买买提"])
def test_blanks_and_dots_in_a_name_do_not_matter(name):
    clean = {"张 伟": "张伟"}.get(name, "阿卜力米提·买买提")
    base = base_of([person(1, name=clean)])
    line = linked(rows_of(row(person(1), name=name)), base)[0]
    assert (line["method"], line["outcome"]) == ("id", "linked")


def test_one_other_character_in_the_name_is_said():
    line = only(row(ANNA, name=ANNA["name"][:-1] + "□"))
    assert (line["method"], line["outcome"], line["reason"]) == ("id-near-name", "linked", "id:same name:near")


def test_the_same_number_with_quite_another_name_is_doubtful():
    line = only(row(ANNA, name="欧阳小燕"))
    assert (line["person_id"], line["outcome"], line["method"]) == (None, "doubtful", "id-other-name")
    assert line["candidate_id"] == ANNA["person_id"]
    assert line["subject_id"].startswith("s-")


def test_a_number_that_nobody_has_gets_a_stable_pseudonym():
    first = only(row(ANNA, id_number=number(999, "19500101"), name="欧阳小燕"))
    again = only(row(ANNA, id_number=number(999, "19500101"), name="欧阳小艳"))
    assert (first["outcome"], first["person_id"], first["method"]) == ("new", None, None)
    assert first["subject_id"] == again["subject_id"]


def test_without_number_and_name_there_is_nobody():
    line = only({"id_number": None, "name": None})
    assert (line["outcome"], line["subject_id"], line["score"]) == ("none", None, None)


DAMAGES = {
    "cut": lambda value: value[:15] + "000",
    "cut to fifteen": lambda value: value[:15],
    "wrong check digit": lambda value: value[:17] + ("0" if value[17] != "0" else "1"),
    "one digit lost": lambda value: value[:9] + value[10:],
    "two swapped": lambda value: next(
        value[:n] + value[n + 1] + value[n] + value[n + 2 :] for n in range(10, 17) if value[n] != value[n + 1]
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_number_and_the_name_find_the_person(damage):
    line = only(row(ANNA, id_number=DAMAGES[damage](ANNA["number"]), employer_name=None))
    assert (line["person_id"], line["method"], line["outcome"]) == (ANNA["person_id"], "model", "linked")
    assert line["score"] >= 0.995
    assert line["reason"].startswith("name:same id:")


def test_a_name_alone_is_not_enough():
    line = only(row(ANNA, id_number=None, employer_name=None))
    assert line["person_id"] is None


def test_two_namesakes_at_one_employer_leave_a_row_without_number_undecided():
    twins = [person(1), person(2, name=person(1)["name"], employer_name=person(1)["employer_name"])]
    base = base_of([*twins, *PERSONS[200:]])
    line = linked(rows_of(row(twins[0], id_number=None)), base)[0]
    assert line["person_id"] is None


def test_a_sound_number_never_meets_a_person_with_another_sound_number():
    line = only(row(ANNA, id_number=number(998, "19870312")))
    assert (line["outcome"], line["candidate_id"]) == ("new", None)


def test_a_person_without_number_is_found_by_name_birth_and_employer():
    base = base_of([*PERSONS, person(700, name="慕容雪村", number=None)])
    line = linked(rows_of(row(person(700, name="慕容雪村"))), base)[0]
    assert (line["person_id"], line["method"]) == ("p00700", "model")


def test_two_numbers_that_claim_one_person_without_number_are_both_doubtful():
    lost = person(700, name="慕容雪村", number=None)
    base = base_of([*PERSONS, lost])
    born = person(700)["number"][6:14]
    rows = rows_of(*(row(lost, id_number=number(serial, born)) for serial in (2, 4)))
    assert [line["outcome"] for line in linked(rows, base)] == ["doubtful", "doubtful"]


def test_in_a_snapshot_a_person_has_one_row_and_the_best_one_wins():
    rows = [row(ANNA, name=ANNA["name"][:-1] + "□"), row(ANNA), row(ANNA, id_number=ANNA["number"][:15] + "000")]
    lines = linked(rows_of(*rows), BASE, exclusive=True)
    assert [line["outcome"] for line in lines] == ["doubtful", "linked", "doubtful"]
    assert lines[0]["method"] == "rival-row"
    assert lines[0]["candidate_id"] == ANNA["person_id"]
    assert [line["outcome"] for line in linked(rows_of(*rows), BASE)] == ["linked"] * 3


def test_permits_and_passports_match_as_they_are_written():
    base = base_of([person(1, number="H12345678"), person(2, number="E98765432")])
    lines = linked(rows_of(row(person(1), id_number="H12345678"), row(person(2), id_number="E98765431")), base)
    assert [line["outcome"] for line in lines] == ["linked", "new"]


def test_heads_and_guardians_get_the_subject_their_number_means():
    other = number(997, "19500101")
    rows = rows_of(row(ANNA, head_id_number=PERSONS[5]["number"], guardian_id_number=other), {"id_number": other})
    lines = linked(rows, BASE)
    assert lines[0]["head_subject_id"] == PERSONS[5]["person_id"]
    assert lines[0]["guardian_subject_id"] == lines[1]["subject_id"]
    assert lines[1]["guardian_subject_id"] is None


# --- employers


def firm(**cells):
    lines = linked(rows_of({"employer_name": FIRM, "credit_code": FIRM_CODE}, cells), BASE)
    return lines[1]["employer_key"], lines[1]["employer_method"]


def test_employers_by_code_by_name_and_by_what_others_call_them():
    assert firm(employer_name="旧名字公司", credit_code=FIRM_CODE) == ("f1", "code")
    assert firm(employer_name="云泽市民鼎建设有限责任公司", credit_code=FIRM_CODE[:17] + "G") == ("f1", "name")
    assert firm(employer_name="没听说过", credit_code=None) == (None, None)
    rows = rows_of({"employer_name": "民鼎", "credit_code": FIRM_CODE}, {"employer_name": "民鼎"})
    assert linked(rows, BASE)[1]["employer_key"] == "f1"


def test_a_name_that_means_two_employers_means_none():
    firms = [{"employer_id": f"f{n}", "credit_code": None, "unit": FIRM} for n in (1, 2)]
    base = Base(
        persons=BASE.persons,
        employers=pa.Table.from_pylist(firms, schema=EMPLOYERS),
        hidden=hidden,
        pseudonym=hidden,
        opened=BASE.opened,
    )
    assert linked(rows_of({"employer_name": FIRM}), base)[0]["employer_key"] is None


def test_rows_about_employers_speak_of_them():
    rows = rows_of(
        {"employer_name": FIRM, "credit_code": FIRM_CODE},
        {"employer_name": OTHER_FIRM, "credit_code": "91990102MAH7XL2G52"},
        {"employer_name": "没听说过"},
    )
    lines = linked(rows, BASE, entity="employer")
    assert [line["outcome"] for line in lines][::2] == ["linked", "none"]
    assert [line["person_id"] for line in lines] == [None] * 3


# --- properties

KINDS = (
    lambda one: row(one),
    lambda one: row(one, name=one["name"][:-1] + "*"),
    lambda one: row(one, name="欧阳小燕"),
    lambda one: row(one, id_number=one["number"][:15] + "000"),
    lambda one: row(one, id_number=None),
    lambda one: row(one, id_number=DAMAGES["wrong check digit"](one["number"]), employer_name=OTHER_FIRM),
    lambda one: row(one, id_number=number(int(one["person_id"][1:]) % 1000, "19430101")),
)
ROWS = st.lists(
    st.tuples(st.integers(0, 599), st.integers(0, len(KINDS) - 1)).map(lambda at: KINDS[at[1]](PERSONS[at[0]])),
    min_size=1,
    max_size=25,
)
SETTINGS = settings(max_examples=8, deadline=None)


def by_row(lines):
    return {line["row"]: line for line in lines}


@SETTINGS
@given(rows=ROWS, exclusive=st.booleans(), seed=st.integers(0, 2**16))
def test_the_order_of_rows_and_persons_does_not_matter(rows, exclusive, seed):
    table = rows_of(*rows)
    places = list(range(len(rows)))
    random.Random(seed).shuffle(places)
    mixed = base_of(sorted(PERSONS, key=lambda one: hashlib.sha256(f"{seed}{one['person_id']}".encode()).digest()))
    assert linked(table.take(places), mixed, exclusive=exclusive) == linked(table, BASE, exclusive=exclusive)


@SETTINGS
@given(rows=ROWS, exclusive=st.booleans())
def test_no_row_has_two_persons_and_in_a_snapshot_no_person_two_rows(rows, exclusive):
    lines = linked(rows_of(*rows), BASE, exclusive=exclusive)
    assert [line["row"] for line in lines] == list(range(1, len(rows) + 1))
    found = [line["person_id"] for line in lines if line["person_id"]]
    assert not exclusive or len(found) == len(set(found))
    for line in lines:
        assert (line["person_id"] is not None) == (line["outcome"] == "linked")
        assert (line["candidate_id"] is not None) == (line["outcome"] == "doubtful")
        assert line["score"] is None or 0 < line["score"] <= 1


@SETTINGS
@given(rows=ROWS, exclusive=st.booleans(), more=st.integers(0, 400))
def test_linking_again_with_more_persons_loses_no_link_and_repeating_changes_nothing(rows, exclusive, more):
    table, small = rows_of(*rows), base_of(PERSONS[: 200 + more // 2])
    first = linked(table, small, exclusive=exclusive)
    kept = pa.Table.from_pylist([line for line in first if line["person_id"]], schema=NOTHING_KEPT.schema)
    assert linked(table, small, exclusive=exclusive, keep=kept) == first
    later = by_row(linked(table, BASE, exclusive=exclusive, keep=kept))
    for line in first:
        if line["person_id"]:
            assert later[line["row"]]["person_id"] is not None
        if line["method"] == "id" and line["outcome"] == "linked":
            assert later[line["row"]]["person_id"] == line["person_id"]
