"""Django application of this package."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Registers the package's tables."""

    name = "zhigong.catalogue"
    label = "catalogue"
