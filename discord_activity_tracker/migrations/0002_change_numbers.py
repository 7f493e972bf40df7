"""Numbers of changes in the place of their times: see core.changes."""

import core.changes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_change_numbers"),
        ("discord_activity_tracker", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="channel",
            name="discord_channel_changed",
        ),
        migrations.RemoveIndex(
            model_name="member",
            name="discord_member_changed",
        ),
        migrations.RemoveIndex(
            model_name="message",
            name="discord_message_changed",
        ),
        migrations.RemoveIndex(
            model_name="user",
            name="discord_user_changed",
        ),
        migrations.RemoveField(
            model_name="channel",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="member",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="membership",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="message",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="role",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="server",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="user",
            name="changed_at",
        ),
        migrations.AddField(
            model_name="channel",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="member",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="membership",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="message",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="role",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="server",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="user",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        # No day is of this version: all are rendered once more, and files that are the same stay.
        migrations.RemoveField("markdownexport", "version"),
        # On the way back nothing has a version.
        migrations.RunSQL(migrations.RunSQL.noop, "DELETE FROM discord_activity_tracker_markdownexport"),
        migrations.AddField(
            "markdownexport", "version", models.BigIntegerField(default=0), preserve_default=False
        ),
        migrations.AddIndex(
            model_name="channel",
            index=models.Index(fields=["changed_in"], name="discord_channel_changed"),
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(fields=["changed_in"], name="discord_member_changed"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["changed_in"], name="discord_message_changed"),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(fields=["changed_in"], name="discord_user_changed"),
        ),
    ]
