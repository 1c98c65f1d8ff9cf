"""Django application of this package."""

from django.apps import AppConfig


class FundsConfig(AppConfig):
    """Registers the package's tables."""

    name = "zhigong.funds"
    label = "funds"

    def ready(self) -> None:
        """Nobody with money or a case is forgotten by undoing an import."""
        from zhigong.people import operations as people

        people.keep_those_in("funds_payable", "person_id")
        people.keep_those_in("funds_payee", "person_id")
        people.keep_those_in("funds_claim", "person_id")
