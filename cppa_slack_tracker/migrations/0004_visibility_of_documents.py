from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("cppa_slack_tracker", "0003_confirmed_addresses"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="channel",
            name="is_indexed",
        ),
    ]
