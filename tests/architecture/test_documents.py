"""The documents tell the truth: commands exist, verbs are told, files that are named are there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from zhigong.conf.cli import VERBS, root
from zhigong.conf.home import PROJECT

DOCUMENTS = ("README.md", "README.zh-CN.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "TESTING.md")
_COMMAND = re.compile(r"(?:^|[`\s])(?:\.venv/bin/)?zhigong ([a-z]+)")
_TARGET = re.compile(r"(?:^|`)make ([a-z-]+)", re.MULTILINE)


def text_of(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def there() -> list[str]:
    return [name for name in DOCUMENTS if (PROJECT / name).exists()]


@pytest.mark.parametrize("name", there())
def test_commands_in_documents_exist(name):
    targets = set(re.findall(r"^([a-z][a-z-]*):", text_of("Makefile"), re.MULTILINE))
    said = text_of(name)
    assert set(_COMMAND.findall(said)) <= set(VERBS)
    assert set(_TARGET.findall(said)) <= targets


@pytest.mark.parametrize("name", there())
def test_links_in_documents_lead_somewhere(name):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text_of(name))
    missing = [link for link in links if not (PROJECT / name).parent.joinpath(link).exists()]
    assert not missing


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_in_chinese(verb):
    command = root.get_command(click.Context(root), verb)
    shown = CliRunner().invoke(command, ["--help"]).output
    assert re.search(r"[一-鿿]", shown)
    assert "Usage:" not in shown
    for option in (one for one in command.params if isinstance(one, click.Option)):
        assert option.help, f"{verb} {option.name} has no help"


def test_the_root_help_needs_no_django():
    code = "import sys; from zhigong.conf.cli import root; root.main(['-h'], standalone_mode=False); "
    code += "print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("False")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nonsense"], "没有这个命令"),
        (["up", "--prot", "1"], "没有这个选项"),
        (["up", "--port", "0"], "取值不对"),
        (["ingest"], "缺少参数"),
        (["receipt", "x", "--out", "y"], "不是整数"),
    ],
)
def test_wrong_use_ends_with_2_and_says_why(arguments, says, capsys):
    from zhigong.conf.cli import main

    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert says in capsys.readouterr().err


def test_no_machine_path_or_private_host_is_committed():
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split()
    wrong = re.compile(r"/wor[k]/|/roo[t]/|/home/[a-z]+/|\bindex-url\b.*https?://(?!pypi\.org)")
    texts = {".py", ".md", ".toml", ".yaml", ".yml", ".sql", ".txt", ".lock", ".json", ".css", ".js", ".html", ""}
    found = []
    for name in listed:
        file = PROJECT / name
        if Path(name).suffix in texts and file.is_file():
            found += [name] if wrong.search(file.read_text(encoding="utf-8", errors="ignore")) else []
    assert not found
