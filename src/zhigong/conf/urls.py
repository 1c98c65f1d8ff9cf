"""Root of all addresses: the faces live in zhigong.web, sign-in in allauth beneath our own pages."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("zhigong.web.urls"))]
