"""Guides, glossary and decision records tell the truth: what they name exists, what they show works."""

from __future__ import annotations

import re

import pytest

from tests.support.rosters import id_number
from zhigong.conf.cli import VERBS
from zhigong.conf.home import PROJECT
from zhigong.exchange.checking import load_source, sample_differences
from zhigong.kernel import resources

DOCS = PROJECT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
# Set by one process of ours for another, or by tests; nobody else should.
OURS = {"ZHIGONG_ROLE", "ZHIGONG_DEMO", "ZHIGONG_SUPERVISED", "ZHIGONG_DATABASE"}


def code() -> str:
    """Our modules, SQL and catalogue as one text."""
    files = [
        *(PROJECT / "src").rglob("*.py"),
        *(PROJECT / "src").rglob("*.sql"),
        *(PROJECT / "catalogue").rglob("*.yaml"),
    ]
    return "\n".join(file.read_text(encoding="utf-8") for file in files if "tests" not in file.parts)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_commands_of_a_page_exist(page):
    said = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", said)
    assert [link for link in links if not page.parent.joinpath(link).exists()] == []
    assert set(re.findall(r"(?:^|[`/])zhigong ([a-z]+)", said, re.MULTILINE)) <= set(VERBS)
    assert [name for name in re.findall(r"docs/[\w./-]+\.(?:md|yaml)", said) if not (PROJECT / name).exists()] == []


def test_every_setting_is_told_and_every_told_setting_is_read():
    text = code()
    read = set(re.findall(r"\bZHIGONG_[A-Z_]+\b", text)) - OURS
    told = set(re.findall(r"\bZHIGONG_[A-Z_]+\b", (DOCS / "guides" / "run-in-production.md").read_text("utf-8")))
    assert (read - told, told - read) == (set(), set())


def test_the_source_of_the_guide_works(tmp_path):
    """Its YAML, SQL and expected rows, copied out of the page."""
    guide = (DOCS / "guides" / "add-a-source.md").read_text("utf-8")
    folder = tmp_path / "sources" / "housing"
    folder.mkdir(parents=True)
    for kind, name in (("yaml", "source.yaml"), ("sql", "conform.sql"), ("json", "expected.json")):
        block = re.search(rf"```{kind}\n(.*?)```", guide, re.DOTALL)
        assert block is not None
        (folder / name).write_text(block[1], encoding="utf-8")
    rows = ["姓名,证件号码,房屋套数,保障类型", f"张伟,{id_number(611)},1,", f"李芳,{id_number(612)},-1,", "王敏,,2,"]
    (folder / "sample.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    source = load_source("housing", within=[tmp_path, resources.national()])
    assert sample_differences(source, folder, tables={}) == []
    (folder / "expected.json").write_text(
        (folder / "expected.json").read_text("utf-8").replace('"homes": 1', '"homes": 4'), encoding="utf-8"
    )
    assert sample_differences(source, folder, tables={}) == ["第 1 行 homes：应为 4，得到 1"]


def test_kinds_of_the_guide_are_the_kinds_there_are():
    from zhigong.exchange.checking.sources import KINDS

    guide = (DOCS / "guides" / "add-a-source.md").read_text("utf-8")
    table = guide.split("| kind | what it does |")[1].split("\n\n")[0]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    assert {word for cell in first for word in re.findall(r"`([a-z_-]+)`", cell)} == set(KINDS)


def test_the_words_of_the_glossary_are_those_of_the_code():
    """Identifiers in the third column; words of later floors have none."""
    text, missing = code(), []
    for line in (DOCS / "glossary.md").read_text("utf-8").splitlines():
        cells = line.split("|")
        for name in re.findall(r"`([^`]+)`", cells[3]) if len(cells) > 4 else ():
            parts = re.findall(r"[A-Za-z_][A-Za-z0-9_]*", name.replace("catalogue/…/", "").replace("<name>", ""))
            missing += [f"{name}: {part}" for part in parts if part not in text]
    assert missing == []


def test_decisions_that_code_names_are_recorded():
    numbers = {file.name[:4] for file in (DOCS / "adr").glob("[0-9]*.md")}
    assert numbers == {f"{number:04d}" for number in range(1, len(numbers) + 1)}
    assert set(re.findall(r"\bADR (\d{4})", code())) <= numbers
    named = set(re.findall(r"docs/adr/([\w-]+\.md)", code()))
    assert named <= {file.name for file in (DOCS / "adr").iterdir()}
    for file in (DOCS / "adr").glob("[0-9]*.md"):
        head = file.read_text("utf-8")
        assert head.startswith(f"# {file.name[:4]}. "), file.name
        assert "\nStatus: " in head
        assert "\n## Decision" in head
        assert "\n## Rejected" in head
        assert set(re.findall(r"\bADR (\d{4})", head)) <= numbers
