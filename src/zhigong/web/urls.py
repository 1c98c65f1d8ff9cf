"""Addresses of the web faces. Each face keeps its own; the demo's style page exists in demo mode only."""

from __future__ import annotations

from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from zhigong.web import styleguide

FACES = {"workbench/": "zhigong.web.workbench.urls", "m/": "zhigong.web.member.urls"}

urlpatterns: list[URLPattern | URLResolver] = [path("", include("zhigong.web.signin.urls"))]
urlpatterns += [path(prefix, include(module)) for prefix, module in FACES.items() if find_spec(module)]
if settings.DEMO:
    urlpatterns += [path("styleguide/", styleguide.page, name="styleguide")]
