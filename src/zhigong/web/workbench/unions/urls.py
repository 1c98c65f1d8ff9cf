"""Addresses of the unions."""

from __future__ import annotations

from django.urls import path

from zhigong.web.workbench.unions import changes, page, tree

urlpatterns = [
    path("", tree.tree, name="unions"),
    path("pick/", tree.pick, name="union-pick"),
    path("<uuid:union_id>/", page.union, name="union"),
    path("<uuid:union_id>/branch/", tree.branch, name="union-branch"),
    path("<uuid:union_id>/<slug:key>/", changes.change, name="union-change"),
]
