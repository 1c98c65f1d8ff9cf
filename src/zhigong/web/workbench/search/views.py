"""Search as one types: the box in the head asks for the results alone, a plain request gets the page."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from zhigong.casework import queries as casework
from zhigong.casework.types import CaseLine
from zhigong.kernel.actor import Actor
from zhigong.orgs import queries as orgs
from zhigong.orgs.types import EmployerLine, UnionLine
from zhigong.people import queries as people
from zhigong.people.types import MemberLine
from zhigong.web.guards import as_cadre
from zhigong.web.workbench.fragments import wants_part

IN_BOX, ON_PAGE = 6, 20
WHOLE_NUMBERS = (11, 18)


@dataclass(frozen=True, slots=True)
class Found:
    """What a text finds, by kind."""

    text: str
    persons: tuple[MemberLine, ...] = ()
    unions: tuple[UnionLine, ...] = ()
    employers: tuple[EmployerLine, ...] = ()
    cases: tuple[CaseLine, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.persons or self.unions or self.employers or self.cases)


def find(actor: Actor, text: str, *, limit: int) -> Found:
    """Persons, unions and employers of the scope that a text may mean, and cases by their number."""
    if not text:
        return Found(text)
    persons = people.search(actor, text, limit=limit) if "members.read" in actor.rights else []
    employers = (
        orgs.employers(actor, text=text, limit=limit) if "employers.read" in actor.rights and len(text) > 1 else ()
    )
    cases = casework.numbered(actor, text, limit=limit) if any(letter.isdigit() for letter in text) else ()
    unions = orgs.search_unions(actor, text, limit=limit)
    return Found(text, tuple(persons), tuple(unions), tuple(employers), cases)


@require_GET
@as_cadre()
def search(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The results; a whole number that finds one person leads to her, so that it does not stay in the address."""
    text = " ".join(request.GET.get("q", "").split())[:60]
    found = find(actor, text, limit=IN_BOX if wants_part(request) else ON_PAGE)
    if wants_part(request):
        return render(request, "workbench/search/results.html", {"found": found, "in_box": True})
    if len(text) in WHOLE_NUMBERS and text[:-1].isdigit() and len(found.persons) == 1:
        return redirect("workbench:person", person_id=found.persons[0].id)
    return render(request, "workbench/search/page.html", {"found": found})
