"""Django application of this package."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Registers the package's tables."""

    name = "zhigong.audit"
    label = "audit"
