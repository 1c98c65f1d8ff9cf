"""Who acts: the account, the one post acted in, and the scope that post gives."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from zhigong.kernel.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Actor:
    """One account acting in one post on one day.

    A cadre with several posts acts in one at a time (ADR 0004), so every list has one literal filter.
    level 1 city, 2 district, 3 street, 4 grassroots, 0 none (a member, or an account without a post);
    seq is the union's short key, the value found in the level columns of the rows in scope.
    """

    account_id: UUID | None
    name: str
    on: date
    duty: str = ""
    rights: frozenset[str] = frozenset()
    post_id: UUID | None = None
    union_id: UUID | None = None
    union_name: str = ""
    level: int = 0
    seq: int = 0
    person_id: UUID | None = None
    request_id: str = ""

    def require(self, right: str) -> None:
        """Raise NotAllowed unless the post carries the right."""
        if right not in self.rights:
            raise NotAllowed(
                "您的岗位没有这项权限。", why=f"需要权限「{right}」", do="请换用有权限的岗位，或联系上级工会。"
            )

    @property
    def level_column(self) -> str:
        """The column of scoped tables that holds this actor's union key; raises NotAllowed without a post."""
        if not 1 <= self.level <= 4:
            raise NotAllowed("请先选择一个在任的岗位。", why="没有岗位就没有管辖范围")
        return f"l{self.level}"


ScopeOpener = Callable[[], AbstractContextManager[Actor]]
"""Opens a transaction with an actor's scope; for work that takes several transactions, each of which must open it
anew."""
