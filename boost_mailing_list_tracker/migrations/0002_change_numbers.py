"""Numbers of changes in the place of their times: see core.changes."""

import core.changes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_change_numbers"),
        ("boost_mailing_list_tracker", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="message",
            name="message_changed",
        ),
        migrations.RemoveField(
            model_name="message",
            name="changed_at",
        ),
        migrations.AddField(
            model_name="message",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["changed_in"], name="message_changed"),
        ),
    ]
