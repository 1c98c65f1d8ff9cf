"""`zhigong key`."""

from __future__ import annotations

import click

from zhigong.conf.cli import Group
from zhigong.conf.output import Output, verb


@click.group(cls=Group, name="key")
def command() -> None:
    """密钥：证件号码、手机号等都用它加密。丢了密钥就丢了数据，请把密钥文件备份在别处。"""


@command.command()
@verb
def show(out: Output) -> None:
    """密钥文件在哪里、用什么算法、有哪些版本（不显示密钥本身）。"""
    from zhigong.conf.home import key_file
    from zhigong.kernel.crypto import Keyring

    ring = Keyring.load(key_file())
    seal = ring.signer("audit")
    data = {
        "file": key_file(),
        "profile": ring.profile.name,
        "current": ring.current_version,
        "versions": list(ring.versions),
        "blind": ring.blind_version,
        "audit_key": seal.public_key.hex(),
    }
    lines = [
        f"密钥文件：{key_file()}",
        f"算法：{ring.profile.name}　当前版本：{ring.current_version}　可读版本：{'、'.join(map(str, ring.versions))}",
        f"审计封存的公钥：{seal.public_key.hex()}",
    ]
    out.result(data, lines)


@command.command()
@click.option("--kek", is_flag=True, help="只换主密钥：重新包装各把密钥，数据不变。")
@click.option("--profile", type=click.Choice(["aes", "sm4"]), help="新版本改用的算法。")
@verb
def rotate(out: Output, *, kek: bool, profile: str | None) -> None:
    """轮换密钥：新写入的数据用新版本，旧数据仍可读。"""
    from zhigong.conf.home import key_file
    from zhigong.kernel.crypto import Keyring

    ring = Keyring.load(key_file())
    if kek:
        ring.rotate_kek()
    else:
        ring.rotate(profile=profile)
    what = "主密钥已更换" if kek else f"已启用密钥版本 {ring.current_version}"
    out.result({"current": ring.current_version, "kek": kek}, [f"{what}。请立即备份 {key_file()}。"])
