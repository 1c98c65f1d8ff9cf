"""Addresses of the exchange board, below /workbench/exchange/."""

from __future__ import annotations

from django.urls import path

from zhigong.web.workbench.exchange import views

urlpatterns = [
    path("", views.board, name="exchange"),
    path("refresh/", views.refresh, name="exchange-refresh"),
    path("refresh/<uuid:run_id>/", views.run, name="exchange-run"),
    path("batches/<uuid:batch_id>/", views.batch, name="exchange-batch"),
    path("batches/<uuid:batch_id>/accept/", views.accept, name="exchange-accept"),
    path("<slug:source>/", views.source, name="exchange-source"),
]
