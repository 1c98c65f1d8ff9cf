"""Loads the demo city: `python -m zhigong.conf.demo_load FOLDER`, as role job. What is there already stays as it is."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from zhigong.conf.runtime import choose_role
from zhigong.kernel.errors import Refused

if TYPE_CHECKING:
    from zhigong.kernel.actor import Actor

SOURCES = ("unions", "enterprises", "roster")
_FRIENDLY_SIZE = (40, 200)


def main(folder: Path) -> int:
    """Ingest, then accounts; a refusal goes to stdout as one JSON object."""
    choose_role("job")
    import django

    django.setup()
    try:
        for source in SOURCES:
            ingest(source, folder)
        make_accounts(folder)
    except Refused as reason:
        print(json.dumps(reason.as_dict(), ensure_ascii=False))  # the parent reads it
        return 1
    return 0


def say(text: str) -> None:
    """Progress for the terminal the demo was started from."""
    sys.stderr.write(text + "\n")


def ingest(source: str, folder: Path) -> None:
    """One file of the city through the same door as any department's."""
    from zhigong.exchange import operations as exchange
    from zhigong.kernel.clock import now, today
    from zhigong.orgs import operations as orgs

    file = next(path for path in sorted(folder.glob(f"{source}.*")))
    begun = time.monotonic()
    receipt = exchange.ingest(
        scope=partial(orgs.city_scope, on=today()),
        source=source,
        file=file,
        as_of=today(),
        at_ms=int(now().timestamp() * 1000),
    )
    say(f"  {file.name}：{receipt.rows} 行，退回 {receipt.rejected}（{time.monotonic() - begun:.1f} 秒）")


@dataclass(frozen=True)
class Place:
    """The unions of one line from the city down, where the demo's cadres work."""

    city: UUID
    district: UUID
    street: UUID
    grassroots: UUID


def make_accounts(folder: Path) -> None:
    """The ten roles of the demo's front door, each with its post or its person."""
    from zhigong.identity import queries as identity
    from zhigong.identity.types import DEMO_ACCOUNTS
    from zhigong.kernel.clock import today
    from zhigong.orgs import operations as orgs

    with orgs.city_scope(on=today()) as actor:
        there = identity.accounts_by_username(DEMO_ACCOUNTS)
        place = find_place(actor, folder)
        for username, name, union_id, duty in cadres(place):
            if username not in there:
                appoint(actor, username, name, union_id, duty)
        for username, person in members(actor, folder, place):
            if username not in there:
                open_account(actor, username, person)


def cadres(place: Place) -> Iterator[tuple[str, str, UUID, str]]:
    """Account, name, union and duty of each cadre."""
    yield "demo-city", "沈明远", place.city, "chair"
    yield "demo-district", "陆秋萍", place.district, "chair"
    yield "demo-street", "周建国", place.street, "chair"
    yield "demo-grassroots", "吴小梅", place.grassroots, "chair"
    yield "demo-data", "顾晓宁", place.city, "data_officer"
    yield "demo-finance", "钱文静", place.city, "finance"
    yield "demo-auditor", "严正华", place.city, "auditor"


def appoint(actor: Actor, username: str, name: str, union_id: UUID, duty: str) -> None:
    """A cadre's account and post."""
    from zhigong.identity import operations as identity
    from zhigong.kernel.clock import now
    from zhigong.orgs import operations as orgs
    from zhigong.orgs.types import Duty

    account_id = identity.create_account(by=actor, username=username, name=name, now=now())
    orgs.appoint(by=actor, union_id=union_id, holder=name, duty=Duty(duty), starts_on=actor.on, account_id=account_id)


def open_account(actor: Actor, username: str, person: Any) -> None:  # noqa: ANN401  a MemberLine or None
    """A member's account; without a person it is the courier who has no union yet."""
    from zhigong.identity import operations as identity
    from zhigong.kernel.clock import now

    name = person.name if person else "郑小伟"
    identity.create_account(by=actor, username=username, name=name, person_id=person.id if person else None, now=now())


def find_place(actor: Actor, folder: Path) -> Place:
    """A grassroots union of friendly size that came in, with the unions above it."""
    from zhigong.orgs import queries

    truth = _columns(folder / "truth" / "unions.parquet", ["code", "level", "parent", "kind", "active_members"])
    sizes, levels, parents = truth["active_members"], truth["level"], truth["parent"]
    least, most = _FRIENDLY_SIZE
    wanted = [row for row, size in enumerate(sizes) if levels[row] == levels[-1] and least <= size <= most]
    for row in sorted(wanted, key=lambda row: (truth["kind"][row] != "enterprise", -sizes[row])):
        chain = list(_upwards(row, parents))
        found = [_union(actor, truth["code"][one]) for one in chain]
        if len(chain) == 4 and all(found):
            grassroots, street, district, _ = (union.id for union in found if union)
            return Place(queries.own_union(actor).id, district, street, grassroots)
    raise Refused("演示城市里没有合适的基层工会。", where=str(folder), do="请用 --reset 重新生成。")


def _upwards(row: int, parents: list[int | None]) -> Iterator[int]:
    at: int | None = row
    while at is not None:
        yield at
        at = parents[at]


def _union(actor: Actor, code: str) -> Any:  # noqa: ANN401  a UnionLine or None
    from zhigong.orgs import queries

    return next((union for union in queries.search_unions(actor, code) if union.code == code), None)


def members(actor: Actor, folder: Path, place: Place) -> Iterator[tuple[str, Any]]:
    """A member of that union, one in hardship anywhere in the city, and a courier who is nowhere yet."""
    from zhigong.people import queries as people
    from zhigong.people.types import MemberFilter

    own = people.members(actor, MemberFilter(union_id=place.grassroots)).lines
    poor = next(_in_hardship(actor, folder), None)
    member = next((line for line in own if poor is None or line.id != poor.id), None)
    if member is None or poor is None:
        raise Refused("演示城市里没有合适的会员。", where=str(folder), do="请用 --reset 重新生成。")
    yield "demo-member", member
    yield "demo-hardship", poor
    yield "demo-courier", None


def _in_hardship(actor: Actor, folder: Path) -> Iterator[Any]:
    from zhigong.people import queries as people

    persons = _columns(folder / "truth" / "persons.parquet", ["person", "number", "member", "document"])
    numbers = dict(zip(persons["person"], persons["number"], strict=True))
    active = {one for one, state in zip(persons["person"], persons["member"], strict=True) if state == "active"}
    poor = _columns(folder / "truth" / "hardship.parquet", ["person", "grade"])
    for person, _ in sorted(
        zip(poor["person"], poor["grade"], strict=True), key=lambda one: (one[1] != "deep", one[0])
    ):
        if person in active:
            yield from (
                line for line in people.search(actor, str(numbers[person])) if line.status == line.status.ACTIVE
            )


def _columns(file: Path, names: list[str]) -> dict[str, list[Any]]:
    import pyarrow.parquet as pq

    return dict(pq.read_table(file, columns=names).to_pydict())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
