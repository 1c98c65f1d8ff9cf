"""Reads of employers and of the unions that cover them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from zhigong.kernel.actor import Actor
from zhigong.kernel.db import keyset
from zhigong.kernel.db.keyset import Paged
from zhigong.kernel.errors import NotFound
from zhigong.orgs.models import Coverage, Employer, Union
from zhigong.orgs.queries.scoping import within
from zhigong.orgs.queries.unions import union_line
from zhigong.orgs.types import EmployerLine, EmployerStatus, UnionLine

PAGE = 50


def employers(  # noqa: PLR0913 — as above
    actor: Actor,
    *,
    text: str = "",
    unionised: bool | None = None,
    status: int | None = None,
    union_id: UUID | None = None,
    after: UUID | None = None,
    before: UUID | None = None,
    limit: int = PAGE,
) -> Paged[EmployerLine]:
    """Employers of the scope by name, all or those a union covers today; a page after or before one of them."""
    rows = within(Employer.objects.all(), actor)
    rows = rows if unionised is None else rows.filter(unionised=unionised)
    rows = rows if status is None else rows.filter(status=status)
    if union_id is not None:
        rows = rows.filter(
            Exists(Coverage.objects.filter(union_id=union_id, employer=OuterRef("pk"), valid__endswith=None))
        )
    if text.strip():
        rows = rows.filter(Q(name__contains=text.strip()[:60]) | Q(credit_code=text.strip().upper()[:18]))
    return keyset.page(rows, order=("name_sort", "id"), after=after, before=before, limit=limit).lines(employer_line)


def employer_line(employer: Employer, unions: tuple[str, ...] = ()) -> EmployerLine:
    """An employer as a list shows it."""
    return EmployerLine(
        id=employer.id,
        credit_code=employer.credit_code or "",
        name=employer.name,
        industry=employer.industry,
        status=EmployerStatus(employer.status),
        division_code=employer.division_code,
        union_names=unions,
        unionised=employer.unionised,
        address=employer.address,
        registration_type=employer.registration_type,
        founded_on=employer.founded_on,
    )


def employer_page(actor: Actor, employer_id: UUID) -> tuple[EmployerLine, list[UnionLine]]:
    """An employer and the unions that cover it today. Raises NotFound outside the scope."""
    employer = within(Employer.objects.filter(id=employer_id), actor).first()
    if employer is None:
        raise NotFound("没有找到这个单位。", why="它不在您的管辖范围内", do="请在单位列表中重新查找")
    rows = Union.objects.filter(coverages__employer=employer, coverages__valid__endswith=None).order_by("name_sort")
    lines = [union_line(union) for union in rows]
    return employer_line(employer, tuple(line.name for line in lines)), lines
