"""Looking at the newest seals again, without reading their entries: roots, links between them, signatures."""

from __future__ import annotations

from pathlib import Path

from zhigong.audit import verifier
from zhigong.audit.models import Seal
from zhigong.audit.operations.sealing import statement_of
from zhigong.audit.types import SealCheck
from zhigong.audit.verifier import SEAL_CONTEXT, seal_root, signature_holds
from zhigong.kernel.actor import Actor

MOST = 200


def check_seals(by: Actor, *, size: int = 60) -> SealCheck:
    """Check the newest `size` seals: each root from its statement, each link to the one before, each signature.

    Tells at a glance whether somebody touched the seals; entries are checked by the stand-alone verifier on an export.
    Needs `audit.read`.
    """
    by.require("audit.read")
    newest = list(Seal.objects.order_by("-number")[: min(size, MOST)])
    seals = [statement_of(made) for made in reversed(newest)]
    problems: list[str] = []
    for place, told in enumerate(seals):
        if seal_root(told).hex() != told["root"]:
            problems.append(f"第 {told['number']} 号封存的内容与它的根不符")
        elif not signature_holds(told["public_key"], SEAL_CONTEXT, told["root"], told["signature"]):
            problems.append(f"第 {told['number']} 号封存的签名不成立")
        if place and told["previous"] != seals[place - 1]["root"]:
            problems.append(f"第 {told['number']} 号封存没有接在前一个之后")
    first, last = (seals[0]["number"], seals[-1]["number"]) if seals else (0, 0)
    return SealCheck(count=len(seals), first=first, last=last, problems=tuple(problems))


def verifier_program() -> bytes:
    """The stand-alone verifier as a file: one module, needs nothing of ours."""
    return Path(verifier.__file__).read_bytes()
