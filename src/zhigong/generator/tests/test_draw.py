"""The small tools under everything."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from zhigong.generator.draw import apportion, pick, rank_within, stream


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 100_000),
    st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60),
    st.integers(0, 5),
)
def test_apportioned_parts_add_up(total: int, weights: list[float], least: int) -> None:
    parts = apportion(total, np.array(weights), least)
    assert parts.sum() == total
    assert (parts >= min(least, total // len(weights))).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=50))
def test_rank_within_counts_equal_keys_in_order(keys: list[tuple[int, int]]) -> None:
    a, b = np.array(keys).T
    assert rank_within(a, b).tolist() == [keys[:place].count(key) for place, key in enumerate(keys)]


def test_streams_are_independent_and_repeatable() -> None:
    assert stream(1, "a").integers(0, 10**9) == stream(1, "a").integers(0, 10**9)
    assert len({int(stream(seed, stage).integers(0, 10**9)) for seed in (1, 2) for stage in "ab"}) == 4


def test_pick_follows_the_weights() -> None:
    found = np.bincount(pick(stream(1, "pick"), [1, 0, 3], 40_000), minlength=3)
    assert found[1] == 0
    assert abs(found[2] / 40_000 - 0.75) < 0.02
