"""Addresses of the cases."""

from __future__ import annotations

from django.urls import path

from zhigong.web.workbench.cases import acts, batch, listing, page, rechecks

urlpatterns = [
    path("", listing.cases, name="cases"),
    path("found/", listing.found, name="cases-found"),
    path("mine/", batch.mine, name="cases-mine"),
    path("mine/decide/", batch.decide, name="cases-decide"),
    path("mine/done/<slug:key>/", batch.done, name="cases-decided"),
    path("<uuid:case_id>/", page.case, name="case"),
    path("<uuid:case_id>/act/", acts.act, name="case-act"),
    path("<uuid:case_id>/heir/", acts.heir, name="case-heir"),
    path("<uuid:case_id>/follow/<uuid:rating_id>/", acts.follow, name="case-follow"),
    path("<uuid:case_id>/recheck/", rechecks.confirm, name="case-recheck"),
    path("<uuid:case_id>/recheck/answer/", rechecks.answer, name="case-recheck-answer"),
    path("<uuid:case_id>/recheck/return/", rechecks.send_back, name="case-recheck-return"),
    path("<uuid:case_id>/objection/<uuid:objection_id>/", acts.objection, name="case-objection"),
]
