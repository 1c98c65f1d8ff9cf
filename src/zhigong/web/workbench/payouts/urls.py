"""Addresses of the money pages, below /workbench/payouts/."""

from __future__ import annotations

from django.urls import path

from zhigong.web.workbench.payouts import acts, budgeting, files, mending, views

urlpatterns = [
    path("", views.payouts, name="payouts"),
    path("budgets/", views.budgets, name="payout-budgets"),
    path("budgets/open/", budgeting.open_budget, name="budget-open"),
    path("budgets/<uuid:budget_id>/", budgeting.change_budget, name="budget-change"),
    path("waiting/", views.waiting, name="payout-waiting"),
    path("claims/", views.claims, name="payout-claims"),
    path("draft/", acts.draft, name="payout-draft"),
    path("<uuid:batch_id>/", views.payout, name="payout"),
    path("<uuid:batch_id>/freeze/", acts.freeze, name="payout-freeze"),
    path("<uuid:batch_id>/dissolve/", acts.dissolve, name="payout-dissolve"),
    path("<uuid:batch_id>/release/", acts.release, name="payout-release"),
    path("<uuid:batch_id>/file/", files.bank_file, name="payout-file"),
    path("<uuid:batch_id>/return/", files.take_return, name="payout-return"),
    path("files/<uuid:file_id>/", files.work, name="payout-work"),
    path("files/<uuid:file_id>/fetch/", files.fetch, name="payout-fetch"),
    path("payables/<uuid:payable_id>/retry/", mending.retry, name="payable-retry"),
    path("payables/<uuid:payable_id>/cancel/", mending.cancel, name="payable-cancel"),
    path("accounts/<uuid:person_id>/", mending.account, name="payable-account"),
    path("claims/<uuid:claim_id>/repay/", mending.repay, name="claim-repay"),
    path("claims/<uuid:claim_id>/write-off/", mending.write_off, name="claim-write-off"),
]
