"""The test bed itself: what it promises, it keeps."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest
from django.db import ProgrammingError, connection

from zhigong.conf.home import PROJECT


def test_nothing_lies_in_the_developers_home():
    home = Path(os.environ["ZHIGONG_HOME"])
    assert PROJECT not in home.parents


@pytest.mark.django_db
def test_django_is_the_web_role_and_owns_nothing():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        name, is_super, bypasses = cursor.fetchone()
        assert name.endswith("_web")
        assert not is_super
        assert not bypasses
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_web_may_not_make_tables():
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE public.mine (a int)")


@pytest.mark.database_role("job")
@pytest.mark.django_db
def test_a_test_may_ask_for_another_role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone()[0].endswith("_job")


def test_the_oracle_sees_what_policies_hide(owner_cursor):
    assert owner_cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()


def test_committed_databases_are_separate(committed_db):
    with committed_db.connect() as admin:
        admin.execute("CREATE TABLE only_here (a int)")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('only_here') IS NOT NULL, current_database()")
        assert cursor.fetchone() == (True, committed_db.name)


def test_the_next_test_does_not_see_it(committed_db):
    with committed_db.connect("web") as web:
        assert web.execute("SELECT to_regclass('only_here')").fetchone() == (None,)


def test_a_wrong_password_is_refused(committed_db):
    from zhigong.conf.database import role_parameters
    from zhigong.conf.postgres import embedded

    if not embedded():
        pytest.skip("the access rules of DATABASE_URL are not ours")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(**{**role_parameters("web", name=committed_db.name), "password": "wrong"})


@pytest.mark.django_db(transaction=True)
def test_real_transactions_commit(request):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_cache VALUES ('left', 'x', now())")


@pytest.mark.django_db(transaction=True)
def test_and_leave_nothing():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_cache")
        assert cursor.fetchone() == (0,)
