"""How the command line speaks: sentences for people, one JSON object for machines, progress always on stderr."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec
from uuid import UUID

import click

from zhigong.kernel.errors import Refused

DONE, REFUSED, MISUSED = 0, 1, 2
_PARTS = (("where", "位置"), ("why", "原因"), ("do", "办法"))
P = ParamSpec("P")


@dataclass(frozen=True)
class Output:
    """One answer: `tell` any number of times, then `result` once."""

    as_json: bool = False

    def tell(self, text: str) -> None:
        """Progress, for eyes only."""
        click.echo(text, err=True)

    def result(self, data: dict[str, Any], lines: Iterable[str]) -> None:
        """The answer: data for machines, lines for people."""
        if self.as_json:
            click.echo(json.dumps(data, ensure_ascii=False, default=_plain))
        else:
            for line in lines:
                click.echo(line)

    def refuse(self, reason: Refused) -> None:
        """Why not: what, where, why, what to do."""
        if self.as_json:
            click.echo(json.dumps({"refused": reason.as_dict()}, ensure_ascii=False))
        else:
            click.echo(f"未能完成：{reason.what}", err=True)
            for part, title in _PARTS:
                if text := getattr(reason, part):
                    click.echo(f"  {title}：{text}", err=True)


def _plain(value: object) -> object:
    if isinstance(value, UUID | Path):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in the output")


def _mistake(mistake: Exception) -> Refused:
    from zhigong.conf.home import home
    from zhigong.conf.logs import scrub_text

    file = home() / "log" / "errors.log"
    told = scrub_text("".join(traceback.format_exception(mistake)))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as log:
            log.write(f"{' '.join(sys.argv)}\n{told}\n")
    except OSError:
        click.echo(told, err=True)
    last = scrub_text(f"{type(mistake).__name__}: {mistake}".splitlines()[0])[:300]
    return Refused(
        "程序出错，操作没有完成。",
        where=str(file),
        why=last,
        do="请把这个文件发给维护者；也可以先运行 zhigong doctor。",
    )


def verb(function: Callable[..., int | None]) -> Callable[..., None]:
    """Give a command --json and its exit codes. The function takes `out` first; it may return an exit code."""

    @click.option("--json", "as_json", is_flag=True, help="结果以一个 JSON 对象输出到标准输出，进度输出到标准错误。")
    @wraps(function)
    def run(*args: Any, as_json: bool, **kwargs: Any) -> None:  # noqa: ANN401  click passes what the options declare
        out = Output(as_json)
        try:
            code = function(out, *args, **kwargs)
        except Refused as reason:
            out.refuse(reason)
            code = REFUSED
        except KeyboardInterrupt:
            click.echo("已中断。", err=True)
            code = REFUSED
        except Exception as mistake:  # a mistake of ours: whoever sits there gets a sentence, we get the traceback
            out.refuse(_mistake(mistake))
            code = REFUSED
        sys.exit(code or DONE)

    return run
