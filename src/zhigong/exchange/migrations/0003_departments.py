from django.db import migrations, models


class Migration(migrations.Migration):
    """Department files: deltas, batches held back, what a comparison with the last batch found."""

    dependencies = [("exchange", "0002_scope")]

    operations = [
        migrations.AddField("batch", "delta", models.BooleanField(default=False)),
        migrations.AddField("batch", "comparison", models.JSONField(default=dict)),
        migrations.RemoveConstraint("batch", "exchange_batch_once"),
        migrations.AddConstraint(
            "batch",
            models.UniqueConstraint(
                condition=models.Q(("state__in", [1, 2, 3, 4, 8, 9])),
                fields=("source", "sha256", "union"),
                name="exchange_batch_once",
            ),
        ),
        migrations.RemoveConstraint("batch", "exchange_batch_state"),
        migrations.AddConstraint(
            "batch",
            models.CheckConstraint(
                condition=models.Q(("state__in", [1, 2, 3, 4, 5, 6, 7, 8, 9])), name="exchange_batch_state"
            ),
        ),
        migrations.AddIndex("batch", models.Index(fields=["source", "-number"], name="exchange_batch_of_source")),
    ]
