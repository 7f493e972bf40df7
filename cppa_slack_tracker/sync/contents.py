"""The content of files, where the settings want it."""

from core.errors import CollectorError, InvalidInput, NotFound, PermissionDenied, RateLimited, StopRequested
from core.operations.slack_ops import SlackContents
from cppa_slack_tracker.models import File
from cppa_slack_tracker.services.files import set_content
from cppa_slack_tracker.sync.kinds import CONTENT
from cppa_slack_tracker.sync.session import TeamSession

MIB = 1024 * 1024


def fetch_contents(session: TeamSession) -> None:
    """Fetch what was not fetched yet; with `--full` also what could not be had before."""
    contents = session.contents
    if contents is None or "files:read" in session.lacks:
        return  # without the scope Slack gives its page to log in
    rows = File.objects.live().filter(
        workspace=session.row,
        is_external=False,
        url_private__isnull=False,
        content_sha256__isnull=True,
    )
    if not session.options.full:
        rows = rows.filter(content_problem="")
    waiting = session.scope.waiting(CONTENT.name)
    for file in list(rows.order_by("file_id")):
        if file.file_id not in waiting:
            _fetch(session, contents, file)


def _fetch(session: TeamSession, contents: SlackContents, file: File) -> None:
    """Fetch one file. Why it cannot be had is noted with it, or in quarantine if that may pass."""
    most = session.settings.slack_file_max_mb
    if file.size is not None and file.size > most * MIB:
        _refuse(session, file, f"bigger than {most} MiB")
        return
    try:
        content = contents.content(file.url_private or "", file.mime_type, file.size)
    except (StopRequested, RateLimited):
        raise
    except (InvalidInput, NotFound, PermissionDenied) as error:
        _refuse(session, file, error.message)
    except CollectorError as error:
        with session.scope.page() as page:
            page.quarantine(CONTENT.name, file.file_id, b"", error)
    else:
        with session.scope.page() as page:
            page.take(CONTENT, session.row, [(file.file_id, content)])


def _refuse(session: TeamSession, file: File, problem: str) -> None:
    with session.scope.page() as page:
        set_content(session.row, file.file_id, problem=problem)
        page.count("files_without_content", 1)
        page.resolve(CONTENT.name, [file.file_id])
