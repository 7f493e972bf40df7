"""Numbers of changes: see core.changes."""

from django.db import migrations

CREATE = """
CREATE TABLE core_change_origin (shift bigint NOT NULL, system_identifier bigint NOT NULL);
CREATE UNIQUE INDEX core_change_origin_is_one ON core_change_origin ((true));
INSERT INTO core_change_origin SELECT 0, system_identifier FROM pg_control_system();
CREATE FUNCTION core_change() RETURNS bigint LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT pg_current_xact_id()::text::bigint + shift FROM core_change_origin;
END;
"""
DROP = "DROP FUNCTION core_change(); DROP TABLE core_change_origin"


class Migration(migrations.Migration):
    dependencies = [("core", "0002_shared_accounts")]

    operations = [
        migrations.RunSQL(CREATE, DROP),
        migrations.RemoveField("checkpoint", "changed_at"),
    ]
