"""How a case goes: steps, events, supplements, notices to the public."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func, Q

from zhigong.casework.models.cases import CaseRow, together, within_enum
from zhigong.casework.types import (
    StepState,
)


class Step(CaseRow):
    """One step of a case's route. level: who acts, after escalation a higher one than home_level.

    round grows when a case is sent back: the old row stays as it was decided.
    """

    round = models.SmallIntegerField(default=1)
    ordinal = models.SmallIntegerField()
    step_id = models.CharField(max_length=40)
    title = models.CharField(max_length=60)
    kind = models.CharField(max_length=12)
    right = models.CharField(max_length=40)
    actions = models.JSONField()
    home_level = models.SmallIntegerField()
    level = models.SmallIntegerField()
    workdays = models.SmallIntegerField()
    state = models.SmallIntegerField(default=StepState.WAITING)
    opened_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    deadline = models.JSONField(default=list)
    done_on = models.DateField(null=True)
    done_by = models.UUIDField(null=True)
    done_name = models.CharField(max_length=80, default="", blank=True)
    action = models.CharField(max_length=12, default="", blank=True)
    note = models.CharField(max_length=500, default="", blank=True)
    escalated_on = models.DateField(null=True)
    reminded = models.SmallIntegerField(null=True)

    class Meta:
        """One open step per case; a step that was acted on says who and when."""

        constraints = [
            within_enum("state", StepState, "casework_step_state"),
            models.UniqueConstraint(fields=["case", "round", "ordinal"], name="casework_step_place"),
            models.UniqueConstraint(fields=["case"], condition=Q(state=StepState.OPEN), name="casework_step_one_open"),
            models.CheckConstraint(
                condition=Q(level__gte=1, level__lte=F("home_level"), home_level__lte=4), name="casework_step_level"
            ),
            models.CheckConstraint(
                condition=(Q(state__in=[StepState.DONE, StepState.RETURNED]) & Q(done_on__isnull=False) & ~Q(action=""))
                | Q(state__in=[StepState.WAITING, StepState.OPEN, StepState.CLOSED], done_on=None),
                name="casework_step_done",
            ),
            models.CheckConstraint(
                condition=~Q(state=StepState.OPEN) | Q(opened_on__isnull=False), name="casework_step_opened"
            ),
        ]
        indexes = [
            models.Index(fields=["l1", "level", "due_on"], condition=Q(state=2), name="casework_todo_l1"),
            models.Index(fields=["l2", "level", "due_on"], condition=Q(state=2), name="casework_todo_l2"),
            models.Index(fields=["l3", "level", "due_on"], condition=Q(state=2), name="casework_todo_l3"),
            models.Index(fields=["l4", "level", "due_on"], condition=Q(state=2), name="casework_todo_l4"),
            models.Index(fields=["due_on"], condition=Q(state=2), name="casework_step_due"),
        ]


class Event(CaseRow):
    """One line of a case's timeline, as everybody concerned reads it; append-only."""

    at = models.DateTimeField(db_default=Func(function="clock_timestamp"))
    on = models.DateField()
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=80)
    text = models.CharField(max_length=600, default="", blank=True)
    who = models.CharField(max_length=120)
    account_id = models.UUIDField(null=True)
    tone = models.CharField(max_length=8, default="info")

    class Meta:
        """Read by case, in order."""

        indexes = [models.Index(fields=["case", "id"], name="casework_event_case")]


class Supplement(CaseRow):
    """Materials asked for; the clock stands still until they come. asks: names of form fields."""

    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500)
    asks = models.JSONField(default=list)
    asked_on = models.DateField()
    asked_by = models.UUIDField(null=True)
    asked_name = models.CharField(max_length=120)
    answered_on = models.DateField(null=True)
    answered_by = models.UUIDField(null=True)
    answer = models.CharField(max_length=1000, default="", blank=True)
    answers = models.JSONField(default=dict)

    class Meta:
        """One open request per case; who and when of the answer come together."""

        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(answered_on=None), name="casework_supplement_open"),
            together("answered_on", "answered_by", "casework_supplement_answered"),
            models.CheckConstraint(
                condition=Q(answered_on=None) | Q(answered_on__gte=F("asked_on")), name="casework_supplement_dates"
            ),
        ]


class Publicity(CaseRow):
    """A public notice. What is shown lies here masked; the board reads nothing else (个人信息保护法 §25)."""

    masked_name = models.CharField(max_length=64)
    union_name = models.CharField(max_length=120)
    category = models.CharField(max_length=160)
    amount_fen = models.BigIntegerField(null=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    published_by = models.UUIDField(null=True)
    ended_on = models.DateField(null=True)
    stopped = models.BooleanField(default=False)

    class Meta:
        """One open notice per case."""

        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(ended_on=None), name="casework_publicity_open"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="casework_publicity_dates"),
        ]
        indexes = [
            models.Index(fields=["ends_on"], condition=Q(ended_on=None), name="casework_publicity_end"),
        ]
