from pathlib import Path

from django.db import migrations, models

from zhigong.kernel.db.scoped import grant

FOLLOWING = (Path(__file__).parents[1] / "households.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("people", "0004_others")]
    operations = [
        migrations.AddField(model_name="householdperson", name="size", field=models.IntegerField(db_default=1)),
        migrations.AddConstraint(
            model_name="householdperson",
            constraint=models.CheckConstraint(condition=models.Q(("size__gte", 1)), name="people_household_size"),
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                ("register", models.CharField(db_collation="C", max_length=40, primary_key=True, serialize=False)),
                ("mark", models.BinaryField(max_length=32)),
                ("rows", models.IntegerField()),
                ("published_on", models.DateField()),
            ],
        ),
        grant(FOLLOWING),
    ]
