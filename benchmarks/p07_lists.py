"""P7: the main lists and searches at four levels, scoped, against the same statements run by the administrator without policies.

Every statement that a query sends is caught as it is sent and then run in turn by both roles, client time, best of several.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg

from benchmarks._city import AS_OF, SIZES, figure, loaded, say, server

ROUNDS = 9
LEVELS = {1: "city", 2: "district", 3: "street", 4: "grassroots"}


def main() -> None:
    """Forty queries, four levels; medians of the ratios, and the 95th percentile of our milliseconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", choices=SIZES, default="small")
    members = SIZES[parser.parse_args().scale]
    with server():
        loaded(members)
        ours: list[float] = []
        others: list[float] = []
        worst: list[tuple[float, float, str]] = []
        for level, name in LEVELS.items():
            for query, mine, theirs in _measure(level):
                ours.append(mine)
                others.append(theirs)
                worst.append((mine, mine / theirs, f"{name} {query}"))
        for mine, ratio, what in sorted(worst, reverse=True)[:12]:
            say(f"  {mine:8.2f} ms  {ratio:5.2f} ×  {what}")
        ratios = [mine / theirs for mine, theirs in zip(ours, others, strict=True)]
        p95 = statistics.quantiles(ours, n=20)[18]
        common = {
            "figure": "P7",
            "unit": "ms",
            "against": "the same statement without row-level security",
            "queries": len(ours),
        }
        figure(
            **common,
            work=f"{len(ours)} lists × levels at {members:,} members, total",
            ours=round(sum(ours), 2),
            other=round(sum(others), 2),
            reach="≤ 1.2",
            median_ratio=round(statistics.median(ratios), 3),
        )
        figure(**common, work="95th percentile in the database", ours=round(p95, 2), other=None, reach="≤ 50 ms")


def _measure(level: int) -> Iterator[tuple[str, float, float]]:
    from django.db import connection

    from zhigong.conf.database import address, admin_parameters

    # As Django sends them: psycopg's own cursor would let the server keep the administrator's statements parsed.
    alike: dict[str, Any] = {"cursor_factory": psycopg.ClientCursor, "prepare_threshold": None}
    with psycopg.connect(**admin_parameters(name=address()["name"]), **alike) as admin, _acting(level) as actor:
        with connection.cursor() as cursor:
            # As the web role: the job role would measure the same policies, but not the grants of a page.
            cursor.execute("SET LOCAL jit = off")
        admin.execute("SET jit = off")
        raw: psycopg.Connection[Any] = connection.connection
        for name, ask in _queries(actor).items():
            statements = _caught(ask)
            mine, theirs = zip(
                *((_time(raw, statements), _time(admin, statements)) for _ in range(ROUNDS)), strict=True
            )
            yield name, min(mine), min(theirs)
        admin.rollback()


