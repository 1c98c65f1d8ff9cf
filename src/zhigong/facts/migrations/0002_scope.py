from pathlib import Path

from django.db import migrations

from zhigong.kernel.db.scoped import grant

SCOPE = (Path(__file__).parents[1] / "scope.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("facts", "0001_initial"), ("people", "0002_scope")]
    operations = [grant(SCOPE)]
