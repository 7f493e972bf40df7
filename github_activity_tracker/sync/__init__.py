"""The engine as the apps above use it: a collector over repositories, its command, what a mirror holds."""

from github_activity_tracker.sync.collector import GithubCollector, known_names
from github_activity_tracker.sync.command import GithubCommand
from github_activity_tracker.sync.coverage import RepositoryCoverage
from github_activity_tracker.sync.mirrors import stored_file
from github_activity_tracker.sync.options import GithubOptions

__all__ = [
    "GithubCollector",
    "GithubCommand",
    "GithubOptions",
    "RepositoryCoverage",
    "known_names",
    "stored_file",
]
