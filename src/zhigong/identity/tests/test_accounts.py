"""Accounts: who may open, close and reset them; passwords only their owners know; sessions that end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from zhigong.identity import operations, queries
from zhigong.identity.models import Account, Session
from zhigong.identity.sessions import POST_KEY, SessionStore
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Conflict, NotAllowed, Refused

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
GOOD = "机床 轴承 冷却液 42"
POST = UUID("0199a0a0-0000-7000-8000-00000000000a")

pytestmark = pytest.mark.django_db


def actor(*rights: str) -> Actor:
    return Actor(account_id=None, name="测试", on=date(2026, 11, 22), rights=frozenset(rights))


def account(username: str = "chen", **more) -> UUID:
    return operations.create_account(by=None, username=username, name="陈秀兰", now=NOW, **more)


def session_of(account_id: UUID, *methods: str, post: UUID | None = None) -> str:
    store = SessionStore()
    store["_auth_user_id"] = store["account_authentication_methods_user"] = str(account_id)
    store["account_authentication_methods"] = [{"method": method, "at": NOW.timestamp()} for method in methods]
    if post:
        store[POST_KEY] = str(post)
    store.create()
    return store.session_key


def test_names_are_compared_without_case_and_given_once():
    account("Chen")
    with pytest.raises(Conflict):
        account("CHEN")
    assert queries.accounts_by_username(["chen"])["chen"].name == "陈秀兰"


def test_phone_and_person_belong_to_one_account():
    account("a", phone="13800000001", person_id=POST)
    with pytest.raises(Conflict):
        account("b", phone="138 0000 0001")
    with pytest.raises(Conflict):
        account("c", person_id=POST)


def test_a_phone_is_sealed_and_masked():
    made = account(phone="13800001234")
    assert queries.account(made).phone_masked == "138****1234"
    assert queries.phone_of(made) == "13800001234"


@pytest.mark.parametrize("password", ["short", "1234567890", "password123", "chen-xiulan", "陈秀兰"])
def test_weak_passwords_are_refused(password):
    made = account("chen-xiulan")
    with pytest.raises(Refused) as refused:
        operations.set_password(by=None, account_id=made, password=password, now=NOW)
    assert refused.value.why
    assert not Account.objects.get(id=made).has_usable_password()


def test_a_new_password_ends_the_other_sessions():
    made = account()
    keep, gone = session_of(made, "password"), session_of(made, "password")
    operations.set_password(by=None, account_id=made, password=GOOD, keep_session=keep, now=NOW)
    assert set(Session.objects.values_list("session_key", flat=True)) == {keep} != {gone}


def test_closing_an_account_ends_its_sessions_and_no_others():
    made, other = account(), account("wang")
    session_of(made, "password")
    session_of(made, "phone")
    stays = session_of(other, "password")
    assert operations.disable_account(by=actor("accounts.write"), account_id=made, now=NOW) == 2
    assert list(Session.objects.values_list("session_key", flat=True)) == [stays]


def test_rights_are_asked_for():
    made = account()
    chair, clerk = actor("posts.write"), actor("members.write")
    with pytest.raises(NotAllowed):
        operations.create_account(by=clerk, username="x", name="x", now=NOW)
    for act in (operations.disable_account, operations.enable_account, operations.remove_second_factors):
        with pytest.raises(NotAllowed):
            act(by=chair, account_id=made, now=NOW)
    with pytest.raises(NotAllowed):
        operations.set_phone(by=chair, account_id=made, phone="13800000001", now=NOW)
    with pytest.raises(NotAllowed):
        operations.link_person(by=chair, account_id=made, person_id=POST, now=NOW)


def test_an_opening_code_works_once_and_only_the_owner_knows_the_password():
    made = account()
    code = operations.issue_opening_code(by=actor("posts.write"), account_id=made, now=NOW)
    assert operations.open_account(username="CHEN", code=code.lower(), password=GOOD, now=NOW) == made
    assert Account.objects.get(id=made).check_password(GOOD)
    with pytest.raises(Refused):
        operations.open_account(username="chen", code=code, password=GOOD + "!", now=NOW)


def test_a_weak_password_does_not_use_the_code_up():
    made = account()
    code = operations.issue_opening_code(by=None, account_id=made, now=NOW)
    for _ in range(7):
        with pytest.raises(Refused, match="不够安全"):
            operations.open_account(username="chen", code=code, password="12345", now=NOW)
    assert operations.open_account(username="chen", code=code, password=GOOD, now=NOW) == made


def test_an_opening_code_dies_by_time_by_tries_and_by_a_newer_one():
    made = account()
    first = operations.issue_opening_code(by=None, account_id=made, now=NOW)
    second = operations.issue_opening_code(by=None, account_id=made, now=NOW + timedelta(minutes=1))
    for code, at in ((first, NOW + timedelta(minutes=2)), (second, NOW + timedelta(days=8))):
        with pytest.raises(Refused):
            operations.open_account(username="chen", code=code, password=GOOD, now=at)
    third = operations.issue_opening_code(by=None, account_id=made, now=NOW + timedelta(minutes=3))
    for _ in range(5):
        with pytest.raises(Refused):
            operations.open_account(
                username="chen", code="AAAA-AAAA-AAAA", password=GOOD, now=NOW + timedelta(minutes=4)
            )
    with pytest.raises(Refused):
        operations.open_account(username="chen", code=third, password=GOOD, now=NOW + timedelta(minutes=4))


def test_resetting_an_account_in_use_needs_the_administrator():
    made = account()
    operations.set_password(by=None, account_id=made, password=GOOD, now=NOW)
    with pytest.raises(NotAllowed):
        operations.issue_opening_code(by=actor("posts.write"), account_id=made, now=NOW)
    assert operations.issue_opening_code(by=actor("accounts.write"), account_id=made, now=NOW)


def test_an_unknown_name_and_a_wrong_code_are_refused_alike():
    account()
    said = set()
    for username in ("chen", "nobody"):
        with pytest.raises(Refused) as refused:
            operations.open_account(username=username, code="AAAA-AAAA-AAAA", password=GOOD, now=NOW)
        said.add(str(refused.value))
    assert len(said) == 1


@pytest.mark.parametrize(
    ("methods", "strong"), [((), False), (("password",), False), (("phone",), False), (("password", "mfa"), True)]
)
def test_a_session_names_a_post_only_when_it_is_strong(methods, strong, settings):
    settings.DEMO = False
    made = account()
    row = Session.objects.get(session_key=session_of(made, *methods, post=POST))
    assert row.account_id == made
    assert row.strong is strong
    assert row.post_id == (POST if strong else None)


def test_where_one_is_signed_in():
    made = account()
    here, there = session_of(made, "password"), session_of(made, "phone")
    lines = queries.sessions_of(made, now=datetime.now(UTC), current_key=here)
    assert {line.key: line.current for line in lines} == {here: True, there: False}
