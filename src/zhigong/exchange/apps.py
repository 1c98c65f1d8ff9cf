"""Django application of this package."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Registers the package's tables."""

    name = "zhigong.exchange"
    label = "exchange"

    def ready(self) -> None:
        """Whom a ruling names stays in the base."""
        from zhigong.people import operations as people

        people.keep_those_in("exchange_ruling", "person_id")
