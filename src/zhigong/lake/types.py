"""Layers, keys and references to batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from zhigong.kernel.errors import Refused

KEY_BYTES = 32


class Layer(StrEnum):
    """The five layers, in the order data flows through them (architecture.md, How data flows)."""

    RAW = "raw"
    CONFORMED = "conformed"
    ENTITIES = "entities"
    FACTS = "facts"
    MARTS = "marts"

    @property
    def sealed(self) -> bool:
        """Whether its files carry identities and therefore must be encrypted."""
        return self in {Layer.RAW, Layer.CONFORMED, Layer.ENTITIES}


@dataclass(frozen=True)
class LakeKeys:
    """Master keys by id; new batches use `current`, old ones are read with the key their manifest names.

    Every key has 32 bytes.  Data keys are derived per batch and file, so no two files share one.
    """

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if self.current not in self.keys or any(len(key) != KEY_BYTES for key in self.keys.values()):
            raise Refused(
                "数据湖密钥不可用", why=f"需要编号为 {self.current} 的 {KEY_BYTES} 字节密钥", do="检查密钥文件"
            )

    def master(self, key_id: str) -> bytes:
        """The key of that id; Refused when it isn't here."""
        if key_id not in self.keys:
            raise Refused("无法解密数据湖批次", why=f"缺少密钥 {key_id}", do="把旧密钥放回密钥文件后重试")
        return self.keys[key_id]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One Parquet file of a batch."""

    file: str
    rows: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class BatchRef:
    """A committed batch: complete, immutable, at `path` = root/layer/name/version.

    version is the SHA-256 (hex) of the original for content-addressed batches.  original_bytes: -1 without original.
    key_id and salt are empty for layers that carry no identities.
    """

    path: Path
    layer: Layer
    name: str
    version: str
    rows: int
    parts: tuple[Part, ...]
    original_bytes: int = -1
    key_id: str = ""
    salt: str = ""


@dataclass(frozen=True, kw_only=True)
class Model:
    """One SELECT that makes one relation, as read from its file.

    reads: relations it needs.  lineage: per column of the result, in order, the `relation.column`s its values come
    from.  uses: per relation every column it looks at, also those that only join, filter or group.
    """

    name: str
    sql: str
    reads: frozenset[str]
    lineage: Mapping[str, frozenset[str]]
    uses: Mapping[str, frozenset[str]]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the result's columns, in order."""
        return tuple(self.lineage)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The datasets that belong together at one moment: name → batch.  notes: what the writer wants to find again."""

    number: int
    datasets: Mapping[str, BatchRef]
    notes: Mapping[str, str]
