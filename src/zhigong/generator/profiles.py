"""How large a city: the profiles of the mission, or any number of members at the proportions of the demo city."""

from __future__ import annotations

from dataclasses import dataclass

from zhigong.kernel.errors import Refused

LEAST_MEMBERS = 300
MOST_MEMBERS = 20_000_000
"""Above this a day has more births of one sex in one district than sequence numbers in an identity number."""


@dataclass(frozen=True)
class Profile:
    """A size of city: how many unions of all levels, enterprises, and active members."""

    name: str
    unions: int
    employers: int
    members: int


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("demo", 1_500, 1_400, 42_000),
        Profile("wuhu", 5_000, 14_000, 420_000),
        Profile("hangzhou", 15_365, 19_208, 686_500),
        Profile("beijing", 200_000, 150_000, 5_000_000),
    )
}


def choose_profile(name: str | None, members: int | None) -> Profile:
    """The profile of that name, or the demo city scaled to `members`; exactly one of the two (none means demo)."""
    if name is not None and members is not None:
        raise Refused("规模和会员数只能给一个。", where="--profile、--members", do="去掉其中一个。")
    if members is not None:
        return _scaled(members)
    if name is None:
        return PROFILES["demo"]
    if name not in PROFILES:
        raise Refused(f"没有名为“{name}”的规模。", where="--profile", do=f"可用：{'、'.join(PROFILES)}。")
    return PROFILES[name]


def _scaled(members: int) -> Profile:
    if not LEAST_MEMBERS <= members <= MOST_MEMBERS:
        raise Refused(
            f"会员数 {members} 超出范围。",
            where="--members",
            why=f"示范城市的会员数应在 {LEAST_MEMBERS} 到 {MOST_MEMBERS} 之间。",
            do="换一个数。",
        )
    demo = PROFILES["demo"]
    unions = max(50, round(demo.unions * members / demo.members))
    employers = max(30, round(demo.employers * members / demo.members))
    return Profile(f"members-{members}", unions, employers, members)
