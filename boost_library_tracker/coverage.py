"""What is stored of Boost's repositories beside what GitHub counts."""

from collections.abc import Iterable
from typing import ClassVar

from boost_library_tracker.conf import BoostLibrarySettings
from github_activity_tracker.models import Repository
from github_activity_tracker.sync import RepositoryCoverage


class BoostCoverage(RepositoryCoverage):
    command: ClassVar[str] = "run_boost_github_activity_tracker"
    collector: ClassVar[str] = "boost_github_activity"

    def repositories(self) -> Iterable[Repository]:
        return Repository.objects.filter(owner__iexact=BoostLibrarySettings.current().boost_github_owner)
