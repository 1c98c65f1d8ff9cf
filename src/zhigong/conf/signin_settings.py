"""Settings of sign-in by django-allauth. Its pages are ours (web/signin); of its routes only the needed ones exist."""

from __future__ import annotations

import os

TLS = os.environ.get("ZHIGONG_TLS") == "1"

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "zhigong.web.signin.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "zhigong.web.signin.forms.PasswordForm",
    "reauthenticate": "zhigong.web.signin.forms.AgainForm",
    "change_password": "zhigong.web.signin.forms.NewPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# Five wrong passwords lock a name for a quarter of an hour, twenty an address; the same for second-factor codes.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/15m/ip,5/15m/key",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
}

MFA_ADAPTER = "zhigong.web.signin.adapter.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "zhigong.web.signin.forms.SecondFactorForm",
    "reauthenticate": "zhigong.web.signin.forms.SecondFactorAgainForm",
    "activate_totp": "zhigong.web.signin.forms.ActivateAppForm",
    "add_webauthn": "zhigong.web.signin.forms.AddPasskeyForm",
    "edit_webauthn": "zhigong.web.signin.forms.RenamePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "智工"
MFA_TOTP_TOLERANCE = 0  # ASVS 6.5.5: a code lives 30 seconds at most
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not TLS  # http://localhost of the demo

# How many proxies of ours stand in front; X-Forwarded-For is believed that far and no further (ASVS 4.1.3).
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("ZHIGONG_PROXIES", "0"))
