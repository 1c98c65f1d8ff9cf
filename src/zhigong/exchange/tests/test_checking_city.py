"""Every department file of a generated city, with all its dirt, is judged as a perfect checker would judge it."""

import datetime as dt
import json

import pytest

from zhigong.exchange.checking import Checker, load_source
from zhigong.exchange.reading import read_file
from zhigong.exchange.tests.checking import tables
from zhigong.generator import operations as generator
from zhigong.generator.operations import SOURCES


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return generator.generate(out=tmp_path_factory.mktemp("city"), members=2000, seed=5)


@pytest.mark.parametrize("source", [name for name in SOURCES if name not in ("roster", "unions")])
def test_counts_are_those_of_a_perfect_checker(city, source):
    described = load_source(source)
    with Checker(described, on=dt.date(2026, 11, 22), tables=tables(source)) as checker:
        read_file(city.paths[source], columns=described.columns, on_chunk=checker.check)
        tally = checker.tally
    expected = json.loads((city.out / "truth" / "expected.json").read_text("utf-8"))[source]
    found = {name: getattr(tally, name) for name in ("rows", "accepted", "unverified", "rejected")}
    assert found == {name: expected[name] for name in found}
