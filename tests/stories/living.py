"""A living city for stories: its departments' files taken in, its people found, its cadres at their desks.

Made once a session by the product's own operations; each story gets a copy of database and lake.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from tests.bed import Bed, Database, as_role, clone_template
from tests.support import spine
from zhigong.conf.locks import FileLock

if TYPE_CHECKING:
    from zhigong.exchange.types import Receipt
    from zhigong.kernel.actor import Actor

T = TypeVar("T")
HARDSHIP, MEDICAL = "hardship/archive", "mutual-aid/medical"
CADRES = {
    "demo-city": (spine.CITY, "chair", "林国华"),
    "demo-district": (spine.DISTRICT, "chair", "赵文静"),
    "demo-street": (spine.STREET, "chair", "孙立"),
    "demo-grassroots": (spine.GRASSROOTS, "chair", "周敏"),
    "demo-data": (spine.CITY, "data_officer", "何晓东"),
    "demo-finance": (spine.CITY, "finance", "吴芳"),
}
MEMBERS = {"demo-hardship": spine.POOR, "demo-member": spine.RICH}


@dataclass
class Living:
    """One copy of the city: where it is, who is in it. files: where departments put theirs."""

    database: Database
    files: Path
    blocker: Any
    today: date
    persons: dict[str, UUID] = field(default_factory=dict)
    accounts: dict[str, UUID] = field(default_factory=dict)

    def away(self, deed: Callable[[], T]) -> T:
        """Do it as the job role in a thread of its own: where playwright's loop runs, Django may not be used."""
        with ThreadPoolExecutor(max_workers=1) as other:
            return other.submit(self._here, deed).result()

    def _here(self, deed: Callable[[], T]) -> T:
        with self.blocker.unblock(), self.database.lent_to_django(), as_role("job"):
            return deed()

    def acting(self, role: str, *, on: date | None = None) -> AbstractContextManager[Actor]:
        """The scope of an account of the front door."""
        from zhigong.orgs import operations as orgs

        return orgs.acting_as(account_id=self.accounts[role], post_id=None, on=on or self.today)

    def ingest(self, source: str, file: Path) -> Receipt:
        """What `zhigong ingest` does with one file."""
        from zhigong.exchange import operations as exchange

        return self.away(
            partial(exchange.ingest, scope=self._scope, source=source, file=file, as_of=self.today, at_ms=_now_ms())
        )

    def refresh(self) -> dict[str, Any]:
        """What `zhigong refresh` does; its report by stage."""
        from zhigong.insight import operations as insight

        return self.away(partial(insight.refresh_all, scope=self._scope, at_ms=_now_ms(), tell=lambda _: None))

    def run_clock(self, on: date) -> Any:
        """What the worker does every hour, on a later day."""
        from zhigong.casework import operations as casework
        from zhigong.orgs import operations as orgs

        def run() -> Any:
            with orgs.city_scope(on=on) as by:
                return casework.run_clock(by=by)

        return self.away(run)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the administrator sees, past every policy."""
        with self.database.connect() as admin:
            return admin.execute(query, values or None).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        """The first value of the only row."""
        ((value, *_),) = self.rows(query, *values)
        return value

    def fact(self, name: str, fact: str) -> Any:
        """What is published of a person now; None where nothing is."""
        query = "SELECT values -> %s FROM facts_current WHERE person_id = %s AND jsonb_exists(values, %s)"
        return next((value for (value,) in self.rows(query, fact, self.persons[name], fact)), None)

    def assert_books_agree(self) -> None:
        """The reconciliation finds nothing: no money made or lost, no payment twice, no state that can't be."""
        from zhigong.funds.operations.reconciling import CHECKS

        assert {name: found for name, query in CHECKS.items() if (found := self.rows(query))} == {}

    def _scope(self) -> AbstractContextManager[Actor]:
        from zhigong.orgs import operations as orgs

        return orgs.city_scope(on=self.today)


@contextmanager
def living(bed: Bed, blocker: Any) -> Iterator[Living]:
    """A copy of the city; dropped afterwards."""
    session, source = Path(os.environ["ZHIGONG_HOME"]), bed.database("living")
    with FileLock(session / "living.lock"):
        if not (session / "living.made").exists():
            _make(Living(bed.clone("living"), session / "living", blocker, _today()))
            (session / "living.made").touch()
    mark = secrets.token_hex(4)
    database, files = bed.database(f"s_{mark}"), session / f"living-{mark}"
    clone_template(source.name, database.name)
    shutil.copytree(source.lake, database.lake)
    shutil.copytree(session / "living", files)
    try:
        yield _read(Living(database, files, blocker, _today()))
    finally:
        database.drop()
        for left in (database.lake, files):
            shutil.rmtree(left, ignore_errors=True)


def _today() -> date:
    from zhigong.kernel.clock import today

    return today()


def _now_ms() -> int:
    from zhigong.kernel.clock import now

    return int(now().timestamp() * 1000)


def _make(city: Living) -> None:
    """The files in, all screened, the accounts of the front door, the budgets of the year."""
    shutil.rmtree(city.database.lake, ignore_errors=True)  # of a worker that failed before us
    for source, file in spine.write_files(city.files, today=city.today).items():
        receipt = city.ingest(source, file)
        assert (receipt.rejected, receipt.unverified, list(receipt.held)) == (0, 0, []), (source, receipt)
    city.refresh()
    city.away(partial(_settle_in, city))


def _settle_in(city: Living) -> None:
    from zhigong.funds import operations as funds
    from zhigong.identity import operations as identity
    from zhigong.kernel.clock import now
    from zhigong.orgs import operations as orgs
    from zhigong.orgs.types import Duty

    unions = dict(city.rows("SELECT code, id FROM orgs_union"))
    persons = dict(city.rows("SELECT name, id FROM people_person"))
    with orgs.city_scope(on=city.today) as by:
        for username, (union, duty, name) in CADRES.items():
            account = city.accounts[username] = identity.create_account(by=by, username=username, name=name, now=now())
            orgs.appoint(
                by=by, union_id=unions[union], holder=name, duty=Duty(duty), starts_on=date(2020, 1, 1),
                account_id=account,
            )  # fmt: skip
        for username, name in MEMBERS.items():
            identity.create_account(by=by, username=username, name=name, person_id=persons[name], now=now())
    with city.acting("demo-finance") as by:
        for number, service in enumerate((HARDSHIP, MEDICAL), 1):
            funds.open_budget(
                by, union_id=unions[spine.CITY], service_id=service, year=city.today.year, fen=50_000_000,
                document=f"云工发〔{city.today.year}〕{number}号", key=f"budget:{service}",
            )  # fmt: skip


def _read(city: Living) -> Living:
    city.persons = dict(city.rows("SELECT name, id FROM people_person"))
    city.accounts = dict(city.rows("SELECT username, id FROM identity_account"))
    return city
