from pathlib import Path

from django.db import migrations

from zhigong.kernel.db.scoped import grant, scope_table

SQL = Path(__file__).parents[1] / "sql"


def run(name: str) -> migrations.RunPython:
    return grant((SQL / name).read_text(encoding="utf-8"))


class Migration(migrations.Migration):
    dependencies = [("funds", "0001_initial"), ("people", "0003_views"), ("orgs", "0002_scope")]
    operations = [
        scope_table("funds_budget"),
        scope_table("funds_payable", person_column="person_id"),
        scope_table("funds_batch"),
        scope_table("funds_claim", person_column="person_id"),
        run("scope.sql"),
        run("guards.sql"),
        run("ledger.sql"),
        run("requests.sql"),
    ]
