"""The content of files, where the settings want it."""

from core.errors import CollectorError, InvalidInput, NotFound, PermissionDenied, RateLimited, StopRequested
from core.operations.slack_ops import LOGIN_PAGE, SlackContents
from cppa_slack_tracker.models import File
from cppa_slack_tracker.services.files import set_content
from cppa_slack_tracker.sync.kinds import CONTENT
from cppa_slack_tracker.sync.session import TeamSession

MIB = 1024 * 1024


def fetch_contents(session: TeamSession) -> None:
    """Fetch what was not fetched yet; with `--full` also what could not be had before.

    Where Slack wanted a login, one file a run shows whether it still does.
    """
    contents = session.contents
    if contents is None:
        return
    rows = File.objects.live().filter(
        workspace=session.row,
        is_external=False,
        url_private__isnull=False,
        content_sha256__isnull=True,
    )
    if not session.options.full:
        rows = rows.filter(content_problem__in=("", LOGIN_PAGE))
    waiting = session.scope.waiting(CONTENT.name)
    is_shut = False
    for file in _in_turn(list(rows.order_by("file_id")), session.today):
        hopeless = is_shut and file.content_problem == LOGIN_PAGE and not session.options.full
        if file.file_id not in waiting and not hopeless:
            is_shut = _fetch(session, contents, file) == LOGIN_PAGE or is_shut


def _in_turn(files: list[File], today: int) -> list[File]:
    """Those that were shut come last, another one first each day: one may be shut for its own sake."""
    shut = [file for file in files if file.content_problem == LOGIN_PAGE]
    first = today % len(shut) if shut else 0
    return [*(file for file in files if file.content_problem != LOGIN_PAGE), *shut[first:], *shut[:first]]


def _fetch(session: TeamSession, contents: SlackContents, file: File) -> str:
    """One file; returns why it cannot be had. That is noted with it, or in quarantine if it may pass."""
    most = session.settings.slack_file_max_mb
    if file.size is not None and file.size > most * MIB:
        return _refuse(session, file, f"bigger than {most} MiB")
    try:
        content = contents.content(file.url_private or "", file.mime_type, file.size)
    except (StopRequested, RateLimited):
        raise
    except (InvalidInput, NotFound, PermissionDenied) as error:
        return _refuse(session, file, error.message)
    except CollectorError as error:
        with session.scope.page() as page:
            page.quarantine(CONTENT.name, file.file_id, b"", error)
        return error.message
    with session.scope.page() as page:
        page.take(CONTENT, session.row, [(file.file_id, content)])
    return ""


def _refuse(session: TeamSession, file: File, problem: str) -> str:
    with session.scope.page() as page:
        set_content(session.row, file.file_id, problem=problem)
        page.count("files_without_content", 1)
        page.resolve(CONTENT.name, [file.file_id])
    return problem
