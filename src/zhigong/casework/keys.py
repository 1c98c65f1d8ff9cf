"""Acts under a key: done once, answered alike every time (Stripe's rule: key, fingerprint and result together)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from zhigong.casework.policies import canonical
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import execute, fetch
from zhigong.kernel.errors import Conflict, Refused
from zhigong.kernel.ids import uuid7

SYSTEM = UUID(int=0)


@dataclass(frozen=True)
class Once:
    """One act under a key. replayed: it was done before, and `result` is what it answered."""

    account_id: UUID
    key: str
    replayed: bool
    result: Any = None

    def keep(self, result: str | list[Any] | dict[str, Any] | None = None) -> None:
        """Remember the answer, in the transaction of the act."""
        execute(
            "UPDATE casework_request SET result = %(result)s::jsonb WHERE account_id = %(account)s AND key = %(key)s",
            {"result": canonical({"answer": result}).decode(), "account": self.account_id, "key": self.key},
        )


def once(by: Actor, *, key: str, act: str, arguments: dict[str, Any]) -> Once:
    """Begin an act; a second caller with the same key waits for the first and then finds its answer.

    Raises Refused for an empty or overlong key, Conflict when the key was used for something else.
    """
    if not 1 <= len(key) <= 160:
        raise Refused("缺少操作编号，没有办理。", why="每次操作要有自己的编号，重复提交才不会办两次")
    account, print_ = by.account_id or SYSTEM, hashlib.sha256(canonical(arguments)).hexdigest()
    made = execute(
        """INSERT INTO casework_request (id, account_id, key, act, fingerprint)
           VALUES (%(id)s, %(account)s, %(key)s, %(act)s, %(print)s) ON CONFLICT (account_id, key) DO NOTHING""",
        {"id": uuid7(), "account": account, "key": key, "act": act, "print": print_},
    )
    if made:
        return Once(account, key, replayed=False)
    earlier, fingerprint, result = fetch(
        "SELECT act, fingerprint, result::text FROM casework_request WHERE account_id = %(a)s AND key = %(k)s",
        {"a": account, "k": key},
    )[0]
    if (earlier, fingerprint) != (act, print_):
        raise Conflict("这个操作编号已经用于另一项操作。", do="请刷新页面后重试。")
    return Once(account, key, replayed=True, result=json.loads(result)["answer"] if result else None)
