"""Django settings. What differs between installations comes from the environment; nothing secret is written here."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from zhigong.conf import logs
from zhigong.conf.database import django_database
from zhigong.conf.home import PROJECT, home, key_file
from zhigong.conf.signin_settings import *  # noqa: F403
from zhigong.kernel.crypto import Keyring

HOME = home()
DEMO = os.environ.get("ZHIGONG_DEMO") == "1"
PROCESS_ROLE = os.environ.get("ZHIGONG_ROLE", "web")
DEBUG = False

# Before the first start there is no key; a random secret then serves tools that only import the settings.
SECRET_KEY = Keyring.load(key_file()).derive("django-secret").hex() if key_file().exists() else secrets.token_hex(32)
ALLOWED_HOSTS = os.environ.get("ZHIGONG_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("ZHIGONG_ORIGINS", "").split(",") if origin]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "django_cotton",
    "procrastinate.contrib.django",
    "zhigong.kernel",
    "zhigong.audit",
    "zhigong.identity",
    "zhigong.orgs",
    "zhigong.people",
    "zhigong.facts",
    "zhigong.catalogue",
    "zhigong.exchange",
    "zhigong.funds",
    "zhigong.casework",
    "zhigong.insight",
    "zhigong.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "zhigong.web.assets.StaticMiddleware",
    "zhigong.web.security.BrowserPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "zhigong.web.signin.gate.SecondFactorMiddleware",
    "zhigong.web.middleware.ScopeMiddleware",
]

ROOT_URLCONF = "zhigong.conf.urls"
ASGI_APPLICATION = "zhigong.conf.asgi.application"
WSGI_APPLICATION = "zhigong.conf.wsgi.application"
DATABASES = {"default": django_database(PROCESS_ROLE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).resolve().parents[1] / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "zhigong.web.context.shell",
            ],
        },
    }
]

AUTH_USER_MODEL = "identity.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "zhigong.identity.sessions"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_TLS = os.environ.get("ZHIGONG_TLS") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_TLS
SESSION_COOKIE_NAME = "__Host-session" if SECURE_TLS else "zhigong_session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE_TLS else "zhigong_csrf"
CSRF_FAILURE_VIEW = "zhigong.web.faults.csrf_failure"
SECURE_HSTS_SECONDS = 31536000 if SECURE_TLS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "django_cache"}}

# The owner only migrates; it needs no jobs, nor the heavy libraries they import.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "" if PROCESS_ROLE == "owner" else "jobs"
LOGGING = logs.configuration(os.environ.get("ZHIGONG_LOG_LEVEL", "INFO"))

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
NODE_MODULES = PROJECT / "node_modules"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder", "zhigong.web.assets.LibraryFinder"]
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "zhigong.web.assets.ManifestStorage"},
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 * 2**20
FILE_UPLOAD_TEMP_DIR = None
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
