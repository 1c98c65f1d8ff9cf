from pathlib import Path

from django.db import migrations

from zhigong.kernel.db.scoped import grant, scope_table

FROM_SCOPE = (
    "(" + " OR ".join(f"from_l{n} = ANY ((SELECT kernel_scope_unions())::integer[])" for n in (1, 2, 3, 4)) + ")"
)
SCOPE = (Path(__file__).parents[1] / "scope.sql").read_text(encoding="utf-8").replace("{from_scope}", FROM_SCOPE)


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
