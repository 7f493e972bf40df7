"""An export's folder, pushed to a branch."""

from dataclasses import dataclass

from core import checkpoints
from core.collectors import AbstractCollector
from core.errors import CollectorFailureCategory, InvalidInput
from core.exports.export import COMPLETE, RENDERING, SCOPE, STREAM, export_folder
from core.http import Credential
from core.operations.file_ops import make_private
from core.operations.github_ops import GitHub, Use, git
from core.operations.github_ops.conf import GithubSettings
from core.protocols import State

PUBLISHED_TO = "published_to"


@dataclass(frozen=True, slots=True)
class Destination:
    """The branch of a repository that files are published to, and the folder in it."""

    owner: str
    name: str
    branch: str
    prefix: str = ""

    @property
    def url(self) -> str:
        return f"{GithubSettings.current().github_git_base_url}/{self.owner}/{self.name}.git"

    def __str__(self) -> str:
        return f"{self.url} {self.branch}:{self.prefix}"


def publish_export(collector: AbstractCollector, destination: Destination, message: str) -> str | None:
    """Push the folder in one commit; its hash, or None when the branch was like that already.

    Without a change since the last publication there, no request is sent. Raises InvalidInput when an export
    was begun and not ended: what it has not made again yet would be deleted there.
    """
    if any(each.category is CollectorFailureCategory.DATABASE for each in collector.outcome.failures):
        return None  # what a database that fails has given may be anything; the next run publishes
    state = checkpoints.load(collector.name, SCOPE, STREAM)
    if state.checkpoint_token == RENDERING:
        raise InvalidInput(
            f"{export_folder(collector)} is half rendered", remedy="run it without --skip-markdown-export"
        )
    published_to = {PUBLISHED_TO: str(destination)}
    if state.checkpoint_token is None or (state.extras == published_to and not collector.options.full):
        return None
    folder = export_folder(collector)
    make_private(folder)

    def publish(credential: Credential) -> git.Published:
        return git.publish(
            destination.url,
            folder,
            destination.prefix,
            message,
            branch=destination.branch,
            credential=credential,
            meter=collector.meter,
            # Those that have become empty, too: what they had is to go.
            owned=[entry.name for entry in folder.iterdir() if entry.is_dir()],
            stop=collector.stop_requested,
            deadline=collector.deadline,
        )

    run = str(collector.run_id)
    with GitHub(meter=collector.meter, use=Use.PUSH, run=run, deadline=collector.deadline) as github:
        published = github.with_git_credential(publish)
    with collector.page(SCOPE) as page:
        page.checkpoint(STREAM, State(COMPLETE, f"published to {destination}", published_to))
    return published.commit
