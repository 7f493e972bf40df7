"""A commit that changed too many files says how many have no row, and they count in the statistics."""

from importlib import import_module

from django.db import migrations, models

BEFORE: str = import_module("github_activity_tracker.migrations.0004_statistics_without_retired").AFTER
AFTER = BEFORE.replace("sum(changes.files)", "sum(changes.files + coalesce(stored.files_left_out, 0))")


class Migration(migrations.Migration):
    dependencies = [("github_activity_tracker", "0004_statistics_without_retired")]

    operations = [
        migrations.AddField("commit", "files_left_out", models.IntegerField(null=True)),
        migrations.RunSQL(AFTER, BEFORE),
    ]
