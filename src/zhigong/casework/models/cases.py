"""Entitlements and cases, and what their rows share."""

from __future__ import annotations

from enum import IntEnum

from django.db import models
from django.db.models import Func, Q

from zhigong.casework.types import (
    OPEN_STATES,
    CaseOrigin,
    CaseState,
    EntitlementState,
)
from zhigong.kernel.db.scoped import LevelColumns
from zhigong.kernel.ids import uuid7
from zhigong.orgs.models import Union


def within_enum(column: str, enum: type[IntEnum], name: str) -> models.CheckConstraint:
    """The column holds a value of the enum."""
    return models.CheckConstraint(condition=Q(**{f"{column}__in": [one.value for one in enum]}), name=name)


def together(first: str, second: str, name: str) -> models.CheckConstraint:
    """Two columns are both set or both NULL: who and when come together."""
    neither, both = {f"{first}__isnull": True, f"{second}__isnull": True}, {f"{first}__isnull": False}
    return models.CheckConstraint(condition=Q(**neither) | Q(**both, **{f"{second}__isnull": False}), name=name)


class Scoped(LevelColumns):
    """A scoped row about one person, who sees it too."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    union = models.ForeignKey(Union, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    person_id = models.UUIDField()

    class Meta:
        """Shared columns only."""

        abstract = True


class Entitlement(Scoped):
    """What screening found for a person. digest: what the rule said, so that only changed rows are touched."""

    service_id = models.CharField(max_length=80)
    service_version = models.CharField(max_length=64)
    state = models.SmallIntegerField(default=EntitlementState.OFFERED)
    grade = models.CharField(max_length=40, default="", blank=True)
    amount_fen = models.BigIntegerField(null=True)
    digest = models.CharField(max_length=64)
    found_on = models.DateField()
    changed_on = models.DateField()
    recheck_on = models.DateField(null=True)
    holds = models.BooleanField(default=True)
    case_id = models.UUIDField(null=True)

    class Meta:
        """One per person and service; accepted and granted ones name their case."""

        constraints = [
            models.UniqueConstraint(fields=["person_id", "service_id"], name="casework_entitlement_one"),
            within_enum("state", EntitlementState, "casework_entitlement_state"),
            models.CheckConstraint(
                condition=Q(amount_fen=None) | Q(amount_fen__gte=0), name="casework_entitlement_amount"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[EntitlementState.ACCEPTED, EntitlementState.GRANTED])
                | Q(case_id__isnull=False),
                name="casework_entitlement_case",
            ),
        ]
        indexes = [
            models.Index(fields=["service_id", "state"], name="casework_entitlement_service"),
            models.Index(fields=["recheck_on"], condition=Q(recheck_on__isnull=False), name="casework_entitlement_due"),
        ]


class Case(Scoped):
    """One matter of one person, with the version of its service and what was submitted, both pinned by hash.

    content: answers and the facts seen, frozen at submission. step: ordinal of the open step, 0 without one.
    """

    number = models.CharField(max_length=24, unique=True)
    service_id = models.CharField(max_length=80)
    service_version = models.CharField(max_length=64)
    title = models.CharField(max_length=120)
    person_name = models.CharField(max_length=64)
    union_name = models.CharField(max_length=120)
    union_path = models.CharField(max_length=480, default="", blank=True)
    origin = models.SmallIntegerField()
    state = models.SmallIntegerField(default=CaseState.RUNNING)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    grade = models.CharField(max_length=40, default="", blank=True)
    grade_label = models.CharField(max_length=60, default="", blank=True)
    amount_fen = models.BigIntegerField(null=True)
    step = models.SmallIntegerField(default=0)
    round = models.SmallIntegerField(default=1)
    entitlement_id = models.UUIDField(null=True)
    submitted_on = models.DateField()
    submitted_by = models.UUIDField(null=True)
    promised_on = models.DateField()
    due_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    paid_on = models.DateField(null=True)
    key = models.CharField(max_length=160, unique=True)
    created_at = models.DateTimeField(db_default=Func(function="now"))

    class Meta:
        """One open application per person and service; dates follow the state."""

        constraints = [
            within_enum("state", CaseState, "casework_case_state"),
            within_enum("origin", CaseOrigin, "casework_case_origin"),
            models.UniqueConstraint(
                fields=["person_id", "service_id"],
                condition=Q(state__in=[state.value for state in OPEN_STATES]),
                name="casework_case_one_open",
            ),
            models.CheckConstraint(condition=Q(amount_fen=None) | Q(amount_fen__gte=0), name="casework_case_amount"),
            models.CheckConstraint(
                condition=Q(state__in=[*(state.value for state in OPEN_STATES), CaseState.HEIR], closed_on=None)
                | Q(state__gte=CaseState.GRANTED, closed_on__isnull=False),
                name="casework_case_closed",
            ),
            models.CheckConstraint(
                condition=Q(state=CaseState.PAID, paid_on__isnull=False) | (~Q(state=CaseState.PAID) & Q(paid_on=None)),
                name="casework_case_paid",
            ),
            models.CheckConstraint(
                condition=Q(origin=CaseOrigin.AUTOMATIC, submitted_by=None)
                | (~Q(origin=CaseOrigin.AUTOMATIC) & Q(submitted_by__isnull=False)),
                name="casework_case_submitted",
            ),
        ]
        indexes = [
            models.Index(fields=["person_id", "id"], name="casework_case_person"),
            models.Index(fields=["l1", "state", "id"], name="casework_case_l1"),
            models.Index(fields=["l2", "state", "id"], name="casework_case_l2"),
            models.Index(fields=["l3", "state", "id"], name="casework_case_l3"),
            models.Index(fields=["l4", "state", "id"], name="casework_case_l4"),
        ]


class CaseRow(Scoped):
    """A row that belongs to a case and shares its person and chain."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """Shared columns only."""

        abstract = True
