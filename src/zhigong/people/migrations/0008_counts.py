from django.db import migrations, models

NARROWED_BY = ("membership_status", "sex", "birth_date", "is_migrant", "verification", "initials")
LISTS = {
    "people_person_l2_name": (["l2", "name_sort", "id"], ["l1", "l3", "l4", *NARROWED_BY]),
    "people_person_name": (["name_sort", "id"], ["l1", "l2", "l3", "l4", *NARROWED_BY]),
}


def widened(name: str) -> list[migrations.RemoveIndex | migrations.AddIndex]:
    fields, include = LISTS[name]
    return [
        migrations.RemoveIndex(model_name="person", name=name),
        migrations.AddIndex(model_name="person", index=models.Index(fields=fields, include=include, name=name)),
    ]


class Migration(migrations.Migration):
    dependencies = [("people", "0007_policies")]
    operations = [operation for name in LISTS for operation in widened(name)]
