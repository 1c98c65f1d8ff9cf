"""Addresses of the overview."""

from __future__ import annotations

from django.urls import path

from zhigong.web.workbench.dashboard import views

urlpatterns = [path("", views.dashboard, name="dashboard")]
