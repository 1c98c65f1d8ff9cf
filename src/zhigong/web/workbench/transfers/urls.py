"""Addresses of the transfers."""

from __future__ import annotations

from django.urls import path

from zhigong.web.workbench.transfers import views

urlpatterns = [
    path("", views.transfers, name="transfers"),
    path("ask/<uuid:person_id>/", views.ask, name="transfer-ask"),
    path("<uuid:transfer_id>/accept/", views.accept, name="transfer-accept"),
    path("<uuid:transfer_id>/refuse/", views.refuse, name="transfer-refuse"),
    path("<uuid:transfer_id>/withdraw/", views.withdraw, name="transfer-withdraw"),
]
