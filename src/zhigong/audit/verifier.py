"""Checks an export of the audit record without the system that made it: `python verifier.py export.jsonl`.

One file, the standard library, and `cryptography` for the signatures (`--no-signature` does without). Give it the
public key you trust (`--key`) and the witness lines you kept (`--witness`): without them an insider who rewrote and
re-signed everything, or cut off the end, cannot be told from an honest record. Exit 0 sound, 1 tampered, 2 misused.

An export is JSON lines: header, then each seal followed by its entries, entries not yet sealed, end.
Leaf: SHA-256 of 00 and the entry's canonical JSON. Node: SHA-256 of 01 and both halves (RFC 6962). Root: SHA-256 of 02
and the canonical JSON of the seal's statement, which names the previous seal's root; the root is signed with Ed25519.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Number = int | None
FORM = 1
GENESIS = "00" * 32
SEAL_CONTEXT = b"zhigong-audit-seal-1:"
EXPORT_CONTEXT = b"zhigong-audit-export-1:"

STATEMENT = tuple(
    "cluster count first_at form from_tx last_at merkle number previous public_key sealed_at to_tx".split()  # noqa: SIM905
)
SHAPES = {
    "header": {"kind", "form", "first", "last", "cluster", "made_at"},
    "seal": {"kind", *STATEMENT, "root", "signature"},
    "entry": {"kind", "seal", "position", "leaf", "row"},
    "pending": {"kind", "row"},
    "end": {"kind", "seals", "entries", "pending", "digest", "public_key", "signature"},
}
FOLLOWERS = {
    "": {"header"},
    "header": {"seal", "pending", "end"},
    "seal": {"entry", "seal", "pending", "end"},
    "entry": {"entry", "seal", "pending", "end"},
    "pending": {"pending", "end"},
}
WHOLE = {"number", "count", "position", "seal", "seals", "entries", "pending", "to_tx", "first", "last", "cluster"}
MOST_NAMED = 1000


class NotCanonical(ValueError):
    """A line that no honest export contains."""


@dataclass(frozen=True)
class Problem:
    """One finding: code for machines, text for people; line counts from 1, position within its seal from 0."""

    code: str
    text: str
    line: int = 0
    seal: int | None = None
    position: int | None = None
    entry: str | None = None


@dataclass
class Report:
    """What was found; sound when there is no problem. problems names the first thousand, found counts them all."""

    problems: list[Problem] = field(default_factory=list)
    found: int = 0
    first: int = 0
    last: int = 0
    seals: int = 0
    entries: int = 0
    pending: int = 0
    last_root: str = GENESIS
    keys: list[str] = field(default_factory=list)
    signatures_checked: bool = True

    @property
    def sound(self) -> bool:
        """Nothing was found."""
        return self.found == 0


def canonical(value: object) -> bytes:
    """Canonical JSON: keys in order, no blanks, UTF-8; numbers are whole."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def leaf_hash(row: object) -> bytes:
    """The leaf of one entry."""
    return hashlib.sha256(b"\x00" + canonical(row)).digest()


def seal_root(statement: Mapping[str, Any]) -> bytes:
    """The root of a seal: commits to its entries and, through `previous`, to every seal before it."""
    return hashlib.sha256(b"\x02" + canonical({key: statement[key] for key in STATEMENT})).digest()


class MerkleTree:
    """Root of a growing list of leaves (RFC 6962 §2.1) in logarithmic memory."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        height = 0
        while self._peaks and self._peaks[-1][0] == height:
            leaf = _node(self._peaks.pop()[1], leaf)
            height += 1
        self._peaks.append((height, leaf))

    def root(self) -> bytes:
        """The root of what was added; of nothing, SHA-256 of nothing."""
        if not self._peaks:
            return hashlib.sha256(b"").digest()
        root = self._peaks[-1][1]
        for _, peak in reversed(self._peaks[:-1]):
            root = _node(peak, root)
        return root


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def signature_holds(public_key: str, context: bytes, digest: str, signature: str) -> bool:
    """Whether an Ed25519 signature over context and digest belongs to the key; all three as hexadecimal text."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), context + bytes.fromhex(digest))
    except (InvalidSignature, ValueError):
        return False
    return True


