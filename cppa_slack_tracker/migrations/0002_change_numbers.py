"""Numbers of changes in the place of their times: see core.changes."""

import core.changes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_change_numbers"),
        ("cppa_slack_tracker", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="channel",
            name="slack_channel_changed",
        ),
        migrations.RemoveIndex(
            model_name="message",
            name="slack_message_changed",
        ),
        migrations.RemoveIndex(
            model_name="user",
            name="slack_user_changed",
        ),
        migrations.RemoveField(
            model_name="bookmark",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="channel",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="channelmember",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="file",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="message",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="pin",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="user",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="workspace",
            name="changed_at",
        ),
        migrations.AddField(
            model_name="bookmark",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="channel",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="channelmember",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="file",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="membershipevent",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="message",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="pin",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="user",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="workspace",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddIndex(
            model_name="channel",
            index=models.Index(fields=["changed_in"], name="slack_channel_changed"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["changed_in"], name="slack_message_changed"),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(fields=["changed_in"], name="slack_user_changed"),
        ),
    ]
