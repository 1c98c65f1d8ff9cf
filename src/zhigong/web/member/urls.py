"""Addresses of the members' face, below /m/."""

from __future__ import annotations

from django.urls import path

from zhigong.web.member.card.views import card
from zhigong.web.member.home.views import home
from zhigong.web.member.me import views as me

app_name = "member"
urlpatterns = [
    path("", home, name="home"),
    path("code/", card, name="code"),
    path("me/", me.overview, name="me"),
    path("me/looked/", me.looked, name="looked"),
    path("me/copy/", me.copy, name="copy"),
    path("me/copy.json", me.copy_json, name="copy-json"),
]
