"""The tables as Django reads them; their definition, guards and partitions stand in sql/."""

from __future__ import annotations

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Entry(models.Model):
    """One act, or one opening of personal data. Written by operations, never changed, by no one."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    tx = models.BigIntegerField()
    account_id: models.UUIDField[UUID | None, UUID | None] = models.UUIDField(null=True)
    actor_name = models.TextField()
    post_id: models.UUIDField[UUID | None, UUID | None] = models.UUIDField(null=True)
    duty = models.TextField()
    union_name = models.TextField()
    action = models.TextField()
    purpose = models.TextField()
    reason = models.TextField()
    subject_kind = models.TextField()
    subject_id: models.UUIDField[UUID | None, UUID | None] = models.UUIDField(null=True)
    l1 = models.IntegerField()
    l2 = models.IntegerField()
    l3 = models.IntegerField()
    l4 = models.IntegerField()
    count = models.IntegerField()
    fields: ArrayField[list[str], list[str]] = ArrayField(models.TextField())
    detail = models.JSONField()
    request_id = models.TextField()
    outcome = models.TextField()

    class Meta:
        """Partitioned by month, made by SQL."""

        managed = False
        db_table = "audit_entry"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action}"


class Leaf(models.Model):
    """The place of an entry in a seal; the hash itself is the sealer's and the auditor's."""

    entry_id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    seal = models.BigIntegerField()
    position = models.IntegerField()

    class Meta:
        """Partitioned by month, made by SQL."""

        managed = False
        db_table = "audit_leaf"

    def __str__(self) -> str:
        return f"{self.seal}/{self.position}"


class Seal(models.Model):
    """A signed Merkle root over a batch of entries; root commits to every seal before it."""

    number = models.BigIntegerField(primary_key=True)
    cluster = models.BigIntegerField()
    from_tx = models.BigIntegerField()
    to_tx = models.BigIntegerField()
    count = models.IntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    merkle = models.BinaryField()
    previous = models.BinaryField()
    sealed_at = models.DateTimeField()
    key_id = models.TextField()
    public_key = models.BinaryField()
    root = models.BinaryField()
    signature = models.BinaryField()

    class Meta:
        """Made by SQL."""

        managed = False
        db_table = "audit_seal"

    def __str__(self) -> str:
        return f"{self.number}"
