from pathlib import Path

from django.db import migrations

from zhigong.kernel.db.scoped import grant, in_scope, scope_table

SCOPE = (Path(__file__).parents[1] / "scope.sql").read_text(encoding="utf-8")
SCOPE = SCOPE.replace("{from_scope}", f"({in_scope('from_l')})")


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial"), ("orgs", "0002_scope")]
    operations = [
        scope_table("people_person", person_column="id"),
        scope_table("people_membership", person_column="person_id"),
        scope_table("people_household"),
        scope_table("people_householdperson", person_column="person_id"),
        scope_table("people_transfer"),
        scope_table("people_change"),
        scope_table("people_tally"),
        grant(SCOPE),
        grant("GRANT USAGE ON SEQUENCE people_change_id_seq TO {web}, {job}"),
    ]