@contextmanager
def _acting(level: int) -> Iterator[Any]:
    """A chair of a middling union of this level, through an account and a post of hers."""
    from zhigong.identity.models import Account
    from zhigong.kernel.db.bulk import fetch
    from zhigong.kernel.ids import uuid7
    from zhigong.orgs import operations as orgs
    from zhigong.orgs.types import Duty

    with orgs.city_scope(on=AS_OF) as by:
        ranked = fetch(
            f"SELECT u.id FROM orgs_union u JOIN people_tally t ON t.l{level} = u.seq WHERE u.level = {level} AND u.status = 2 "
            "GROUP BY u.id ORDER BY sum(t.members) DESC, u.id"
        )
        union = ranked[len(ranked) // 3][0]
        account = Account.objects.create_user(f"bench-{uuid7().hex[-10:]}", name="测量")
        orgs.appoint(by=by, union_id=union, holder="测量", duty=Duty.CHAIR, starts_on=AS_OF, account_id=account.id)
    with orgs.acting_as(account_id=account.id, post_id=None, on=AS_OF) as actor:
        yield actor


def _queries(actor: Any) -> dict[str, Callable[[], object]]:
    """The lists and searches of the workbench, as its pages ask for them."""
    from zhigong.exchange import queries as exchange
    from zhigong.kernel.db.bulk import fetch
    from zhigong.orgs import queries as orgs
    from zhigong.people import queries as people
    from zhigong.people.types import MemberFilter, MembershipStatus, Verification

    some = fetch(
        f"SELECT id, name, union_id, left(initials, 2), right(phone_masked, 4) FROM people_person "
        f"WHERE {actor.level_column} = %(seq)s AND membership_status = 1 ORDER BY id LIMIT 1 OFFSET 7",
        {"seq": actor.seq},
    ) or fetch(
        f"SELECT id, name, union_id, left(initials, 2), '0000' FROM people_person WHERE {actor.level_column} = %(seq)s LIMIT 1",
        {"seq": actor.seq},
    )
    person, name, union, initials, tail = some[0]
    firms = fetch(
        f"SELECT id, left(name, 4) FROM orgs_employer WHERE {actor.level_column} = %(seq)s LIMIT 1", {"seq": actor.seq}
    )
    own = UUID(str(actor.union_id))
    filters = {
        "members": MemberFilter(),
        "members, newest first": MemberFilter(sort="joined"),
        "members of any standing": MemberFilter(status=None),
        "retained members": MemberFilter(status=MembershipStatus.RETAINED),
        "former members": MemberFilter(status=MembershipStatus.ENDED),
        "unverified members": MemberFilter(verification=Verification.UNVERIFIED),
        "women": MemberFilter(sex="2"),
        "migrants": MemberFilter(migrant=True),
        "members of one union": MemberFilter(union_id=union),
        "aged 30 to 35": MemberFilter(age_from=30, age_to=35),
        "over 55": MemberFilter(age_from=55),
        "women migrants": MemberFilter(sex="2", migrant=True),
        "by family name": MemberFilter(text=name[:1]),
        "by name": MemberFilter(text=name),
        "by initials": MemberFilter(text=initials),
        "by last four": MemberFilter(text=tail),
        "by phone": MemberFilter(text="13800000000"),
        "by identity number": MemberFilter(text="990102198506120019"),
    }
    asked: dict[str, Callable[[], object]] = {
        key: _bind(people.members, actor, wanted) for key, wanted in filters.items()
    }
    following = people.members(actor, MemberFilter()).following
    asked |= {"members, next page": lambda: people.members(actor, MemberFilter(), after=following)} if following else {}
    for text in (name, name[:1], initials, tail, "zzz", "13800000000"):
        asked[f"search {len(text)}{'a' if text.isascii() else ''} {text[:1] == name[:1]}"] = _bind(
            people.search, actor, text
        )
    return asked | {
        "person page": lambda: people.person_page(actor, person),
        "tallies": lambda: people.tallies(actor),
        "transfers": lambda: people.transfers(actor),
        "own union": lambda: orgs.own_union(actor),
        "tree, one level": lambda: orgs.children(actor, own),
        "union page": lambda: orgs.union_page(actor, own),
        "unions by name": lambda: orgs.search_unions(actor, "云泽"),
        "unions by part of the name": lambda: orgs.search_unions(actor, "有限公司"),
        "unions by initials": lambda: orgs.search_unions(actor, "yz"),
        "terms ending": lambda: orgs.terms_ending(actor, on=AS_OF, within_days=180),
        "posts": lambda: orgs.posts(actor, on=AS_OF),
        "employers": lambda: orgs.employers(actor),
        "employers without a union": lambda: orgs.employers(actor, unionised=False),
        "employers by part of the name": lambda: orgs.employers(actor, text=firms[0][1] if firms else "公司"),
        "employers of a union": lambda: orgs.employers(actor, union_id=union),
        "batches": lambda: exchange.batches(actor),
    }


def _bind(ask: Callable[..., object], actor: Any, value: Any) -> Callable[[], object]:
    return lambda: ask(actor, value)


def _caught(ask: Callable[[], object]) -> list[tuple[str, Any]]:
    """The statements a query sends, with their parameters."""
    from django.db import connection

    sent: list[tuple[str, Any]] = []

    def note(execute: Any, statement: str, parameters: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 — Django's signature
        sent.append((statement, parameters))
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(note):
        ask()
    return sent


def _run(connection: psycopg.Connection[Any], statements: list[tuple[str, Any]]) -> None:
    with connection.cursor() as cursor:
        for statement, parameters in statements:
            cursor.execute(statement, parameters)
            if cursor.description:
                cursor.fetchall()


def _time(connection: psycopg.Connection[Any], statements: list[tuple[str, Any]]) -> float:
    """Milliseconds on the wall."""
    started = time.perf_counter()
    _run(connection, statements)
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
