"""Django application of this package."""

from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    """Registers the package's tables."""

    name = "zhigong.casework"
    label = "casework"

    def ready(self) -> None:
        """Nobody with a case or an entitlement is forgotten by undoing an import."""
        from zhigong.people import operations as people

        people.keep_those_in("casework_case", "person_id")
        people.keep_those_in("casework_entitlement", "person_id")
