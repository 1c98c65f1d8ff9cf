"""Writes of the audit record: acts and openings inside the transaction of the act; seals and export by themselves."""

from zhigong.audit.operations.checking import check_seals, verifier_program
from zhigong.audit.operations.exporting import export
from zhigong.audit.operations.keeping import make_partitions, retire
from zhigong.audit.operations.recording import record, record_many, record_opening, record_openings
from zhigong.audit.operations.sealing import publish, seal

__all__ = [
    "check_seals",
    "export",
    "make_partitions",
    "publish",
    "record",
    "record_many",
    "record_opening",
    "record_openings",
    "retire",
    "seal",
    "verifier_program",
]
