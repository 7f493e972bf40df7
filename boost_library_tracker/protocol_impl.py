"""The result of this app's runs."""

from dataclasses import dataclass

from github_activity_tracker.protocol_impl import GithubResult


@dataclass(frozen=True, slots=True)
class BoostGithubActivityResult(GithubResult):
    """The result of a run over Boost's repositories."""
