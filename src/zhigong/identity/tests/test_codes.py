"""Phone codes: once, five minutes, five tries, few per phone and address, and the same answer for every phone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from zhigong.identity import operations, queries
from zhigong.identity.models import OneTimeCode, Outbox
from zhigong.kernel.errors import Refused

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PHONE, STRANGER = "13800000001", "13900000009"
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return operations.create_account(by=None, username="m1", name="陈秀兰", phone=PHONE, now=NOW)


def ask(phone: str = PHONE, *, at: datetime = NOW, address: str = "10.0.0.1") -> str:
    operations.request_phone_code(phone=phone, address=address, now=at)
    texts = queries.texts()
    return next((word for word in texts[0].text.replace("，", " ").split() if word.isdigit()), "") if texts else ""


def sign_in(code: str, *, phone: str = PHONE, at: datetime = NOW):
    return operations.sign_in_by_code(phone=phone, code=code, now=at)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_the_right_code_opens_the_account_once(member):
    code = ask()
    assert sign_in(code) == member
    with pytest.raises(Refused):
        sign_in(code)


def test_after_five_wrong_tries_the_right_code_is_worthless(member):
    code = ask()
    for _ in range(5):
        with pytest.raises(Refused):
            sign_in(other_than(code))
    with pytest.raises(Refused):
        sign_in(code)


def test_four_wrong_tries_leave_the_fifth(member):
    code = ask()
    for _ in range(4):
        with pytest.raises(Refused):
            sign_in(other_than(code))
    assert sign_in(code) == member


def test_a_code_lives_five_minutes(member):
    code = ask()
    with pytest.raises(Refused):
        sign_in(code, at=NOW + 5 * MINUTE)
    code = ask(at=NOW + 6 * MINUTE)
    assert sign_in(code, at=NOW + 10 * MINUTE) == member


def test_a_new_code_ends_the_old_one(member):
    old, new = ask(), ask(at=NOW + 2 * MINUTE)
    if old != new:
        with pytest.raises(Refused):
            sign_in(old, at=NOW + 2 * MINUTE)
    assert sign_in(new, at=NOW + 2 * MINUTE) == member


def test_a_code_belongs_to_its_phone(member):
    operations.create_account(by=None, username="m2", name="王建国", phone=STRANGER, now=NOW)
    code = ask()
    ask(STRANGER)
    with pytest.raises(Refused):
        sign_in(code, phone=STRANGER)


def test_an_unknown_phone_gets_no_text_and_the_same_answers(member):
    def answers(phone: str) -> list[str]:
        said = []
        for at in (NOW, NOW, NOW + 2 * MINUTE):
            try:
                operations.request_phone_code(phone=phone, address=phone, now=at)
                said.append("sent")
            except Refused as refused:
                said.append(str(refused))
        for code in ("000000", "abc", ""):
            with pytest.raises(Refused) as refused:
                sign_in(code, phone=phone, at=NOW + 2 * MINUTE)
            said.append(str(refused.value))
        return said

    before = Outbox.objects.count()
    unknown = answers(STRANGER)
    assert Outbox.objects.count() == before
    assert answers(PHONE) == unknown
    assert Outbox.objects.count() == before + 2


def test_known_and_unknown_phones_cost_the_same_questions(member):
    def asked(phone: str) -> list[str]:
        with CaptureQueriesContext(connection) as queries_made:
            operations.request_phone_code(phone=phone, address=phone, now=NOW)
        return [query["sql"].split()[0] for query in queries_made if "identity_outbox" not in query["sql"]]

    assert asked(PHONE) == asked(STRANGER)


def test_a_phone_is_not_flooded(member):
    sent, at = 0, NOW
    while at < NOW + timedelta(hours=24):
        try:
            ask(at=at, address=f"10.0.{sent}.1")
            sent += 1
        except Refused as refused:
            assert "请在" in refused.do
        at += 10 * MINUTE
    assert sent == 10


def test_an_address_is_limited_too():
    for number in range(30):
        ask(f"139000{number:05d}", at=NOW)
    with pytest.raises(Refused):
        ask("13911111111", at=NOW)
    ask("13911111111", at=NOW, address="10.0.0.2")


def test_a_closed_account_stays_shut(member):
    code = ask()
    operations.disable_account(by=None, account_id=member, now=NOW)
    with pytest.raises(Refused):
        sign_in(code)


def test_nothing_is_kept_in_the_clear(member, owner_cursor):
    code = ask()
    with connection.cursor() as cursor:
        for table in ("identity_onetimecode", "identity_outbox", "identity_account"):
            cursor.execute(f"SELECT t::text FROM {table} t")
            dump = " ".join(row[0] for row in cursor.fetchall())
            for secret in (code, PHONE):
                assert secret not in dump
                assert secret.encode().hex() not in dump


def test_the_database_itself_counts_to_five(member):
    ask()
    with pytest.raises(IntegrityError):
        OneTimeCode.objects.update(tries=6)


def test_old_codes_and_texts_are_forgotten_by_the_job(member):
    ask()
    with pytest.raises(Exception, match="permission denied"):
        operations.forget_codes(before=NOW + timedelta(days=2))


@pytest.mark.database_role("job")
def test_the_job_forgets_only_what_is_old():
    operations.create_account(by=None, username="m1", name="陈秀兰", phone=PHONE, now=NOW)
    ask()
    ask(at=NOW + timedelta(days=2))
    assert operations.forget_codes(before=NOW + timedelta(days=1)) == 2
    assert OneTimeCode.objects.count() == Outbox.objects.count() == 1
