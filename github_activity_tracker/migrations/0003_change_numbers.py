"""Numbers of changes in the place of their times: see core.changes."""

import core.changes
from django.db import migrations, models


DUE_HAS_NO_ROW = """
DELETE FROM github_activity_tracker_markdownexport AS export USING github_activity_tracker_issue AS issue
WHERE issue.node_id = export.issue_id AND issue.thread_changed_at <> export.version
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_change_numbers"),
        ("github_activity_tracker", "0002_commit_statistics"),
    ]

    operations = [
        # What is to be rendered has no row then, and all others the number that their issues get below.
        migrations.RunSQL(DUE_HAS_NO_ROW, migrations.RunSQL.noop),
        migrations.RemoveField("markdownexport", "version"),
        # On the way back nothing has a version.
        migrations.RunSQL(migrations.RunSQL.noop, "DELETE FROM github_activity_tracker_markdownexport"),
        migrations.AddField(
            "markdownexport", "version", models.BigIntegerField(db_default=core.changes.Change())
        ),
        migrations.AlterField("markdownexport", "version", models.BigIntegerField()),
        migrations.RemoveIndex(
            model_name="discussion",
            name="discussion_thread_changed",
        ),
        migrations.RemoveIndex(
            model_name="issue",
            name="issue_thread_changed",
        ),
        migrations.RemoveField(
            model_name="account",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="comment",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="commit",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="commitidentity",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="discussion",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="discussion",
            name="thread_changed_at",
        ),
        migrations.RemoveField(
            model_name="gitref",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="issue",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="issue",
            name="thread_changed_at",
        ),
        migrations.RemoveField(
            model_name="release",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="repository",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="review",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="reviewcomment",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="reviewthread",
            name="changed_at",
        ),
        migrations.RemoveField(
            model_name="timelineevent",
            name="changed_at",
        ),
        migrations.AddField(
            model_name="account",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="accountlogin",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="comment",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="commit",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="commitidentity",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="discussion",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="discussion",
            name="thread_changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="gitref",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="issue",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="issue",
            name="thread_changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="release",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="repository",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="review",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="reviewcomment",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="reviewthread",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddField(
            model_name="timelineevent",
            name="changed_in",
            field=models.BigIntegerField(db_default=core.changes.Change()),
        ),
        migrations.AddIndex(
            model_name="discussion",
            index=models.Index(fields=["thread_changed_in"], name="discussion_thread_changed"),
        ),
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(fields=["thread_changed_in"], name="issue_thread_changed"),
        ),
    ]
