"""The whole spine under kill -9: files, links, facts, screening, awards, payouts; nothing lost, nothing doubled.

One small city is founded once and copied: a twin goes its way undisturbed, in the other a process, the database, or
both, or the database with its guard die at random moments of every stage; what died is asked for again. All the while
somebody looks. In the end both cities must be the same, person for person and fen for fen.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.faults.spine import City, Nemesis, Watcher, copied
from zhigong.audit import verifier
from zhigong.conf.processes import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.faults, pytest.mark.xdist_group("spine-killed")]

MEMBERS, SEED = 1000, 7
LEAST_KILLS = 50
FULL = ("household", "social-insurance", "housing", "tax", "low-income", "medical-settlement", "work-injury", "school")
ROUNDS = (0, 1, 2)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, str]:
    """The department files of the city; some settlements come later, and a social insurance file that lost its half."""
    from zhigong.generator import operations as generator

    out = tmp_path_factory.mktemp("city")
    made = generator.generate(out=out, members=MEMBERS, seed=SEED)
    found = {name: str(path) for name, path in made.paths.items()}
    head, *rows = Path(found["medical-settlement"]).read_bytes().splitlines(keepends=True)
    cut = len(rows) * 2 // 3
    found |= {"first": _file(out / "first.csv", head, rows[:cut]), "later": _file(out / "later.csv", head, rows[cut:])}
    head, *rows = Path(found["social-insurance"]).read_bytes().splitlines(keepends=True)
    return found | {"half": _file(out / "half.csv", head, rows[: len(rows) // 2])}


def _file(path: Path, head: bytes, rows: list[bytes]) -> str:
    path.write_bytes(head + b"".join(rows))
    return str(path)


@pytest.fixture(scope="module")
def founded(files, tmp_path_factory) -> City:
    """Unions, employers, members, two people of finance, a budget; nothing of any department yet."""
    base = City(tmp_path_factory.mktemp("base") / "home")
    with base.at_work():
        base.do("found", files=files)
    return base


@pytest.fixture(scope="module")
def steps(files) -> list[tuple[str, str, int, dict[str, Any]]]:
    """Stage, deed, most kills, arguments: everything that happens in the city, in order."""
    first = {**files, "medical-settlement": files["first"]}
    arrive = [("ingest", "ingest", 2, {"source": name, "file": first[name]}) for name in FULL]
    half = {"source": "social-insurance", "file": files["half"]}
    return [
        *arrive,
        ("refresh", "refresh", 9, {}),
        *(("payout", "pay", 6, {"number": number}) for number in ROUNDS[:2]),
        ("ingest", "ingest", 2, {"source": "medical-settlement", "file": files["later"], "delta": True}),
        ("compare", "ingest", 2, half),
        ("accept", "ingest", 2, half | {"accept": "已与人社核实"}),
        ("refresh", "refresh", 6, {}),
        ("payout", "pay", 6, {"number": ROUNDS[2]}),
        ("seal", "seal", 2, {}),
        ("refresh", "refresh", 4, {"full": True}),
    ]


@pytest.fixture(scope="module")
def before_refresh(founded, steps, tmp_path_factory) -> City:
    """A city with its files in and nothing derived: where the twin goes on from, and where breaks are tried."""
    city = copied(founded, tmp_path_factory.mktemp("ready") / "home")
    with city.at_work():
        for _, deed, _, args in steps[: len(FULL)]:
            city.took.append(city.do(deed, **args))
        assert city.digests() == {}
    return city


@pytest.fixture(scope="module")
def twin(before_refresh, steps, tmp_path_factory):
    """The undisturbed run: seconds per step, every state the facts were in, and what it looked like in the end."""
    city, states = copied(before_refresh, tmp_path_factory.mktemp("twin") / "home"), []
    seconds = list(before_refresh.took)
    with city.at_work():
        for _, deed, _, args in steps[len(FULL) :]:
            seconds.append(city.do(deed, **args))
            states.append(city.digests())
        known: dict[str, set[str]] = {}
        for state in states:
            for group, digest in state.items():
                known.setdefault(group, set()).add(digest)
        return {"seconds": seconds, "known": known, "portrait": city.portrait(), "states": states}


def compare(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """Where two portraits differ, with the first differences of each."""
    differing = {}
    for name, there in expected.items():
        if name in ("files", "swept", "key") or found[name] == there:
            continue
        here = found[name]
        if isinstance(there, dict):
            differing[name] = [key for key in {*there, *here} if there.get(key) != here.get(key)][:3]
        else:
            differing[name] = [
                [row for row in here if row not in there][:2],
                [row for row in there if row not in here][:2],
            ]
    return differing


def test_the_spine_survives_kills(founded, steps, twin, tmp_path):
    city = copied(founded, tmp_path / "home")
    nemesis = Nemesis(city, random.Random(SEED))
    with city.at_work(), Watcher(city, twin["known"]) as watcher:
        for (stage, deed, kills, args), seconds in zip(steps, twin["seconds"], strict=True):
            nemesis.disturb(stage, deed, seconds=seconds, kills=kills, **args)
        while nemesis.kills.total() < LEAST_KILLS:
            nemesis.disturb("refresh", "refresh", seconds=twin["seconds"][-1], kills=4, full=True)
        portrait = city.portrait()
        broken, looks, seen = nemesis.broken + city.broken_promises(), watcher.looks, dict(watcher.found)
        numbers = {one["batch"]: one["sha256"] for one in city.promised if one["what"] == "filed"}
    for (stage, victim), count in sorted(nemesis.kills.items()):
        print(f"\n{stage:8} {victim:18} {count:3}", end="")
    print(f"\n{nemesis.kills.total()} kills, {looks} looks, {len(city.promised)} promises, {portrait['swept']} swept")
    assert nemesis.kills.total() >= LEAST_KILLS
    assert {stage for stage, _ in nemesis.kills} >= {"ingest", "refresh", "payout"}
    assert not broken, "reported done, and gone"
    assert not seen, "seen half done"
    assert looks > LEAST_KILLS
    assert compare(portrait, twin["portrait"]) == {}
    assert portrait["differences"] == []
    assert numbers == {batch: portrait["files"][batch] for batch in numbers}, "the same batch gives the same bytes"
    assert city.scratch() == []
    witness = verifier.read_witness(sorted((city.there.home / "witness").rglob("*.txt")))
    with (tmp_path / "home-portrait.audit").open("rb") as lines:
        report = verifier.verify(lines, trusted=[portrait["key"]], witness=witness)
    assert report.sound, report.problems[:3]
    assert report.seals >= 1


def test_a_publication_in_two_halves_is_seen(before_refresh, twin, tmp_path):
    city = copied(before_refresh, tmp_path / "home")
    with city.at_work(), Watcher(city, twin["known"]) as watcher:
        attempt = city.begin("refresh", "publish_in_two_transactions")
        assert wait_until(lambda: watcher.found.total() > 0, seconds=120, every=0.1)
        psutil.Process(attempt.pid).kill()  # the other groups would tell the same
        city.wait(attempt, 120)
    assert any("neither before nor after" in what for what in watcher.found), watcher.found


def test_a_snapshot_swapped_too_early_is_told_by_the_comparison(before_refresh, twin, tmp_path):
    city = copied(before_refresh, tmp_path / "home")
    with city.at_work():
        nemesis = Nemesis(city, random.Random(1))
        attempt = city.begin("refresh", "swap_before_publishing")
        assert wait_until(lambda: {"swapped", "failed"} & attempt.said(), seconds=60, every=0.1)
        assert "swapped" in attempt.said(), attempt.sayings()[-1]
        nemesis.chance.choices = lambda *_: ["process"]
        nemesis._kill("refresh", attempt)
        city.do("refresh")
        assert city.digests() != twin["states"][0]
        shutil.rmtree(city.there.home / "lake" / "snapshots")
        city.do("refresh")
        assert city.digests() == twin["states"][0], "unbroken it comes out right"


def test_an_answer_before_the_disk_has_it_is_a_broken_promise(before_refresh, tmp_path):
    city = copied(before_refresh, tmp_path / "home")
    with city.at_work():
        nemesis = Nemesis(city, random.Random(2))
        nemesis.chance.choices = lambda *_: ["database"]
        for number in range(8):
            attempt = city.begin("ask", "answer_before_durable", number=number)
            assert wait_until(lambda: len(attempt.sayings()) > 5, seconds=60)  # noqa: B023 — called at once
            nemesis._kill("ask", attempt)
            if nemesis.broken:
                break
    assert nemesis.broken, "the harness cannot tell a lost promise"
