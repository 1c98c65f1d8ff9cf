import secrets
from pathlib import Path

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations

from zhigong.kernel.db import roles


def install(apps, schema_editor):
    for name in ("scope_functions.sql", "scope_reading.sql"):
        path = Path(roles.__file__).with_name(name)
        schema_editor.execute(roles.with_roles(path.read_text(encoding="utf-8")), params=None)
    key = secrets.token_bytes(64)
    inner, outer = bytes(b ^ 0x36 for b in key), bytes(b ^ 0x5C for b in key)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("INSERT INTO kernel_secret VALUES ('scope', %s, %s)", [inner, outer])


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [BtreeGistExtension(), migrations.RunPython(install, migrations.RunPython.noop)]
