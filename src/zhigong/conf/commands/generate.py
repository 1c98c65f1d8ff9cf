"""`zhigong generate`."""

from __future__ import annotations

from pathlib import Path

import click

from zhigong.conf.cli import Command
from zhigong.conf.output import Output, verb


@click.command(cls=Command)
@click.option("--profile", help="规模：demo、wuhu、hangzhou、beijing。")
@click.option("--members", type=int, help="或者直接给会员数，其余按比例。")
@click.option("--seed", default=1, show_default=True, help="种子；同样的参数得到同样的文件。")
@click.option("--out", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="输出目录。")
@verb
def command(out: Output, *, profile: str | None, members: int | None, seed: int, folder: Path) -> None:
    """生成演示城市：十一个部门的文件（带有真实的“脏”）、基层名册，以及 truth/ 中的真相。

    城市是虚构的，姓名、证件号码、电话都不属于任何真实的人。
    """
    from zhigong.generator import operations as generator

    made = generator.generate(out=folder, profile=profile, members=members, seed=seed, progress=out.tell)
    files = {source: str(path) for source, path in made.paths.items()}
    seconds = sum(made.seconds.values())
    data = {"out": str(made.out), "profile": made.profile, "seed": made.seed, "files": files, "counts": made.counts}
    out.result(
        {**data, "seconds": round(seconds, 2)}, [f"已生成 {len(files)} 个文件，用时 {seconds:.1f} 秒：{made.out}"]
    )
