"""Reads of households, for `queries`: who of the base lives with whom, as far as the viewer's scope goes."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from zhigong.kernel.actor import Actor
from zhigong.people.labels import label_of
from zhigong.people.models import HouseholdPerson, Release
from zhigong.people.types import HOME_SHOWN, Home, HouseholdLine


def age_on(birth: date | None, on: date) -> int | None:
    """Full years lived on a day."""
    return None if birth is None else on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def home_of(person_id: UUID, on: date) -> Home | None:
    """The household of a person whom the viewer may see; None when the register names none.

    The others are shown as far as row-level security goes: a member sees her own row only, a cadre those of her scope.
    """
    own = HouseholdPerson.objects.filter(person_id=person_id).values_list("household_id", "relation", "size").first()
    if own is None:
        return None
    household, relation, size = own
    rows = HouseholdPerson.objects.filter(household_id=household).exclude(person_id=person_id).select_related("person")
    lines = tuple(
        HouseholdLine(
            person_id=row.person_id,
            name=row.person.name,
            relation=relation_label(row.relation),
            age=age_on(row.person.birth_date, on),
        )
        for row in rows.order_by("relation", "person_id")[:HOME_SHOWN]
    )
    return Home(relation=relation_label(relation), size=size, lines=lines)


def relation_label(code: str) -> str:
    """A relation to the head of the household in words; '' when the register does not say."""
    return label_of("family_relation", code)


def household_mark(actor: Actor) -> bytes | None:
    """From what the households in the base were made (`publish_households`), for jobs.

    None before the first publication, empty after one that left somebody out.
    """
    actor.require("members.write")
    found = Release.objects.filter(register="household").values_list("mark", flat=True).first()
    return bytes(found) if found is not None else None
