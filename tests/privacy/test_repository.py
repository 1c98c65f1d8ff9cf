"""Nothing of the machines it was made on is in the repository: no path, no private host, no key, no real number."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from zhigong.conf.home import PROJECT
from zhigong.kernel.identity_numbers import check_digit

# Where people and build machines keep their files; a path in a text is one that begins there.
_FOLDERS = "work|farm|root|home/[a-z][a-z0-9_-]*|Users/[A-Za-z]+|mnt|media|workspaces?|builds?"
_PATH = re.compile(rf"(?<![\w.\-/*}}>)\]])/(?:{_FOLDERS})/[\w.-]+")
_REGISTRY = re.compile(
    r"https?://(?!(?:files\.pythonhosted|pypi|registry\.npmjs|www\.npmjs)\.)[\w.-]*(?:pypi|npm|registry|mirror|proxy)[\w.-]*"
)
_INDEX = re.compile(r"(?:index-url|find-links|trusted-host|registry)[ =:\"']+https?://(?!pypi\.org|registry\.npmjs)")
_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|\"wrapped\": \{\s*\"")
# Fictional numbers begin with 99, which is no province; this one is the example of GB 11643 itself.
_EXAMPLE = "11010519491231002X"
_NUMBER = re.compile(r"(?<![0-9A-Za-z])[1-8][0-9]{16}[0-9X](?![0-9A-Za-z])")
_SKIP = {".png", ".woff2", ".ico", ".geojson", ".csv"}


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=PROJECT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return done.stdout.decode("utf-8", errors="replace")


def texts() -> Iterator[tuple[str, str]]:
    """Every tracked text, and every commit's message."""
    for name in git("ls-files", "-z").split("\0"):
        file = PROJECT / name
        if name and file.suffix not in _SKIP and file.is_file():
            yield name, file.read_text(encoding="utf-8", errors="replace")
    for message in git("log", "--format=%h %B%x00").split("\0"):
        yield f"commit {message.strip()[:8]}", message


def traces(name: str, text: str) -> list[str]:
    """What betrays a machine or a person in one text."""
    is_lock = name.endswith((".lock", "package-lock.json"))
    found = [*_PATH.findall(text), *_REGISTRY.findall(text), *_KEY.findall(text), *_INDEX.findall(text)]
    if not is_lock:
        found += [
            number for number in _NUMBER.findall(text) if number != _EXAMPLE and number[-1] == check_digit(number[:17])
        ]
    return found


def test_nothing_betrays_a_machine_or_a_person():
    found = {name: told for name, text in texts() if (told := traces(name, text))}
    assert found == {}


@pytest.mark.parametrize(
    ("text", "betrays"),
    [
        ("see " + "/ho" + "me/anna/notes.txt", True),
        ("`/wo" + "rk/main`", True),
        ("open('/mn" + "t/data/x')", True),
        ("https:/" + "/npm.corp.example/tabler", True),
        ("--index" + "-url https://x.example/simple", True),
        ("-----BEGIN " + "PRIVATE KEY-----", True),
        ("证件号码 " + "11010519900307" + "123" + check_digit("11010519900307123"), True),
        ("https:/" + "/py" + "pi.org/simple", False),
        ("resolved https:/" + "/registry.np" + "mjs.org/x", False),
        ("/workbench/home/page.html and /m/home/ and tests/home/x", False),
        ("https://example.org/wo" + "rk/x", False),
        ("99010219850612204X", False),
        ("110105194912310021", False),  # the check digit is wrong: nobody's
    ],
)
def test_the_search_finds_what_it_should(text, betrays):
    assert bool(traces("a.md", text)) is betrays
