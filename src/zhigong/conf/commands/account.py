"""`zhigong account`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zhigong.conf.cli import Group
from zhigong.conf.output import Output, verb
from zhigong.kernel.errors import Refused

if TYPE_CHECKING:
    from zhigong.kernel.actor import Actor
    from zhigong.orgs.types import UnionLine

DUTIES = ("chair", "clerk", "data_officer", "finance", "auditor", "administrator")


@click.group(cls=Group, name="account")
def command() -> None:
    """账号：第一个系统管理员从这里来，其余的人由他在网页上开通。"""


@command.command()
@click.argument("username", metavar="登录名")
@click.option("--name", required=True, help="姓名。")
@click.option("--duty", default="administrator", show_default=True, type=click.Choice(DUTIES), help="岗位。")
@click.option("--union", "union_code", default="", metavar="工会编码", help="任职的工会，默认市总工会。")
@verb
def create(out: Output, *, username: str, name: str, duty: str, union_code: str) -> None:
    """新建账号并任命岗位，给出一次性的开通码；密码由本人设置，谁也不知道。"""
    from zhigong.conf.runtime import domain

    with domain(role="job", tell=out.tell):
        code = _create(username=username, name=name, duty=duty, union_code=union_code)
    data = {"username": username, "opening_code": code}
    out.result(data, [f"账号 {username} 已建立。开通码（七天内有效，只显示这一次）：{code}"])


def _create(*, username: str, name: str, duty: str, union_code: str) -> str:
    from zhigong.identity import operations as identity
    from zhigong.kernel.clock import now, today
    from zhigong.orgs import operations as orgs
    from zhigong.orgs import queries
    from zhigong.orgs.types import Duty

    with orgs.city_scope(on=today()) as actor:
        if not queries.has_city(actor):
            raise Refused("库里还没有工会组织。", do="请先导入：zhigong ingest unions 文件")
        union = _by_code(actor, union_code) if union_code else queries.own_union(actor)
        account_id = identity.create_account(by=actor, username=username, name=name, now=now())
        orgs.appoint(
            by=actor, union_id=union.id, holder=name, duty=Duty(duty), starts_on=today(), account_id=account_id
        )
        return identity.issue_opening_code(by=actor, account_id=account_id, now=now())


def _by_code(actor: Actor, code: str) -> UnionLine:
    from zhigong.orgs import queries

    for union in queries.search_unions(actor, code):
        if union.code == code:
            return union
    raise Refused("没有找到这个工会。", where=f"工会编码 {code}", do="请核对工会编码。")
