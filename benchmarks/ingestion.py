"""`python -m benchmarks.ingestion MIRROR ID`: one ingestion in this process; prints its figures as JSON."""

import datetime as dt
import json
import resource
import sys
import time
from pathlib import Path

import django

django.setup()


from core.collectors import AbstractCollector  # noqa: E402 - Django first, here and below
from core.operations.github_ops import git  # noqa: E402
from core.protocols import Result  # noqa: E402
from github_activity_tracker.conf import GithubActivitySettings  # noqa: E402
from github_activity_tracker.models import Repository  # noqa: E402
from github_activity_tracker.sync import GithubOptions  # noqa: E402
from github_activity_tracker.sync.commits import Ingestion  # noqa: E402
from github_activity_tracker.sync.session import Source  # noqa: E402

EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
UNIT = 1 << 20 if sys.platform == "darwin" else 1 << 10


class IngestionCollector(AbstractCollector):
    """Commits alone, from a mirror that is there."""

    name = "git_ingest"

    def __init__(self, mirror: Path, repository: int) -> None:
        super().__init__()
        self._mirror = mirror
        self._repository = repository

    def validate_config(self) -> None:
        """There is none."""

    def collect(self) -> Result:
        self.attempt("history", self._ingest)
        return self.result()

    def _ingest(self) -> None:
        row, _ = Repository.objects.get_or_create(
            github_id=self._repository, defaults={"created_at": EPOCH, "updated_at": EPOCH}
        )
        source = Source(self, GithubOptions(), GithubActivitySettings.current())
        Ingestion(source.repository(row, {}), git.BareRepository(self._mirror)).run()


def main(mirror: str, repository: str) -> None:
    collector = IngestionCollector(Path(mirror), int(repository))
    Repository.objects.count()  # connects, so that only the ingestion is timed
    began = time.perf_counter()
    result = collector.run()
    seconds = time.perf_counter() - began
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / UNIT
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / UNIT
    if not result.success:
        sys.exit("the ingestion was not complete")
    figures = {"seconds": seconds, "peak_mb": peak, "git_peak_mb": children, "counts": dict(result.counts)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
