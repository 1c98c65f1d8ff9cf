"""The demo city: loaded through the same doors as a real one, with one account per role, and only once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from zhigong.generator import operations as generator
from zhigong.identity.types import DEMO_ACCOUNTS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("commands")]


def test_every_role_of_the_front_door_finds_its_place(committed_db, tmp_path):
    city = generator.generate(out=tmp_path / "city", members=3000, seed=1)
    command = [sys.executable, "-m", "zhigong.conf.demo_city", str(city.out)]
    for _ in range(2):
        done = subprocess.run(
            command, env=committed_db.environment(ZHIGONG_ROLE="job"), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    with committed_db.connect() as admin:
        accounts = dict(admin.execute("SELECT username, person_id FROM identity_account").fetchall())
        posts = admin.execute(
            "SELECT a.username, p.duty, u.level FROM orgs_post p JOIN identity_account a ON a.id = p.account_id "
            "JOIN orgs_union u ON u.id = p.union_id ORDER BY a.username"
        ).fetchall()
        chains = admin.execute(
            "SELECT u.l1, u.l2, u.l3, u.l4 FROM orgs_post p JOIN identity_account a ON a.id = p.account_id "
            "JOIN orgs_union u ON u.id = p.union_id "
            "WHERE a.username IN ('demo-district', 'demo-street', 'demo-grassroots') ORDER BY u.level"
        ).fetchall()
        members = admin.execute("SELECT count(*) FROM people_person WHERE membership_status = 1").fetchone()[0]
    assert accounts.keys() == set(DEMO_ACCOUNTS)
    assert posts == [
        ("demo-auditor", "auditor", 1),
        ("demo-city", "chair", 1),
        ("demo-data", "data_officer", 1),
        ("demo-district", "chair", 2),
        ("demo-finance", "finance", 1),
        ("demo-grassroots", "chair", 4),
        ("demo-street", "chair", 3),
    ]
    district, street, grassroots = chains
    assert grassroots[:2] == district[:2] == street[:2], "the street lies in the district of the demo"
    assert grassroots[:3] == street[:3], "and the grassroots union in that street"
    assert accounts["demo-member"] is not None
    assert accounts["demo-hardship"] not in {None, accounts["demo-member"]}
    assert accounts["demo-courier"] is None
    assert 2500 < members < 3500
