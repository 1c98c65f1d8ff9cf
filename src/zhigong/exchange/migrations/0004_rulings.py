import django.db.models.deletion
from django.db import migrations, models

import zhigong.kernel.ids
from zhigong.kernel.db.scoped import grant, scope_table

# A ruling is answered by another one, never changed: rows only move with their union.
APPEND_ONLY = """
CREATE FUNCTION exchange_ruling_frozen() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR to_jsonb(NEW) - '{union_id,l1,l2,l3,l4}'::text[]
        IS DISTINCT FROM to_jsonb(OLD) - '{union_id,l1,l2,l3,l4}'::text[] THEN
        RAISE EXCEPTION 'zhigong: exchange_ruling is append-only' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION exchange_ruling_frozen() FROM PUBLIC;
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON exchange_ruling
    FOR EACH ROW EXECUTE FUNCTION exchange_ruling_frozen();
REVOKE DELETE ON exchange_ruling FROM {web}, {job};
"""


class Migration(migrations.Migration):
    """What people say of doubtful links."""

    dependencies = [("exchange", "0003_departments"), ("orgs", "0002_scope")]

    operations = [
        migrations.CreateModel(
            name="Ruling",
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
                ("source", models.CharField(max_length=40)),
                ("token", models.BinaryField(max_length=16)),
                ("person_id", models.UUIDField()),
                ("verdict", models.SmallIntegerField()),
                ("note", models.CharField(blank=True, default="", max_length=500)),
                ("batch_id", models.UUIDField()),
                ("row", models.BigIntegerField()),
                ("replaces", models.UUIDField(null=True)),
                ("key", models.UUIDField(unique=True)),
                ("account_id", models.UUIDField(null=True)),
                ("post_id", models.UUIDField(null=True)),
                ("ruled_by", models.CharField(blank=True, default="", max_length=64)),
                ("ruled_on", models.DateField()),
                ("ruled_at", models.DateTimeField(db_default=models.Func(function="now"))),
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
            options={
                "indexes": [models.Index(fields=["person_id"], name="exchange_ruling_person")],
                "constraints": [
                    models.UniqueConstraint(fields=("replaces",), name="exchange_ruling_answered_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("replaces__isnull", True)),
                        fields=("source", "token", "person_id"),
                        name="exchange_ruling_first",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", [1, 2, 3, 4])), name="exchange_ruling_verdict"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("replaces__isnull", False), models.Q(("verdict", 4), _negated=True), _connector="OR"
                        ),
                        name="exchange_ruling_withdraws",
                    ),
                ],
            },
        ),
        scope_table("exchange_ruling"),
        grant(APPEND_ONLY),
    ]
