"""Checking inside the system; the stand-alone verifier checks an export without it."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from pathlib import Path

from zhigong.audit import verifier
from zhigong.audit.models import Seal
from zhigong.audit.operations.sealing import statement_of
from zhigong.audit.types import SealCheck
from zhigong.audit.verifier import GENESIS, SEAL_CONTEXT, seal_root, signature_holds
from zhigong.kernel.actor import Actor
from zhigong.kernel.vault import vault

MOST = 500


def check_seals(by: Actor, *, size: int = 60, trusted: Collection[str] | None = None) -> SealCheck:
    """Check the newest `size` seals: numbers without gap, each root, each link to the seal before, each signature.

    Needs `audit.read`. trusted: public keys as hexadecimal text, by default this installation's own. Tells at a glance
    whether somebody touched the seals; entries are not read, that takes an export and the stand-alone verifier.
    """
    by.require("audit.read")
    keys = {vault().signer("audit").public_key.hex()} if trusted is None else set(trusted)
    seals = list(Seal.objects.order_by("-number")[: min(size, MOST)])[::-1]
    problems = [problem for made in seals for problem in _alone(made, keys)]
    problems += [
        f"第 {after.number} 号封存没有接在第 {before.number} 号之后。"
        for before, after in pairwise(seals)
        if after.number != before.number + 1 or bytes(after.previous) != bytes(before.root)
    ]
    first, last = (seals[0].number, seals[-1].number) if seals else (0, 0)
    return SealCheck(first=first, last=last, count=len(seals), problems=tuple(problems))


def _alone(made: Seal, keys: set[str]) -> list[str]:
    statement = statement_of(made)
    found = []
    if seal_root(statement).hex() != statement["root"]:
        found.append(f"第 {made.number} 号封存的内容与它的根不符。")
    if made.number == 1 and statement["previous"] != GENESIS:
        found.append("第 1 号封存之前不应再有封存。")
    if statement["public_key"] not in keys:
        found.append(f"第 {made.number} 号封存用的不是可信的公钥。")
    elif not signature_holds(statement["public_key"], SEAL_CONTEXT, statement["root"], statement["signature"]):
        found.append(f"第 {made.number} 号封存的签名不成立。")
    return found


def verifier_program() -> bytes:
    """The verifier as a file to be run elsewhere: Python and its standard library are enough."""
    return Path(verifier.__file__).read_bytes()
