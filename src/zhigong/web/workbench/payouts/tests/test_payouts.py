"""Money through the web: who may see it, two persons for one batch, the bank's answers, what waits."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.bed import as_role
from tests.support.cast import id_number
from tests.support.world import World, assert_plain, text_of

from zhigong.funds.tests.staging import answer

# Later tests go on with the batches of earlier ones: one worker, in order.
pytestmark = pytest.mark.xdist_group("web_payouts")

HOME = "/workbench/payouts/"
SERVICE, OTHER = "mutual-aid/medical", "hardship/archive"
NAMES = ("王芳", "张伟", "赵敏", "孙立军")


@dataclass
class Till:
    """The world with members who are owed money."""

    world: World
    finance: Client
    chair: Client
    people: dict[str, UUID] = field(default_factory=dict)
    payables: dict[str, UUID] = field(default_factory=dict)

    def batches(self) -> list[tuple[str, int]]:
        return [(str(i), s) for i, s in self.world.admin("SELECT id, state FROM funds_batch ORDER BY number")]

    def draft(self, key: str = "k1") -> str:
        done = self.finance.post(HOME + "draft/", {"service": SERVICE, "key": key})
        assert done.status_code == 302, text_of(done)
        return str(done["Location"])

    def released(self, key: str) -> str:
        batch = self.draft(key)
        assert self.finance.post(batch + "freeze/").status_code == 302
        assert self.chair.post(batch + "release/").status_code == 302
        return batch

    def upload(self, batch: str, content: bytes, name: str = "回盘.csv") -> Any:
        return self.finance.post(batch + "return/", {"file": SimpleUploadedFile(name, content)})

    def post(self, batch: str, content: bytes) -> str:
        """Upload, let the job work, and read the page of the batch."""
        done = self.upload(batch, content)
        assert done.status_code == 302 and "/files/" in done["Location"], text_of(done)
        assert self.work() == ["casework.post_kept_return"]
        return text_of(self.finance.get(batch))

    def work(self) -> list[str]:
        """Run what waits as the worker would."""
        from zhigong.casework.jobs import post_kept_return
        from zhigong.funds.jobs import build_bank_file

        kinds = {"casework.post_kept_return": post_kept_return, "funds.build_bank_file": build_bank_file}
        waiting = self.world.admin(
            "SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id"
        )
        found = [(number, name, args) for number, name, args in waiting if name in kinds]
        for number, name, args in found:
            with as_role("job"):
                kinds[name](**args)
            self.world.admin("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", number)
        return [name for _, name, _ in found]

    def again(self, name: str, key: str, fen: int = 12_345) -> None:
        """One more payment asked for."""
        _ask(self, name, key, fen)


def _ask(till: Till, name: str, key: str, fen: int) -> None:
    from zhigong.funds import operations as funds
    from zhigong.kernel.clock import today
    from zhigong.orgs import operations as orgs

    with as_role("job"), orgs.city_scope(on=today()) as by:
        till.payables[key] = funds.request_payment(
            by, person_id=till.people[name], union_id=till.world.cast.city.unions["d1s1g1"], amount_fen=fen,
            service_id=SERVICE, case_id=None, reason="医疗互助金", key=key,
        )  # fmt: skip


@pytest.fixture(scope="module")
def till(world: World) -> Till:
    from zhigong.funds import operations as funds
    from zhigong.kernel.clock import today
    from zhigong.orgs import operations as orgs
    from zhigong.people import operations as people

    made = Till(world, world.browser("demo-finance"), world.browser("demo-city"))
    union = world.cast.city.unions["d1s1g1"]
    with as_role("job"), orgs.city_scope(on=today()) as by:
        funds.open_budget(
            by, union_id=world.cast.city.unions["city"], service_id=SERVICE, year=by.on.year, fen=10_000_000,
            document="云总工〔2026〕1号", key="b",
        )  # fmt: skip
        for place, name in enumerate(NAMES):
            made.people[name] = people.register(
                by=by, union_id=union, name=name, id_type="111", id_number=id_number(300 + place), phone="",
                employer_name="", on=by.on,
            )  # fmt: skip
            if name != NAMES[-1]:
                funds.register_account(
                    by, person_id=made.people[name], holder=name, bank="中国工商银行云泽支行",
                    number=f"62220200000000{place:02d}", key=f"a{place}", passbook=True,
                )  # fmt: skip
    for place, name in enumerate(NAMES):
        _ask(made, name, f"p{place}", 100_00 + place)
    return made


PAGES = ("", "budgets/", "waiting/", "claims/")


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        ("demo-finance", True),
        ("demo-city", True),
        ("demo-district", True),
        ("demo-street", False),
        ("demo-data", False),
        ("demo-auditor", False),
        ("demo-member", False),
    ],
)
def test_who_sees_money(till, role, sees):
    client = till.world.browser(role)
    for path in PAGES:
        got = client.get(HOME + path)
        assert got.status_code == (200 if sees else 403), path
        assert_plain(got)


def test_strangers_are_led_to_the_door():
    for path in PAGES:
        assert Client().get(HOME + path).status_code == 302


def test_what_is_ready_and_what_waits(till):
    page = text_of(till.finance.get(HOME))
    assert "3" in page and "300.03 元" in page and "起草批次" in page
    assert "起草批次" not in text_of(till.chair.get(HOME))
    waiting = text_of(till.finance.get(HOME + "waiting/"))
    assert "孙立军" in waiting and "登记账户" in waiting
    assert "登记账户</a>" not in till.chair.get(HOME + "waiting/?kind=account").content.decode()


def test_the_home_page_tells_each_what_waits_for_her(till):
    finance, chair = text_of(till.finance.get("/workbench/")), text_of(till.chair.get("/workbench/"))
    assert "起草发放批次" in finance and "3 笔，300.03 元" in finance
    assert "为 1 笔款项登记收款账户" in finance and "没有需要您办理的事" not in finance
    assert "起草发放批次" not in chair and "款项登记" not in chair


def test_only_makers_draft_and_a_form_sent_twice_makes_one_batch(till):
    assert till.chair.post(HOME + "draft/", {"service": SERVICE, "key": "x"}).status_code == 403
    assert till.finance.post(HOME + "draft/", {"service": "no/such", "key": "x"}).status_code >= 400
    assert not till.batches()
    assert till.draft() == till.draft()
    assert len(till.batches()) == 1


def test_lines_show_masked_accounts(till):
    [(batch, _)] = till.batches()
    got = till.finance.get(f"{HOME}{batch}/")
    page = got.content.decode()
    assert_plain(got)
    assert "王芳" in page and "6222020000" not in page and "****0000" in page
    assert not till.world.admin("SELECT 1 FROM audit_entry WHERE action = 'funds.file.fetched'")


def test_the_maker_may_not_release_and_is_told_why(till):
    [(batch, _)] = till.batches()
    at = f"{HOME}{batch}/"
    assert till.chair.post(at + "freeze/").status_code == 403
    assert till.chair.post(at + "release/").status_code == 409, "a draft is not released"
    assert "核对并锁定" in text_of(till.finance.get("/workbench/"))
    assert till.finance.post(at + "freeze/").status_code == 302
    assert "复核放款：" in text_of(till.chair.get("/workbench/?kind=payouts"))
    assert "复核放款：" not in text_of(till.finance.get("/workbench/")), "the maker is not the checker"
    page = till.finance.get(at)
    assert "制单和复核必须是两个人" in text_of(page) and "/release/" not in page.content.decode()
    refused = till.finance.post(at + "release/")
    assert refused.status_code == 403 and "复核人不能是制单人" in text_of(refused)
    assert till.batches()[0][1] == 2
    assert till.finance.post(at + "file/").status_code == 409, "no file before the release"


def test_release_needs_a_fresh_proof_of_who_one_is(till):
    [(batch, _)] = till.batches()
    stale = till.world.browser("demo-city")
    session = stale.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    done = stale.post(f"{HOME}{batch}/release/")
    assert done.status_code == 302 and "confirm" in done["Location"]
    assert till.batches()[0][1] == 2


def test_a_second_person_releases_once(till):
    [(batch, _)] = till.batches()
    at = f"{HOME}{batch}/"
    assert "复核放款" in text_of(till.chair.get(at))
    assert till.chair.post(at + "release/").status_code == 302
    assert till.chair.post(at + "release/").status_code == 302, "pressed twice"
    assert till.batches()[0][1] == 3
    assert "上传回盘" in text_of(till.finance.get("/workbench/"))
    assert "复核放款：" not in text_of(till.chair.get("/workbench/"))
    assert till.finance.post(at + "dissolve/").status_code == 409


def _file(till: Till, batch: str) -> bytes:
    got = till.finance.post(batch + "file/")
    assert got.status_code == 200 and got["Cache-Control"] == "no-store"
    return b"".join(got.streaming_content)


def test_the_file_is_for_who_posts_and_every_opening_is_recorded(till):
    [(batch, _)] = till.batches()
    at = f"{HOME}{batch}/"
    assert till.chair.post(at + "file/").status_code == 403
    assert till.finance.get(at + "file/").status_code == 405
    before = till.world.admin("SELECT count(*) FROM audit_entry")[0][0]
    first, second = _file(till, at), _file(till, at)
    assert first == second and "6222020000000000" in first.decode("gb18030")
    assert till.world.admin("SELECT count(*) FROM audit_entry")[0][0] > before


def test_bad_answers_are_refused_in_words_and_move_nothing(till):
    [(batch, _)] = till.batches()
    at = f"{HOME}{batch}/"
    good = answer(_file(till, at))
    lines = good.decode("gb18030").splitlines()
    twice = "\r\n".join([*lines[:2], lines[1], *lines[2:]]).encode("gb18030")
    other = good.decode("gb18030").replace("ZG0000000001", "ZG0000000777").encode("gb18030")
    for content, said in (
        (twice, "出现两次"),
        (other, "另一个批次"),
        ("\r\n".join(lines[:-1]).encode("gb18030"), "没有合计行"),
        (b"\x00\x01\x02", "回盘文件"),
    ):
        page = till.post(at, content)
        assert "没有入账" in page and said in page and "账上没有任何变动" in page, said
    assert till.batches()[0][1] == 3
    assert till.upload(at, b"").status_code == 422
    assert not till.world.admin("SELECT 1 FROM funds_passedfile WHERE cipher IS NOT NULL"), "no content is left behind"


def test_nobody_else_uploads(till):
    [(batch, _)] = till.batches()
    file = SimpleUploadedFile("a.csv", b"x")
    assert till.chair.post(f"{HOME}{batch}/return/", {"file": file}).status_code == 403


def test_the_upload_is_checked_against_forgery(till):
    [(batch, _)] = till.batches()
    client = till.world.browser("demo-finance", checks=True)
    assert client.post(f"{HOME}{batch}/return/", {"file": SimpleUploadedFile("a.csv", b"x")}).status_code == 403


def test_the_answer_is_posted_once_line_by_line(till):
    [(batch, _)] = till.batches()
    at = f"{HOME}{batch}/"
    sent = _file(till, at)
    serials = re.findall(r"ZG\d{20}", sent.decode("gb18030"))
    content = answer(sent, {serials[1]: "退回", serials[2]: "处理中"})
    done = till.upload(at, content)
    page = text_of(till.finance.get(done["Location"]))
    assert "正在逐笔核对" in page
    assert till.world.admin("SELECT 1 FROM funds_passedfile WHERE cipher IS NOT NULL")
    till.work()
    page = text_of(till.finance.get(at))
    assert "成功 1 笔，100 元" in page and "退回 1 笔" in page and "待查 1 笔" in page
    assert "账号与户名不符" in text_of(till.finance.get(at + "?state=3"))
    assert "王芳" not in text_of(till.finance.get(at + "?state=3")).split("名单")[-1]
    assert "以前已经入过账" in till.post(at, content)
    paid = till.world.admin("SELECT count(*) FROM funds_payable WHERE state = 6")
    assert paid == [(1,)]


def test_what_the_bank_sent_back_is_corrected_or_tried_again(till):
    page = till.finance.get(HOME + "waiting/?kind=rejected")
    assert "张伟" in text_of(page) and "账号与户名不符" in text_of(page)
    person, payable = till.people["张伟"], till.payables["p1"]
    form = {"holder": "李四", "bank": "建行", "number": "6227000000000012", "key": "n1", "kind": "rejected"}
    assert "登记张伟的账户" in text_of(till.finance.get(f"{HOME}accounts/{person}/?kind=rejected"))
    wrong = till.finance.post(f"{HOME}accounts/{person}/", form)
    assert wrong.status_code == 422 and "户名与本人姓名不一致" in text_of(wrong)
    assert till.chair.post(f"{HOME}accounts/{person}/", form).status_code == 403
    done = till.finance.post(f"{HOME}accounts/{person}/", form | {"holder": "张伟"})
    assert done.status_code == 302
    assert till.world.admin("SELECT state FROM funds_payable WHERE id = %s", str(payable)) == [(4,)]
    assert till.finance.post(f"{HOME}payables/{payable}/retry/").status_code == 409, "it is ready already"


def test_unknown_is_never_retried_or_cancelled(till):
    page = till.finance.get(HOME + "waiting/?kind=unknown").content.decode()
    assert "赵敏" in page and "/retry/" not in page and "/cancel/" not in page
    payable = till.payables["p2"]
    assert till.finance.post(f"{HOME}payables/{payable}/retry/").status_code == 409
    assert till.finance.post(f"{HOME}payables/{payable}/cancel/", {"reason": "x"}).status_code == 409


def test_cancelling_says_why(till):
    payable = till.payables["p3"]
    at = f"{HOME}payables/{payable}/cancel/"
    assert till.finance.post(at, {"reason": " "}).status_code >= 400
    assert till.finance.post(at, {"reason": "重复申请"}).status_code == 302
    assert till.world.admin("SELECT state FROM funds_payable WHERE id = %s", str(payable)) == [(9,)]


def test_claims_are_repaid_in_parts_or_given_up_with_a_document(till):
    from zhigong.funds import operations as funds
    from zhigong.kernel.clock import today
    from zhigong.orgs import operations as orgs

    with as_role("job"), orgs.city_scope(on=today()) as by:
        claim = funds.recover(
            by, person_id=till.people["王芳"], union_id=till.world.cast.city.unions["d1s1g1"], amount_fen=5_000,
            service_id=SERVICE, case_id=None, reason="结算冲正", key="c1",
        )  # fmt: skip
    assert "结算冲正" in text_of(till.finance.get(HOME + "claims/"))
    at = f"{HOME}claims/{claim}/"
    assert till.chair.post(at + "repay/", {"amount": "10", "key": "r1"}).status_code == 403
    assert till.finance.post(at + "repay/", {"amount": "一百", "key": "r0"}).status_code >= 400
    for _ in range(2):
        assert till.finance.post(at + "repay/", {"amount": "20", "key": "r1"}).status_code == 302
    assert till.world.admin("SELECT regained_fen FROM funds_claim WHERE id = %s", str(claim)) == [(2_000,)]
    assert till.chair.post(at + "write-off/", {"document": ""}).status_code >= 400
    assert till.chair.post(at + "write-off/", {"document": "云总工〔2026〕9号"}).status_code == 302
    assert "没有要追回的款项" in text_of(till.finance.get(HOME + "claims/"))


def test_a_long_list_is_built_by_a_job_and_fetched_once_by_who_asked(till, monkeypatch):
    from zhigong.web.workbench.payouts import files

    monkeypatch.setattr(files, "AT_ONCE", 0)
    [(batch, _)] = till.batches()
    at = f"{HOME}{batch}/"
    done = till.finance.post(at + "file/")
    work = done["Location"]
    assert till.finance.post(at + "file/")["Location"] == work, "asked twice while it waits"
    assert "正在生成" in text_of(till.finance.get(work))
    assert till.work() == ["funds.build_bank_file"]
    assert "已做好" in text_of(till.finance.get(work))
    assert till.chair.post(work + "fetch/").status_code == 403
    got = till.finance.post(work + "fetch/")
    assert "6222020000000000" in b"".join(got.streaming_content).decode("gb18030")
    assert till.finance.post(work + "fetch/").status_code == 409
    assert not till.world.admin("SELECT 1 FROM funds_passedfile WHERE cipher IS NOT NULL")


def test_budgets_add_up_on_the_page(till):
    page = text_of(till.finance.get(HOME + "budgets/"))
    assert "100,000" in page and "云总工〔2026〕1号" in page


def _opening(**more: str) -> dict[str, str]:
    from zhigong.kernel.clock import today

    form = {"service": OTHER, "year": str(today().year), "amount": "50万", "document": "云总工〔2026〕8号", "key": "o1"}
    return form | more


def test_a_budget_is_opened_once_with_its_document(till):
    at = HOME + "budgets/open/"
    assert "设立预算" in text_of(till.finance.get(at)) and "设立预算" in text_of(till.finance.get(HOME + "budgets/"))
    assert till.chair.get(at).status_code == 403 and till.chair.post(at, _opening()).status_code == 403
    assert "budgets/open/" not in till.chair.get(HOME + "budgets/").content.decode()
    for wrong, said in (
        ({"amount": "五十"}, "金额看不懂"), ({"amount": "-5"}, "金额要大于 0"), ({"document": " "}, "请填写批准文号"),
        ({"service": "no/such"}, "请选择事项"), ({"year": "1999"}, "请选择年度"),
        ({"service": SERVICE}, "已经设立"),
    ):  # fmt: skip
        got = till.finance.post(at, _opening(**wrong))
        assert got.status_code == 422 and said in text_of(got), wrong
    for _ in range(2):
        assert till.finance.post(at, _opening()).status_code == 302, "sent twice"
    found = till.world.admin(
        "SELECT a.balance FROM funds_account a JOIN funds_budget b ON b.id = a.budget_id "
        "WHERE b.service_id = %s AND a.purse = 2", OTHER
    )  # fmt: skip
    assert found == [(50_000_000,)]
    page = text_of(till.finance.get(HOME + "budgets/"))
    assert "500,000" in page and "云总工〔2026〕8号" in page


def test_a_budget_grows_and_gives_back_only_what_is_free(till):
    [(budget,)] = till.world.admin("SELECT id FROM funds_budget WHERE service_id = %s", OTHER)
    at = f"{HOME}budgets/{budget}/"
    change = {"direction": "add", "amount": "1,000.50", "document": "云总工〔2026〕9号", "key": "c1"}
    assert till.chair.post(at, change).status_code == 403
    for _ in range(2):
        assert till.finance.post(at, change).status_code == 302, "sent twice"
    assert "501,000.50" in text_of(till.finance.get(at))
    more = change | {"direction": "take", "amount": "60万", "key": "c2"}
    got = till.finance.post(at, more)
    assert got.status_code == 422 and "可用 501,000.50 元" in text_of(got)
    assert till.finance.post(at, more | {"amount": "1000.5"}).status_code == 302
    assert "500,000" in text_of(till.finance.get(at)) and "云总工〔2026〕9号" in text_of(
        till.finance.get(HOME + "budgets/")
    )
    assert till.finance.get(f"{HOME}budgets/{UUID(int=7)}/").status_code == 404


def test_budgets_need_a_fresh_proof_of_who_one_is(till):
    stale = till.world.browser("demo-finance")
    session = stale.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    done = stale.post(HOME + "budgets/open/", _opening(key="o2", service=SERVICE))
    assert done.status_code == 302 and "confirm" in done["Location"]
