import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import zhigong.kernel.ids
from zhigong.kernel.db.scoped import scope_table


class Migration(migrations.Migration):
    initial = True
    dependencies = [("orgs", "0002_scope")]
    operations = [
        migrations.CreateModel(
            name="Run",
            fields=[
                ("l1", models.IntegerField(editable=False)),
                ("l2", models.IntegerField(editable=False)),
                ("l3", models.IntegerField(editable=False)),
                ("l4", models.IntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=zhigong.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("asked_by", models.UUIDField(null=True)),
                ("asked_by_name", models.CharField(max_length=64)),
                ("asked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("stage", models.CharField(blank=True, default="", max_length=200)),
                ("report", models.JSONField(blank=True, default=dict)),
                ("error", models.JSONField(blank=True, default=dict)),
                ("job", models.BigIntegerField(null=True)),
                (
                    "union",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orgs.union",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        scope_table("insight_run"),
    ]
