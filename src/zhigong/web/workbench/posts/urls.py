"""Addresses of the posts."""

from __future__ import annotations

from django.urls import path

from zhigong.web.workbench.posts import appointing, views

urlpatterns = [
    path("", views.posts, name="posts"),
    path("terms/", views.terms, name="terms"),
    path("new/", appointing.appoint, name="appoint"),
    path("<uuid:post_id>/end/", appointing.end, name="post-end"),
]
