from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orgs", "0002_scope")]
    operations = [
        migrations.AddConstraint(
            model_name="union",
            constraint=models.CheckConstraint(condition=models.Q(("seq__gt", 0)), name="orgs_union_seq"),
        ),
    ]
