from django.db import migrations, models

from zhigong.kernel.db.scoped import grant, in_scope

SENDING = f"({in_scope('from_l')})"
POLICIES = f"""
ALTER POLICY leaving ON people_transfer USING ({SENDING} OR person_id = (SELECT kernel_scope_person()));
ALTER POLICY withdraw ON people_transfer USING ({SENDING}) WITH CHECK ({SENDING} AND state = 4);
ALTER POLICY ask ON people_transfer WITH CHECK ({SENDING} AND state = 1);
"""


class Migration(migrations.Migration):
    """The sending side asks the scope as policies do now (ADR 0017); a new database had them so in 0002."""

    dependencies = [("people", "0006_analyse"), ("kernel", "0002_reading")]
    operations = [
        grant(POLICIES),
        *(
            migrations.AddIndex(model_name="tally", index=models.Index(fields=[f"l{n}"], name=f"people_tally_l{n}"))
            for n in (2, 3, 4)
        ),
    ]
