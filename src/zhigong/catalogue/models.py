"""Frozen versions of services: what a case was decided by, word for word."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.fields.json import KeyTextTransform


class Version(models.Model):
    """The canonical content of a service under its hash. Rows are added and never changed (a trigger sees to it)."""

    hash = models.CharField(primary_key=True, max_length=64, db_collation="C")
    service_id = models.CharField(max_length=110, db_collation="C")
    content = models.JSONField()
    frozen_at = models.DateTimeField(db_default=Func(function="now"))

    class Meta:
        """One row per content; the content is of the service it is kept for."""

        db_table = "catalogue_version"
        indexes = [models.Index(fields=["service_id"], name="catalogue_version_service")]
        constraints = [
            models.CheckConstraint(condition=Q(hash__regex=r"^[0-9a-f]{64}$"), name="catalogue_version_hash"),
            models.CheckConstraint(
                condition=Q(service_id=KeyTextTransform("id", F("content"))), name="catalogue_version_is_of_service"
            ),
        ]
