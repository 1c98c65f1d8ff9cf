"""Address of the export."""

from __future__ import annotations

from django.urls import path

from zhigong.web.workbench.export import views

urlpatterns = [path("", views.export, name="export")]
