from pathlib import Path

from django.db import migrations, models

from zhigong.kernel.db.scoped import grant

SQL = Path(__file__).parents[1] / "sql"


def run(name: str) -> migrations.RunPython:
    return grant((SQL / name).read_text(encoding="utf-8"))


class Migration(migrations.Migration):
    """Late returns of the bank (退汇). The functions are read again as they stand now: a new database had them so in 0002."""

    dependencies = [("funds", "0003_files")]
    operations = [
        migrations.AddField(model_name="answer", name="returned", field=models.IntegerField(db_default=0)),
        migrations.RemoveConstraint(model_name="line", name="funds_line_state"),
        migrations.AddConstraint(
            model_name="line",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", [1, 2, 3, 4, 5, 6])), name="funds_line_state"
            ),
        ),
        run("guards.sql"),
        run("ledger.sql"),
        run("requests.sql"),
    ]
