"""What finance does in the five weeks: budgets, the lists of the card bank, and a batch in every state."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from zhigong.casework import operations as casework
from zhigong.conf.demo_city import files, money
from zhigong.conf.demo_city.cast import CITY, FINANCE, Player
from zhigong.conf.demo_city.roster import Roster
from zhigong.conf.demo_city.stories import FIRST_DAY, HARDSHIP, MEDICAL
from zhigong.funds import operations as funds
from zhigong.funds import queries as ledger
from zhigong.funds.types import BatchState, LineState
from zhigong.identity import queries as accounts
from zhigong.kernel.actor import Actor
from zhigong.kernel.errors import Refused
from zhigong.orgs import operations as orgs

# Yuan per member and year.
HARDSHIP_EACH, MEDICAL_EACH = 60, 450


@dataclass(frozen=True)
class Payout:
    """A batch: on which workdays it is drafted, frozen, released and answered; None: not yet."""

    title: str
    service: str
    drafted: int
    frozen: int | None = None
    released: int | None = None
    answered: int | None = None
    rejected: int = 0
    unknown: int = 0


PAYOUTS = (
    Payout("医疗互助第一批", MEDICAL, -21, -20, -20, -17, rejected=1, unknown=1),
    Payout("困难职工生活帮扶第一批", HARDSHIP, -10, -10, -9, -7),
    Payout("医疗互助第二批", MEDICAL, -11, -11, -2),
    Payout("医疗互助第三批", MEDICAL, -4, -3),
    Payout("医疗互助第四批", MEDICAL, -1),
)
CARD_LISTS = (-22, -12, -5, -2)
"""The workdays on which the card bank sends its lists."""


class Treasury:
    """Finance at work: by the two persons of the demo, so that who drafts is never who releases."""

    def __init__(self, *, folder: Path, day: date, roster: Roster, players: Mapping[str, Player]) -> None:
        self._folder, self._day, self._roster = folder, day, roster
        self._own = {player.person for player in players.values()}
        self._accounts = {name: line.id for name, line in accounts.accounts_by_username([FINANCE, CITY]).items()}
        self._batches: dict[str, UUID] = {}

    def work(self, number: int, on: date) -> None:
        """What finance does on a workday of the story."""
        if number == FIRST_DAY:
            self._open_budgets(on)
        for place, day in enumerate(CARD_LISTS):
            if day == number:
                with self._acting(FINANCE, on) as by:
                    members = self._roster.members.values()
                    funds.register_accounts(by, entries=money.card_list(place, members, without=self._own))
        for payout in PAYOUTS:
            self._pay(payout, number, on)
        if number == 0:
            self._reverse()

    def _acting(self, username: str, on: date) -> AbstractContextManager[Actor]:
        return orgs.acting_as(account_id=self._accounts[username], post_id=None, on=on)

    def _open_budgets(self, on: date) -> None:
        """Of this year, and of the last one when the story begins there."""
        count = len(self._roster.members)
        plans = {HARDSHIP: (HARDSHIP_EACH, 12), MEDICAL: (MEDICAL_EACH, 13)}
        with self._acting(FINANCE, on) as by:
            for year in sorted({on.year, self._day.year}):
                for service, (each, document) in plans.items():
                    funds.open_budget(
                        by, union_id=_union_of(by), service_id=service, year=year,
                        fen=money.yuan(count, each=each), document=f"云工发〔{year}〕{document}号",
                        key=f"demo:{service}:{year}",
                    )  # fmt: skip

    def _pay(self, payout: Payout, number: int, on: date) -> None:
        if payout.drafted == number:
            self._draft(payout, on)
        batch = self._batches.get(payout.title)
        if batch is None or number not in (payout.frozen, payout.released, payout.answered):
            return
        # Done before an interruption, or not: the state of the batch tells.
        with self._acting(FINANCE, on) as by:
            state = ledger.payout(by, batch, limit=1).payout.state
            if payout.frozen == number and state is BatchState.DRAFT:
                funds.freeze_batch(by, batch_id=batch)
                state = BatchState.FROZEN
        if payout.released == number and state is BatchState.FROZEN:
            with self._acting(CITY, on) as by:
                funds.release_batch(by, batch_id=batch)
        if payout.answered == number:
            self._answer(payout, batch, on)

    def _draft(self, payout: Payout, on: date) -> None:
        """A small city may have nothing ready; then the batch is not made."""
        with self._acting(FINANCE, on) as by:
            try:
                batch = funds.draft_batch(by, title=payout.title, service_id=payout.service, key=f"demo:{payout.title}")
            except Refused:
                return
        self._batches[payout.title] = batch

    def _answer(self, payout: Payout, batch: UUID, on: date) -> None:
        with self._acting(FINANCE, on) as by:
            file = funds.bank_file(by, batch_id=batch)
            answer = money.bank_answer(file, rejected=payout.rejected, unknown=payout.unknown)
            casework.post_return(by=by, batch_id=batch, file=answer)

    def _reverse(self) -> None:
        """The medical insurance takes back settlements of persons of the first batch."""
        first = self._batches.get(PAYOUTS[0].title)
        if first is None:
            return
        with self._acting(FINANCE, self._day) as by:
            lines = ledger.payout(by, first, limit=500).lines
        paid = {line.holder for line in lines if line.state is LineState.PAID}
        file = files.write_reversals(self._folder, paid, day=self._day)
        if file is not None:
            files.ingest(files.SETTLEMENTS, file, day=self._day, tell=lambda _: None)


def _union_of(by: Actor) -> UUID:
    if by.union_id is None:
        raise Refused("演示的财务账号没有岗位。", do="请用 --reset 重新生成。")
    return by.union_id
