"""Django application of this package."""

from django.apps import AppConfig


class OrgsConfig(AppConfig):
    """Registers the package's tables."""

    name = "zhigong.orgs"
    label = "orgs"
