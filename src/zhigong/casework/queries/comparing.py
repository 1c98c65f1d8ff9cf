"""What screening found beside the truth of a generated city: recall, precision, and why the rest differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from zhigong.casework.population import CHAIN, population
from zhigong.catalogue import queries as catalogue
from zhigong.catalogue.types import Service
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import Refused
from zhigong.kernel.vault import vault
from zhigong.rules import operations as rules

MOST = 40


@dataclass(frozen=True, slots=True)
class Comparison:
    """Found and true side by side. missed, extra: persons by cause, in words, the most frequent first."""

    truth: int
    found: int
    both: int
    missed: Mapping[str, int]
    extra: Mapping[str, int]

    @property
    def recall(self) -> float:
        """Share of the true ones that were found."""
        return self.both / self.truth if self.truth else 1.0

    @property
    def precision(self) -> float:
        """Share of the found ones that are true."""
        return self.both / self.found if self.found else 1.0


def compare(actor: Actor, service_id: str, *, truth: Path) -> Comparison:
    """Screen a service and compare with DIR/truth/hardship.parquet of a generated city.

    The truth's persons are found in the base by the blind index of their number. Raises Refused when it is not there.
    """
    folder = truth / "truth" if (truth / "truth").is_dir() else truth
    service = catalogue.service(service_id)
    numbers = _numbers(folder)
    wanted = _wanted(folder)
    ours = _persons(numbers)
    with population(actor, service) as everybody:
        known = f"e.* EXCLUDE ({', '.join(CHAIN)})"
        rows = everybody.engine.fetch_arrow(
            f"SELECT {known}, s.verdict, s.missing FROM everybody e JOIN ({everybody.screen()}) s USING (person_id)"
        )
        parameters = service.parameters(everybody.day)
    seen = {row["person_id"]: row for row in rows.to_pylist()}
    found = {person for person, row in seen.items() if row["verdict"] is True}
    facts = _truth_facts(folder)
    true = {person: ours.get(numbers.get(person, "")) for person in wanted}
    both = {one for one in true.values() if one in found}
    judge = _Judge(service, parameters)
    missed = Counter(
        judge.why_missed(seen.get(one or ""), facts.get(person), in_base=one is not None)
        for person, one in true.items()
        if one not in found
    )
    back = {one: person for person, one in ((p, ours.get(n)) for p, n in numbers.items()) if one}
    extra = Counter(judge.why_extra(seen[one], facts.get(back.get(one, -1))) for one in found - both)
    return Comparison(len(true), len(found), len(both), dict(missed.most_common(MOST)), dict(extra.most_common(MOST)))


def _read(folder: Path, name: str, columns: list[str] | None = None) -> Any:  # noqa: ANN401 — an Arrow table
    path = folder / f"{name}.parquet"
    if not path.exists():
        raise Refused("没有找到真值文件。", where=str(path), do="请给出 zhigong generate 写的目录。")
    return pq.read_table(path, columns=columns)


def _numbers(folder: Path) -> dict[int, str]:
    table = _read(folder, "persons", ["person", "number"])
    return {
        person: number
        for person, number in zip(table["person"].to_pylist(), table["number"].to_pylist(), strict=True)
        if number
    }


def _wanted(folder: Path) -> set[int]:
    table = _read(folder, "hardship", ["person"])
    return set(pc.unique(table["person"]).to_pylist())


def _truth_facts(folder: Path) -> dict[int, dict[str, Any]]:
    return {row["person"]: row for row in _read(folder, "facts").to_pylist()}


def _persons(numbers: Mapping[int, str]) -> dict[str, str]:
    """Number -> our person, by blind index; those not in the base are absent."""
    blind = vault().blind("person.id_number")
    texts = sorted(set(numbers.values()))
    index = {bytes(blind.index(text)): text for text in texts}
    rows = fetch("SELECT id::text, id_index FROM people_person WHERE id_index IS NOT NULL")
    return {index[bytes(token)]: person for person, token in rows if bytes(token) in index}


class _Judge:
    """Tells why one person's verdict differs from the truth: which fact is not known, or other than in truth."""

    def __init__(self, service: Service, parameters: Mapping[str, Any]) -> None:
        self._service, self._parameters = service, parameters

    def why_missed(self, row: Mapping[str, Any] | None, truth: Mapping[str, Any] | None, *, in_base: bool) -> str:
        """Why a person in hardship was not found."""
        if not in_base:
            return "不在实名库中，或证件号码没有登记（名册证件有误）"
        if row is None:
            return "事实表里没有（刷新之后才入库）"
        if row["verdict"] is None:
            return f"事实不全：缺 {'、'.join(sorted(row['missing']))}"
        return self._differing(row, truth, wanted=True)

    def why_extra(self, row: Mapping[str, Any], truth: Mapping[str, Any] | None) -> str:
        """Why a person found is not in hardship."""
        return "真值中不是会员" if truth is None else self._differing(row, truth, wanted=False)

    def _differing(self, row: Mapping[str, Any], truth: Mapping[str, Any] | None, *, wanted: bool) -> str:
        """The single facts that by themselves turn the verdict when the truth is put in their place; else all that
        differ."""
        if truth is None:
            return "真值中没有这个人的事实"
        names = sorted(self._service.rule.facts & truth.keys())
        differing = [name for name in names if row[name] != truth[name] and not self._presumed(name, row, truth)]
        known = {name: row[name] for name in self._service.rule.facts}
        turning = [name for name in differing if self._verdict(known | {name: truth[name]}) is wanted]
        named = turning or differing
        how = "其中一项即可改变结论" if turning else "共同造成"
        return f"事实与真值不同（{how}）：{'、'.join(named)}" if named else "事实相同而结论不同（截止日或口径）"

    def _presumed(self, name: str, row: Mapping[str, Any], truth: Mapping[str, Any]) -> bool:
        presume = self._service.screening.presume
        return row[name] is None and name in presume and presume[name] == truth[name]

    def _verdict(self, known: Mapping[str, Any]) -> bool | None:
        return rules.decide(
            self._service.rule, facts=known, parameters=self._parameters, presume=self._service.screening.presume
        ).verdict
