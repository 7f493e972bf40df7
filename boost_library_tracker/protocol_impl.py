"""What a run of this app answers."""

from dataclasses import dataclass

from github_activity_tracker.protocol_impl import GithubResult


@dataclass(frozen=True, slots=True)
class BoostGithubActivityResult(GithubResult):
    """What a run over Boost's repositories did."""
