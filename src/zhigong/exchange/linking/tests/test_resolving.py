"""What one source knows tells another whom its rows are about, and never more than that."""

from __future__ import annotations

import random

import pytest

from zhigong.exchange.linking.linker import Linker
from zhigong.exchange.linking.resolving import COMPARED, Known, resolution_mark, resolve
from zhigong.exchange.linking.tests.specimens import MODEL, ON, base_of, number, person, row, rows_of

PERSONS = [person(index) for index in range(600)]
STRANGER = {"name": "欧阳小燕", "number": number(301, "19600420"), "employer_name": None}
NAMESAKE = {"name": "欧阳小燕", "number": number(302, "19710931"[:6] + "12"), "employer_name": None}
CUT = STRANGER["number"][:15] + "000"


def batch(source, *rows, base=None, snapshot=True, name=None):
    """A batch linked to the base, as resolving sees it."""
    with Linker(base or base_of(PERSONS), threads=1) as linker:
        found = linker.link(rows_of(*rows), model=MODEL, on=ON, exclusive=False)
    return Known(name or source, source, snapshot, ON.year, found.lines.select(COMPARED), found.evidence)


def told(*batches):
    """(batch, row) → subject and method."""
    return {
        (one["batch"], one["row"]): (one["subject_id"], one["method"])
        for one in resolve(batches, threads=1).to_pylist()
    }


def subject(known, place=0):
    return known.links["subject_id"][place].as_py()


@pytest.mark.parametrize(
    "digits",
    [
        CUT,
        CUT[:15],
        STRANGER["number"][:17] + ("0" if STRANGER["number"][17] != "0" else "1"),
        STRANGER["number"][0] + "." + STRANGER["number"][1:14] + "E+17",
    ],
)
def test_what_is_left_of_a_number_means_the_subject_another_source_knows(digits):
    household, wages = batch("household", row(STRANGER)), batch("wages", row(STRANGER, id_number=digits))
    assert subject(household).startswith("s-")
    assert subject(wages) is None
    assert told(household, wages) == {("wages", 1): (subject(household), "digits")}


def test_two_subjects_that_both_fit_leave_the_row_open():
    twin = STRANGER | {"number": number(303, "19600420")}
    register = batch("household", row(STRANGER), row(twin))
    assert told(register, batch("wages", row(STRANGER, id_number=CUT))) == {}


def test_the_same_digits_under_another_name_mean_nobody():
    assert told(batch("household", row(STRANGER)), batch("wages", row(STRANGER, name="赵六七", id_number=CUT))) == {}


def test_in_a_snapshot_nobody_gets_a_second_row():
    wages = batch("wages", row(STRANGER), row(STRANGER, id_number=CUT))
    assert told(batch("household", row(STRANGER)), wages) == {}
    bills = batch("bills", row(STRANGER), row(STRANGER, id_number=CUT), snapshot=False)
    assert told(batch("household", row(STRANGER)), bills) == {("bills", 2): (subject(bills), "digits")}


def test_a_name_alone_finds_only_the_one_subject_outside_the_base_that_has_it():
    register, bare = batch("household", row(STRANGER)), row(STRANGER, id_number=None)
    assert told(register, batch("wages", bare)) == {("wages", 1): (subject(register), "name")}
    assert told(register, batch("wages", bare, bare)) == {}
    assert told(batch("household", row(STRANGER), row(NAMESAKE)), batch("wages", bare)) == {}
    member = PERSONS[123]
    assert told(batch("household", row(member)), batch("wages", row(member, id_number=None, employer_name=None))) == {}


def test_a_number_linked_in_one_source_serves_in_all():
    lost = person(700, name="慕容雪村", number=None)
    base = base_of([*PERSONS, lost])
    known = person(700, name="慕容雪村")
    wages = batch("wages", row(known), base=base)
    assert subject(wages) == "p00700"
    other = batch("household", row(known, employer_name=None, name="慕容雪川"), base=base)
    assert subject(other).startswith("s-")
    assert told(wages, other) == {("household", 1): ("p00700", "alias")}


def test_a_number_under_quite_another_name_is_no_alias():
    lost = person(700, name="慕容雪村", number=None)
    base = base_of([*PERSONS, lost])
    known = person(700, name="慕容雪村")
    assert told(batch("wages", row(known), base=base), batch("household", row(known, name="赵六七"), base=base)) == {}


def test_neither_the_order_of_batches_nor_of_rows_matters():
    rows = [row(STRANGER), row(NAMESAKE), *(row(one) for one in PERSONS[:30])]
    damaged = [row(one, id_number=one["number"][:15] + "000") for one in (STRANGER, NAMESAKE, *PERSONS[:9])]
    random.Random(1).shuffle(rows)
    one, two = batch("household", *rows), batch("wages", *damaged)
    assert told(one, two) == told(two, one)
    assert len(told(one, two)) >= 2


def test_the_mark_tells_the_links_apart_but_not_their_order():
    assert resolution_mark(["a", "b"]) == resolution_mark(["b", "a"]) != resolution_mark(["a"])
