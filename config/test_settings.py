"""Settings of the tests: a workspace and a database of their own, nothing of the user's environment or .env.

TEST_DATABASE_URL names a server to test with instead of the embedded one.
"""

import atexit
import os
import shutil
import tempfile

# What pytest-xdist starts works in the folder of who started it.
if "PYTEST_XDIST_WORKER" not in os.environ:
    workspace = tempfile.mkdtemp(prefix="boost-trackers-")
    # Registered before any database has started, so it runs after all have stopped.
    atexit.register(shutil.rmtree, workspace)
    os.environ.update(ENV_FILE="", WORKSPACE_DIR=workspace, DATABASE_LOCK_URL="")
    os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")

from config.settings import *  # noqa: F403 - the environment comes first

# A tracker that stands for those to come; a test registers it.
INSTALLED_APPS.append("core.tests.feed_tracker")  # noqa: F405

# The server is everybody's, and the environment says where; files are not.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    WORKSPACE_DIR = WORKSPACE_DIR / worker  # noqa: F405 # pyright: ignore[reportConstantRedefinition] - config.settings has it, for one process

# Programs that tests start are the user's programs.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
