"""The twin's git: real repositories of the seeded world, served as github.com serves them.

host = GitHost(world)
asio = host.create("boostorg", "asio", commits=60)
... host.respond(request) for /boostorg/asio.git/..., and asio.commits(), .files(), .refs(): the truth
"""

from github_activity_tracker.twin.git.host import GitHost
from github_activity_tracker.twin.git.repository import TwinRepository

__all__ = ["GitHost", "TwinRepository"]
