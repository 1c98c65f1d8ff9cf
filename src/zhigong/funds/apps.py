"""Django application of this package."""

from django.apps import AppConfig


class FundsConfig(AppConfig):
    """Registers the package's tables."""

    name = "zhigong.funds"
    label = "funds"
