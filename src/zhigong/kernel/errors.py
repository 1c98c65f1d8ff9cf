"""Errors that a person can act on: what went wrong, where, why, and what to do."""

from __future__ import annotations

from dataclasses import dataclass


class ZhigongError(Exception):
    """Base of every error we raise on purpose."""


@dataclass(eq=False)
class Refused(ZhigongError):
    """A request refused for a reason its sender can understand.

    what: the sentence shown first. where: file, sheet, row, column or field. why: the rule. do: the way out.
    """

    what: str
    where: str = ""
    why: str = ""
    do: str = ""

    def __str__(self) -> str:
        parts = [self.what]
        parts += [f"位置：{self.where}"] if self.where else []
        parts += [f"原因：{self.why}"] if self.why else []
        parts += [f"办法：{self.do}"] if self.do else []
        return "\n".join(parts)

    def as_dict(self) -> dict[str, str]:
        """The four parts, for --json and the API."""
        return {"what": self.what, "where": self.where, "why": self.why, "do": self.do}


class NotAllowed(Refused):
    """The actor's posts do not cover this act or this row."""


class NotFound(Refused):
    """Nothing by that name within the actor's scope; says nothing about rows outside it."""


class Conflict(Refused):
    """The state has changed, or the act contradicts what is already recorded."""
