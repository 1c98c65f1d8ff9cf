from pathlib import Path

import django.contrib.postgres.fields
from django.db import migrations, models

from zhigong.kernel.db.scoped import grant

SQL = Path(__file__).parents[1] / "sql"
ENTRIES, SEALING = ((SQL / name).read_text(encoding="utf-8") for name in ("entries.sql", "sealing.sql"))


def unmanaged(name, table, **fields):
    return migrations.CreateModel(name=name, fields=list(fields.items()), options={"managed": False, "db_table": table})


class Migration(migrations.Migration):
    initial = True
    dependencies = [("kernel", "0001_scope")]
    operations = [
        grant(ENTRIES),
        grant(SEALING),
        # The first months; the sealing job keeps ahead of the calendar from then on.
        grant("SELECT audit_make_partitions((now() AT TIME ZONE 'Asia/Shanghai')::date, 4)"),
        unmanaged(
            "Entry",
            "audit_entry",
            id=models.UUIDField(primary_key=True, serialize=False),
            at=models.DateTimeField(),
            tx=models.BigIntegerField(),
            account_id=models.UUIDField(null=True),
            actor_name=models.TextField(),
            post_id=models.UUIDField(null=True),
            duty=models.TextField(),
            union_name=models.TextField(),
            action=models.TextField(),
            purpose=models.TextField(),
            reason=models.TextField(),
            subject_kind=models.TextField(),
            subject_id=models.UUIDField(null=True),
            l1=models.IntegerField(),
            l2=models.IntegerField(),
            l3=models.IntegerField(),
            l4=models.IntegerField(),
            count=models.IntegerField(),
            fields=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
            detail=models.JSONField(),
            request_id=models.TextField(),
            outcome=models.TextField(),
        ),
        unmanaged(
            "Leaf",
            "audit_leaf",
            entry_id=models.UUIDField(primary_key=True, serialize=False),
            at=models.DateTimeField(),
            seal=models.BigIntegerField(),
            position=models.IntegerField(),
        ),
        unmanaged(
            "Seal",
            "audit_seal",
            number=models.BigIntegerField(primary_key=True, serialize=False),
            cluster=models.BigIntegerField(),
            from_tx=models.BigIntegerField(),
            to_tx=models.BigIntegerField(),
            count=models.IntegerField(),
            first_at=models.DateTimeField(),
            last_at=models.DateTimeField(),
            merkle=models.BinaryField(),
            previous=models.BinaryField(),
            sealed_at=models.DateTimeField(),
            key_id=models.TextField(),
            public_key=models.BinaryField(),
            root=models.BinaryField(),
            signature=models.BinaryField(),
        ),
    ]
