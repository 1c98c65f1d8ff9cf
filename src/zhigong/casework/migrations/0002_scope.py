from pathlib import Path

from django.db import migrations

from zhigong.casework.policies import STEP_TRANSITIONS, TRANSITIONS
from zhigong.kernel.db.scoped import grant, scope_table

SQL = Path(__file__).parents[1] / "sql"
TABLES = (
    "entitlement",
    "case",
    "step",
    "event",
    "supplement",
    "publicity",
    "decision",
    "objection",
    "rating",
    "award",
    "notice",
)


def fill_machines(apps, schema_editor):
    moves = [("case", before, after) for before, row in TRANSITIONS.items() for after in row]
    moves += [("step", before, after) for before, row in STEP_TRANSITIONS.items() for after in row]
    with schema_editor.connection.cursor() as cursor:
        cursor.executemany("INSERT INTO casework_transition VALUES (%s, %s, %s)", moves)


class Migration(migrations.Migration):
    dependencies = [("casework", "0001_initial"), ("people", "0002_scope")]
    operations = [
        *(scope_table(f"casework_{table}", person_column="person_id") for table in TABLES),
        grant((SQL / "guards.sql").read_text(encoding="utf-8")),
        grant((SQL / "members.sql").read_text(encoding="utf-8")),
        migrations.RunPython(fill_machines, migrations.RunPython.noop),
    ]
