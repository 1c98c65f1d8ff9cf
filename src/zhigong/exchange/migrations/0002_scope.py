from django.db import migrations

from zhigong.kernel.db.scoped import grant, scope_table


class Migration(migrations.Migration):
    dependencies = [("exchange", "0001_initial"), ("people", "0002_scope")]
    operations = [
        scope_table("exchange_batch"),
        grant("GRANT SELECT, INSERT, UPDATE, DELETE ON exchange_batchprogress TO {web}, {job}"),
        grant("GRANT USAGE ON SEQUENCE exchange_batch_number TO {web}, {job}"),
    ]
