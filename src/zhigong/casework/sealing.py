"""The signature of a decision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from zhigong.casework.models import Case
from zhigong.casework.policies import SIGNER, canonical
from zhigong.kernel.vault import vault


def seal(case: Case, on: date, values: Mapping[str, Any]) -> tuple[str, bytes, str]:
    """The text that is signed — decision, content and version of the service together — its signature, the key's id."""
    text = canonical(
        {
            "case": str(case.id),
            "number": case.number,
            "content_hash": case.content_hash,
            "service_version": case.service_version,
            "on": on.isoformat(),
            **values,
        }
    )
    signer = vault().signer(SIGNER)
    return text.decode(), signer.sign(text), signer.key_id
