"""What is known of each person now, and what persons have declared. Visibility follows the person (ADR 0003)."""

from __future__ import annotations

from django.db import models
from django.db.models import Func, Q

from zhigong.facts.types import Standing
from zhigong.kernel.ids import uuid7


class Current(models.Model):
    """The facts of one group about one person, as last published; names without a value are left out.

    The person is a foreign key with cascade, made in the migration: facts end with the person they are about. No index
    on the person alone: readers name the groups, and a second index would double the cost of publishing.
    """

    pk = models.CompositePrimaryKey("fact_group", "person_id")
    fact_group = models.CharField(max_length=40, db_collation="C")
    person_id = models.UUIDField()
    values = models.JSONField()
    source = models.CharField(max_length=160)
    as_of = models.DateField()
    batch_id = models.UUIDField(null=True)


class Declared(models.Model):
    """One thing a person said; rows are never changed but for what became of them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    name = models.CharField(max_length=63, db_collation="C")
    value = models.JSONField()
    declared_on = models.DateField()
    declared_by = models.UUIDField(null=True)
    by_self = models.BooleanField()
    case_id = models.UUIDField(null=True)
    key = models.CharField(max_length=100)
    standing = models.SmallIntegerField(default=Standing.DECLARED)
    settled_on = models.DateField(null=True)
    created_at = models.DateTimeField(db_default=Func(function="now"))

    class Meta:
        """One value in force per person and fact; the same key once; settled means there is a day."""

        constraints = [
            models.UniqueConstraint(
                fields=["person_id", "name"], condition=~Q(standing=Standing.REPLACED), name="facts_declared_one"
            ),
            models.UniqueConstraint(fields=["person_id", "name", "key"], name="facts_declared_key"),
            models.CheckConstraint(
                condition=Q(standing__in=[one.value for one in Standing]), name="facts_declared_standing"
            ),
            models.CheckConstraint(
                condition=Q(standing=Standing.DECLARED, settled_on=None)
                | (~Q(standing=Standing.DECLARED) & Q(settled_on__isnull=False)),
                name="facts_declared_settled",
            ),
        ]
        indexes = [
            models.Index(fields=["name"], condition=~Q(standing=Standing.REPLACED), name="facts_declared_name"),
        ]


class Release(models.Model):
    """What was last published of a group; the digest tells that nothing is new, empty after a partial publication."""

    fact_group = models.CharField(max_length=40, db_collation="C", primary_key=True)
    digest = models.BinaryField(max_length=32)
    rows = models.IntegerField()
    as_of = models.DateField(null=True)
    published_on = models.DateField()
