"""Rulings laid over links: forced ones win, nothing else moves, and taking them back leaves nothing behind."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from zhigong.exchange.linking.reviewing import APART, RULED, Marked, Rulings, overrule
from zhigong.exchange.linking.types import LINKS

PERSONS = ("p1", "p2", "p3")
TOKENS = tuple(bytes([n]) * 16 for n in range(4))
OUTCOMES = st.sampled_from(("linked", "doubtful", "new", "none"))


def line(row, outcome, person):
    """A line as linking makes it."""
    linked, doubtful = outcome == "linked", outcome == "doubtful"
    return {
        "row": row,
        "subject_id": person if linked else f"s-{row}" if outcome == "new" else None,
        "person_id": person if linked else None,
        "method": "model" if linked or doubtful else None,
        "score": 0.95 if linked or doubtful else None,
        "outcome": outcome,
        "candidate_id": person if doubtful else None,
        "reason": "name:same id:cut" if linked or doubtful else None,
        "employer_key": "e-1",
        "head_subject_id": "s-h",
    }


def table(lines):
    return pa.Table.from_pylist(lines, schema=LINKS)


def own(places):
    return [f"s-own-{place}" for place in places]


def open_to(apart):
    """Whom a line must be about to be parted; one about nobody is kept from being found by other sources."""
    return apart | {None} if apart else apart


@st.composite
def batches(draw):
    size = draw(st.integers(1, 8))
    lines = [line(n + 1, draw(OUTCOMES), draw(st.sampled_from(PERSONS))) for n in range(size)]
    marks = [Marked(n, draw(st.sampled_from((*TOKENS, None))), draw(st.booleans())) for n in range(size)]
    return table(lines), marks


rulings_in_force = st.builds(
    Rulings,
    st.dictionaries(st.sampled_from(TOKENS), st.sampled_from(PERSONS), max_size=2),
    st.dictionaries(st.sampled_from(TOKENS), st.frozensets(st.sampled_from(PERSONS), min_size=1), max_size=2),
)


@settings(max_examples=60, deadline=None)
@given(batches(), rulings_in_force)
def test_every_ruling_is_obeyed_and_no_other_line_moves(batch, rulings):
    lines, marks = batch
    laid, after = overrule(lines, marks, rulings, own=own)
    assert laid.schema.equals(LINKS) and laid["row"].equals(lines["row"])
    by_place = {one.place: one for one in marks}
    for place, (old, new) in enumerate(zip(lines.to_pylist(), laid.to_pylist(), strict=True)):
        mark = by_place[place]
        same, apart = rulings.same.get(mark.token), rulings.apart.get(mark.token, frozenset())
        if not mark.alone or (same is None and (old["person_id"] or old["candidate_id"]) not in open_to(apart)):
            assert new == old and place not in after
        elif same is not None:
            assert (new["person_id"], new["subject_id"], new["outcome"], new["method"]) == (same, same, "linked", RULED)
        else:
            assert (new["person_id"], new["candidate_id"], new["method"]) == (None, None, APART)
            assert new["subject_id"] == (f"s-own-{place}" if old["person_id"] else old["subject_id"])
            assert new["outcome"] == ("new" if new["subject_id"] else "none")
        untouched = ("row", "employer_key", "employer_method", "head_subject_id", "guardian_subject_id")
        assert all(new[name] == old[name] for name in untouched)


def test_a_row_that_could_be_another_is_left_as_it_was():
    lines = table([line(1, "doubtful", "p1")])
    laid, after = overrule(lines, [Marked(0, TOKENS[0], alone=False)], Rulings({TOKENS[0]: "p1"}), own=own)
    assert laid.equals(lines) and not after


def test_equal_rulings_have_equal_marks_and_others_have_others():
    one, other = Rulings({TOKENS[0]: "p1"}), Rulings(apart={TOKENS[0]: frozenset({"p1"})})
    assert len({one.mark, other.mark, Rulings().mark}) == 3
    assert Rulings(dict(reversed({TOKENS[0]: "p1", TOKENS[1]: "p2"}.items()))).mark == (
        Rulings({TOKENS[0]: "p1", TOKENS[1]: "p2"}).mark
    )
