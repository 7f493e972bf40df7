"""How many children GitHub counts of a thread: the sweep has compared the children themselves for long."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("github_activity_tracker", "0006_changes_of_mailmaps")]

    operations = [
        migrations.RemoveField(model_name="discussion", name="child_counts"),
        migrations.RemoveField(model_name="issue", name="child_counts"),
    ]
