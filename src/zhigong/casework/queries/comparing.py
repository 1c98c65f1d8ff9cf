"""What screening found beside the truth of a generated city: recall, precision, and why the rest differs."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from zhigong.casework.population import CHAIN, population
from zhigong.catalogue import queries as catalogue
from zhigong.catalogue.types import Service
from zhigong.exchange import queries as exchange
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch
from zhigong.kernel.errors import Refused
from zhigong.kernel.vault import vault
from zhigong.rules import operations as rules

MOST = 40
ROSTER = "roster.csv"
SAME_FILE = 0.9
"""Share of rows whose person must be the truth's for a roster to count as the generated one."""


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

    The truth's persons are found in the base by the blind index of their number, those whom the base has without a
    sound one by the row of the roster that brought them. Raises Refused when the truth is not there.
    """
    folder = truth / "truth" if (truth / "truth").is_dir() else truth
    service = catalogue.service(service_id)
    wanted = _wanted(folder)
    true_of = _persons(_numbers(folder))
    true_of |= _by_roster(actor, folder, true_of)
    ours: dict[int, list[str]] = {}
    for one, person in true_of.items():
        ours.setdefault(person, []).append(one)
    with population(actor, service) as everybody:
        known = f"e.* EXCLUDE ({', '.join(CHAIN)})"
        rows = everybody.engine.fetch_arrow(
            f"SELECT {known}, s.verdict, s.missing FROM everybody e JOIN ({everybody.screen()}) s USING (person_id)"
        )
        parameters = service.parameters(everybody.day)
    seen = {row["person_id"]: row for row in rows.to_pylist()}
    found = {person for person, row in seen.items() if row["verdict"] is True}
    facts = _truth_facts(folder)
    true = {person: _best(ours.get(person, ()), found) for person in wanted}
    both = {one for one in true.values() if one in found}
    judge = _Judge(service, parameters)
    missed = Counter(
        judge.why_missed(seen.get(one or ""), facts.get(person), in_base=one is not None)
        for person, one in true.items()
        if one not in found
    )
    extra = Counter(judge.why_extra(seen[one], facts.get(true_of.get(one, -1))) for one in found - both)
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


def _persons(numbers: Mapping[int, str]) -> dict[str, int]:
    """Our person -> person of the truth, by blind index; those not in the truth are absent."""
    blind = vault().blind("person.id_number")
    index = {bytes(blind.index(number)): person for person, number in numbers.items()}
    rows = fetch("SELECT id::text, id_index FROM people_person WHERE id_index IS NOT NULL")
    return {ours: index[bytes(token)] for ours, token in rows if bytes(token) in index}


def _by_roster(actor: Actor, folder: Path, known: Mapping[str, int]) -> dict[str, int]:
    """Our persons not known by their number -> person of the truth, by the row of the city's roster they are in.

    Whether a batch is that very roster is told by the rows of persons known by their number.
    """
    links = _read(folder, "links", ["source", "file", "row", "person"])
    wanted = pc.and_(pc.equal(links["source"], "roster"), pc.equal(links["file"], ROSTER))
    rows = links.filter(wanted)
    about = dict(zip(rows["row"].to_pylist(), rows["person"].to_pylist(), strict=True))
    found: dict[str, int] = {}
    for lines in _roster_lines(actor).values():
        judged = [about.get(row) == known[one] for row, one in lines if one in known]
        if judged and sum(judged) >= SAME_FILE * len(judged):
            found |= {one: about[row] for row, one in lines if one not in known and row in about}
    return found


def _roster_lines(actor: Actor) -> dict[str, list[tuple[int, str]]]:
    """Row and person of every row of the rosters in force, by batch."""
    found: dict[str, list[tuple[int, str]]] = {}
    with TemporaryDirectory() as folder:
        out = Path(folder) / "links.csv"
        exchange.write_links(actor, "roster", out)
        with out.open(encoding="utf-8", newline="") as stream:
            for line in csv.DictReader(stream):
                found.setdefault(line["batch"], []).append((int(line["row"]), line["person_id"]))
    return found


def _best(ours: Sequence[str], found: Set[str]) -> str | None:
    """Of the entries of one person in our base the one that was found, else any."""
    return next((one for one in ours if one in found), ours[0] if ours else None)


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
