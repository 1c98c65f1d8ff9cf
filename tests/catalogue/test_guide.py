"""The service of the guide works: its files, copied out of the page."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from zhigong.catalogue import loading, policycases
from zhigong.catalogue.types import FieldKind
from zhigong.conf.home import PROJECT
from zhigong.kernel import resources

GUIDE = PROJECT / "docs" / "guides" / "add-a-service.md"
ORDER = ("service", "form", "rules", "amounts", "route", "cases")


def written(root: Path) -> Path:
    """The guide's YAML blocks as a service folder; the catalogue it lies in."""
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == len(ORDER)
    folder = root / "services" / "festival" / "journey"
    folder.mkdir(parents=True)
    for part, block in zip(ORDER, blocks, strict=True):
        (folder / f"{part}.yaml").write_text(block, encoding="utf-8")
    return root


def test_the_service_of_the_guide_works(tmp_path):
    roots = [written(tmp_path), resources.national()]
    loaded = loading.load("festival/journey", vocabulary=loading.present(), roots=roots)
    outcomes = policycases.run(loaded.service, loaded.cases)
    assert [one.differences for one in outcomes] == [()] * 4
    assert loaded.service.parameters(date(2027, 1, 1))["journey_aid"] == 25000


def test_the_guide_names_the_kinds_there_are():
    text = GUIDE.read_text("utf-8")
    named = text.split("`field` is anything else; kinds are")[1].split("##")[0]
    assert set(re.findall(r"`([a-z_]+)`", named)) == {kind.value for kind in FieldKind}
