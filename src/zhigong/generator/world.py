"""Makes the true city, stage by stage."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from zhigong.generator.hardship import decide
from zhigong.generator.identity import make_identity
from zhigong.generator.lives import make_homes, make_studies
from zhigong.generator.people import make_people
from zhigong.generator.types import City, Setting
from zhigong.generator.unions import make_organisation
from zhigong.generator.work import make_work

if TYPE_CHECKING:
    from collections.abc import Callable


def make_city(setting: Setting, note: Callable[[str], None] = lambda _: None) -> City:
    """Everything true about the city of that setting; the same setting gives the same city."""
    start = perf_counter()

    def done(stage: str) -> None:
        note(f"{stage}（{perf_counter() - start:.1f} 秒）")

    employers, unions, places = make_organisation(setting)
    done(f"单位 {employers.count} 家、工会 {unions.count} 个")
    people = make_people(setting, employers, unions, places)
    done(f"人口 {people.count} 人")
    identity = make_identity(setting, people)
    done("姓名和证件")
    work = make_work(setting, employers, unions, places, people)
    homes = make_homes(setting, people, work)
    studies = make_studies(setting, people, work)
    hardship, settlements = decide(setting, people, work, homes, studies)
    done("就业、住房、就学、就医、困难情况")
    return City(setting, employers, unions, places, people, identity, work, homes, studies, settlements, hardship)
