"""Budgets, the ledger, payables, payee accounts, payout batches, claims. Amounts are fen.

Accounts and transfers are written by functions of the owner alone (sql/ledger.sql); see migration 0002.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from zhigong.funds.types import BatchState, ClaimState, FileState, LineState, PayableState, Purse
from zhigong.kernel.db.scoped import LevelColumns
from zhigong.kernel.ids import uuid7

_UNSPENT = [PayableState.REQUESTED.value, PayableState.CANCELLED.value]
_LIVE = [LineState.PENDING.value, LineState.PAID.value, LineState.UNKNOWN.value]


class Budget(LevelColumns):
    """Money of one union for one service in one year; the ledger tells where it stands."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    union = models.ForeignKey("orgs.Union", on_delete=models.PROTECT, db_constraint=False, related_name="+")
    service_id = models.CharField(max_length=80)
    year = models.SmallIntegerField()
    document = models.CharField(max_length=120)
    opened_by = models.UUIDField(null=True)
    opened_on = models.DateField()

    class Meta:
        """One budget per union, service and year."""

        constraints = [
            models.UniqueConstraint(fields=["union", "service_id", "year"], name="funds_budget_one"),
            models.CheckConstraint(condition=Q(year__range=(2000, 2100)), name="funds_budget_year"),
        ]


class Account(models.Model):
    """One purse of a budget. balance = credits - debits; only the funding source may be below zero."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="accounts")
    purse = models.SmallIntegerField()
    balance = models.BigIntegerField(default=0)

    class Meta:
        """Each purse once; no purse pays what it does not hold."""

        constraints = [
            models.UniqueConstraint(fields=["budget", "purse"], name="funds_account_one"),
            models.CheckConstraint(condition=Q(purse__in=[p.value for p in Purse]), name="funds_account_purse"),
            models.CheckConstraint(
                condition=Q(purse=Purse.FUNDING, balance__lte=0) | (~Q(purse=Purse.FUNDING) & Q(balance__gte=0)),
                name="funds_account_covered",
            ),
        ]


class Transfer(models.Model):
    """One movement of money: one row, both sides, never changed; a mistake is put right by the reverse movement."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    movement = models.SmallIntegerField()
    debit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    credit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    fen = models.BigIntegerField()
    payable_id = models.UUIDField(null=True, db_index=True)
    claim_id = models.UUIDField(null=True, db_index=True)
    key = models.CharField(max_length=160, unique=True)
    moved_on = models.DateField()
    moved_by = models.UUIDField(null=True)
    moved_at = models.DateTimeField(db_default=Func(function="now"))

    class Meta:
        """Two different sides, a positive amount."""

        constraints = [
            models.CheckConstraint(condition=Q(fen__gt=0), name="funds_transfer_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="funds_transfer_sides"),
        ]


class Payee(models.Model):
    """A bank account of a person, or of the heir of a dead one; a new number is a new row, the old one stays."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    heir = models.BooleanField(default=False)
    holder = models.CharField(max_length=64)
    bank = models.CharField(max_length=80)
    number_cipher = models.BinaryField()
    number_index = models.BinaryField(max_length=32)
    number_masked = models.CharField(max_length=20)
    current = models.BooleanField(default=True)
    key = models.CharField(max_length=160, unique=True)
    registered_by = models.UUIDField(null=True)
    registered_on = models.DateField()

    class Meta:
        """One account in use per person; one holder per account."""

        constraints = [
            models.UniqueConstraint(fields=["person", "heir"], condition=Q(current=True), name="funds_payee_current"),
            models.UniqueConstraint(
                fields=["number_index"], condition=Q(current=True, heir=False), name="funds_payee_holder"
            ),
        ]


class Payable(LevelColumns):
    """A promise to pay a person, kept by the union she belonged to; offset_fen of it was set against her debts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    union = models.ForeignKey("orgs.Union", on_delete=models.PROTECT, db_constraint=False, related_name="+")
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    service_id = models.CharField(max_length=80)
    year = models.SmallIntegerField()
    case_id = models.UUIDField(null=True)
    amount_fen = models.BigIntegerField()
    offset_fen = models.BigIntegerField(default=0)
    state = models.SmallIntegerField(default=PayableState.REQUESTED)
    reason = models.CharField(max_length=200)
    key = models.CharField(max_length=160, unique=True)
    budget = models.ForeignKey(Budget, null=True, on_delete=models.PROTECT, related_name="+")
    payee = models.ForeignKey(Payee, null=True, on_delete=models.PROTECT, related_name="+")
    requested_by = models.UUIDField(null=True)
    requested_on = models.DateField()
    paid_on = models.DateField(null=True)
    problem = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        """Positive, never negative after offsetting; money is reserved before anything else happens."""

        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="funds_payable_positive"),
            models.CheckConstraint(
                condition=Q(offset_fen__gte=0, offset_fen__lte=F("amount_fen")), name="funds_payable_offset"
            ),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in PayableState]), name="funds_payable_state"),
            models.CheckConstraint(
                condition=Q(state__in=_UNSPENT) | Q(budget__isnull=False), name="funds_payable_reserved"
            ),
            models.CheckConstraint(
                condition=Q(state=PayableState.PAID, paid_on__isnull=False)
                | (~Q(state=PayableState.PAID) & Q(paid_on=None)),
                name="funds_payable_paid",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[PayableState.READY, PayableState.IN_BATCH, PayableState.UNKNOWN])
                | Q(payee__isnull=False),
                name="funds_payable_account",
            ),
        ]
        indexes = [
            models.Index(fields=["case_id"], name="funds_payable_case"),
            models.Index(fields=["state", "budget"], name="funds_payable_board"),
            models.Index(fields=["service_id", "year"], name="funds_payable_year"),
        ]


