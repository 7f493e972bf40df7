"""Issues, pull requests, discussions and releases: from GitHub's answers into the tables, and kept right."""

from collections.abc import Callable, Collection

import pytest

from core.twins import World
from core.twins.snapshot import differences_from_truth
from github_activity_tracker.models import Issue
from github_activity_tracker.tests.reading import Counts, Reading, reading
from github_activity_tracker.twin import GithubTwin

pytestmark = pytest.mark.django_db(transaction=True)
OF_GIT = {"Account", "Commit", "CommitFile", "GitRef"}
Apply = Callable[[dict[str, str]], None]


def assert_equals_truth(read: Reading, *, without: Collection[str] = ()) -> None:
    left_out = {f"github_activity_tracker.{name}" for name in (*OF_GIT, *without)}
    truth = {name: rows for name, rows in read.twin.truth().items() if name not in left_out}
    wrong = [str(difference) for difference in differences_from_truth(truth)]
    assert not wrong, "\n".join(wrong)


def names(read: Reading) -> list[tuple[str, str]]:
    return [(repo.owner["login"], repo.name) for repo in read.twin.hub.repos if not repo.is_target]


def collect_all(read: Reading) -> list[Counts]:
    return [saved for name in names(read) for saved in read.collect(*name)]


def sweep_all(read: Reading) -> list[str]:
    return [node_id for name in names(read) for node_id in read.sweep(*name)]


def test_a_world_is_read_to_the_row(settings_from: Apply) -> None:
    with reading(GithubTwin(World(), size=120), settings_from) as read:
        collect_all(read)
        assert read.problems == []
        assert_equals_truth(read)


def test_a_second_reading_writes_nothing(settings_from: Apply) -> None:
    with reading(GithubTwin(World(), size=60), settings_from) as read:
        collect_all(read)
        threads = dict(Issue.objects.values_list("node_id", "thread_changed_in"))
        again = collect_all(read)
        assert len(again) > len(names(read))
        assert [counts for counts in again if counts] == []
        assert dict(Issue.objects.values_list("node_id", "thread_changed_in")) == threads


def test_the_smallest_pages_read_the_same(settings_from: Apply) -> None:
    with reading(GithubTwin(World(), size=30), settings_from, page_size=3) as read:
        collect_all(read)
        assert_equals_truth(read)


def test_late_changes_and_what_is_gone_are_found_by_reading_on_and_sweeping(settings_from: Apply) -> None:
    with reading(GithubTwin(World(), size=60), settings_from) as read:
        collect_all(read)
        assert sweep_all(read) == []
        for _ in range(3):
            read.twin.mutate()
            collect_all(read)
            assert sweep_all(read)
            assert_equals_truth(read)
            assert sweep_all(read) == []


def test_a_sweep_alone_finds_every_change_of_a_thread(settings_from: Apply) -> None:
    with reading(GithubTwin(World(), size=60), settings_from) as read:
        collect_all(read)
        for _ in range(3):
            read.twin.mutate()
            sweep_all(read)
            assert_equals_truth(read, without=["Repository", "Release"])
