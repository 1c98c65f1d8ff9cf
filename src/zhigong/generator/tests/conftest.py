"""One small city per test run: written once, read by every test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from zhigong.generator.operations import generate
from zhigong.generator.profiles import choose_profile
from zhigong.generator.types import AS_OF, Setting
from zhigong.generator.world import make_city

if TYPE_CHECKING:
    from zhigong.generator.types import City, GeneratedCity

MEMBERS, SEED = 2_500, 7


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> GeneratedCity:
    """A written city of 2 500 members."""
    return generate(out=tmp_path_factory.mktemp("yunze"), members=MEMBERS, seed=SEED)


@pytest.fixture(scope="session")
def city() -> City:
    """The same city in memory."""
    return make_city(Setting(choose_profile(None, MEMBERS), SEED, AS_OF))


@pytest.fixture(scope="session")
def truth(made: GeneratedCity) -> dict[str, list[dict[str, Any]]]:
    """Truth tables as lists of rows."""
    return {name: pq.read_table(path).to_pylist() for name, path in made.truth.items() if path.suffix == ".parquet"}
