"""The collector of Boost's repositories: the superproject and every submodule it names."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from boost_library_tracker.conf import BoostLibrarySettings
from boost_library_tracker.parsing import submodule_repositories
from boost_library_tracker.protocol_impl import BoostGithubActivityResult
from core.errors import NotFound
from core.exports import Destination
from core.operations.github_ops.conf import GithubSettings
from github_activity_tracker.models import Repository
from github_activity_tracker.sync import GithubCollector, GithubOptions, known_names, stored_file

SUPERPROJECT = "boost"


class BoostGithubActivityCollector(GithubCollector):
    """boostorg/boost and the repositories that its .gitmodules names."""

    name = "boost_github_activity"
    result_class = BoostGithubActivityResult

    def __init__(self, options: GithubOptions | None = None) -> None:
        super().__init__(options)
        self.boost = BoostLibrarySettings.current()

    @property
    def owner(self) -> str:
        return self.boost.boost_github_owner

    def names(self) -> Sequence[tuple[str, str]]:
        return [(self.owner, SUPERPROJECT)]

    def further_names(self) -> Sequence[tuple[str, str]]:
        superproject = (self.owner, SUPERPROJECT)
        modules = stored_file(*superproject, ".gitmodules")
        if modules is None:
            raise NotFound(
                f"{self.owner}/{SUPERPROJECT} has no .gitmodules", remedy="check BOOST_GITHUB_OWNER"
            )
        hosts = ("github.com", urlsplit(GithubSettings.current().github_git_base_url).netloc)
        named = submodule_repositories(modules.decode(errors="replace"), superproject, hosts)
        return [name for name in named if name != superproject]

    def prefix_of(self, repository: Repository) -> str | None:
        owners = {name.partition("/")[0] for name in known_names(repository)}
        if self.owner.casefold() not in owners:
            return None
        return SUPERPROJECT if repository.name == SUPERPROJECT else f"{SUPERPROJECT}.{repository.name}"

    def destination(self) -> Destination | None:
        owner, name = self.boost.boost_library_tracker_repo_owner, self.boost.boost_library_tracker_repo_name
        if not (owner and name):
            return None
        return Destination(owner, name, self.boost.boost_library_tracker_repo_branch)
