"""Five tries are five tries, also when they come at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection

from zhigong.identity import operations, queries
from zhigong.identity.models import OneTimeCode
from zhigong.kernel.errors import Refused

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PHONE = "13800000001"


@pytest.mark.slow
def test_tries_cannot_be_outrun(committed_db):
    operations.create_account(by=None, username="m1", name="陈秀兰", phone=PHONE, now=NOW)
    operations.request_phone_code(phone=PHONE, address="a", now=NOW)
    code = "".join(c for c in queries.texts()[0].text.split("，")[0] if c.isdigit())

    def guess(step: int) -> None:
        try:
            operations.sign_in_by_code(phone=PHONE, code=f"{(int(code) + step) % 10**6:06d}", now=NOW)
        except Refused:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(1, 25)))
    assert OneTimeCode.objects.get().tries == 5
    with pytest.raises(Refused):
        operations.sign_in_by_code(phone=PHONE, code=code, now=NOW)


@pytest.mark.slow
def test_one_code_opens_one_session_only(committed_db):
    account = operations.create_account(by=None, username="m1", name="陈秀兰", phone=PHONE, now=NOW)
    operations.request_phone_code(phone=PHONE, address="a", now=NOW)
    code = "".join(c for c in queries.texts()[0].text.split("，")[0] if c.isdigit())

    def use(_: int) -> object:
        try:
            return operations.sign_in_by_code(phone=PHONE, code=code, now=NOW)
        except Refused:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        opened = [result for result in pool.map(use, range(8)) if result]
    assert opened == [account]
