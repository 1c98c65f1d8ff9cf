"""The demo city: loaded through the same doors as a real one, with one account per role, and only once."""

from __future__ import annotations

import subprocess
import sys

import pytest

from zhigong.generator import operations as generator
from zhigong.identity.types import DEMO_ACCOUNTS

COUNTED = (
    ("casework_case WHERE service_id = 'hardship/archive'", "state"),
    ("casework_case WHERE service_id = 'mutual-aid/medical'", "state"),
    ("casework_event", "kind"),
    ("funds_batch", "state"),
    ("funds_line", "state"),
    ("funds_payable", "state"),
    ("funds_claim", "state"),
    ("casework_rating", "score"),
    ("exchange_batch", "state"),
)


def check_stages(hardship, medical, events, batches, lines, payables, claims, ratings, files):
    """A case at every stage, a batch in every state, an answer of every kind, one reversal taken back."""
    running, supplement, public, granted, paid, refused, withdrawn = (hardship.get(n, 0) for n in (1, 2, 3, 5, 6, 7, 8))
    assert running >= 5 and supplement and public and granted and paid and refused and withdrawn, hardship
    assert sum(medical.values()) > 20
    assert events["escalated"] and events["objected"] and events["followed_up"]
    assert batches[1] and batches[2] and batches[3] and batches[4]
    assert lines[2] > lines[3] == lines[4] == 1
    assert payables[2], "somebody has given no account yet"
    assert sum(claims.values()) or events.get("recovered")
    assert min(ratings) <= 2 < max(ratings)
    assert sum(files.values()) == 12


pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("commands")]


def test_every_role_of_the_front_door_finds_its_place(committed_db, tmp_path):
    city = generator.generate(out=tmp_path / "city", members=3000, seed=1)
    command = [sys.executable, "-m", "zhigong.conf.demo_city", str(city.out)]
    environment = committed_db.environment(ZHIGONG_ROLE="job")
    killed = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    for line in killed.stderr or ():
        if "办件和资金" in line or "演示账号" in line:
            break
    killed.kill()
    killed.communicate()
    states = []
    for _ in range(2):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "召回率" in done.stderr
        with committed_db.connect() as admin:
            states.append(
                [dict(admin.execute(f"SELECT {what}, count(*) FROM {table} GROUP BY 1")) for table, what in COUNTED]
            )
    assert states[0] == states[1], "what was loaded is not loaded again"
    check_stages(*states[0])
    check_places(committed_db)


def check_places(database):
    """Every role has its post where it belongs, and the persons of the front door are there."""
    with database.connect() as admin:
        accounts = dict(admin.execute("SELECT username, person_id FROM identity_account").fetchall())
        posts = admin.execute(
            "SELECT a.username, p.duty, u.level FROM orgs_post p JOIN identity_account a ON a.id = p.account_id "
            "JOIN orgs_union u ON u.id = p.union_id WHERE a.username LIKE 'demo-%' ORDER BY a.username"
        ).fetchall()
        chains = admin.execute(
            "SELECT u.l1, u.l2, u.l3, u.l4 FROM orgs_post p JOIN identity_account a ON a.id = p.account_id "
            "JOIN orgs_union u ON u.id = p.union_id "
            "WHERE a.username IN ('demo-district', 'demo-street', 'demo-grassroots') ORDER BY u.level"
        ).fetchall()
        members = admin.execute("SELECT count(*) FROM people_person WHERE membership_status = 1").fetchone()[0]
    assert accounts.keys() >= set(DEMO_ACCOUNTS)
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
