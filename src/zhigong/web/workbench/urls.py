"""Addresses of the workbench, one module per feature; names share the namespace `workbench`."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

app_name = "workbench"

FEATURES = {
    "": "home",
    "search/": "search",
    "unions/": "unions",
    "members/export/": "export",
    "members/": "members",
    "transfers/": "transfers",
    "employers/": "employers",
    "posts/": "posts",
    "imports/": "imports",
    "cases/": "cases",
    "publicity/": "publicity",
    "payouts/": "payouts",
    "exchange/": "exchange",
    "links/": "links",
    "dashboard/": "dashboard",
    "audit/": "audit",
}


def _built(feature: str) -> bool:
    package = f"{__package__}.{feature}"
    return find_spec(package) is not None and find_spec(f"{package}.urls") is not None


urlpatterns: list[URLPattern | URLResolver] = [
    path(prefix, include(f"{__package__}.{feature}.urls")) for prefix, feature in FEATURES.items() if _built(feature)
]