def read_witness(paths: Iterable[Path]) -> dict[int, str]:
    """Roots by seal number from witness files; raises ValueError where two files contradict each other."""
    roots: dict[int, str] = {}
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                number, root = line.split()[:2]
                if roots.setdefault(int(number), root) != root:
                    raise ValueError(f"见证文件互相矛盾：第 {number} 号封存")
    return roots


def parse(raw: bytes) -> dict[str, Any]:
    """One line as a dictionary of its kind's shape; raises NotCanonical for what no honest export contains."""
    try:
        line = json.loads(raw.decode(), object_pairs_hook=_no_twins, parse_float=_refuse, parse_constant=_refuse)
        if b"\\u" in raw:
            canonical(line)  # half a surrogate has no UTF-8
    except (ValueError, RecursionError) as error:
        raise NotCanonical(str(error)) from error
    if not isinstance(line, dict) or set(line) != SHAPES.get(str(line.get("kind")), set()):
        raise NotCanonical("字段与格式不符")
    if any(type(line[name]) is not int for name in WHOLE & set(line)) or not isinstance(line.get("row", {}), dict):
        raise NotCanonical("字段的类型不对")
    return line


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("同名字段出现两次")
    return found


def _refuse(text: str) -> None:
    raise NotCanonical(f"出现了小数或非数值：{text}")


