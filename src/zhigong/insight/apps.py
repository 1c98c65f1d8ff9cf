"""Django application of this package."""

from django.apps import AppConfig


class InsightConfig(AppConfig):
    """Registers the package's tables."""

    name = "zhigong.insight"
    label = "insight"
