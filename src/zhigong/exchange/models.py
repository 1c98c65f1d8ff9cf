"""Batches: one row per file that came in. The file itself and its rows lie in the lake, sealed."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func, Q, Value

from zhigong.exchange.types import BatchState, Verdict
from zhigong.kernel.db.scoped import LevelColumns
from zhigong.kernel.ids import uuid7
from zhigong.orgs.models import Union


class Batch(LevelColumns):
    """A file as it came, by content: the same file of the same union is the same batch while it stands.

    job is the number of the work last asked for.
    union is the one whose cadre brought it, the city's for department
    files. Counts follow commands.md. delta: it adds to the batches before it. comparison: what checking counted in
    its columns, how it differs from the last one, and who let it pass nevertheless.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.IntegerField(unique=True, db_default=Func(Value("exchange_batch_number"), function="nextval"))
    union = models.ForeignKey(Union, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    source = models.CharField(max_length=40)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    as_of = models.DateField()
    delta = models.BooleanField(default=False)
    state = models.SmallIntegerField(default=BatchState.RECEIVED)
    default_union_code = models.CharField(max_length=32, default="", blank=True)
    account_id = models.UUIDField(null=True)
    post_id = models.UUIDField(null=True)
    job = models.BigIntegerField(null=True)
    uploaded_by = models.CharField(max_length=64, default="", blank=True)
    rows = models.IntegerField(default=0)
    accepted = models.IntegerField(default=0)
    unverified = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    created = models.IntegerField(default=0)
    updated = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    elsewhere = models.IntegerField(default=0)
    layout = models.JSONField(default=dict)
    problem_counts = models.JSONField(default=list)
    comparison = models.JSONField(default=dict)
    error = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Func(function="now"))
    published_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        """The same file twice is the same batch; counts add up; published and undone carry their time."""

        constraints = [
            models.UniqueConstraint(
                fields=["source", "sha256", "union"],
                condition=Q(state__in=[1, 2, 3, 4, 8, 9]),
                name="exchange_batch_once",
            ),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in BatchState]), name="exchange_batch_state"),
            models.CheckConstraint(
                condition=Q(rows=F("accepted") + F("unverified") + F("rejected")), name="exchange_batch_adds_up"
            ),
            models.CheckConstraint(
                condition=~Q(state=4) | Q(published_at__isnull=False), name="exchange_batch_published"
            ),
            models.CheckConstraint(condition=~Q(state=5) | Q(undone_at__isnull=False), name="exchange_batch_undone"),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="exchange_batch_created"),
            models.Index(fields=["source", "-number"], name="exchange_batch_of_source"),
        ]


class BatchProgress(models.Model):
    """How far a running job is, written outside its transaction so that others can see it; numbers only, hence no
    scope."""

    batch_id = models.UUIDField(primary_key=True)
    stage = models.CharField(max_length=40)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    started_at = models.DateTimeField(db_default=Func(function="now"))
    updated_at = models.DateTimeField(db_default=Func(function="now"))


class Ruling(LevelColumns):
    """What somebody said of a row of a department and a person of the base: written once, answered by the next one.

    token: keyed hash of whom the row names (name, number as written, else employer), the same in next month's file.
    replaces: the ruling it answers; the last of such a chain is in force. batch_id, row: where the row was seen.
    union is the city's: so are the sources.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    union = models.ForeignKey(Union, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    source = models.CharField(max_length=40)
    token = models.BinaryField(max_length=16)
    person_id = models.UUIDField()
    verdict = models.SmallIntegerField()
    note = models.CharField(max_length=500, default="", blank=True)
    batch_id = models.UUIDField()
    row = models.BigIntegerField()
    replaces = models.UUIDField(null=True)
    key = models.UUIDField(unique=True)
    account_id = models.UUIDField(null=True)
    post_id = models.UUIDField(null=True)
    ruled_by = models.CharField(max_length=64, default="", blank=True)
    ruled_on = models.DateField()
    ruled_at = models.DateTimeField(db_default=Func(function="now"))

    class Meta:
        """A pair has one first ruling and each ruling one answer: two people cannot rule past each other."""

        constraints = [
            models.UniqueConstraint(fields=["replaces"], name="exchange_ruling_answered_once"),
            models.UniqueConstraint(
                fields=["source", "token", "person_id"],
                condition=Q(replaces__isnull=True),
                name="exchange_ruling_first",
            ),
            models.CheckConstraint(condition=Q(verdict__in=[v.value for v in Verdict]), name="exchange_ruling_verdict"),
            models.CheckConstraint(
                condition=Q(replaces__isnull=False) | ~Q(verdict=Verdict.WITHDRAWN.value),
                name="exchange_ruling_withdraws",
            ),
        ]
        indexes = [models.Index(fields=["person_id"], name="exchange_ruling_person")]
