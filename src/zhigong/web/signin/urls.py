"""Addresses of the door. Of allauth's routes only those we use exist; the demo's exist in demo mode only."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkey
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from zhigong.web.signin import demo, phone, views

_ours: list[URLPattern | URLResolver] = [
    path("", views.front, name="front"),
    path("signin/phone/", phone.ask, name="phone"),
    path("signin/code/", phone.enter, name="code"),
    path("signin/opening/", views.opening, name="opening"),
    path("signin/enrol/", views.enrol, name="enrol"),
    path("signin/confirm/", views.confirm, name="confirm"),
    path("signin/post/", views.choose_post, name="post"),
    path("signin/type/", views.type_size, name="type"),
    path("account/", views.security, name="security"),
    path("account/sessions/end/", views.end_other_sessions, name="end-sessions"),
]
if settings.DEMO:
    _ours += [path("demo/", demo.roles, name="demo"), path("demo/outbox/", demo.outbox, name="outbox")]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((_ours, "signin"))),
    path("signin/", account.login, name="account_login"),
    path("signout/", account.logout, name="account_logout"),
    path("signin/inactive/", account.account_inactive, name="account_inactive"),
    path("signin/again/", account.reauthenticate, name="account_reauthenticate"),
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/factors/", factor.index, name="mfa_index"),
    path("signin/factor/", factor.authenticate, name="mfa_authenticate"),
    path("signin/factor/again/", factor.reauthenticate, name="mfa_reauthenticate"),
    path("account/factors/app/", views.ActivateApp.as_view(), name="mfa_activate_totp"),
    path("account/factors/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/factors/codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/factors/codes/new/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/factors/codes/download/", recovery.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("account/factors/passkeys/", passkey.list_webauthn, name="mfa_list_webauthn"),
    path("account/factors/passkeys/add/", views.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("account/factors/passkeys/<int:pk>/remove/", passkey.remove_webauthn, name="mfa_remove_webauthn"),
    path("account/factors/passkeys/<int:pk>/edit/", passkey.edit_webauthn, name="mfa_edit_webauthn"),
    path("signin/passkey/", passkey.login_webauthn, name="mfa_login_webauthn"),
    path("signin/passkey/again/", passkey.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
]
