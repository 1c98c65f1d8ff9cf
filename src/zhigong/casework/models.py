"""Entitlements, cases with their steps and events, supplements, publicity, decisions, objections, ratings, awards."""

from __future__ import annotations

from enum import IntEnum

from django.db import models
from django.db.models import F, Func, Q

from zhigong.casework.types import (
    OPEN_STATES,
    CaseOrigin,
    CaseState,
    EntitlementState,
    ObjectionKind,
    ObjectionState,
    StepState,
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
            models.Index(fields=["recheck_on"], condition=Q(recheck_on__isnull=False), name="casework_recheck"),
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


class Decision(CaseRow):
    """A decision with its reasons, signed together with the content and the service's version; append-only."""

    ordinal = models.SmallIntegerField()
    granted = models.BooleanField()
    automatic = models.BooleanField(default=False)
    grade = models.CharField(max_length=40, default="", blank=True)
    grade_label = models.CharField(max_length=60, default="", blank=True)
    amount_fen = models.BigIntegerField(null=True)
    reasons = models.JSONField()
    note = models.CharField(max_length=500, default="", blank=True)
    level = models.SmallIntegerField()
    decided_on = models.DateField()
    decided_by = models.UUIDField(null=True)
    decided_name = models.CharField(max_length=120)
    signed = models.TextField()
    signature = models.BinaryField(max_length=64)
    key_id = models.CharField(max_length=16)

    class Meta:
        """In order per case; only the rule itself decides without a person; a refusal has reasons or a note."""

        constraints = [
            models.UniqueConstraint(fields=["case", "ordinal"], name="casework_decision_place"),
            models.CheckConstraint(
                condition=Q(automatic=True, decided_by=None) | Q(automatic=False, decided_by__isnull=False),
                name="casework_decision_by",
            ),
            models.CheckConstraint(
                condition=Q(granted=True) | ~Q(reasons=[]) | ~Q(note=""), name="casework_decision_reasons"
            ),
            models.CheckConstraint(
                condition=Q(amount_fen=None) | Q(amount_fen__gte=0), name="casework_decision_amount"
            ),
        ]


class Objection(CaseRow):
    """An objection; person is who raised it, not always whose case it is."""

    kind = models.SmallIntegerField()
    publicity = models.ForeignKey(Publicity, null=True, on_delete=models.PROTECT, related_name="+")
    decision = models.ForeignKey(Decision, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.SmallIntegerField(default=ObjectionState.OPEN)
    text = models.CharField(max_length=1000)
    level = models.SmallIntegerField()
    raised_on = models.DateField()
    raised_by = models.UUIDField(null=True)
    due_on = models.DateField()
    answer = models.CharField(max_length=1000, default="", blank=True)
    answered_on = models.DateField(null=True)
    answered_by = models.UUIDField(null=True)
    answered_name = models.CharField(max_length=120, default="", blank=True)

    class Meta:
        """One against each decision, one per person against a notice; an answer has words, a person and a day."""

        constraints = [
            within_enum("state", ObjectionState, "casework_objection_state"),
            within_enum("kind", ObjectionKind, "casework_objection_kind"),
            models.UniqueConstraint(
                fields=["decision"], condition=Q(decision__isnull=False), name="casework_objection_decision"
            ),
            models.UniqueConstraint(
                fields=["publicity", "person_id"],
                condition=Q(publicity__isnull=False),
                name="casework_objection_publicity",
            ),
            models.CheckConstraint(
                condition=Q(kind=ObjectionKind.DECISION, decision__isnull=False, publicity=None)
                | Q(kind=ObjectionKind.PUBLICITY, publicity__isnull=False, decision=None),
                name="casework_objection_target",
            ),
            models.CheckConstraint(
                condition=Q(state=ObjectionState.OPEN, answered_on=None, answered_by=None, answer="")
                | (
                    Q(state__gt=ObjectionState.OPEN, answered_on__isnull=False, answered_by__isnull=False)
                    & ~Q(answer="")
                ),
                name="casework_objection_answered",
            ),
        ]
        indexes = [models.Index(fields=["state", "due_on"], name="casework_objection_due")]


class Rating(CaseRow):
    """The member's mark of how she was served; 1 and 2 ask for a follow-up."""

    score = models.SmallIntegerField()
    text = models.CharField(max_length=500, default="", blank=True)
    rated_on = models.DateField()
    followed_on = models.DateField(null=True)
    followed_by = models.UUIDField(null=True)
    follow_note = models.CharField(max_length=500, default="", blank=True)

    class Meta:
        """One mark per case; who and when of the follow-up come together."""

        constraints = [
            models.UniqueConstraint(fields=["case"], name="casework_rating_one"),
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=5), name="casework_rating_score"),
            together("followed_on", "followed_by", "casework_rating_followed"),
        ]


class Award(Scoped):
    """One automatic award or recovery: what a person was given in a period, in order; append-only.

    total_fen: the sum of the period after this one. Paying again needs a new total, so a replay pays nothing.
    """

    service_id = models.CharField(max_length=80)
    period = models.SmallIntegerField()
    ordinal = models.IntegerField()
    fen = models.BigIntegerField()
    total_fen = models.BigIntegerField()
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    made_on = models.DateField()
    key = models.CharField(max_length=160, unique=True)

    class Meta:
        """In order per person, service and period; totals never below zero."""

        constraints = [
            models.UniqueConstraint(
                fields=["person_id", "service_id", "period", "ordinal"], name="casework_award_place"
            ),
            models.CheckConstraint(condition=~Q(fen=0) & Q(total_fen__gte=0), name="casework_award_fen"),
        ]
        indexes = [models.Index(fields=["service_id", "period"], name="casework_award_service")]


class Notice(Scoped):
    """A message to a member about something found, decided, paid or recovered."""

    case_id = models.UUIDField(null=True)
    service_id = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=80)
    text = models.CharField(max_length=600)
    on = models.DateField()
    read_on = models.DateField(null=True)
    key = models.CharField(max_length=200, unique=True)

    class Meta:
        """Read by person, the latest first."""

        indexes = [models.Index(fields=["person_id", "-id"], name="casework_notice_person")]


class Request(models.Model):
    """An act already done under a key: the same key again answers what it answered, and does nothing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_id = models.UUIDField()
    key = models.CharField(max_length=160)
    act = models.CharField(max_length=40)
    fingerprint = models.CharField(max_length=64)
    result = models.JSONField(null=True)
    made_at = models.DateTimeField(db_default=Func(function="now"))

    class Meta:
        """A key once per account."""

        constraints = [models.UniqueConstraint(fields=["account_id", "key"], name="casework_request_key")]