class Batch(LevelColumns):
    """A payout: drafted by one person, frozen, released by another, answered by the bank line by line."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    union = models.ForeignKey("orgs.Union", on_delete=models.PROTECT, db_constraint=False, related_name="+")
    number = models.BigIntegerField(unique=True)
    key = models.CharField(max_length=160, unique=True)
    title = models.CharField(max_length=80)
    service_id = models.CharField(max_length=80, default="", blank=True)
    state = models.SmallIntegerField(default=BatchState.DRAFT)
    line_count = models.IntegerField(null=True)
    sum_fen = models.BigIntegerField(null=True)
    hash = models.CharField(max_length=64, default="", blank=True)
    made_by = models.UUIDField()
    made_by_name = models.CharField(max_length=64)
    made_on = models.DateField()
    frozen_by = models.UUIDField(null=True)
    released_by = models.UUIDField(null=True)
    released_by_name = models.CharField(max_length=64, default="", blank=True)
    released_on = models.DateField(null=True)
    settled_on = models.DateField(null=True)

    class Meta:
        """Maker and checker differ; what is frozen is complete; who and when of the release come together."""

        constraints = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in BatchState]), name="funds_batch_state"),
            models.CheckConstraint(
                condition=Q(released_by=None) | (~Q(released_by=F("made_by")) & ~Q(released_by=F("frozen_by"))),
                name="funds_batch_two_persons",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[BatchState.RELEASED, BatchState.SETTLED],
                    released_by__isnull=False,
                    released_on__isnull=False,
                )
                | (~Q(state__in=[BatchState.RELEASED, BatchState.SETTLED]) & Q(released_by=None, released_on=None)),
                name="funds_batch_released",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[BatchState.DRAFT, BatchState.DISSOLVED])
                | Q(line_count__gt=0, sum_fen__gt=0, hash__regex="^[0-9a-f]{64}$", frozen_by__isnull=False),
                name="funds_batch_frozen",
            ),
        ]


class Line(models.Model):
    """One payment of a batch; only what the bank says of it is written later."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="lines")
    payable = models.ForeignKey(Payable, on_delete=models.PROTECT, related_name="+")
    payee = models.ForeignKey(Payee, on_delete=models.PROTECT, related_name="+")
    number = models.IntegerField()
    serial = models.CharField(max_length=24, unique=True)
    fen = models.BigIntegerField()
    state = models.SmallIntegerField(default=LineState.PENDING)
    problem = models.CharField(max_length=200, default="", blank=True)
    answered_on = models.DateField(null=True)

    class Meta:
        """A payable lives in one batch at a time and is paid once."""

        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="funds_line_number"),
            models.UniqueConstraint(fields=["payable"], condition=Q(state__in=_LIVE), name="funds_line_one"),
            models.CheckConstraint(condition=Q(fen__gt=0), name="funds_line_positive"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in LineState]), name="funds_line_state"),
        ]


