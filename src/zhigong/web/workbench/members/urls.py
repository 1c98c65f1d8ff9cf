"""Addresses of the members."""

from __future__ import annotations

from django.urls import path

from zhigong.web.workbench.members import cases, knowing, listing, looking, person, registering, sources

urlpatterns = [
    path("", listing.members, name="members"),
    path("new/", registering.register, name="register"),
    path("views/", listing.save_view, name="view-save"),
    path("views/<uuid:view_id>/drop/", listing.drop_view, name="view-drop"),
    path("<uuid:person_id>/", person.person, name="person"),
    path("<uuid:person_id>/open/<slug:field>/", person.open_field, name="person-open"),
    path("<uuid:person_id>/facts/", knowing.known, name="person-facts"),
    path("<uuid:person_id>/facts/open/", knowing.open_facts, name="person-facts-open"),
    path("<uuid:person_id>/sources/", sources.known_by, name="person-sources"),
    path("<uuid:person_id>/sources/not-hers/", sources.not_hers, name="person-not-hers"),
    path("<uuid:person_id>/cases/", cases.cases, name="person-cases"),
    path("<uuid:person_id>/looked/", looking.looked, name="person-looked"),
    path("<uuid:person_id>/correct/", registering.correct, name="person-correct"),
]
