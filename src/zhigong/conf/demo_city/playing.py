"""Plays the stories day by day: first the clock, then what people do, each in the scope of her own account."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from zhigong.casework import operations as casework
from zhigong.casework import queries as cases
from zhigong.casework.types import TodoKind
from zhigong.conf.demo_city.cast import Player
from zhigong.conf.demo_city.money import CARD_BANK, FOREIGN_BANK, account_number
from zhigong.conf.demo_city.paying import Treasury
from zhigong.conf.demo_city.roster import Roster
from zhigong.conf.demo_city.stories import CAUSES, FIRST_DAY, HARDSHIP, STORIES, Act
from zhigong.facts import operations as facts
from zhigong.funds import operations as funds
from zhigong.kernel.actor import Actor
from zhigong.kernel.workdays import work_calendar
from zhigong.orgs import operations as orgs

LEVELS = {"city": 1, "district": 2, "street": 3, "grassroots": 4}


class Play:
    """One telling of the stories; told again after an interruption it goes on where it stopped."""

    def __init__(self, *, folder: Path, day: date, people: Mapping[str, Player], roster: Roster) -> None:
        self.day, self.people = day, people
        self._mark = folder / "played.json"
        self._cases: dict[str, UUID] = {}
        self._treasury = Treasury(folder=folder, day=day, roster=roster, players=people)
        self._do: dict[str, Callable[[Act, Player, str, date], None]] = {
            "apply": self._apply,
            "declare": self._declare,
            "register": self._register,
            "supplement": self._act,
            "publish": self._act,
            "refuse": self._act,
            "pass": self._act,
            "rate": self._rate,
            "object": self._object,
            "withdraw": self._withdraw,
            "follow_up": self._follow_up,
        }

    def run(self) -> None:
        """All days in order. The clock runs once a day; acts are keyed, so those done already are done."""
        reached = self._reached()
        for number in range(FIRST_DAY, 1):
            on = work_calendar().add_workdays(self.day, number, allow_estimate=True) if number else self.day
            if number > reached:
                with orgs.city_scope(on=on) as by:
                    casework.run_clock(by=by)
            self._treasury.work(number, on)
            for role, player in self.people.items():
                for place, act in enumerate(STORIES[role].acts):
                    if act.day == number:
                        self._do[act.what](act, player, f"demo:{role}:{place}", on)
            self._mark.write_text(json.dumps({"reached": max(number, reached)}), encoding="utf-8")

    def _reached(self) -> int:
        """The last day that was told to its end."""
        try:
            return int(json.loads(self._mark.read_text(encoding="utf-8"))["reached"])
        except (OSError, ValueError, KeyError):
            return FIRST_DAY - 1

    def _member(self, player: Player, on: date) -> AbstractContextManager[Actor]:
        return orgs.acting_as(account_id=player.account, post_id=None, on=on)

    def _cadre(self, act: Act, player: Player, on: date) -> AbstractContextManager[Actor]:
        return orgs.acting_as(account_id=player.desks[LEVELS[act.who]], post_id=None, on=on)

    def _case(self, key: str) -> UUID:
        return self._cases[key.split(":")[1]]

    def _apply(self, act: Act, player: Player, key: str, on: date) -> None:
        answers: dict[str, Any] = {"cause": CAUSES[player.person.int % len(CAUSES)], **act.values}
        account = casework.Account(player.name, FOREIGN_BANK, account_number(player.person))
        with self._member(player, on) as by:
            made = casework.apply(by=by, service_id=HARDSHIP, answers=answers, account=account, key=key)
        self._cases[key.split(":")[1]] = made

    def _register(self, _act: Act, player: Player, key: str, on: date) -> None:
        with self._member(player, on) as by:
            funds.register_account(
                by, person_id=player.person, holder=player.name, bank=CARD_BANK,
                number=account_number(player.person), key=key,
            )  # fmt: skip

    def _declare(self, act: Act, player: Player, key: str, on: date) -> None:
        with self._member(player, on) as by:
            for name, value in act.values.items():
                facts.declare(by=by, person_id=player.person, name=name, value=value, key=key)  # type: ignore[arg-type]

    def _act(self, act: Act, player: Player, key: str, on: date) -> None:
        with self._cadre(act, player, on) as by:
            casework.act(
                by=by, case_id=self._case(key), step=act.step, action=act.what, note=act.note, key=key,
                ask=tuple(act.values.get("ask", ())),  # type: ignore[arg-type]
            )  # fmt: skip

    def _rate(self, act: Act, player: Player, key: str, on: date) -> None:
        with self._member(player, on) as by:
            score = int(str(act.values["score"]))
            casework.rate(by=by, case_id=self._case(key), score=score, text=act.note, key=key)

    def _object(self, act: Act, player: Player, key: str, on: date) -> None:
        with self._member(player, on) as by:
            casework.object(by=by, case_id=self._case(key), text=act.note, key=key)

    def _withdraw(self, _act: Act, player: Player, key: str, on: date) -> None:
        with self._member(player, on) as by:
            casework.withdraw_case(by=by, case_id=self._case(key), key=key)

    def _follow_up(self, act: Act, player: Player, key: str, on: date) -> None:
        with self._cadre(act, player, on) as by:
            waiting = cases.todos(by, kind=TodoKind.FOLLOW_UP)
            found = next((todo.id for todo in waiting if todo.case_id == self._case(key)), None)
            if found is not None:
                casework.follow_up(by=by, rating_id=found, note=act.note, key=key)
