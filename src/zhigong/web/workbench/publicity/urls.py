"""Address of the public notices."""

from __future__ import annotations

from django.urls import path

from zhigong.web.workbench.publicity import views

urlpatterns = [path("", views.publicity, name="publicity")]
