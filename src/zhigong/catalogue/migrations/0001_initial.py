import django.db.models.fields.json
from django.db import migrations, models

from zhigong.kernel.db.scoped import grant

# Kept content is what cases were decided by: nobody changes it, the owner of the table included.
APPEND_ONLY = """
CREATE FUNCTION catalogue_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    RAISE EXCEPTION 'catalogue_version is append-only' USING ERRCODE = 'restrict_violation';
END $$;
REVOKE EXECUTE ON FUNCTION catalogue_refuse_change() FROM PUBLIC;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON catalogue_version
    FOR EACH ROW EXECUTE FUNCTION catalogue_refuse_change();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON catalogue_version
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue_refuse_change();
GRANT SELECT, INSERT ON catalogue_version TO {web}, {job};
GRANT SELECT ON catalogue_version TO {export}, {auditor};
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("kernel", "0001_scope")]

    operations = [
        migrations.CreateModel(
            name="Version",
            fields=[
                ("hash", models.CharField(db_collation="C", max_length=64, primary_key=True, serialize=False)),
                ("service_id", models.CharField(db_collation="C", max_length=110)),
                ("content", models.JSONField()),
                ("frozen_at", models.DateTimeField(db_default=models.Func(function="now"))),
            ],
            options={
                "db_table": "catalogue_version",
                "indexes": [models.Index(fields=["service_id"], name="catalogue_version_service")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("hash__regex", "^[0-9a-f]{64}$")), name="catalogue_version_hash"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "service_id",
                                django.db.models.fields.json.KeyTextTransform("id", models.F("content")),
                            )
                        ),
                        name="catalogue_version_is_of_service",
                    ),
                ],
            },
        ),
        grant(APPEND_ONLY),
    ]
