"""The nearest catalogue wins, whole; nothing outside it can be named."""

import os

import pytest

from zhigong.kernel import resources
from zhigong.kernel.errors import NotFound, Refused


@pytest.fixture
def cities(tmp_path, monkeypatch):
    for name in ("district", "city"):
        (tmp_path / name / "codes").mkdir(parents=True)
    monkeypatch.setenv(resources.VARIABLE, os.pathsep.join([str(tmp_path / "district"), str(tmp_path / "city")]))
    return tmp_path


def test_without_a_city_there_is_the_nation(monkeypatch):
    monkeypatch.delenv(resources.VARIABLE, raising=False)
    assert resources.roots() == (resources.national(),)
    assert resources.find("codes/gender.yaml").is_file()


def test_the_nearest_file_wins(cities):
    (cities / "city" / "codes" / "gender.yaml").write_text("city")
    assert resources.find("codes/gender.yaml").read_text() == "city"
    (cities / "district" / "codes" / "gender.yaml").write_text("district")
    assert resources.find("codes/gender.yaml").read_text() == "district"
    assert [one.parent.parent.name for one in resources.which("codes/gender.yaml")] == ["district", "city", "national"]


def test_all_files_under_a_folder_with_the_winners(cities):
    (cities / "city" / "codes" / "gender.yaml").write_text("city")
    (cities / "city" / "codes" / "own.yaml").write_text("own")
    (cities / "city" / "codes" / ".hidden.yaml").write_text("x")
    found = resources.all_under("codes")
    assert found["codes/gender.yaml"].read_text() == "city"
    assert found["codes/own.yaml"].read_text() == "own"
    assert "codes/education.yaml" in found
    assert "codes/.hidden.yaml" not in found
    assert list(found) == sorted(found)


def test_a_missing_file_and_a_missing_city(cities, monkeypatch):
    with pytest.raises(NotFound, match="nothing"):
        resources.find("codes/nothing.yaml")
    monkeypatch.setenv(resources.VARIABLE, str(cities / "nowhere"))
    with pytest.raises(Refused, match="nowhere"):
        resources.roots()


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "codes/../../x", "codes\\x", "a\0b"])
def test_paths_stay_inside(path):
    with pytest.raises(Refused, match="之内"):
        resources.find(path)


def test_the_wheel_layout_is_found_first(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "zhigong"
    (package / "_catalogue" / "national").mkdir(parents=True)
    monkeypatch.setattr(resources.zhigong, "__file__", str(package / "__init__.py"))
    assert resources.national() == package / "_catalogue" / "national"
    (package / "_catalogue" / "national").rmdir()
    with pytest.raises(Refused, match="重新安装"):
        resources.national()
