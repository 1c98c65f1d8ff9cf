"""`zhigong audit`."""

from __future__ import annotations

from pathlib import Path

import click

from zhigong.conf.cli import Group
from zhigong.conf.output import REFUSED, Output, verb


@click.group(cls=Group, name="audit")
def command() -> None:
    """审计记录：封存、导出、验证。"""


@command.command()
@verb
def seal(out: Output) -> None:
    """把已经写定的记录封存（平时由后台任务每分钟做一次）。"""
    from zhigong.conf.runtime import domain

    with domain(role="job", tell=out.tell):
        from zhigong.audit.jobs import seal_now

        sealed = seal_now()
    out.result({"sealed": sealed}, [f"封存了 {sealed} 条。"])


@command.command()
@click.option("--export", "kept", type=click.Path(path_type=Path, dir_okay=False), help="把核对用的导出文件留在这里。")
@click.option(
    "--file",
    "given",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="不连数据库，核对这个导出文件。",
)
@click.option(
    "--key", "keys", multiple=True, metavar="公钥", help="只相信这把公钥（十六进制），可重复；默认为本机密钥的公钥。"
)
@click.option(
    "--witness", "witnesses", multiple=True, type=click.Path(path_type=Path, exists=True), help="见证文件，可重复。"
)
@verb
def verify(
    out: Output, *, kept: Path | None, given: Path | None, keys: tuple[str, ...], witnesses: tuple[Path, ...]
) -> int | None:
    """导出全部记录并逐条核对：改、删、插、换序、截尾都会被找出，并指明位置。发现问题时退出码为 1。"""
    import tempfile

    from zhigong.audit import verifier
    from zhigong.conf.database import address
    from zhigong.conf.home import home, key_file
    from zhigong.kernel.crypto import Keyring

    with tempfile.TemporaryDirectory(prefix="zhigong-audit-") as folder:
        file = given or kept or Path(folder) / "audit.jsonl"
        if given is None:
            _export(out, file)
        if not keys and key_file().exists():
            keys = (Keyring.load(key_file()).signer("audit").public_key.hex(),)
        known = list(witnesses) or sorted((home() / "witness" / address()["name"]).glob("*.txt"))
        with file.open("rb") as stream:
            report = verifier.verify(stream, trusted=keys, witness=verifier.read_witness(known))
    problems = [{"line": problem.line, "code": problem.code, "text": problem.text} for problem in report.problems]
    data = {"sound": report.sound, "seals": report.seals, "entries": report.entries, "pending": report.pending}
    verdict = "完好" if report.sound else f"发现 {report.found} 处问题"
    lines = [f"✗ 第 {problem['line']} 行：{problem['text']}" for problem in problems]
    lines.append(f"{verdict}：封存 {report.seals} 个，记录 {report.entries} 条，待封存 {report.pending} 条。")
    out.result({**data, "problems": problems}, lines)
    return None if report.sound else REFUSED


def _export(out: Output, file: Path) -> None:
    from zhigong.conf.runtime import domain

    with domain(role="job", tell=out.tell):
        from zhigong.audit import operations as audit
        from zhigong.kernel.clock import now, today
        from zhigong.kernel.vault import vault
        from zhigong.orgs import operations as orgs

        with orgs.city_scope(on=today()) as actor, file.open("wb") as sink:
            for line in audit.export(actor, now=now(), signer=vault().signer("audit")):
                sink.write(line)
