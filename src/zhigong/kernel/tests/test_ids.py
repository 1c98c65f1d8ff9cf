"""Ids are valid version 7 UUIDs, strictly increasing, repeatable from a seed, and do not repeat between batches."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122, UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhigong.kernel import ids

MOMENT = 1_767_225_600_123


@given(st.integers(0, 500), st.integers(0, 2**48 - 1))
def test_every_form_of_a_batch_is_increasing_and_valid(count, at_ms):
    source = random.Random(count).randbytes
    made = ids.uuid7_batch(count, at_ms=at_ms, entropy=source)
    assert made == sorted(set(made))
    assert len(made) == count
    assert all(one.version == 7 and one.variant == RFC_4122 for one in made)
    assert all(ids.milliseconds_of(one) == at_ms for one in made)
    again = random.Random(count).randbytes
    assert ids.uuid7_texts(count, at_ms=at_ms, entropy=again) == [str(one) for one in made]
    assert ids.uuid7_bytes(count, at_ms=at_ms, entropy=random.Random(count).randbytes).tobytes() == b"".join(
        one.bytes for one in made
    )


def test_batches_of_one_millisecond_do_not_meet():
    drawn = [one for _ in range(20) for one in ids.uuid7_texts(5_000, at_ms=MOMENT)]
    assert len(set(drawn)) == 100_000


def test_made_uuids_behave_like_constructed_ones():
    one = ids.uuid7_batch(1, at_ms=MOMENT)[0]
    twin = UUID(str(one))
    assert (one, hash(one), repr(one), one.bytes, one.is_safe) == (
        twin,
        hash(twin),
        repr(twin),
        twin.bytes,
        twin.is_safe,
    )


def test_texts_of_known_bytes():
    row = np.frombuffer(bytes.fromhex("017f22e279b07cc398c4dc0c0c07398f"), dtype=np.uint8).reshape(1, 16)
    assert ids.texts_of(row) == ["017f22e2-79b0-7cc3-98c4-dc0c0c07398f"]  # RFC 9562, A.6


def test_single_ids_increase_even_when_the_clock_stands_still_or_steps_back(monkeypatch):
    moments = iter([time.time_ns()] * 50 + [time.time_ns() - 10**9] * 50)
    monkeypatch.setattr(ids.time, "time_ns", lambda: next(moments))
    made = [ids.uuid7() for _ in range(100)]
    assert made == sorted(set(made))
    assert all(one.version == 7 and one.variant == RFC_4122 for one in made)


def test_threads_never_get_the_same_id():
    with ThreadPoolExecutor(4) as pool:
        made = [one for part in pool.map(lambda _: [ids.uuid7() for _ in range(500)], range(8)) for one in part]
    assert len(set(made)) == 4_000


@pytest.mark.parametrize(("count", "at_ms"), [(-1, MOMENT), (2**32, MOMENT), (1, -1), (1, 2**48)])
def test_bounds_are_refused(count, at_ms):
    with pytest.raises(ValueError, match=r"at_ms|batch"):
        ids.uuid7_bytes(count, at_ms=at_ms)


def test_ids_of_later_moments_sort_later():
    early = ids.uuid7_texts(100, at_ms=MOMENT)
    late = ids.uuid7_texts(100, at_ms=MOMENT + 1)
    assert early + late == sorted(early + late)
