"""Addresses of the audit view, below /workbench/audit/."""

from __future__ import annotations

from django.urls import path

from zhigong.web.workbench.audit import views

urlpatterns = [
    path("", views.entries, name="audit"),
    path("export/", views.export, name="audit-export"),
    path("verifier.py", views.verifier, name="audit-verifier"),
]
