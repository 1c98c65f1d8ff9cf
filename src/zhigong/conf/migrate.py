"""What the owner does to the database: `ZHIGONG_ROLE=owner python -m zhigong.conf.migrate`. Called by bootstrap."""

from __future__ import annotations

import os
import sys

MONTHS_AHEAD = 4


def main() -> int:
    """Migrations, cache table, grants, partitions."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "zhigong.conf.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    grant()
    ensure_partitions()
    return 0


def grant() -> None:
    """Give the serving roles what grants.py says."""
    from django.db import connection, transaction

    from zhigong.conf import grants

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        found = cursor.fetchall()
        tables = {name for name, kind in found if kind in {"r", "p"}}
        sequences = {name for name, kind in found if kind == "S"}
        for statement in grants.statements(tables, sequences):
            cursor.execute(statement)


def ensure_partitions() -> None:
    """Make the coming months' partitions, so that a system that was off for long starts into an existing month."""
    from django.db import connection

    from zhigong.kernel.clock import today

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regproc('public.audit_make_partitions') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute("SELECT public.audit_make_partitions(%s, %s)", [today(), MONTHS_AHEAD])


if __name__ == "__main__":
    sys.exit(main())
