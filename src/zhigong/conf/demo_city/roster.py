"""Who is in the base and what was found for whom: what the demo chooses its people from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from zhigong.casework import queries as cases
from zhigong.conf.demo_city.stories import HARDSHIP, MEDICAL
from zhigong.kernel.actor import Actor
from zhigong.orgs import queries as orgs
from zhigong.people import queries as people
from zhigong.people.types import MemberFilter, MemberLine

PAGE = 5_000


@dataclass(frozen=True)
class Roster:
    """Active members by id; those found for the hardship archive and granted medical aid, in the order of ids.

    tree: each union's level and parent.
    """

    members: Mapping[UUID, MemberLine]
    hardship: Sequence[UUID]
    medical: frozenset[UUID]
    tree: Mapping[UUID, tuple[int, UUID | None]]

    def by_union(self) -> dict[UUID, list[UUID]]:
        """Members of each union."""
        found: dict[UUID, list[UUID]] = defaultdict(list)
        for line in self.members.values():
            found[line.union_id].append(line.id)
        return found

    def chain(self, union: UUID) -> tuple[UUID, ...]:
        """A union and those above it, from the city down."""
        above = self.tree[union][1]
        return (*(self.chain(above) if above else ()), union)

    def chain_of(self, person: UUID) -> tuple[UUID, ...]:
        """The chain of a member's union."""
        return self.chain(self.members[person].union_id)


def read_roster(by: Actor) -> Roster:
    """Read it once, as the city sees it."""
    members: dict[UUID, MemberLine] = {}
    after: UUID | None = None
    while True:
        page = people.members(by, MemberFilter(), after=after, limit=PAGE)
        members |= {line.id: line for line in page.lines}
        after = page.following
        if after is None:
            break
    return Roster(
        members=members,
        hardship=[one for one in _true(by, HARDSHIP) if one in members],
        medical=frozenset(_true(by, MEDICAL)),
        tree={union: (level, parent) for union, parent, _, level in orgs.tree_as_of(by, on=by.on)},
    )


def _true(by: Actor, service: str) -> list[UUID]:
    rows = cases.screen(by, service).rows.to_pylist()
    return [UUID(row["person_id"]) for row in rows if row["verdict"] is True]
