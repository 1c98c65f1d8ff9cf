"""Sealed files that no batch names go after a day; those of batches and young ones stay."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from tests.support.city import TODAY, build_city

from zhigong.exchange import operations as exchange
from zhigong.exchange.store import INBOX, lake_keys, lake_root
from zhigong.kernel.ids import uuid7, uuid7_batch
from zhigong.lake import operations as lake
from zhigong.lake import queries
from zhigong.lake.types import Layer
from zhigong.orgs import operations as orgs

pytestmark = [pytest.mark.django_db, pytest.mark.database_role("job")]
NOW = datetime.now(UTC)


def seal(version: str, tmp_path) -> None:
    file = tmp_path / "orphan.csv"
    file.write_text(version)
    with lake.write_batch(lake_root(), layer=Layer.RAW, name=INBOX, keys=lake_keys()) as writer:
        writer.keep_original(file)
        writer.commit(version=version)


def test_only_old_orphans_go(tmp_path):
    build_city(1, 1, 1)
    file = tmp_path / "roster.csv"
    file.write_text("姓名,证件号码\n张三,\n")
    with orgs.city_scope(on=TODAY) as by:
        kept, _ = exchange.receive(by=by, source="roster", file=file, file_name="roster.csv", as_of=TODAY)
    old = uuid7_batch(1, at_ms=int((NOW - timedelta(days=3)).timestamp() * 1000))[0].hex
    young = uuid7().hex
    seal(old, tmp_path)
    seal(young, tmp_path)
    exchange.sweep(scope=partial(orgs.city_scope, on=TODAY), now=NOW + timedelta(hours=20))
    left = {ref.version for ref in queries.batches(lake_root(), layer=Layer.RAW, name=INBOX)}
    assert {kept.hex, young} <= left
    assert old not in left
    exchange.sweep(scope=partial(orgs.city_scope, on=TODAY), now=NOW + timedelta(days=3))
    left = {ref.version for ref in queries.batches(lake_root(), layer=Layer.RAW, name=INBOX)}
    assert kept.hex in left
    assert young not in left
