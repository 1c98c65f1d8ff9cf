from pathlib import Path

from django.db import migrations

from zhigong.kernel.db.scoped import grant, scope_table

SCOPE = (Path(__file__).parents[1] / "scope.sql").read_text(encoding="utf-8")
FUNCTIONS, POLICIES = SCOPE.split("CREATE FUNCTION orgs_register_root()", 1)


class Migration(migrations.Migration):
    dependencies = [("orgs", "0001_initial"), ("identity", "0002_codes_and_strength"), ("kernel", "0001_scope")]
    operations = [
        grant(FUNCTIONS),
        scope_table("orgs_union", chain=False),
        scope_table("orgs_unionversion"),
        scope_table("orgs_employer"),
        scope_table("orgs_coverage"),
        scope_table("orgs_term"),
        scope_table("orgs_post"),
        grant("CREATE FUNCTION orgs_register_root()" + POLICIES),
        grant("GRANT USAGE ON SEQUENCE orgs_union_seq TO {web}, {job}"),
    ]
