"""A version says everything by itself, never changes, and is found out when somebody changed it."""

from datetime import date

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from tests.support.city import TODAY, build_city

from zhigong.catalogue import content, loading, operations, queries, store
from zhigong.catalogue.models import Version
from zhigong.catalogue.tests.folders import ARCHIVE, MEDICAL
from zhigong.kernel.errors import NotFound, Refused
from zhigong.orgs import operations as orgs
from zhigong.rules import operations as rules

DAY = date(2026, 3, 1)


@pytest.fixture
def by(db):
    build_city(1, 1, 1)
    with orgs.city_scope(on=TODAY) as actor:
        yield actor


@pytest.fixture(autouse=True)
def forgotten():
    """Versions read by other tests, whose databases are gone."""
    queries.version.cache_clear()
    yield
    queries.version.cache_clear()


@pytest.mark.parametrize("service_id", [ARCHIVE, MEDICAL])
@pytest.mark.database_role("job")
def test_a_frozen_service_comes_back_the_same(by, service_id):
    now = queries.service(service_id)
    assert operations.freeze(by, service_id) == now.version
    then = queries.version(now.version)
    assert then == now
    assert dict(then.content) == dict(now.content)
    assert then.parameters(DAY) == now.parameters(DAY)
    assert [one.choices for one in then.form] == [one.choices for one in now.form], "choices keep their order"
    for case in queries.policy_cases(service_id):
        answers = {
            rules.decide(one.rule, facts=case.given, parameters=one.parameters(case.as_of)).amount
            for one in (then, now)
        }
        assert len(answers) == 1


@pytest.mark.database_role("job")
def test_freezing_twice_keeps_one_row(by):
    first = operations.freeze(by, MEDICAL)
    assert operations.freeze(by, MEDICAL) == first
    assert Version.objects.filter(service_id=MEDICAL).count() == 1


@pytest.mark.database_role("job")
def test_a_changed_folder_is_a_new_version_and_the_old_one_stays(by, in_force):
    old = operations.freeze(by, MEDICAL)
    in_force.copy(MEDICAL)
    in_force.change(MEDICAL, "amounts", "value: 100000", "value: 80000")
    store.forget()
    new = operations.freeze(by, MEDICAL)
    assert new != old
    assert queries.version(old).parameters(DAY)["deductible"] == 100000
    assert queries.version(new).parameters(DAY)["deductible"] == 80000
    assert queries.service(MEDICAL).version == new


def test_a_shared_parameter_is_part_of_the_version(city):
    city.copy(ARCHIVE)
    before = city.load(ARCHIVE).service.version
    folder = city.root / "parameters" / "hardship"
    folder.mkdir(parents=True)
    text = (store.resources.national() / "parameters" / "hardship" / "dibao_month.yaml").read_text("utf-8")
    (folder / "dibao_month.yaml").write_text(text, encoding="utf-8")
    assert city.load(ARCHIVE).service.version == before, "the same values from another file"
    (folder / "dibao_month.yaml").write_text(text.replace("106200", "110000"), encoding="utf-8")
    assert city.load(ARCHIVE).service.version != before


def test_cases_and_comments_are_not_part_of_the_version(city):
    folder = city.copy(MEDICAL)
    before = city.load(MEDICAL).service.version
    city.change(MEDICAL, "cases", "自付正好等于起付线，不补", "自付等于起付线的，不补")
    (folder / "rules.yaml").write_text("# a note\n" + (folder / "rules.yaml").read_text("utf-8"), encoding="utf-8")
    assert city.load(MEDICAL).service.version == before


def test_whatever_the_member_reads_is_part_of_the_version(city):
    city.copy(MEDICAL)
    seen = {city.load(MEDICAL).service.version}
    for part, old, new in (
        ("service", "不用申请，直接到账", "不用申请，三天内到账"),
        ("form", "只问这一次", "只问一次"),
        ("rules", "须已参加职工医疗互助", "须参加了职工医疗互助"),
        ("amounts", "[0.5, 0.6, 0.7]", "[0.5, 0.6, 0.75]"),
        ("route", "days: 60", "days: 30"),
    ):
        city.change(MEDICAL, part, old, new)
        seen.add(city.load(MEDICAL).service.version)
    assert len(seen) == 6


@pytest.mark.database_role("job")
def test_the_job_that_freezes_may_not_change_or_delete_a_version(by):
    operations.freeze(by, MEDICAL)
    for statement in (
        "UPDATE catalogue_version SET service_id = 'a/b'",
        "DELETE FROM catalogue_version",
        "TRUNCATE catalogue_version",
    ):
        refused = pytest.raises(DatabaseError, match="permission denied for table catalogue_version")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_nobody_changes_or_deletes_a_version(owner_cursor):
    # nothing of Django's transaction here: TRUNCATE would wait for its locks without end
    kept = dict(queries.service(MEDICAL).content)
    with owner_cursor.connection.transaction(force_rollback=True):
        owner_cursor.execute("SET LOCAL lock_timeout = '10s'")
        owner_cursor.execute(
            "INSERT INTO catalogue_version (hash, service_id, content) VALUES (%s, %s, %s::jsonb)",
            ["0" * 64, MEDICAL, content.canonical(kept)],
        )
        for statement in (
            "UPDATE catalogue_version SET hash = hash",
            "DELETE FROM catalogue_version",
            "TRUNCATE catalogue_version",
        ):
            with pytest.raises(psycopg.errors.RestrictViolation), owner_cursor.connection.transaction():
                owner_cursor.execute(statement)


def test_content_that_does_not_match_its_hash_is_not_used(db):
    kept = dict(queries.service(MEDICAL).content)
    Version.objects.create(hash="f" * 64, service_id=MEDICAL, content=kept)
    with pytest.raises(Refused, match="改动过"):
        queries.version("f" * 64)
    with pytest.raises(NotFound):
        queries.version("e" * 64)


def test_content_of_another_service_cannot_be_kept(db):
    kept = dict(queries.service(MEDICAL).content)
    with pytest.raises(DatabaseError), transaction.atomic():
        Version.objects.create(hash=content.digest(kept), service_id=ARCHIVE, content=kept)


def test_a_version_of_another_format_is_refused():
    kept = dict(queries.service(MEDICAL).content) | {"format": 99}
    with pytest.raises(Refused, match="读不出来"):
        content.parts_of(kept)


def test_the_canonical_text_does_not_depend_on_the_order_of_keys():
    kept = dict(queries.service(ARCHIVE).content)
    turned = {key: kept[key] for key in reversed(kept)}
    assert content.digest(turned) == content.digest(kept)
    assert loading.load(ARCHIVE, vocabulary=loading.present()).service.version == content.digest(kept)
