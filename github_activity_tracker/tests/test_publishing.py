"""The export as a branch on GitHub: one push when something changed, and nothing at all when nothing did."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from core.conf import AppSettings
from core.errors import AuthError, InvalidInput, NotFound
from core.exports import Destination
from core.twins import World, serve
from github_activity_tracker.models import Account
from github_activity_tracker.tests.exporter import PREFIXES, Exporter, export, files, folder
from github_activity_tracker.tests.rows import account, issue, pull_request, repository, save
from github_activity_tracker.tests.test_exporting import Dying, Killed, touch
from github_activity_tracker.twin import GithubTwin

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def twin(
    tmp_path: Path, settings: Any, settings_from: Callable[[dict[str, str]], None]
) -> Generator[GithubTwin]:
    """GitHub with one repository, empty, to publish to."""
    settings.WORKSPACE_DIR = tmp_path
    twin = GithubTwin.of(World(), repositories=[])
    with serve([twin]) as served:
        settings_from(served.environment())
        AppSettings.forget()
        yield twin
    AppSettings.forget()


@pytest.fixture
def ann() -> Account:
    ann = account("ann")
    save(ann, repository(github_id=1), repository(github_id=2, name="boost"))
    return ann


def destination(twin: GithubTwin, **given: Any) -> Destination:
    return Destination(
        **{"owner": twin.target.owner["login"], "name": twin.target.name, "branch": "main"} | given
    )


def publish(twin: GithubTwin, prefixes: Any = PREFIXES, **given: Any) -> Exporter:
    collector = Exporter(prefixes, destination=destination(twin, **given))
    assert collector.run().success
    return collector


def branch(twin: GithubTwin, name: str = "main") -> dict[str, bytes]:
    return twin.git.content(twin.target.owner["login"], twin.target.name, name)


def test_the_branch_is_what_the_folder_is(twin: GithubTwin, ann: Account) -> None:
    save(issue(1, ann), pull_request(2, ann, repository_id=2))

    published = publish(twin)

    assert published.published
    assert branch(twin) == files()
    assert len(files()) == 2


def test_without_a_change_no_request_is_sent(twin: GithubTwin, ann: Account) -> None:
    save(issue(1, ann))
    publish(twin)

    again = publish(twin)

    assert again.published is None
    assert again.meter.snapshot().requests == 0


def test_a_change_a_new_title_and_a_removal_reach_the_branch(twin: GithubTwin, ann: Account) -> None:
    rows = [issue(number, ann) for number in range(1, 4)]
    save(*rows)
    publish(twin)
    touch(rows[0], body="Edited")
    touch(rows[1], title="Moved")
    touch(rows[2], removed_at=rows[2].created_at)

    publish(twin)

    assert branch(twin) == files()
    assert [name.rpartition("/")[2] for name in sorted(branch(twin))] == ["#1 - Title 1.md", "#2 - Moved.md"]


def test_what_a_renamed_repository_has_left_behind_is_gone_too(twin: GithubTwin, ann: Account) -> None:
    save(issue(1, ann), issue(2, ann, repository_id=2))
    publish(twin)

    publish(twin, prefixes={1: "boost.net", 2: "boost"})

    assert branch(twin) == files()
    assert {path.partition("/")[0] for path in branch(twin)} == {"boost", "boost.net"}


def test_an_export_that_was_not_pushed_is_pushed_by_the_next_run(twin: GithubTwin, ann: Account) -> None:
    save(issue(1, ann))
    export()

    assert publish(twin, prefixes=None).published

    assert branch(twin) == files()


def test_another_destination_is_published_to_as_well(twin: GithubTwin, ann: Account) -> None:
    save(issue(1, ann))
    publish(twin)
    publish(twin, branch="other", prefix="docs")
    assert branch(twin, "other") == {f"docs/{path}": content for path, content in files().items()}


def test_another_machine_has_nothing_to_push(
    twin: GithubTwin, ann: Account, tmp_path: Path, settings: Any
) -> None:
    save(issue(1, ann), issue(2, ann))
    publish(twin)
    before = branch(twin)
    settings.WORKSPACE_DIR = tmp_path / "elsewhere"

    assert publish(twin).published is None

    assert branch(twin) == before


def test_half_an_export_is_never_published(twin: GithubTwin, ann: Account) -> None:
    rows = [issue(number, ann) for number in range(1, 4)]
    save(*rows)
    publish(twin)
    before = branch(twin)
    for path in folder().rglob("*.md"):
        path.unlink()
    dying = Dying(PREFIXES)
    dying.moments = 4
    with pytest.raises(Killed):
        dying.run()

    with pytest.raises(InvalidInput, match="half rendered"):
        Exporter(None, destination=destination(twin)).run()

    assert branch(twin) == before
    publish(twin)
    assert branch(twin) == before == files()


def test_a_push_that_fails_is_made_up_for(twin: GithubTwin, ann: Account) -> None:
    save(issue(1, ann))
    with pytest.raises((NotFound, AuthError)):
        Exporter(PREFIXES, destination=destination(twin, name="nothing")).run()

    assert publish(twin).published

    assert branch(twin) == files()


def test_nothing_was_ever_exported_and_nothing_is_published(twin: GithubTwin) -> None:
    collector = publish(twin, prefixes={})
    assert (collector.published, collector.meter.snapshot().requests) == (None, 0)
