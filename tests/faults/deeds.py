"""What is asked for while processes die: each deed may be asked again at any time, and says what it has done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection

from zhigong.audit import operations as audit
from zhigong.audit.jobs import seal_now
from zhigong.casework import operations as casework
from zhigong.exchange import operations as exchange
from zhigong.exchange import queries as exchange_queries
from zhigong.exchange.models import Batch
from zhigong.exchange.store import lake_keys, lake_root
from zhigong.funds import operations as funds
from zhigong.funds.models import Batch as PayoutBatch
from zhigong.funds.models import Payable, Payee
from zhigong.funds.types import BatchState, PayableState
from zhigong.identity.models import Account
from zhigong.insight import operations as insight
from zhigong.kernel.clock import now
from zhigong.kernel.vault import vault
from zhigong.lake import queries as lake
from zhigong.lake.types import Layer
from zhigong.orgs import operations as orgs
from zhigong.orgs import queries as org_queries
from zhigong.orgs.types import Duty
from zhigong.people.models import Person

TODAY = date(2026, 11, 22)
AT_MS = 1_790_000_000_000
SERVICE = "mutual-aid/medical"
ASKED_A_ROUND = 12
Say = Callable[..., None]

city = partial(orgs.city_scope, on=TODAY)


def acting(username: str) -> Any:
    """The scope of one of the two people of finance."""
    account = Account.objects.get(username=username)
    return orgs.acting_as(account_id=account.id, post_id=None, on=TODAY)


def found(say: Say, *, files: dict[str, str]) -> None:
    """The city before anything happens to it: unions, employers, members, two people of finance, money."""
    for source in ("unions", "enterprises", "roster"):
        exchange.ingest(scope=city, source=source, file=Path(files[source]), as_of=TODAY, at_ms=AT_MS)
    with city() as by:
        home = org_queries.own_union(by).id
        for name in ("maker", "checker"):
            account = Account.objects.create_user(name, name=name)
            orgs.appoint(by=by, union_id=home, holder=name, duty=Duty.FINANCE, starts_on=TODAY, account_id=account.id)
    with acting("maker") as by:
        funds.open_budget(
            by, union_id=home, service_id=SERVICE, year=TODAY.year, fen=10**10, document="云总工〔2026〕1号", key="1"
        )
    say("founded")


def ingest(say: Say, *, source: str, file: str, delta: bool | None = None, accept: str = "") -> None:
    """One file of a department, all its way."""
    told = exchange.ingest(
        scope=city, source=source, file=Path(file), as_of=TODAY, at_ms=AT_MS, delta=delta, accept=accept
    )
    say("ingested", batch=str(told.batch_id), rows=told.rows, held=bool(told.held))


def refresh(say: Say, *, full: bool = False) -> None:
    """Links, facts, publication, screening, marts."""
    casework.refresh(scope=city, at_ms=AT_MS, tell=lambda text: say("stage", text=text), full=full)
    say("refreshed", number=_number("facts"))
    insight.refresh(scope=city, at_ms=AT_MS)
    say("counted", number=_number("marts"))


def _number(name: str) -> int:
    found = lake.snapshot(lake_root(), name=name)
    return found.number if found else 0


def ask(say: Say, *, number: int) -> None:
    """Payments asked for, one transaction each."""
    with city():
        persons = list(Person.objects.filter(deceased_on=None).order_by("id").values_list("id", "union_id"))
    start = number * ASKED_A_ROUND
    for place, (person, union) in enumerate(persons[start : start + ASKED_A_ROUND], start):
        with city() as by:
            funds.request_payment(
                by, person_id=person, union_id=union, amount_fen=10_000 + place, service_id=SERVICE, case_id=None,
                reason="医疗互助金", key=f"asked-{place}",
            )  # fmt: skip
        say("asked", key=f"asked-{place}")


def pay(say: Say, *, number: int) -> None:
    """A round of payouts from the asking to the bank's last answer."""
    ask(say, number=number)
    _register(say)
    with acting("maker") as by:
        batch = funds.draft_batch(by, title="医疗互助", key=f"round-{number}")
    say("drafted", batch=str(batch))
    with acting("maker") as by:
        draft = PayoutBatch.objects.get(id=batch).state == BatchState.DRAFT
        if draft:
            digest = funds.freeze_batch(by, batch_id=batch)
    if draft:
        say("frozen", batch=str(batch), hash=digest)
    with acting("checker") as by:
        funds.release_batch(by, batch_id=batch)
    say("released", batch=str(batch))
    with acting("checker") as by:
        file = funds.bank_file(by, batch_id=batch)
    say("filed", batch=str(batch), sha256=hashlib.sha256(file).hexdigest())
    for answered, returned in enumerate(_answers(file, number)):
        with acting("checker") as by:
            casework.post_return(by=by, batch_id=batch, file=returned)
        say("posted", batch=str(batch), sha256=hashlib.sha256(returned).hexdigest(), answer=answered)
    _retry(say)


