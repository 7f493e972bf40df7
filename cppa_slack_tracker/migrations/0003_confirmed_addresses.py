from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cppa_slack_tracker", "0002_change_numbers"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="is_email_confirmed",
            field=models.BooleanField(default=False),
        ),
    ]
