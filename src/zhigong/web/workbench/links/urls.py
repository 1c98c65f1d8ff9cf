"""Addresses of the review of links, below /workbench/links/."""

from __future__ import annotations

from django.urls import path

from zhigong.web.workbench.links import views

PAIR = "<slug:source>/<slug:token>/<uuid:person_id>/"

urlpatterns = [
    path("", views.queue, name="links"),
    path("rulings/<uuid:ruling_id>/withdraw/", views.withdraw, name="link-withdraw"),
    path(PAIR, views.pair, name="link"),
    path(f"{PAIR}open/", views.open_numbers, name="link-open"),
    path(f"{PAIR}rule/", views.rule, name="link-rule"),
]
