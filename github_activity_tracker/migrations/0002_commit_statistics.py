"""A view for statistics: merges and commits that were left behind do not count."""

from django.db import migrations

CREATE = """
CREATE VIEW github_commit_statistics AS
SELECT repository.owner || '/' || repository.name AS repository,
    date_trunc('month', stored.committed_at AT TIME ZONE 'UTC')::date AS month,
    coalesce(entry.canonical_name, stored.author_name) AS author_name,
    coalesce(entry.canonical_email, stored.author_email) AS author_email,
    identity.account_id,
    count(*) AS commits,
    sum(changes.files)::bigint AS changed_files,
    sum(changes.additions)::bigint AS additions,
    sum(changes.deletions)::bigint AS deletions
FROM github_activity_tracker_commit AS stored
JOIN github_activity_tracker_repository AS repository ON repository.github_id = stored.repository_id
LEFT JOIN github_activity_tracker_mailmapentry AS entry
    ON entry.repository_id = stored.repository_id
    AND entry.email = stored.author_email AND entry.name = stored.author_name
LEFT JOIN github_activity_tracker_commitidentity AS identity
    ON identity.email = stored.author_email AND identity.name = stored.author_name
CROSS JOIN LATERAL (
    SELECT count(*) AS files, sum(file.additions) AS additions, sum(file.deletions) AS deletions
    FROM github_activity_tracker_commitfile AS file WHERE file.commit_id = stored.id
) AS changes
WHERE NOT stored.is_merge AND stored.is_reachable
GROUP BY 1, 2, 3, 4, 5
"""


class Migration(migrations.Migration):
    dependencies = [("github_activity_tracker", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, "DROP VIEW github_commit_statistics")]
