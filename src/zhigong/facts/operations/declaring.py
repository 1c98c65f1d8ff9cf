"""What a person says about herself where no department knows it."""

from __future__ import annotations

from uuid import UUID

from zhigong.facts.types import Plain
from zhigong.kernel.actor import Actor


def declare(*, by: Actor, person_id: UUID, name: str, value: Plain, key: str, case_id: UUID | None = None) -> UUID:
    """Keep what a person says, by herself or by a cadre for her (代办); the same key again changes nothing.

    value: of the fact's kind, amounts in fen. Returns the declaration. Raises NotFound, NotAllowed, Refused (not a
    fact one is asked for, wrong kind, beyond its limits), Conflict (the key was used for something else).
    """
    raise NotImplementedError
