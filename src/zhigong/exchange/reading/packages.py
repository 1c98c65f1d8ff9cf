"""Which part of an .xlsx package holds which sheet."""

from __future__ import annotations

import posixpath
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import dataclass
from pathlib import Path

from zhigong.kernel.errors import Refused

_RELS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


@dataclass(frozen=True)
class SheetPart:
    """A sheet by the name on its tab and the entry of the package it is written in."""

    name: str
    part: str


@dataclass(frozen=True)
class Package:
    """The parts of a workbook that we look at ourselves."""

    workbook: str
    sheets: tuple[SheetPart, ...]
    styles: str
    shared_strings: str
    epoch_1904: bool


def read_package(path: Path, name: str) -> Package:
    """The map of a workbook that has passed `check_zip` (no entities, bounded sizes)."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _package(archive)
    except (KeyError, ET.ParseError, zipfile.BadZipFile, StopIteration, ValueError):
        why = "缺少工作簿目录"
        raise Refused("文件损坏，打不开", where=name, why=why, do="请用 Excel 打开后另存为 .xlsx 再上传") from None


def _package(archive: zipfile.ZipFile) -> Package:
    root = _relations(archive, "")
    workbook = next(target for kind, target in root.values() if kind.endswith("/officeDocument"))
    relations = _relations(archive, workbook)
    tree = _parse(archive, workbook)
    sheets = []
    for element in tree.iter():
        if _local(element.tag) == "sheet":
            relation = next((v for k, v in element.attrib.items() if _local(k) == "id"), "")
            target = relations.get(relation, ("", ""))[1]
            sheets.append(SheetPart(element.attrib.get("name", ""), target))
    by_kind = {kind.rsplit("/", 1)[-1]: target for kind, target in relations.values()}
    epoch = any(_local(e.tag) == "workbookPr" and e.attrib.get("date1904", "0") in ("1", "true") for e in tree.iter())
    return Package(workbook, tuple(sheets), by_kind.get("styles", ""), by_kind.get("sharedStrings", ""), epoch)


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Relations of a part by id: kind and target entry."""
    folder, base = posixpath.split(part)
    tree = _parse(archive, posixpath.join(folder, "_rels", f"{base}.rels"))
    found = {}
    for element in tree.iter(_RELS):
        target = element.attrib.get("Target", "")
        entry = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        found[element.attrib.get("Id", "")] = (element.attrib.get("Type", ""), entry)
    return found


def _parse(archive: zipfile.ZipFile, entry: str) -> ET.Element:
    return ET.fromstring(archive.read(entry))  # noqa: S314 - check_zip has refused every document type and entity


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]
