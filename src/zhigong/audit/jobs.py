"""What runs by itself: sealing every minute, partitions ahead of the calendar. The worker imports it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import connection

from zhigong.audit import operations
from zhigong.kernel import jobs
from zhigong.kernel.clock import now, today
from zhigong.kernel.vault import vault


def seal_now(*, witness: Path | None = None) -> int:
    """Seal everything final and tell the witness; returns the entries sealed.

    witness: directory of the witness files, by default `witness` in the home, with a folder for each database.
    """
    signer, sealed = vault().signer("audit"), 0
    while made := operations.seal(now=now(), signer=signer):
        sealed += made.count
    name = str(connection.settings_dict["NAME"])
    operations.publish(directory=witness or Path(settings.HOME) / "witness" / name)
    return sealed


def keep_partitions() -> None:
    """Make the partitions of the coming months."""
    operations.make_partitions(on=today())


@jobs.periodic("audit.seal", cron="* * * * *")
def seal_every_minute() -> None:
    """Security.md §4.10: a batch every 60 seconds."""
    seal_now()


partitions_every_day = jobs.periodic("audit.partitions", cron="11 18 * * *")(keep_partitions)  # 02:11 in China
