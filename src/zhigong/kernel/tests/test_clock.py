"""The clock is Shanghai's, whatever the machine's zone."""

import time
from datetime import UTC, datetime, timedelta

from zhigong.kernel import clock


def test_now_and_today_are_of_shanghai(monkeypatch):
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    time.tzset()
    try:
        assert clock.now().utcoffset() == timedelta(hours=8)
        assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
        assert clock.today() == clock.now().date()
    finally:
        monkeypatch.undo()
        time.tzset()
