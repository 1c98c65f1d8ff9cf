"""A catalogue of a test's own: the national one with a service copied in front of it, to be spoilt."""

from __future__ import annotations

import shutil
from pathlib import Path

from zhigong.catalogue import loading
from zhigong.catalogue.loading import Loaded
from zhigong.catalogue.schemas import CatalogueRefused
from zhigong.catalogue.types import Problem
from zhigong.kernel import resources
from zhigong.kernel.errors import Refused

ARCHIVE, MEDICAL = "hardship/archive", "mutual-aid/medical"


class City:
    """A city's folder in front of the national catalogue."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def copy(self, service_id: str) -> Path:
        """Bring a national service into the city; its folder."""
        target = self.root / "services" / service_id
        shutil.copytree(resources.national() / "services" / service_id, target)
        return target

    def change(self, service_id: str, part: str, old: str, new: str) -> Path:
        """Replace a text in one file, which must be there, once; the file."""
        file = self.root / "services" / service_id / f"{part}.yaml"
        text = file.read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        file.write_text(text.replace(old, new), encoding="utf-8")
        return file

    def load(self, service_id: str) -> Loaded:
        """The service as this city has it."""
        roots = [self.root, resources.national()]
        return loading.load(service_id, vocabulary=loading.present(), roots=roots)

    def problems(self, service_id: str) -> tuple[Problem, ...]:
        """What is wrong with it; empty when nothing is."""
        try:
            self.load(service_id)
        except CatalogueRefused as reason:
            return reason.problems
        except Refused as reason:
            return (Problem(**reason.as_dict()),)
        return ()
