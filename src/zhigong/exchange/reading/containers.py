"""What a file really is, before any parser touches it: by its first bytes, not by its name."""

from __future__ import annotations

import struct
from pathlib import Path

from zhigong.exchange.reading.types import Limits
from zhigong.kernel.errors import Refused

ZIP_MAGIC, ZIP_EMPTY, CFB_MAGIC = b"PK\x03\x04", b"PK\x05\x06", bytes.fromhex("d0cf11e0a1b11ae1")

TEXT_SUFFIXES = frozenset({".csv", ".txt", ".tsv", ".tab"})
WORKBOOK_SUFFIXES = {".xlsx": "zip", ".xlsb": "zip", ".xls": "cfb", ".et": "cfb"}
MACRO_SUFFIXES = frozenset({".xlsm", ".xltm", ".xlam", ".xla"})

SAVE_AS = "请用 Excel 或 WPS 打开它，另存为 .xlsx 后再上传"

MACRO_STORAGES = ("_VBA_PROJECT_CUR", "_VBA_PROJECT", "VBA")
ENCRYPTED_STREAM = "EncryptedPackage"
OBJECT_STREAMS = ("\x01Ole10Native", "\x01Ole", "\x01CompObj_")


def sniff(path: Path, name: str, limits: Limits) -> str:
    """text, xlsx, xlsb or xls; Refused for anything else, for a name that belies the content, for what is too large."""
    suffix = Path(name).suffix.lower()
    with path.open("rb") as file:
        head = file.read(4096)
    content = _content(head)
    _check_suffix(suffix, content, name)
    _check_size(path.stat().st_size, content, name, limits)
    if content == "text":
        return "text"
    if content == "cfb":
        _check_cfb(path, name)
        return "xls"
    return "xlsb" if suffix == ".xlsb" else "xlsx"


def _content(head: bytes) -> str:
    if head.startswith((ZIP_MAGIC, ZIP_EMPTY)):
        return "zip"
    if head.startswith(CFB_MAGIC):
        return "cfb"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<meta", b"<head", b"<style", b"mime-version")):
        return "html"
    if start.startswith(b"<?xml"):
        return "xml"
    if start.startswith(
        (b"%pdf", b"\x89png", b"\xff\xd8\xff", b"gif8", b"rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"{\\rtf")
    ):
        return "other"
    return "text"


def _check_suffix(suffix: str, content: str, name: str) -> None:
    if suffix in MACRO_SUFFIXES:
        raise Refused("含宏的工作簿不能导入", where=name, why="宏可能携带病毒", do=SAVE_AS)
    if suffix not in TEXT_SUFFIXES and suffix not in WORKBOOK_SUFFIXES:
        raise Refused("不认识这种文件", where=name, why="可以导入 .xlsx、.xls、.xlsb、.csv、.txt", do=SAVE_AS)
    if content in ("html", "xml"):
        raise Refused(
            "这不是真正的表格文件", where=name, why="内容其实是网页或 XML，很多系统导出时这样命名", do=SAVE_AS
        )
    expected = WORKBOOK_SUFFIXES.get(suffix, "text")
    if content != expected:
        raise Refused("文件内容与扩展名不符", where=name, why=_mismatch(suffix, content), do=_remedy(content))


def _mismatch(suffix: str, content: str) -> str:
    known = {
        "zip": ".xlsx 类的压缩包",
        "cfb": ".xls 类的旧格式（或加了密码的 .xlsx）",
        "text": "纯文本",
        "other": "图片、PDF 或压缩包",
    }
    return f"扩展名是 {suffix}，内容却是{known[content]}"


def _remedy(content: str) -> str:
    if content == "text":
        return "如果它是用逗号或制表符分隔的文本，请把扩展名改为 .csv；也可能没有传完，请重新上传"
    return SAVE_AS + "；加了密码的，请先取消密码"


def _check_size(size: int, content: str, name: str, limits: Limits) -> None:
    if size == 0:
        raise Refused("文件是空的", where=name, why="大小为 0 字节", do="请检查是否传完，重新上传")
    most = limits.text_bytes if content == "text" else limits.packed_bytes
    if size > most:
        raise Refused(
            "文件太大", where=name, why=f"大小 {megabytes(size)}，上限 {megabytes(most)}",
            do="请拆成几个文件，或另存为 CSV 后上传",
        )  # fmt: skip


def megabytes(size: int) -> str:
    """A size for people."""
    return f"{size / 2**20:.1f} MB"


def _check_cfb(path: Path, name: str) -> None:
    """Refuse macros, encryption and embedded objects by the names in the compound file's directory."""
    data = path.read_bytes()
    if any(_has_entry(data, entry) for entry in MACRO_STORAGES):
        raise Refused("含宏的工作簿不能导入", where=name, why="宏可能携带病毒", do=SAVE_AS)
    if _has_entry(data, ENCRYPTED_STREAM):
        raise Refused(
            "加了密码的文件不能导入", where=name, why="内容是加密的", do="请在 Excel 或 WPS 里取消密码后再上传"
        )
    if any(_has_entry(data, entry) for entry in OBJECT_STREAMS):
        raise Refused(
            "文件里嵌有其他对象", where=name, why="嵌入的文档或程序可能携带病毒", do="请删除嵌入的对象后再上传"
        )


def _has_entry(data: bytes, entry: str) -> bool:
    """Whether a directory entry of that name exists: 128 bytes, aligned, the name's length at offset 64."""
    wanted = entry.encode("utf-16-le") + b"\0\0"
    position = data.find(wanted)
    while position >= 0:
        if position % 128 == 0 and data[position + 64 : position + 66] == struct.pack("<H", len(wanted)):
            return True
        position = data.find(wanted, position + 1)
    return False
