"""Django application of this package."""

from django.apps import AppConfig


class FactsConfig(AppConfig):
    """Registers the package's tables."""

    name = "zhigong.facts"
    label = "facts"
