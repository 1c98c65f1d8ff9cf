"""Django application of this package."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Registers the package's tables."""

    name = "zhigong.exchange"
    label = "exchange"
