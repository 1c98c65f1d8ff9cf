from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

import zhigong.casework.types.words
import zhigong.kernel.ids
from zhigong.casework.policies import RECHECK_TRANSITIONS
from zhigong.kernel.db.scoped import grant, scope_table

SQL = Path(__file__).parents[1] / "sql"


def fill_machine(apps, schema_editor):
    moves = [("recheck", before, after) for before, row in RECHECK_TRANSITIONS.items() for after in row]
    with schema_editor.connection.cursor() as cursor:
        cursor.executemany("INSERT INTO casework_transition VALUES (%s, %s, %s)", moves)


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0002_scope"),
        ("orgs", "0002_scope"),
    ]

    operations = [
        migrations.RenameIndex(
            model_name="entitlement", old_name="casework_recheck", new_name="casework_entitlement_due"
        ),
        migrations.CreateModel(
            name="Recheck",
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
                ("person_id", models.UUIDField()),
                ("entitlement_id", models.UUIDField()),
                ("round", models.SmallIntegerField()),
                ("state", models.SmallIntegerField(default=zhigong.casework.types.words.RecheckState["ASKED"])),
                ("level", models.SmallIntegerField()),
                ("lapsed", models.BooleanField(default=False)),
                ("grade_before", models.CharField(blank=True, default="", max_length=40)),
                ("opened_on", models.DateField()),
                ("due_on", models.DateField()),
                ("answer_by", models.DateField()),
                ("answered_on", models.DateField(null=True)),
                ("answered_by", models.UUIDField(null=True)),
                ("changed", models.BooleanField(null=True)),
                ("answer", models.CharField(blank=True, default="", max_length=1000)),
                ("proposed_on", models.DateField(null=True)),
                ("proposed_by", models.UUIDField(null=True)),
                ("proposed_name", models.CharField(blank=True, default="", max_length=120)),
                ("note", models.CharField(blank=True, default="", max_length=500)),
                ("closed_on", models.DateField(null=True)),
                ("closed_by", models.UUIDField(null=True)),
                ("outcome", models.SmallIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Screening",
            fields=[
                ("service_id", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("screened_on", models.DateField()),
                ("day", models.DateField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="entitlement",
            name="casework_entitlement_state",
        ),
        migrations.AddConstraint(
            model_name="entitlement",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", [1, 2, 3, 4, 5])), name="casework_entitlement_state"
            ),
        ),
        migrations.AddField(
            model_name="recheck",
            name="case",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="casework.case"),
        ),
        migrations.AddField(
            model_name="recheck",
            name="decision",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="casework.decision"
            ),
        ),
        migrations.AddField(
            model_name="recheck",
            name="union",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="orgs.union",
            ),
        ),
        migrations.AddIndex(
            model_name="recheck",
            index=models.Index(fields=["case"], name="casework_recheck_case"),
        ),
        migrations.AddIndex(
            model_name="recheck",
            index=models.Index(
                condition=models.Q(("state__lt", 5)), fields=["level", "due_on"], name="casework_recheck_todo"
            ),
        ),
        migrations.AddConstraint(
            model_name="recheck",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", [1, 2, 3, 4, 5])), name="casework_recheck_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="recheck",
            constraint=models.UniqueConstraint(fields=("entitlement_id", "round"), name="casework_recheck_round"),
        ),
        migrations.AddConstraint(
            model_name="recheck",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__lt", zhigong.casework.types.words.RecheckState["CLOSED"])),
                fields=("entitlement_id",),
                name="casework_recheck_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="recheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_by__isnull", True), ("answered_on__isnull", True)),
                    models.Q(("answered_by__isnull", False), ("answered_on__isnull", False)),
                    _connector="OR",
                ),
                name="casework_recheck_answered",
            ),
        ),
        migrations.AddConstraint(
            model_name="recheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("proposed_by__isnull", True), ("proposed_on__isnull", True)),
                    models.Q(("proposed_by__isnull", False), ("proposed_on__isnull", False)),
                    _connector="OR",
                ),
                name="casework_recheck_proposed",
            ),
        ),
        migrations.AddConstraint(
            model_name="recheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_by", None),
                        ("closed_on", None),
                        ("decision", None),
                        ("outcome", None),
                        ("state__lt", zhigong.casework.types.words.RecheckState["CLOSED"]),
                    ),
                    models.Q(
                        ("closed_by__isnull", False),
                        ("closed_on__isnull", False),
                        ("decision", None),
                        ("outcome", zhigong.casework.types.words.RecheckOutcome["KEPT"]),
                        ("state", zhigong.casework.types.words.RecheckState["CLOSED"]),
                    ),
                    models.Q(
                        ("closed_by__isnull", False),
                        ("closed_on__isnull", False),
                        ("decision__isnull", False),
                        (
                            "outcome__in",
                            [
                                zhigong.casework.types.words.RecheckOutcome["REGRADED"],
                                zhigong.casework.types.words.RecheckOutcome["ENDED"],
                            ],
                        ),
                        ("state", zhigong.casework.types.words.RecheckState["CLOSED"]),
                    ),
                    _connector="OR",
                ),
                name="casework_recheck_closed",
            ),
        ),
        scope_table("casework_recheck", person_column="person_id"),
        grant((SQL / "rechecks.sql").read_text(encoding="utf-8")),
        migrations.RunPython(fill_machine, migrations.RunPython.noop),
    ]
