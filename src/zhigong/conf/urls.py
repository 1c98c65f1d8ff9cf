"""Root of all addresses: the faces live in zhigong.web, sign-in in allauth beneath our own pages."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("zhigong.web.urls"))]

handler400 = "zhigong.web.faults.bad_request"
handler403 = "zhigong.web.faults.no_permission"
handler404 = "zhigong.web.faults.not_found"
handler500 = "zhigong.web.faults.server_error"
