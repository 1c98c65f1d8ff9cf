"""Addresses of the employers."""

from __future__ import annotations

from django.urls import path

from zhigong.web.workbench.employers import views

urlpatterns = [
    path("", views.employers, name="employers"),
    path("<uuid:employer_id>/", views.employer, name="employer"),
]