def _register(say: Say) -> None:
    with city():
        waiting = Payable.objects.filter(state=PayableState.AWAITING_ACCOUNT).values_list("person_id", flat=True)
        people = list(Person.objects.filter(id__in=list(waiting)).order_by("id").values_list("id", "name"))
    for person, name in people:
        with acting("maker") as by:
            funds.register_account(
                by, person_id=person, holder=name, bank="中国工商银行云泽支行", number=_number_of(person),
                key=f"account-{person}",
            )  # fmt: skip
        say("registered", person=str(person))


def _number_of(person: Any) -> str:
    """An account that is the same in every run of the city."""
    return f"6222{person.int % 10**11:011d}"


def _answers(file: bytes, number: int) -> Iterator[bytes]:
    """The bank's two files: some refused, some not yet known at first. By account, so the same in every run."""
    rows = [line.split(",") for line in file.decode("gb18030").splitlines()]
    first = [(row, _result(row[2], number)) for row in rows[1:-1]]
    yield _returned(rows[0], first, rows[-1])
    later = [(row, "成功") for row, result in first if result == "处理中"]
    if later:
        yield _returned(rows[0], later, rows[-1])


def _result(account: str, number: int) -> str:
    return {0: "失败", 1: "处理中"}.get((int(account) + number) % 7, "成功")


def _returned(head: list[str], answered: list[tuple[list[str], str]], total: list[str]) -> bytes:
    lines = [[*head, "处理结果", "失败原因"]]
    lines += [[*row, result, "账号与户名不符" if result == "失败" else ""] for row, result in answered]
    fen = sum(round(float(row[4]) * 100) for row, _ in answered)
    lines.append([total[0], str(len(answered)), *total[2:4], f"{fen // 100}.{fen % 100:02d}", *total[5:], "", ""])
    return "".join(",".join(row) + "\r\n" for row in lines).encode("gb18030")


def _retry(say: Say) -> None:
    with city():
        refused = list(Payable.objects.filter(state=PayableState.REJECTED).order_by("key").values_list("id", "key"))
    for payable, key in refused:
        with acting("maker") as by:
            funds.retry_payment(by, payable_id=payable)
        say("retried", key=key)


def seal(say: Say) -> None:
    """Entries made final."""
    say("sealed", count=seal_now())


def look(say: Say, *, out: str) -> None:
    """What only the application can read: links, the wide table, the marts, the audit record, files anew."""
    with city():
        batches = {
            (source, sha): layout.get("links", "")
            for source, sha, layout in Batch.objects.filter(state=4).values_list("source", "sha256", "layout")
        }
    links = {f"{source}:{sha}": _links(source, version) for (source, sha), version in batches.items()}
    with city() as by:
        differences = [str(one) for one in funds.reconcile(by).differences]
    while seal_now():
        pass
    seal_now()
    with city() as by, Path(out).with_suffix(".audit").open("wb") as sink:
        for line in audit.export(by, now=now(), signer=vault().signer("audit")):
            sink.write(line)
    with city():
        done = list(PayoutBatch.objects.filter(state__in=[3, 4]).values_list("id", flat=True))
        payees = Payee.objects.count()
    files = {}
    for batch in done:
        with acting("checker") as by:
            files[str(batch)] = hashlib.sha256(funds.bank_file(by, batch_id=batch)).hexdigest()
    swept = exchange.sweep(scope=city, now=now() + timedelta(seconds=1))
    seen = {"links": links, "wide": _wide(), "marts": _marts(), "differences": differences, "files": files}
    seen |= {"swept": swept, "payees": payees, "key": vault().signer("audit").public_key.hex()}
    Path(out).write_text(json.dumps(seen, ensure_ascii=False, default=str, sort_keys=True), encoding="utf-8")
    connection.close()
    say("looked")


def _links(source: str, version: str) -> list[list[Any]]:
    ref = lake.batch(lake_root(), layer=Layer.ENTITIES, name=f"links-{source}", version=version) if version else None
    if ref is None:
        return []
    columns = ["row", "subject_id", "person_id", "method", "score", "outcome"]
    rows = [row for batch in lake.rows(ref, keys=lake_keys()) for row in batch.to_pylist()]
    return sorted([[row.get(name) for name in columns] for row in rows], key=lambda row: row[0])


def _wide() -> list[dict[str, Any]]:
    return exchange_queries.fact_table().read().to_pylist()


def _marts() -> dict[str, Any]:
    found = lake.snapshot(lake_root(), name="marts")
    datasets = found.datasets if found else {}
    return {name: [row for rows in lake.rows(ref) for row in rows.to_pylist()] for name, ref in datasets.items()}


DEEDS = {"found": found, "ingest": ingest, "refresh": refresh, "ask": ask, "pay": pay, "seal": seal, "look": look}
