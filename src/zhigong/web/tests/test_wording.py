"""Words of time: an act has its day, and a time only when it was written down that day."""

from datetime import datetime, timedelta

from zhigong.kernel.clock import SHANGHAI, now, today
from zhigong.web.templatetags.wording import acted


def test_an_act_shows_its_own_day_and_no_time_of_a_later_writing():
    at = datetime(2026, 11, 6, 9, 12, tzinfo=SHANGHAI)
    assert acted(at.date(), at) == "2026-11-06 09:12"
    assert acted(at.date() - timedelta(days=3), at) == "2026-11-03"
    assert acted(today() - timedelta(days=1), now()) == "昨天"
    assert not acted(None, at)
