from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import zhigong.funds.types
import zhigong.kernel.ids
from zhigong.kernel.db.scoped import grant

SQL = Path(__file__).parents[1] / "sql"


class Migration(migrations.Migration):
    dependencies = [("funds", "0002_scope")]
    operations = [
        migrations.CreateModel(
            name="PassedFile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=zhigong.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.SmallIntegerField()),
                ("file_name", models.CharField(blank=True, default="", max_length=200)),
                ("layout", models.CharField(blank=True, default="", max_length=12)),
                ("only_unknown", models.BooleanField(default=False)),
                ("cipher", models.BinaryField(null=True)),
                ("state", models.SmallIntegerField(default=zhigong.funds.types.FileState["WAITING"])),
                ("error", models.JSONField(blank=True, default=dict)),
                ("result", models.JSONField(blank=True, default=dict)),
                ("asked_by", models.UUIDField()),
                ("asked_by_name", models.CharField(max_length=64)),
                ("post_id", models.UUIDField(null=True)),
                ("asked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("job", models.BigIntegerField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="funds.batch"
                    ),
                ),
            ],
        ),
        grant((SQL / "files.sql").read_text(encoding="utf-8")),
    ]
