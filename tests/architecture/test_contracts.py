"""The house keeps its order: imports point down, packages meet at their doors, files and functions stay small."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhigong.conf.home import PROJECT

SOURCE = PROJECT / "src" / "zhigong"
DOORS = {"operations", "queries", "types"}
LINES_A_FILE, LINES_A_FUNCTION = 400, 40

CLOCKS = {
    "zhigong.kernel.clock.now",
    "zhigong.kernel.clock.today",
    "django.utils.timezone.now",
    "django.utils.timezone",
}

MAY_ASK_THE_CLOCK = {"identity/models.py": "the default of a row that allauth makes, which passes no moment"}

# file or file::function -> why it may be longer than the habit
_FACTS = "as many named facts as the paper form has, one a line in the signature and again in the row"
LONG: dict[str, str] = {
    "benchmarks/p04_screen.py::_numpy": "the whole rule by hand, vectorised: the peer, kept in one place to be read",
    "benchmarks/p07_lists.py::_queries": "the forty main lists, one after another",
    "orgs/operations/posts.py::appoint": _FACTS,
    "people/operations/transferring.py::request_transfer": _FACTS,
}

# importing file -> imported module -> why it goes past the door
_KEY = "a foreign key names the class, so that mypy knows what it leads to"
_ROW = "locks or checks the union's row in its own transaction; a query would return a copy"
PAST_THE_DOOR: dict[tuple[str, str], str] = {
    ("people/models.py", "zhigong.orgs.models"): _KEY,
    ("exchange/models.py", "zhigong.orgs.models"): _KEY,
    ("casework/models/cases.py", "zhigong.orgs.models"): _KEY,
    ("insight/models.py", "zhigong.orgs.models"): _KEY,
    ("exchange/operations/intake.py", "zhigong.orgs.models"): _ROW,
    ("people/operations/keeping.py", "zhigong.orgs.models"): _ROW,
    ("people/operations/transferring.py", "zhigong.orgs.models"): _ROW,
}


def sources() -> list[Path]:
    """Our modules, without tests and migrations."""
    return [file for file in sorted(SOURCE.rglob("*.py")) if not {"tests", "migrations"} & set(file.parts)]


def name_of(file: Path) -> str:
    return file.relative_to(SOURCE).as_posix()


@pytest.mark.slow
def test_the_import_contracts_hold():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]


def imported(tree: ast.AST) -> Iterator[str]:
    """Modules a file imports, as far as the text tells: `from a.b import c` counts as a.b.c."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def door_breaks(name: str, text: str) -> list[str]:
    """Imports of a file that reach behind another package's operations, queries and types. conf may; kernel is open."""
    own = name.split("/")[0]
    if own in {"conf", "kernel"}:
        return []
    found = []
    for module in imported(ast.parse(text)):
        parts = module.split(".")
        if parts[0] != "zhigong" or len(parts) < 3 or parts[1] in {own, "kernel"}:
            continue
        if parts[2] not in DOORS:
            found.append(module)
    return found


def test_packages_meet_at_operations_queries_and_types():
    found = {
        f"{name_of(file)} imports {module}"
        for file in sources()
        for module in door_breaks(name_of(file), file.read_text(encoding="utf-8"))
        if (name_of(file), module.rsplit(".", 1)[0]) not in PAST_THE_DOOR
    }
    assert not found, "\n".join(sorted(found))


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("people/models.py", "from zhigong.orgs.models import Union", ["zhigong.orgs.models.Union"]),
        ("web/x.py", "from zhigong.people import policies", ["zhigong.people.policies"]),
        ("people/x.py", "def f():\n    from zhigong.orgs.store import x", ["zhigong.orgs.store.x"]),
        ("people/x.py", "from zhigong.people.models import Person", []),
        ("people/x.py", "from zhigong.orgs import operations as orgs", []),
        ("people/x.py", "from zhigong.orgs.types import Level", []),
        ("people/x.py", "from zhigong.kernel.db.bulk import fetch", []),
        ("conf/x.py", "from zhigong.orgs.models import Union", []),
    ],
)
def test_the_door_check_sees_what_it_should(name, text, wrong):
    assert door_breaks(name, text) == wrong


def functions(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Name and length in lines of each function, without its docstring: explaining is not the sin."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if told else 0
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1 - docstring


def too_long() -> set[str]:
    found = set()
    for file in [
        *sources(),
        *sorted((PROJECT / "tests").rglob("*.py")),
        *sorted((PROJECT / "benchmarks").rglob("*.py")),
    ]:
        name = file.relative_to(PROJECT).as_posix().removeprefix("src/zhigong/")
        text = file.read_text(encoding="utf-8")
        if text.count("\n") > LINES_A_FILE:
            found.add(name)
        found |= {f"{name}::{function}" for function, lines in functions(ast.parse(text)) if lines > LINES_A_FUNCTION}
    return found


def test_files_and_functions_stay_small():
    found = too_long()
    assert not found - LONG.keys(), "\n".join(sorted(found - LONG.keys()))
    assert not LONG.keys() - found, "these have become shorter: take them off the list"


def test_every_module_says_what_it_is():
    bare = [name_of(file) for file in sources() if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))]
    assert not bare


def test_nothing_is_left_undone():
    """No stubs, no notes to self."""
    marks = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|raise Not" + r"ImplementedError)\b")
    found = [
        f"{name_of(file)}:{number}"
        for file in sources()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if marks.search(line)
    ]
    assert not found


def test_dates_come_from_outside_the_domain():
    """No clock in the domain: only the edges (web, conf, jobs) may ask what day it is."""
    edges = {"conf", "web"}
    found = []
    for file in sources():
        name = name_of(file)
        if (
            name in MAY_ASK_THE_CLOCK
            or name.split("/")[0] in edges
            or file.name == "jobs.py"
            or name == "kernel/clock.py"
        ):
            continue
        modules = set(imported(ast.parse(file.read_text(encoding="utf-8"))))
        found += [f"{name} imports {module}" for module in sorted(modules & CLOCKS)]
    assert not found
