"""Addresses of the import wizard, below /workbench/imports/."""

from __future__ import annotations

from django.urls import path

from zhigong.web.workbench.imports import acts, views

urlpatterns = [
    path("", views.batches, name="imports"),
    path("new/", acts.upload, name="import-new"),
    path("unions/", views.unions, name="import-unions"),
    path("<uuid:batch_id>/", views.batch, name="import-batch"),
    path("<uuid:batch_id>/rows/", views.rows, name="import-rows"),
    path("<uuid:batch_id>/union/", acts.choose_union, name="import-union"),
    path("<uuid:batch_id>/publish/", acts.publish, name="import-publish"),
    path("<uuid:batch_id>/check/", acts.check, name="import-check"),
    path("<uuid:batch_id>/discard/", acts.discard, name="import-discard"),
    path("<uuid:batch_id>/undo/", acts.undo, name="import-undo"),
    path("<uuid:batch_id>/receipt/", acts.receipt, name="import-receipt"),
]
