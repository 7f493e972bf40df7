"""git: bare mirrors of repositories, what their history says, and folders published to a branch."""

from core.operations.github_ops.git.environment import git_credential
from core.operations.github_ops.git.failures import MirrorDamaged
from core.operations.github_ops.git.mirror import Mirror, mirror_folder
from core.operations.github_ops.git.publish import publish
from core.operations.github_ops.git.records import FileChange, GitCommit, GitRef, Published
from core.operations.github_ops.git.repository import DAMAGED, MOST_OF_A_FILE, BareRepository

__all__ = [
    "DAMAGED",
    "MOST_OF_A_FILE",
    "BareRepository",
    "FileChange",
    "GitCommit",
    "GitRef",
    "Mirror",
    "MirrorDamaged",
    "Published",
    "git_credential",
    "mirror_folder",
    "publish",
]
