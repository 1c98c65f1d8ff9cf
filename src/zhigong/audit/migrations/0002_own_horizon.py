from pathlib import Path

from django.db import migrations

from zhigong.kernel.db.scoped import grant

SEALING = (Path(__file__).parents[1] / "sql" / "sealing.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Transactions of other databases hold nothing back. The functions are read again as they stand now."""

    dependencies = [("audit", "0001_record")]
    operations = [grant(SEALING)]
