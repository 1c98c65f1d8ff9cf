from django.db import migrations, models
from django.db.models import F

import zhigong.kernel.ids
from zhigong.kernel.db.scoped import grant

# No union and no person stands in it: the account alone decides who sees a row.
OWN = """
ALTER TABLE people_savedview ENABLE ROW LEVEL SECURITY;
ALTER TABLE people_savedview FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON people_savedview FOR ALL USING (account_id = (SELECT kernel_scope_account()))
    WITH CHECK (account_id = (SELECT kernel_scope_account()));
GRANT SELECT, INSERT, UPDATE, DELETE ON people_savedview TO {web}, {job};
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0002_scope")]
    operations = [
        migrations.AddIndex(
            model_name="person",
            index=models.Index(F("joined_on").desc(nulls_last=True), F("id").desc(), name="people_person_latest"),
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=zhigong.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("account_id", models.UUIDField()),
                ("place", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=40)),
                ("query", models.CharField(blank=True, max_length=400)),
                ("created_at", models.DateTimeField(db_default=models.Func(function="now"))),
            ],
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(fields=("account_id", "place", "name"), name="people_savedview_name"),
        ),
        grant(OWN),
    ]
