"""Addresses of the members' face, below /m/."""

from __future__ import annotations

from django.urls import path

from zhigong.web.member.account.views import account
from zhigong.web.member.card.views import card
from zhigong.web.member.cases import acts
from zhigong.web.member.cases import views as cases
from zhigong.web.member.facts import views as facts
from zhigong.web.member.home.views import home
from zhigong.web.member.me import views as me
from zhigong.web.member.notices.views import notices
from zhigong.web.member.publicity import views as publicity
from zhigong.web.member.services import views as services
from zhigong.web.member.services.applying import apply

app_name = "member"
urlpatterns = [
    path("", home, name="home"),
    path("code/", card, name="code"),
    path("services/", services.services, name="services"),
    path("services/<slug:kind>/<slug:name>/", services.service, name="service"),
    path("services/<slug:kind>/<slug:name>/apply/", apply, name="apply"),
    path("cases/", cases.cases, name="cases"),
    path("cases/<uuid:case_id>/", cases.case, name="case"),
    path("cases/<uuid:case_id>/sent/", cases.sent, name="sent"),
    path("cases/<uuid:case_id>/supply/", acts.supply, name="supply"),
    path("cases/<uuid:case_id>/object/", acts.object_, name="object"),
    path("cases/<uuid:case_id>/recheck/", acts.recheck, name="recheck"),
    path("cases/<uuid:case_id>/rate/", acts.rate, name="rate"),
    path("cases/<uuid:case_id>/withdraw/", acts.withdraw, name="withdraw"),
    path("notices/", notices, name="notices"),
    path("publicity/", publicity.board, name="publicity"),
    path("publicity/<uuid:publicity_id>/object/", publicity.object_, name="publicity-object"),
    path("me/", me.overview, name="me"),
    path("me/account/", account, name="account"),
    path("me/facts/", facts.facts, name="facts"),
    path("me/facts/<slug:name>/", facts.correct, name="correct"),
    path("me/looked/", me.looked, name="looked"),
    path("me/copy/", me.copy, name="copy"),
    path("me/copy.json", me.copy_json, name="copy-json"),
]
