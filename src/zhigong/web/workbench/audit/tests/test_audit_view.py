"""The audit view: who may read it, filters, pages, the state of seals, an export that the verifier accepts."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from tests.bed import as_role
from tests.support.cast import MEMBER
from tests.support.world import World, assert_plain, text_of

from zhigong.audit import verifier
from zhigong.kernel.vault import vault

HOME = "/workbench/audit/"


@pytest.fixture(scope="module")
def auditor(world: World) -> Client:
    """After a member read her own file and everything so far was sealed."""
    world.browser("demo-member").get("/m/me/copy/")
    world.database.wait_for_housekeeping()
    with as_role("job"):
        from zhigong.audit.jobs import seal_now

        assert seal_now() > 0
    return world.browser("demo-auditor")


@pytest.mark.parametrize("role", ["demo-city", "demo-grassroots", "demo-data"])
def test_posts_that_do_business_see_a_denied_page(world, role):
    client = world.browser(role)
    for path in (HOME, HOME + "verifier.py"):
        answer = client.get(path)
        assert answer.status_code == 403 and "审计岗位" in text_of(answer)
    assert client.post(HOME + "export/").status_code == 403
    assert HOME not in client.get("/workbench/").content.decode(), "and no entry leads there"


def test_entries_tell_who_did_what_to_whom_and_why(world, auditor):
    answer = auditor.get(HOME)
    text = text_of(answer)
    assert_plain(answer)
    assert MEMBER in text and "查看了个人资料 证件号码、手机号码" in text and "本人查阅" in text
    assert "登记了工会" in text and "第 1 号" in text
    assert not re.search(r"\b(exchange|people|orgs|identity)\.[a-z_]+\.[a-z_]+", text), "every act has words"


def test_filters_narrow(world, auditor):
    def rows(query: str) -> int:
        return auditor.get(HOME + query).content.decode().count('data-label="时间"')

    everything = rows("")
    assert 0 < rows("?who=" + MEMBER) < everything
    assert 0 < rows("?action=orgs.post.appointed") < everything
    assert 0 < rows("?purpose=self") < everything
    assert rows("?outcome=refused") == 0 and "没有符合条件的记录" in text_of(auditor.get(HOME + "?outcome=refused"))
    assert rows("?until=2000-01-01") == 0 and rows("?since=2126-01-01") == 0
    assert rows("?subject=" + str(world.cast.persons[MEMBER])) == 2
    account = world.cast.accounts["demo-member"]
    assert rows(f"?account={account}") == rows("?who=" + MEMBER)


@pytest.mark.parametrize("query", ["?since=gestern", "?subject=x", "?purpose=none", "?after=%00", "?after=1~2&who=%27"])
def test_nonsense_is_told_or_ignored_never_an_error(auditor, query):
    answer = auditor.get(HOME + query)
    assert answer.status_code == 200
    if "since" in query:
        assert "写成 2026-11-22" in text_of(answer)


def test_pages_follow_one_another_without_gap_or_overlap(world, auditor, monkeypatch):
    from zhigong.audit import queries

    whole = queries.entries
    monkeypatch.setattr(queries, "entries", lambda actor, **more: whole(actor, **(more | {"size": 7})))
    seen: list[str] = []
    query = ""
    while True:
        page = auditor.get(HOME + query)
        seen += [f"{line.of.at}{line.of.id}" for line in page.context["lines"]]
        following = page.context["pager"].next_url
        if not following:
            break
        query = following
    total = world.admin("SELECT count(*) FROM audit_entry WHERE l1 = 0 OR l1 IN (SELECT seq FROM orgs_root)")[0][0]
    assert len(seen) == len(set(seen)) == total > 14
    assert seen == sorted(seen, reverse=True)


def test_seals_are_shown_and_looked_at_again(world, auditor):
    text = text_of(auditor.get(HOME))
    assert "封存链核对 完好" in text and vault().signer("audit").public_key.hex() in text


def test_export_satisfies_the_stand_alone_verifier(world, auditor):
    answer = auditor.post(HOME + "export/")
    lines = b"".join(answer.streaming_content).splitlines(keepends=True)
    trusted = [vault().signer("audit").public_key.hex()]
    assert verifier.verify(lines, trusted=trusted).sound
    place = next(n for n, line in enumerate(lines) if b'"kind":"entry"' in line)
    forged = [*lines[:place], lines[place].replace(b"purpose", b"purpoze"), *lines[place + 1 :]]
    assert not verifier.verify(forged, trusted=trusted).sound
    assert world.admin("SELECT count(*) FROM audit_entry WHERE action = 'audit.record.exported'")[0][0] == 1
    assert auditor.get(HOME + "export/").status_code == 405


def test_an_export_asks_who_is_there_when_the_proof_is_old(world):
    client = world.browser("demo-auditor")
    session = client.session
    session["account_authentication_methods"] = [
        proof | {"at": proof["at"] - 301} for proof in session["account_authentication_methods"]
    ]
    session.save()
    before = world.admin("SELECT count(*) FROM audit_entry WHERE action = 'audit.record.exported'")
    answer = client.post(HOME + "export/")
    assert answer.status_code == 302 and "/signin/confirm/" in answer["Location"]
    assert world.admin("SELECT count(*) FROM audit_entry WHERE action = 'audit.record.exported'") == before
    answer = client.post(answer["Location"], follow=True)
    assert "请再点一次" in text_of(answer)
    answer = client.post(HOME + "export/")
    assert answer.status_code == 200 and b"".join(answer.streaming_content).startswith(b"{")


def test_the_verifier_can_be_taken_along(auditor):
    answer = auditor.get(HOME + "verifier.py")
    assert answer["Content-Disposition"].startswith("attachment") and b"def verify" in answer.content
    compile(answer.content, "verifier.py", "exec")


def test_a_district_auditor_reads_her_own_part_and_exports_nothing(world):
    from datetime import date

    from zhigong.identity import operations as identity
    from zhigong.kernel.clock import now, today
    from zhigong.orgs import operations as orgs
    from zhigong.orgs.types import Duty

    with as_role("job"):
        account = identity.create_account(by=None, username="demo-hardship", name="区审计", now=now())
        with orgs.city_scope(on=today()) as by:
            orgs.appoint(
                by=by,
                union_id=world.cast.city.unions["d1"],
                holder="区审计",
                duty=Duty.AUDITOR,
                starts_on=date(2020, 1, 1),
                account_id=account,
            )
    client = world.browser("demo-hardship")
    page = client.get(HOME)
    assert page.status_code == 200 and "导出由市总工会审计岗位办理" in text_of(page)
    assert "云泽市总工会" not in {line.of.union_name for line in page.context["lines"]}
    assert client.post(HOME + "export/").status_code == 403
