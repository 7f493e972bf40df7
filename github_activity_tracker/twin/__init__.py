"""GitHub's twin: GraphQL, REST and git over one seeded world.

`GithubTwin.of` serves repositories to order; `BoostorgTwin` and `LlvmTwin` what their trackers collect.
"""

from github_activity_tracker.twin.hub import RepositorySpec
from github_activity_tracker.twin.twins import BoostorgTwin, GithubTwin, LlvmTwin

__all__ = ["BoostorgTwin", "GithubTwin", "LlvmTwin", "RepositorySpec"]
