"""The mirrors of repositories in the workspace, and when they have to be fetched and read."""

import hashlib
import json
import secrets
from pathlib import Path

from django.conf import settings as django_settings

from core.errors import NotFound
from core.http import Credential
from core.operations.file_ops import make_private, write_atomically
from core.operations.github_ops import git
from core.operations.github_ops.conf import GithubSettings
from core.protocols import State
from github_activity_tracker.models import Repository, RepositoryName
from github_activity_tracker.sync.session import RepositorySession

STREAM = "git"
OWNER_FILE = "trackers-repository-id"


class NotMirrored(NotFound):
    """A repository has no mirror yet."""


def is_due(session: RepositorySession) -> bool:
    """Whether something was pushed, is to be read in another manner, or the mirror is not there or broken."""
    before, now = session.state(STREAM), state(session)
    same = (before.checkpoint_token, before.extras) == (now.checkpoint_token, now.extras)
    folder = folder_of(session.row.owner, session.row.name)
    is_whole = (folder / "HEAD").is_file() and not (folder / git.DAMAGED).exists()
    return not same or not _is_of(folder, session.row) or not is_whole


def is_read_otherwise(session: RepositorySession) -> bool:
    """Whether the settings want other refs, folders or contents than what is stored was read with."""
    before = session.state(STREAM)
    return before.checkpoint_token is not None and before.extras.get("manner") != _manner(session)


def state(session: RepositorySession) -> State:
    """The checkpoint when all that GitHub shows now was read."""
    row = session.row
    pushed = row.pushed_at.isoformat() if row.pushed_at else "never"
    extras = {"manner": _manner(session), "head": row.default_branch}
    return State(pushed, f"{row.full_name} as pushed at {pushed}", extras)


def _manner(session: RepositorySession) -> str:
    settings = session.source.settings
    manner = [settings.refs, settings.github_commit_patches, session.source.folders, session.options.partial]
    return hashlib.sha256(json.dumps(manner).encode()).hexdigest()[:16]


def fetched(session: RepositorySession) -> git.Mirror:
    """The mirror of a repository as GitHub has it now, with whichever token git is let in."""

    def fetch(credential: Credential) -> git.Mirror:
        mirror = _mirror_of(session, credential)
        mirror.fetch(default_branch=session.row.default_branch or None)
        # A name can come to belong to another repository.
        write_atomically(mirror.folder / OWNER_FILE, str(session.row.github_id))
        return mirror

    return session.source.github.with_git_credential(fetch)


def _mirror_of(session: RepositorySession, credential: Credential) -> git.Mirror:
    """One under a former name is moved, one of another repository goes aside."""
    row = session.row
    folder = folder_of(row.owner, row.name)
    owner = _owner_of(folder)
    # Without an owner it was fetched under this name by a run that was killed before it could say so.
    if owner and owner != str(row.github_id):
        # No repository's name has a tilde in it, and none that was put aside before makes way.
        folder.rename(folder.with_name(f"{row.name}~{owner}-{secrets.token_hex(4)}.git"))
    if not folder.exists():
        for former in RepositoryName.objects.filter(repository=row).exclude(full_name=row.full_name):
            earlier = folder_of(*former.full_name.split("/", 1))
            if _is_of(earlier, row):
                make_private(folder.parent)
                earlier.rename(folder)
                break
    return git.Mirror(
        folder,
        f"{GithubSettings.current().github_git_base_url}/{row.full_name}.git",
        credential=credential,
        meter=session.collector.meter,
        refs=session.source.settings.refs,
        partial=session.options.partial,
        stop=session.collector.stop_requested,
        deadline=session.collector.deadline,
    )


def distrust(session: RepositorySession) -> None:
    """The next fetch makes the mirror again."""
    folder = folder_of(session.row.owner, session.row.name)
    if folder.is_dir():
        (folder / git.DAMAGED).touch()


def stored_mirror(session: RepositorySession) -> git.BareRepository | None:
    """The mirror as it is, without the network; None for a repository that nothing was ever pushed to.

    Raises NotFound when there should be one.
    """
    row = session.row
    folder = folder_of(row.owner, row.name)
    if _is_of(folder, row):
        return git.BareRepository(folder, stop=session.collector.stop_requested)
    if row.pushed_at is None or row.removed_at is not None:
        return None
    raise NotFound(
        f"its mirror is not there: {folder}",
        item=row.full_name,
        remedy="run it without --from-archive: the commits are in no other archive",
    )


def stored_file(owner: str, name: str, path: str) -> bytes | None:
    """A file of a mirrored repository's default branch; None when there is no such file.

    Raises NotMirrored when there is no mirror, MirrorDamaged when it cannot be read.
    """
    folder = folder_of(owner, name)
    if not folder.exists():
        raise NotMirrored(
            f"no mirror is in {folder}", item=f"{owner}/{name}", remedy="run it once without --repo"
        )
    return git.BareRepository(folder).read("HEAD", path)


def _is_of(folder: Path, row: Repository) -> bool:
    return _owner_of(folder) == str(row.github_id)


def _owner_of(folder: Path) -> str:
    """The id of the repository that a mirror is of; "" where nobody has said."""
    try:
        said = (folder / OWNER_FILE).read_text(errors="replace")
    except OSError:
        return ""
    return said if said.isascii() and said.isdigit() else ""  # it becomes a part of a name


def folder_of(owner: str, name: str) -> Path:
    return git.mirror_folder(Path(django_settings.WORKSPACE_DIR), owner, name)
