"""What comes of a case: decisions, objections, ratings, awards, notices; and requests seen before."""

from __future__ import annotations

from django.db import models
from django.db.models import Func, Q

from zhigong.casework.models.cases import Case, CaseRow, Scoped, together, within_enum
from zhigong.casework.models.steps import Publicity
from zhigong.casework.types import (
    ObjectionKind,
    ObjectionState,
    RecheckOutcome,
    RecheckState,
)
from zhigong.kernel.ids import uuid7


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


class Recheck(CaseRow):
    """One yearly re-check of what was granted: she is asked, answers or not, a cadre looks, a change is decided.

    due_on: the day by which it is to be looked at again; level: who acts. lapsed: screening found that the rule holds
    no more. grade_before: what she had when it began, put back when an objection is upheld.
    """

    entitlement_id = models.UUIDField()
    round = models.SmallIntegerField()
    state = models.SmallIntegerField(default=RecheckState.ASKED)
    level = models.SmallIntegerField()
    lapsed = models.BooleanField(default=False)
    grade_before = models.CharField(max_length=40, default="", blank=True)
    opened_on = models.DateField()
    due_on = models.DateField()
    answer_by = models.DateField()
    answered_on = models.DateField(null=True)
    answered_by = models.UUIDField(null=True)
    changed = models.BooleanField(null=True)
    answer = models.CharField(max_length=1000, default="", blank=True)
    proposed_on = models.DateField(null=True)
    proposed_by = models.UUIDField(null=True)
    proposed_name = models.CharField(max_length=120, default="", blank=True)
    note = models.CharField(max_length=500, default="", blank=True)
    closed_on = models.DateField(null=True)
    closed_by = models.UUIDField(null=True)
    outcome = models.SmallIntegerField(null=True)
    decision = models.ForeignKey(Decision, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """One open round per entitlement; the end has a day, a person and an outcome, a change has a decision."""

        constraints = [
            within_enum("state", RecheckState, "casework_recheck_state"),
            models.UniqueConstraint(fields=["entitlement_id", "round"], name="casework_recheck_round"),
            models.UniqueConstraint(
                fields=["entitlement_id"], condition=Q(state__lt=RecheckState.CLOSED), name="casework_recheck_open"
            ),
            together("answered_on", "answered_by", "casework_recheck_answered"),
            together("proposed_on", "proposed_by", "casework_recheck_proposed"),
            models.CheckConstraint(
                condition=Q(state__lt=RecheckState.CLOSED, closed_on=None, closed_by=None, outcome=None, decision=None)
                | Q(
                    state=RecheckState.CLOSED,
                    closed_on__isnull=False,
                    closed_by__isnull=False,
                    outcome=RecheckOutcome.KEPT,
                    decision=None,
                )
                | Q(
                    state=RecheckState.CLOSED,
                    closed_on__isnull=False,
                    closed_by__isnull=False,
                    outcome__in=[RecheckOutcome.REGRADED, RecheckOutcome.ENDED],
                    decision__isnull=False,
                ),
                name="casework_recheck_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["case"], name="casework_recheck_case"),
            models.Index(fields=["level", "due_on"], condition=Q(state__lt=5), name="casework_recheck_todo"),
        ]


class Screening(models.Model):
    """The last screening of each service: what offers stand on."""

    service_id = models.CharField(primary_key=True, max_length=80)
    screened_on = models.DateField()
    day = models.DateField()


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