class Answer(models.Model):
    """A return file that was posted; the same bytes are not posted twice."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="answers")
    sha256 = models.CharField(max_length=64)
    posted_by = models.UUIDField(null=True)
    posted_on = models.DateField()
    paid = models.IntegerField()
    rejected = models.IntegerField()
    unknown = models.IntegerField()
    paid_fen = models.BigIntegerField()
    returned = models.IntegerField(db_default=0)

    class Meta:
        """Once per batch."""

        constraints = [models.UniqueConstraint(fields=["batch", "sha256"], name="funds_answer_once")]


class PassedFile(models.Model):
    """A file of a batch that waits for a job, sealed; its content goes when it was posted, refused or fetched.

    layout and only_unknown: of a bank file, as `bank_file` takes them. job: the work asked for.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="files")
    kind = models.SmallIntegerField()
    file_name = models.CharField(max_length=200, default="", blank=True)
    layout = models.CharField(max_length=12, default="", blank=True)
    only_unknown = models.BooleanField(default=False)
    cipher = models.BinaryField(null=True)
    state = models.SmallIntegerField(default=FileState.WAITING)
    error = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    asked_by = models.UUIDField()
    asked_by_name = models.CharField(max_length=64)
    post_id = models.UUIDField(null=True)
    asked_at = models.DateTimeField(db_default=Now())
    job = models.BigIntegerField(null=True)


class Claim(LevelColumns):
    """Money a person has to give back; regained by offsetting or repayment."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    union = models.ForeignKey("orgs.Union", on_delete=models.PROTECT, db_constraint=False, related_name="+")
    person = models.ForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    service_id = models.CharField(max_length=80)
    year = models.SmallIntegerField()
    case_id = models.UUIDField(null=True)
    budget = models.ForeignKey(Budget, null=True, on_delete=models.PROTECT, related_name="+")
    amount_fen = models.BigIntegerField()
    regained_fen = models.BigIntegerField(default=0)
    state = models.SmallIntegerField(default=ClaimState.OPEN)
    reason = models.CharField(max_length=200)
    note = models.CharField(max_length=200, default="", blank=True)
    key = models.CharField(max_length=160, unique=True)
    claimed_by = models.UUIDField(null=True)
    claimed_on = models.DateField()

    class Meta:
        """Never regained beyond its amount; settled exactly when all is back."""

        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="funds_claim_positive"),
            models.CheckConstraint(
                condition=Q(regained_fen__gte=0, regained_fen__lte=F("amount_fen")), name="funds_claim_regained"
            ),
            models.CheckConstraint(
                condition=Q(state=ClaimState.SETTLED, regained_fen=F("amount_fen"))
                | (Q(state__in=[ClaimState.OPEN, ClaimState.WRITTEN_OFF]) & Q(regained_fen__lt=F("amount_fen"))),
                name="funds_claim_state",
            ),
        ]
        indexes = [models.Index(fields=["case_id"], name="funds_claim_case")]
