"""Django application of this package."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Registers the package's tables."""

    name = "zhigong.people"
    label = "people"
