"""Django application of the web faces."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Brings templates and static files; owns no tables."""

    name = "zhigong.web"
    label = "web"
