"""Only the chosen library files are served, without pointers to what is not shipped."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from zhigong.web import assets


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_stripping_takes_the_pointer_and_nothing_else(before, after):
    before, after = before.replace(b"sourceMappingURL", b""), after.replace(b"sourceMappingURL", b"")
    css = before + b"/*# sourceMappingURL=a.css.map */" + after
    assert assets.strip_source_map(css) == before + after
    assert assets.strip_source_map(before) == before


def test_nothing_but_the_chosen_files_is_found():
    assert finders.find("vendor/tabler.min.css")
    for name in ("vendor/tabler.min.css.map", "../package.json", "@tabler/core/dist/css/tabler.min.css"):
        assert not assets.LibraryFinder().find(name)


def test_a_missing_library_says_what_to_run(settings, tmp_path):
    settings.NODE_MODULES = tmp_path
    with pytest.raises(FileNotFoundError, match="make assets"):
        list(assets.LibraryFinder().list(None))


@pytest.mark.slow
def test_collecting_hashes_every_name_and_resolves_every_reference(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "zhigong.web.assets.ManifestStorage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    names = [str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()]
    assert any(name.startswith("vendor/tabler.min.") and name.endswith(".css.gz") for name in names)
    assert not any(name.endswith(".map") for name in names)
    for name in names:
        if name.endswith((".css", ".js")) and "vendor" in name:
            assert b"sourceMappingURL" not in (Path(tmp_path) / name).read_bytes()
