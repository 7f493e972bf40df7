"""Settings of what is collected of Boost's repositories, and where it is published."""

from pydantic import Field

from core.conf import AppSettings


class BoostLibrarySettings(AppSettings):
    boost_github_owner: str = Field(
        default="boostorg", description="Owner of Boost's superproject `boost` and of its submodules."
    )
    boost_library_tracker_repo_owner: str = Field(
        default="", description="Owner of the repository that the Markdown of issues is published to."
    )
    boost_library_tracker_repo_name: str = Field(default="", description="Name of that repository.")
    boost_library_tracker_repo_branch: str = Field(default="master", description="Branch of it.")
