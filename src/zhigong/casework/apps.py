"""Django application of this package."""

from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    """Registers the package's tables."""

    name = "zhigong.casework"
    label = "casework"
