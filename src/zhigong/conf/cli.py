"""The command `zhigong`. Each verb is a module of zhigong.conf.commands, imported when called: --help stays quick."""

from __future__ import annotations

import importlib
import os
import sys

import click

from zhigong.conf.output import MISUSED

VERBS = {
    "demo": "生成演示城市并启动：一条命令看全貌",
    "up": "启动：升级数据库，运行网页服务和后台任务",
    "down": "停止由本数据目录启动的一切",
    "generate": "生成演示城市的部门文件（带有真实的“脏”）",
    "ingest": "导入一个来源的文件：保存、检查、入库、出回执",
    "receipt": "取回一批文件，每个有问题的格子旁写明原因",
    "links": "导出某个来源每一行与人员的对应关系",
    "refresh": "整理、对应、推导事实、更新、筛查：只处理有变化的部分",
    "decide": "一项服务对一个人：符合与否、理由、还缺什么",
    "screen": "同一条规则筛查所有人：人数、用时、名单",
    "simulate": "改一个数会怎样：谁新符合、谁不再符合、费用增减",
    "doctor": "检查版本、数据库、磁盘、密钥、时钟和日历，说明该修什么",
    "bench": "运行性能测量，每个数字都是与下限或同类的比值",
    "key": "密钥：查看、轮换",
    "audit": "审计记录：封存、验证",
    "catalogue": "目录：检查、新建、查看哪个文件生效、与国家目录的差别",
    "account": "账号：新建",
}
_WORDS = {
    "No such option": "没有这个选项",
    "Missing argument": "缺少参数",
    "Missing option": "缺少选项",
    "Missing command": "缺少子命令",
    "No such command": "没有这个命令",
    "Invalid value": "取值不对",
    "Got unexpected extra argument": "多余的参数",
    "requires an argument": "需要一个值",
    "Did you mean": "是不是想用",
    "Possible options": "可能的选项",
    "does not exist": "不存在",
    "is not a valid integer": "不是整数",
    "is not one of": "不在可选值之中：",
    "does not match the formats": "不符合日期格式",
    "is not in the range": "不在范围内",
}


_HEADINGS = (
    ("Usage:", "用法："),
    ("Options:", "选项："),
    ("Commands:", "命令："),
    ("[required]", "[必填]"),
    ("[OPTIONS]", "[选项]"),
    ("COMMAND [ARGS]...", "命令 [参数]..."),
    ("[default: ", "[默认："),
)


class ChineseHelp:
    """Headings of click's help pages in the language of its readers."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """--help, explained in Chinese."""
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = "显示本页。"
        return option  # type: ignore[no-any-return]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The page, with its headings translated."""
        inner = click.HelpFormatter(width=formatter.width, max_width=formatter.width)
        super().format_help(ctx, inner)  # type: ignore[misc]
        text = inner.getvalue()
        for english, chinese in _HEADINGS:
            text = text.replace(english, chinese)
        formatter.write(text)


class Command(ChineseHelp, click.Command):
    """A verb."""


class Group(ChineseHelp, click.Group):
    """A verb with verbs of its own."""

    command_class = Command


class LazyGroup(Group):
    """The root: names and one-line helps are known, modules are imported on call."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order one meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"zhigong.conf.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="zhigong", prog_name="zhigong", message="%(prog)s %(version)s", help="显示版本。")
def root() -> None:
    """智工：工会联合会的开放平台。

    数据、密钥、日志都在 ZHIGONG_HOME（默认 var/）；设置 DATABASE_URL 则使用已有的 PostgreSQL。
    退出码：0 完成，1 有原因地拒绝，2 用法不对。
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; wrong use ends with 2 and says in Chinese what was wrong."""
    if sys.version_info < (3, 11):  # noqa: UP036 — run from a source tree, no installer has checked
        click.echo(f"需要 Python 3.11 或更高版本，当前是 {sys.version.split()[0]}。", err=True)
        sys.exit(1)
    os.umask(0o077)  # what we write may hold personal data: for its owner's eyes
    try:
        root.main(args=arguments, prog_name="zhigong", standalone_mode=False)
    except click.UsageError as error:
        context = error.ctx
        click.echo(f"用法不对：{in_chinese(error.format_message())}", err=True)
        if context is not None:
            click.echo(f"看看这里：{context.command_path} --help", err=True)
        sys.exit(MISUSED)
    except click.ClickException as error:
        click.echo(error.format_message(), err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("已中断。", err=True)
        sys.exit(1)


def in_chinese(message: str) -> str:
    """Click's own words for wrong use, translated where we know them."""
    for english, chinese in _WORDS.items():
        message = message.replace(english, chinese)
    return message
