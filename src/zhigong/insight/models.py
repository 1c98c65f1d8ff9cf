"""Refreshes that were run: when, by whom, how far, what each stage did. The figures themselves lie in the lake."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from zhigong.kernel.db.scoped import LevelColumns
from zhigong.kernel.ids import uuid7
from zhigong.orgs.models import Union


class Run(LevelColumns):
    """One refresh of the whole city. report: rows, changed, seconds by stage; error: what, where, why, do."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    union = models.ForeignKey(Union, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    asked_by = models.UUIDField(null=True)
    asked_by_name = models.CharField(max_length=64)
    asked_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=200, default="", blank=True)
    report = models.JSONField(default=dict, blank=True)
    error = models.JSONField(default=dict, blank=True)
    job = models.BigIntegerField(null=True)
