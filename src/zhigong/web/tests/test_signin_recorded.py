"""Every sign-in leaves a trace, whether it went well or not; no name, phone or password lies in it."""

from __future__ import annotations

import pytest

from zhigong.web.tests.conftest import make_cadre


@pytest.mark.slow
def test_sign_ins_are_recorded(committed_db, settings, client, sign_in, enrol):
    settings.DEMO = False
    cadre = make_cadre()
    sign_in(client, password="wrong")
    sign_in(client)
    enrol(client)
    with committed_db.connect() as admin:
        rows = admin.execute(
            "SELECT action, subject_id, outcome, detail FROM audit_entry"
            " WHERE action LIKE 'identity.sign_in%' ORDER BY at, id"
        ).fetchall()
    assert rows == [
        ("identity.sign_in.refused", None, "refused", {"methods": ["password"]}),
        ("identity.sign_in.accepted", cadre, "done", {"methods": ["password"]}),
    ]
