import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_change_numbers"),
    ]

    operations = [
        migrations.CreateModel(
            name="DoubtedAbsence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("collector", models.TextField()),
                ("scope", models.TextField()),
                ("kind", models.TextField()),
                ("external_id", models.TextField()),
                (
                    "first_missed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("collector", "scope", "kind", "external_id"), name="doubted_absence"
                    )
                ],
            },
        ),
    ]
