"""Who plays: the accounts of the front door, the chairs of every union a story passes, and the members themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from zhigong.conf.demo_city import money
from zhigong.conf.demo_city.roster import Roster
from zhigong.conf.demo_city.stories import VISITOR, Area, Story
from zhigong.identity import operations as identity
from zhigong.identity import queries as accounts
from zhigong.kernel.actor import Actor
from zhigong.kernel.clock import now
from zhigong.kernel.errors import Refused
from zhigong.orgs import operations as orgs
from zhigong.orgs.types import Duty
from zhigong.people import queries as people

COURIER = "demo-courier"
MEMBER, POOR = "demo-member", "demo-hardship"
CITY, DISTRICT, STREET, GRASSROOTS = "demo-city", "demo-district", "demo-street", "demo-grassroots"
FINANCE = "demo-finance"
DESKS = {1: CITY, 2: DISTRICT, 3: STREET, 4: GRASSROOTS}
"""The account of each level at the front door."""
_FRIENDLY_SIZE = (40, 200)
_SURNAMES = "郑孙何宋许韩邓曹彭曾萧田董潘袁蔡蒋余于杜"
_GIVEN = ("建华", "丽萍", "志强", "秀芳", "海涛", "春梅", "国栋", "晓燕", "永健", "文静", "立新", "慧敏")


@dataclass(frozen=True)
class Player:
    """A member of a story with her account, and the accounts of the cadres of her chain by level."""

    person: UUID
    name: str
    account: UUID
    desks: Mapping[int, UUID]


@dataclass(frozen=True)
class Place:
    """The unions of one line from the city down, where the demo's cadres work."""

    city: UUID
    district: UUID
    street: UUID
    grassroots: UUID

    @property
    def unions(self) -> set[UUID]:
        """All four."""
        return {self.city, self.district, self.street, self.grassroots}

    def at(self, level: int) -> UUID:
        """The union of a level."""
        return (self.city, self.district, self.street, self.grassroots)[level - 1]


def engage(by: Actor, roster: Roster, *, stories: Mapping[str, Story], since: date) -> dict[str, Player]:
    """Every account, in the caller's one transaction: all are there, or none. since: the story's first day."""
    there = accounts.accounts_by_username([CITY, *(_username(role) for role in stories)])
    if CITY not in there:
        _engage(by, roster, stories, since=since)
        there = accounts.accounts_by_username([CITY, *(_username(role) for role in stories)])
    played = {role: there[_username(role)] for role in stories if _username(role) in there}
    made = {}
    for role, account in played.items():
        if account.person_id is not None:
            line = roster.members.get(account.person_id)
            union = line.union_id if line else people.person_page(by, account.person_id).line.union_id
            made[role] = Player(account.person_id, account.name, account.id, _desks(roster, union))
    return made


def _username(role: str) -> str:
    return POOR if role == VISITOR else f"member-{role}"


def _engage(by: Actor, roster: Roster, stories: Mapping[str, Story], *, since: date) -> None:
    place = find_place(roster)
    hired = since - timedelta(days=400)
    for username, name, union_id, duty in cadres(place):
        _appoint(by, username, name, union_id, duty, starts_on=hired)
    chosen = choose(roster, place, stories)
    for role, person in chosen.items():
        _open_account(by, _username(role), roster, person)
        for union in set(roster.chain_of(person)) - place.unions:
            _seat(by, union, starts_on=hired)
    _open_account(by, MEMBER, roster, _member(roster, place, taken=set(chosen.values())))


def cadres(place: Place) -> Iterator[tuple[str, str, UUID, str]]:
    """Account, name, union and duty of each cadre of the front door."""
    yield CITY, "沈明远", place.city, "chair"
    yield DISTRICT, "陆秋萍", place.district, "chair"
    yield STREET, "周建国", place.street, "chair"
    yield GRASSROOTS, "吴小梅", place.grassroots, "chair"
    yield "demo-data", "顾晓宁", place.city, "data_officer"
    yield FINANCE, "钱文静", place.city, "finance"
    yield "demo-auditor", "严正华", place.city, "auditor"


def _appoint(by: Actor, username: str, name: str, union_id: UUID, duty: str, *, starts_on: date) -> None:
    account = identity.create_account(by=by, username=username, name=name, now=now())
    orgs.appoint(by=by, union_id=union_id, holder=name, duty=Duty(duty), starts_on=starts_on, account_id=account)


def _seat(by: Actor, union_id: UUID, *, starts_on: date) -> None:
    """A chair for a union that a story passes and that has none yet."""
    if not accounts.accounts_by_username([_chair(union_id)]):
        name = _SURNAMES[union_id.int % len(_SURNAMES)] + _GIVEN[union_id.int // 64 % len(_GIVEN)]
        _appoint(by, _chair(union_id), name, union_id, "chair", starts_on=starts_on)


def _chair(union_id: UUID) -> str:
    return f"chair-{union_id.hex[-12:]}"


def _desks(roster: Roster, union_id: UUID) -> dict[int, UUID]:
    """The accounts of the chairs above and at a union, by level."""
    found = roster.chain(union_id)
    there = accounts.accounts_by_username([*DESKS.values(), *(_chair(one) for one in found)])
    seats = {roster.tree[one][0]: there.get(_chair(one)) for one in found}
    return {level: (seat or there[DESKS[level]]).id for level, seat in seats.items()}


def _open_account(by: Actor, username: str, roster: Roster, person: UUID) -> None:
    name = roster.members[person].name
    identity.create_account(by=by, username=username, name=name, person_id=person, now=now())


def find_place(roster: Roster) -> Place:
    """The grassroots union of friendly size, four levels deep, with the most persons in hardship."""
    groups, poor = roster.by_union(), set(roster.hardship)
    least, most = _FRIENDLY_SIZE
    fitting = [union for union, members in groups.items() if least <= len(members) <= most]
    for union in sorted(fitting, key=lambda one: (-len(poor.intersection(groups[one])), one)):
        found = roster.chain(union)
        if len(found) == 4 and len(groups[union]) > len(poor.intersection(groups[union])) > 0:
            return Place(*found)
    raise Refused("演示城市里没有合适的基层工会。", do="请用 --reset 重新生成。")


def choose(roster: Roster, place: Place, stories: Mapping[str, Story]) -> dict[str, UUID]:
    """A person in hardship for each story, from the nearest area that still has one; four levels deep, so that every
    step of the route has its own desk. Stories for which nobody is left are not told."""
    chains = {person: roster.chain_of(person) for person in roster.hardship}
    left = [person for person in roster.hardship if len(chains[person]) == 4]
    chosen = dict[str, UUID]()
    for role, story in stories.items():
        near = (p for a in range(story.area, 0, -1) for p in left if chains[p][a - 1] == place.at(a))
        found = next((person for person in near if _is_told_apart(story, chains[person], place)), None)
        if found is not None:
            left.remove(found)
            chosen[role] = found
    if VISITOR not in chosen:
        raise Refused("演示城市里没有合适的困难会员。", do="请用 --reset 重新生成。")
    return chosen


def _is_told_apart(story: Story, chain: tuple[UUID, ...], place: Place) -> bool:
    """The demo's own grassroots union keeps its people for the stories that happen there."""
    return story.area is Area.GRASSROOTS or chain[-1] != place.grassroots


def _member(roster: Roster, place: Place, *, taken: set[UUID]) -> UUID:
    """A member of the demo's union, if possible one whom the medical insurance found something for and who was paid."""
    own = [one for one in roster.by_union()[place.grassroots] if one not in taken]
    return min(own, key=lambda one: (one not in roster.medical, not money.listed_first(one), one))
