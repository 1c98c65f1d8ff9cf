"""What the home page shows: things to do, their kinds, and the sections they stand in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do. days: until its deadline, None without one; rank: among what is overdue, lower comes first."""

    icon: str
    title: str
    detail: str
    url: str
    due: date | None = None
    days: int | None = None
    rank: int = 1


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of things to do: how many there are in all, and where the whole list stands."""

    key: str
    label: str
    icon: str
    count: int
    note: str
    url: str
    overdue: int = 0
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """To-dos of one stretch of time."""

    label: str
    todos: tuple[Todo, ...]