class Checker:
    """Reads an export line by line; memory grows with the largest seal only."""

    def __init__(self, *, trusted: frozenset[str], witness: Mapping[int, str], signatures: bool) -> None:
        self.report = Report(signatures_checked=signatures)
        self._trusted, self._witness, self._signatures = trusted, witness, signatures
        self._digest = hashlib.sha256()
        self._line, self._before, self._ended = 0, "", False
        self._seal: dict[str, Any] | None = None
        self._last: dict[str, Any] | None = None
        self._header: dict[str, Any] = {}
        self._places, self._tree, self._damaged, self._highest = set[int](), MerkleTree(), False, -1
        self._expected: int | None = None

    def read(self, raw: bytes) -> None:
        """Take one line, with its line feed."""
        self._line += 1
        if self._ended:
            return self._find("excess", "结束行之后还有内容")
        try:
            line = parse(raw)
        except NotCanonical as error:
            self._damaged = True
            self._find("unreadable", f"无法识别的一行：{error}", seal=self._number())
        else:
            self._take(line)
            if not raw.endswith(b"\n"):
                self._find("truncated", "最后一行没有写完")
        self._digest.update(raw)
        return None

    def finish(self) -> Report:
        """Close the last seal, compare with the witness, and report."""
        if not self._ended:
            self._close_seal()
            self._find("truncated", "文件在结束行之前中断，末尾可能被截去")
        self._compare_witness()
        return self.report

    def _take(self, line: dict[str, Any]) -> None:
        kind = line["kind"]
        if kind not in FOLLOWERS[self._before]:
            self._find("reordered", f"「{kind}」行出现在不该出现的位置", seal=self._number())
        self._before = kind
        getattr(self, f"_take_{kind}")(line)

    def _take_header(self, line: dict[str, Any]) -> None:
        self._header = line
        self._expected = line["first"]
        self.report.first, self.report.last = line["first"], line["last"]
        if line["form"] != FORM:
            self._find("unreadable", f"不认识的格式版本：{line['form']}")

    def _take_seal(self, line: dict[str, Any]) -> None:
        self._close_seal()
        number = line["number"]
        if self._expected is not None and number > self._expected:
            self._find("gap", f"缺少第 {self._expected} 至 {number - 1} 号封存", seal=self._expected)
        elif self._expected is not None and number < self._expected:
            self._find("reordered", f"第 {number} 号封存重复或次序颠倒", seal=number)
        if line["form"] != FORM or seal_root(line).hex() != line["root"]:
            self._find("root", f"第 {number} 号封存的内容与它的根不符", seal=number)
        self._check_signature(line, SEAL_CONTEXT, str(line["root"]), number)
        claimed = GENESIS if number == 1 else self._witness.get(number - 1, line["previous"])
        before = self._last["root"] if self._last else claimed
        if line["previous"] != before:
            self._find("previous", f"第 {number} 号封存没有接在上一封存之后", seal=number)
        if self._witness.get(number, line["root"]) != line["root"]:
            self._find("witness", f"第 {number} 号封存与见证留存的根不一致", seal=number)
        self._expected = number + 1
        self._seal = self._last = line
        self._places, self._tree, self._damaged, self._highest = set[int](), MerkleTree(), False, -1
        self.report.seals += 1
        self.report.last_root = str(line["root"])

    def _check_signature(self, line: dict[str, Any], context: bytes, digest: str, number: int | None) -> None:
        key = str(line["public_key"])
        where = f"第 {number} 号封存" if number is not None else "结束行"
        if key not in self.report.keys:
            self.report.keys.append(key)
        if self._trusted and key not in self._trusted:
            self._find("key", f"{where}用的不是可信的公钥", seal=number)
        if self._signatures and not signature_holds(key, context, digest, str(line["signature"])):
            self._find("signature", f"{where}的签名不成立", seal=number)

    def _take_entry(self, line: dict[str, Any]) -> None:
        place, identity = line["position"], str(line["row"].get("id"))
        self.report.entries += 1
        if self._seal is None or line["seal"] != self._seal["number"]:
            return self._find("excess", f"条目 {identity} 不属于它所在的封存", self._number(), place, identity)
        leaf = leaf_hash(line["row"])
        self._tree.add(leaf)
        if leaf.hex() != line["leaf"]:
            self._blame("edited", "的内容被改动", place, identity)
        if place in self._places:
            self._blame("excess", "出现了两次", place, identity)
        elif not 0 <= place < self._seal["count"]:
            self._blame("excess", "是多出来的", place, identity)
        elif place < self._highest:
            self._blame("reordered", "的次序颠倒", place, identity)
        self._highest = max(place, self._highest)
        self._places.add(place)
        return None

    def _blame(self, code: str, what: str, place: int, identity: str) -> None:
        self._damaged = True
        self._find(code, f"{self._at(place)}{what}（编号 {identity}）", self._number(), place, identity)

    def _close_seal(self) -> None:
        if self._seal is None:
            return
        number, count = self._seal["number"], self._seal["count"]
        gaps = list(_gaps(self._places, count))
        for start, stop in gaps:
            through = f"至第 {stop} 条" if stop - start > 1 else ""
            self._find("missing", f"{self._at(start)}{through}不见了", seal=number, position=start)
        if not gaps and not self._damaged and self._tree.root().hex() != self._seal["merkle"]:
            self._find("merkle", f"第 {number} 号封存的条目与封存时不符（其中有改动、增删或换序）", seal=number)
        self._seal = None

    def _take_pending(self, line: dict[str, Any]) -> None:
        self._close_seal()
        self.report.pending += 1
        identity, tx, last = str(line["row"].get("id")), line["row"].get("tx"), self._last
        early = last is not None and (type(tx) is not int or tx < last["to_tx"])
        if last and early and last["cluster"] == self._header.get("cluster"):
            self._find("excess", f"条目 {identity} 是在封存之后补进已封存区间的", entry=identity)

    def _take_end(self, line: dict[str, Any]) -> None:
        self._close_seal()
        self._ended = True
        told = (line["seals"], line["entries"], line["pending"])
        if told != (self.report.seals, self.report.entries, self.report.pending):
            self._find("truncated", "结束行所记的数目与文件不符")
        if self._header and self._header["last"] != (self._last["number"] if self._last else self._header["first"] - 1):
            self._find("truncated", "开头所记的最后一号封存不在文件中", seal=self._header["last"])
        if line["digest"] != self._digest.hexdigest():
            self._find("digest", "文件在导出之后被改动过")
        self._check_signature(line, EXPORT_CONTEXT, str(line["digest"]), None)

    def _compare_witness(self) -> None:
        beyond = sorted(number for number in self._witness if number > (self._last["number"] if self._last else 0))
        if beyond:
            self._find("truncated", f"见证留有第 {beyond[0]} 至 {beyond[-1]} 号封存，文件中却没有", seal=beyond[0])

    def _at(self, place: int) -> str:
        return f"第 {self._number()} 号封存第 {place + 1} 条"

    def _number(self) -> int | None:
        return self._seal["number"] if self._seal else None

    def _find(
        self, code: str, text: str, seal: Number = None, position: Number = None, entry: str | None = None
    ) -> None:
        self.report.found += 1
        if self.report.found <= MOST_NAMED:
            self.report.problems.append(Problem(code, text, self._line, seal, position, entry))


