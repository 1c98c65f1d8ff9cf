"""What a verb needs that only reads the catalogue: Django's names, and no database at all."""

from __future__ import annotations

from zhigong.conf.runtime import choose_role


def without_database() -> None:
    """Set Django up without opening a connection; whoever asks the database afterwards fails."""
    choose_role("web")
    import django

    django.setup()
