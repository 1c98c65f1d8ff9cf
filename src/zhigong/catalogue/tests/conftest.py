"""What the tests of the catalogue stand on."""

import pytest

from zhigong.catalogue import store
from zhigong.catalogue.tests.folders import City


@pytest.fixture
def city(tmp_path) -> City:
    """An empty city in front of the national catalogue, known to nobody else."""
    return City(tmp_path / "city")


@pytest.fixture
def in_force(city, monkeypatch):
    """The city is the one the process works with."""
    city.root.mkdir(exist_ok=True)
    monkeypatch.setenv("ZHIGONG_CATALOGUE", str(city.root))
    store.forget()
    yield city
    store.forget()