def _gaps(places: set[int], count: int) -> Iterable[tuple[int, int]]:
    """Ranges [start, stop) of 0..count that no place fills."""
    expected = 0
    for place in sorted(place for place in places if 0 <= place < count):
        if place > expected:
            yield expected, place
        expected = place + 1
    if expected < count:
        yield expected, count


def verify(
    lines: Iterable[bytes], *, trusted: Iterable[str] = (), witness: Mapping[int, str] = {}, signatures: bool = True
) -> Report:
    """Check an export given as lines with their line feeds. trusted: public keys as hexadecimal text."""
    checker = Checker(trusted=frozenset(key.lower() for key in trusted), witness=witness, signatures=signatures)
    for raw in lines:
        checker.read(raw)
    return checker.finish()


def _print(report: Report, *, trusted: bool) -> None:
    for problem in report.problems:
        sys.stdout.write(f"✗ 第 {problem.line} 行：{problem.text}\n")
    verdict = "完好" if report.sound else f"发现 {report.found} 处问题"
    sys.stdout.write(f"{verdict}：封存 {report.first}–{report.last} 号，共 {report.seals} 个；")
    sys.stdout.write(f"条目 {report.entries} 条，待封存 {report.pending} 条。\n最后的根：{report.last_root}\n")
    if report.first > 1:
        sys.stdout.write(f"注意：第 {report.first} 号之前的封存不在文件中，须另看以前的导出。\n")
    if not report.signatures_checked:
        sys.stdout.write("注意：没有核对签名。\n")
    elif not trusted:
        sys.stdout.write("注意：公钥取自文件本身，请与公布的公钥核对：" + "、".join(report.keys) + "\n")


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description="核对审计导出文件，不需要原系统。")
    parser.add_argument("export", type=Path, help="导出文件（JSON Lines）")
    parser.add_argument("--key", action="append", default=[], help="可信的公钥（十六进制），可重复")
    parser.add_argument("--witness", action="append", default=[], type=Path, help="见证文件，可重复")
    parser.add_argument("--no-signature", action="store_true", help="不核对签名（没有 cryptography 时）")
    parser.add_argument("--json", action="store_true", help="输出机器可读的结果")
    chosen = parser.parse_args(arguments)
    try:
        witness = read_witness(chosen.witness)
        with chosen.export.open("rb") as lines:
            report = verify(lines, trusted=chosen.key, witness=witness, signatures=not chosen.no_signature)
    except ImportError:
        parser.exit(2, "没有安装 cryptography，无法核对签名：请安装它，或加 --no-signature。\n")
    except (OSError, ValueError) as error:
        parser.exit(2, f"读不了：{error}\n")
    if chosen.json:
        sys.stdout.write(json.dumps({"sound": report.sound, **asdict(report)}, ensure_ascii=False) + "\n")
    else:
        _print(report, trusted=bool(chosen.key))
    return 0 if report.sound else 1


if __name__ == "__main__":
    sys.exit(main())
