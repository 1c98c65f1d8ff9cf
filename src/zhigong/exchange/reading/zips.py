"""Checks a zipped workbook without trusting it: directory first, then every byte while inflating.

Sizes in a zip directory can lie, so each entry is inflated by hand and counted; the parser never gets a file whose
directory and content disagree.  Only one chunk is in memory at a time.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from zhigong.exchange.reading.containers import SAVE_AS, megabytes
from zhigong.exchange.reading.types import Limits
from zhigong.kernel.errors import Refused

END, END_SIZE = b"PK\x05\x06", 22
LOCAL = struct.Struct("<4s5H3L2H")
ENCRYPTED, PATCHED = 0x41, 0x20
"""Flag bits of an entry (APPNOTE 4.4.4): encrypted, weakly or strongly; a patch for another file's data."""
ENTRY_BYTES = 512
CHUNK = 2**18
SMALL = 32 * 2**20
"""Below this many bytes unpacked no ratio is suspicious: empty formatted sheets pack very well."""

Feed = Callable[[bytes], None]
Watcher = Callable[[str], Feed | None]

REFUSED_PARTS = (
    ("vbaproject.bin", "含宏的工作簿不能导入", "宏可能携带病毒"),
    ("xl/externallinks/", "工作簿引用了别的文件", "外部链接会带出或带入别处的数据"),
    ("xl/embeddings/", "文件里嵌有其他对象", "嵌入的文档或程序可能携带病毒"),
    ("oleobject", "文件里嵌有其他对象", "嵌入的文档或程序可能携带病毒"),
    ("xl/activex/", "文件里嵌有控件", "控件可能携带病毒"),
    ("xl/macrosheets/", "含宏的工作簿不能导入", "宏可能携带病毒"),
    ("xl/connections.xml", "工作簿带有数据连接", "数据连接会访问外部数据库或网络"),
)


def check_zip(path: Path, name: str, limits: Limits, watch: Watcher) -> list[str]:
    """Names of all entries after every check; `watch(entry)` may give a function that is fed the entry's bytes."""
    with path.open("rb") as file:
        _check_end(file, path.stat().st_size, name, limits)
        entries = _directory(path, name)
        _check_directory(entries, path.stat().st_size, name, limits)
        total = 0
        for entry in entries:
            total += _inflate(file, entry, name, limits.unpacked_bytes - total, watch(entry.filename))
    packed = path.stat().st_size
    _check_total(total, packed, name, limits)
    return [entry.filename for entry in entries]


def _check_end(file: BinaryIO, size: int, name: str, limits: Limits) -> None:
    """The end record: a truncated file has none; a directory of millions of entries is never parsed."""
    tail = min(size, 65_535 + END_SIZE)
    file.seek(size - tail)
    data = file.read(tail)
    at = data.rfind(END)
    if at < 0 or len(data) - at < END_SIZE:
        raise Refused(
            "文件不完整", where=name, why="压缩包没有结尾，可能没有传完", do="请重新上传；仍不行请用 Excel 打开后另存"
        )
    disk, _, _, entries, directory = struct.unpack_from("<4HL", data, at + 4)
    if disk or entries > limits.entries or directory > limits.entries * ENTRY_BYTES:
        raise _suspicious(name, f"压缩包里有 {entries} 个部件，上限 {limits.entries}")


def _directory(path: Path, name: str) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, UnicodeDecodeError, NotImplementedError, struct.error):
        raise _broken(name) from None


def _check_directory(entries: list[zipfile.ZipInfo], packed: int, name: str, limits: Limits) -> None:
    names = [entry.filename for entry in entries]
    if len(entries) > limits.entries:
        raise _suspicious(name, f"压缩包里有 {len(entries)} 个部件，上限 {limits.entries}")
    if len(set(names)) != len(names) or len({n.lower() for n in names}) != len(names):
        raise _suspicious(name, "压缩包里有重名的部件")
    for entry in entries:
        if entry.flag_bits & ENCRYPTED:
            raise Refused("加了密码的文件不能导入", where=name, why="内容是加密的", do="请取消密码后再上传")
        if entry.flag_bits & PATCHED or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _suspicious(name, "压缩方式不是 Excel 所用的")
        for part, what, why in REFUSED_PARTS:
            if part in entry.filename.lower():
                raise Refused(what, where=f"{name}：{entry.filename}", why=why, do="请删除后另存为普通的 .xlsx 再上传")
    _check_total(sum(entry.file_size for entry in entries), packed, name, limits)


def _check_total(unpacked: int, packed: int, name: str, limits: Limits) -> None:
    if unpacked > limits.unpacked_bytes:
        raise _too_large(name, limits)
    if unpacked > SMALL and unpacked > packed * limits.ratio:
        raise _suspicious(name, f"展开后是压缩前的 {unpacked // max(1, packed)} 倍，上限 {limits.ratio} 倍")


def _inflate(file: BinaryIO, entry: zipfile.ZipInfo, name: str, room: int, feed: Feed | None) -> int:
    """Bytes the entry really has; Refused when size or checksum are not those its directory entry states."""
    size = checksum = 0
    for data in _entry_bytes(file, entry, name):
        size += len(data)
        checksum = zlib.crc32(data, checksum)
        if size > room or size > entry.file_size:
            break
        if feed:
            feed(data)
    if size != entry.file_size:
        raise _suspicious(name, f"部件 {entry.filename} 的实际大小与目录所写的不符")
    if checksum != entry.CRC:
        raise _broken(name)
    return size


def _entry_bytes(file: BinaryIO, entry: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    if entry.header_offset < 0:  # the end record places the directory before the file's beginning
        raise _broken(name)
    file.seek(entry.header_offset)
    head = file.read(LOCAL.size)
    if len(head) < LOCAL.size or head[:4] != b"PK\x03\x04":
        raise _broken(name)
    *_, name_length, extra_length = LOCAL.unpack(head)
    file.seek(name_length + extra_length, 1)
    stored = entry.compress_type == zipfile.ZIP_STORED
    inflater = None if stored else zlib.decompressobj(-15)
    left = entry.compress_size
    try:
        while left > 0:
            data = file.read(min(CHUNK, left))
            if not data:
                raise _broken(name)
            left -= len(data)
            yield from [data] if inflater is None else _inflated(inflater, data)
        if inflater is not None and not inflater.eof:
            raise _broken(name)
    except zlib.error:
        raise _broken(name) from None


def _inflated(inflater: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    while data:
        yield inflater.decompress(data, CHUNK)
        data = inflater.unconsumed_tail


def _broken(name: str) -> Refused:
    return Refused(
        "文件损坏，打不开", where=name, why="压缩包结构不完整，可能没有传完", do=f"请重新上传；仍不行，{SAVE_AS}"
    )


def _suspicious(name: str, why: str) -> Refused:
    return Refused("文件结构异常，已拒绝", where=name, why=why, do=SAVE_AS)


def _too_large(name: str, limits: Limits) -> Refused:
    most = megabytes(limits.unpacked_bytes)
    return Refused("文件太大", where=name, why=f"展开后超过 {most}", do="请拆成几个文件，或另存为 CSV 后上传")
