"""What is below a repository that is gone does not count in the statistics."""

from importlib import import_module

from django.db import migrations

BEFORE: str = import_module("github_activity_tracker.migrations.0002_commit_statistics").CREATE
REPLACE = BEFORE.replace("CREATE VIEW", "CREATE OR REPLACE VIEW")
AFTER = REPLACE.replace("GROUP BY", "AND repository.removed_at IS NULL\nGROUP BY")


class Migration(migrations.Migration):
    dependencies = [("github_activity_tracker", "0003_change_numbers")]

    operations = [migrations.RunSQL(AFTER, REPLACE)]
