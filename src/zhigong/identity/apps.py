"""Django application of this package."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Registers the package's tables."""

    name = "zhigong.identity"
    label = "identity"
