"""What the engine does over runs, through the commands of Boost and of LLVM on a served twin."""

import datetime as dt
import io
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models
from django.utils import timezone

from core import registry
from core.models import CallBudget, Checkpoint, QuarantinedItem, Run
from core.twins import TwinResponse, World
from core.twins.snapshot import Window, differences, differences_from_truth, snapshot
from github_activity_tracker.models import (
    AccountLogin,
    Comment,
    Commit,
    CommitFile,
    GitRef,
    Issue,
    MarkdownExport,
    Repository,
    RepositoryName,
)
from github_activity_tracker.tests.git_says import git
from github_activity_tracker.tests.stage import BOOST, BOOSTORG, CLANG, Stage, errors, last_run, refuse
from github_activity_tracker.twin import BoostorgTwin, GithubTwin, LlvmTwin, RepositorySpec

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("logging_restored")]

THREADED = ("issues", "pull_requests", "discussions")
LLVM = (RepositorySpec("llvm", "llvm-project", 2, 1, layout="llvm", commits=20),)


@pytest.fixture
def boost(stage_of: Callable[..., Stage]) -> Stage:
    return stage_of(BoostorgTwin.of(World(), repositories=BOOSTORG), BOOST)


@pytest.fixture
def clang(stage_of: Callable[..., Stage]) -> Stage:
    return stage_of(LlvmTwin.of(World(), repositories=LLVM), CLANG)


def names() -> set[str]:
    return set(Repository.objects.values_list("name", flat=True))


def commits_of(name: str, **chosen: Any) -> set[str]:
    return set(Commit.objects.filter(repository__name=name, **chosen).values_list("sha", flat=True))


def wrong(twin: GithubTwin) -> list[str]:
    return [str(each) for each in differences_from_truth(twin.truth())]


def checkpoints() -> dict[tuple[str, ...], Any]:
    rows = Checkpoint.objects.values_list("collector", "scope", "stream", "token", "extras")
    return {row[:3]: row[3:] for row in rows}


def rows_of(*left_out: type[models.Model]) -> dict[str, int]:
    from django.apps import apps  # noqa: PLC0415 - models are loaded by now

    return {model._meta.label: model.objects.count() for model in apps.get_models() if model not in left_out}


# Which repositories


def test_a_repository_that_is_not_there_is_named_and_the_others_go_on(boost: Stage) -> None:
    assert boost.run("--repo", "asio", "--repo", "no-such-thing", "--repo", "boostorg/json") != 0
    assert last_run().status == "partial"
    assert names() == {"asio", "json"}
    assert commits_of("json")
    assert "boostorg/no-such-thing" in errors()
    assert "asio" not in errors()


def test_what_can_be_no_repository_is_a_mistake_that_is_told_before_anything_is_asked(boost: Stage) -> None:
    for name in ("a/b/c", "", "boostorg/", "../etc", "asio?x=1"):
        assert boost.run("--repo", name) == 64, name
    assert boost.run("--since", "2025-01-01", "--until", "2024-01-01") == 64
    assert boost.requests() == 0


def test_options_that_make_no_sense_for_the_archive_are_mistakes(boost: Stage) -> None:
    for option in ("--dry-run", "--since=2024-01-01", "--limit=2", "--full"):
        assert boost.run("--from-archive", option) == 64, option


def test_the_order_is_resumed_from_a_library_on(boost: Stage) -> None:
    assert boost.run("--from-library", "beast") == 0
    assert names() == {"boost", "beast", "json"}
    assert boost.run("--from-repo", "boostorg/asio") == 0
    assert wrong(boost.twin) == []


def test_a_library_to_resume_from_that_is_not_there_names_those_that_are_close(boost: Stage) -> None:
    assert boost.run("--from-library", "besat") == 64
    assert "boostorg/beast" in boost.told + errors()


# How much


def test_a_run_over_a_part_of_the_time_brings_that_part_and_touches_no_checkpoint_of_a_thread(
    boost: Stage,
) -> None:
    asio = boost.repo("asio")
    updated = sorted(node["updatedAt"] for node in [*asio.issues, *asio.pull_requests])
    since, until = updated[2], updated[-2]
    inside = {
        node["number"] for node in [*asio.issues, *asio.pull_requests] if since <= node["updatedAt"] < until
    }

    assert boost.run("--repo", "asio", "--since", since[:-1], "--until", until[:-1]) == 0

    assert set(Issue.objects.values_list("number", flat=True)) == inside
    assert not Checkpoint.objects.filter(stream__in=THREADED).exists()
    assert boost.run() == 0
    assert wrong(boost.twin) == []


def test_a_run_over_a_part_of_the_time_between_two_others_moves_nothing_and_hides_nothing(
    boost: Stage,
) -> None:
    assert boost.run() == 0
    boost.twin.mutate()
    before = {key: value for key, value in checkpoints().items() if key[2] in THREADED}

    assert boost.run("--since", "2020-01-01", "--until", "2021-01-01") == 0
    assert {key: value for key, value in checkpoints().items() if key[2] in THREADED} == before
    assert boost.run("--until", "2021-01-01") == 0
    assert {key: value for key, value in checkpoints().items() if key[2] in THREADED} == before

    assert boost.run() == 0
    assert wrong(boost.twin) == []


def test_a_limit_ends_each_scope_early_and_the_next_run_brings_the_rest(
    stage_of: Callable[..., Stage],
) -> None:
    twin = BoostorgTwin.of(World(), repositories=BOOSTORG)
    boost = stage_of(twin, BOOST, GITHUB_PAGE_SIZE="1", GITHUB_SWEEP_REQUESTS="0")
    assert boost.run("--repo", "asio", "--limit", "2") == 0
    kinds = Counter(Issue.objects.values_list("kind", flat=True))
    assert kinds == {"issue": 2, "pull_request": 2}
    assert boost.run() == 0
    assert wrong(twin) == []


def test_a_limit_is_not_made_up_for_by_the_sweep(stage_of: Callable[..., Stage]) -> None:
    twin = BoostorgTwin.of(World(), repositories=BOOSTORG)
    boost = stage_of(twin, BOOST, GITHUB_PAGE_SIZE="1")
    assert boost.run("--repo", "asio", "--limit", "2") == 0
    assert Issue.objects.count() == 4


# What is not done


def test_a_dry_run_writes_nothing_but_its_run_and_its_budget_and_knows_what_a_run_will_take(
    boost: Stage,
) -> None:
    before = rows_of(Run, CallBudget)
    assert boost.run("--dry-run", "--repo", "asio") == 0
    assert rows_of(Run, CallBudget) == before
    assert not list(boost.workspace.rglob("*.git"))
    assert "boostorg/asio" in boost.told
    planned = planned_requests(boost.told)
    asked = boost.requests()

    assert boost.run("--repo", "asio", "--skip-remote-push") == 0

    taken = boost.requests() - asked
    assert taken / 2 <= planned <= taken * 2, (planned, taken, boost.told)


def planned_requests(told: str) -> int:
    """The sum that the plan ends with."""
    numbers = [
        int(word.strip("~,.").replace(",", "")) for word in told.split() if word.strip("~,.").isdigit()
    ]
    assert numbers, told
    return max(numbers)


def test_a_dry_run_over_what_is_up_to_date_plans_nothing_and_one_after_news_plans_those(boost: Stage) -> None:
    assert boost.run() == 0
    assert boost.run("--dry-run") == 0
    assert "boostorg/asio" not in boost.told
    boost.push("beast")
    assert boost.run("--dry-run") == 0
    assert "boostorg/beast" in boost.told
    assert "boostorg/asio" not in boost.told
    assert not commits_of("beast") >= set(boost.repo("beast").git.head_refs().values())


def test_without_the_sync_nothing_is_asked_of_github_and_what_is_stored_is_exported(boost: Stage) -> None:
    assert boost.run("--skip-markdown-export") == 0
    assert not (boost.workspace / "exports").exists()
    assert not boost.published()
    boost.twin.mutate()
    asked, before = boost.requests(), set(Issue.objects.values_list("pk", "updated_at"))

    assert boost.run("--skip-github-sync", "--skip-remote-push") == 0

    assert boost.requests() == asked
    assert set(Issue.objects.values_list("pk", "updated_at")) == before
    files = {
        path.relative_to(boost.workspace / "exports/boost_github_activity").as_posix(): path.read_bytes()
        for path in (boost.workspace / "exports").rglob("*.md")
    }
    assert len(files) == MarkdownExport.objects.count() == Issue.objects.count()
    assert not boost.published()

    assert boost.run("--skip-github-sync") == 0
    assert boost.published() == files


def test_without_the_sync_no_token_for_reading_is_needed(
    boost: Stage, settings_from: Callable[[dict[str, str]], None]
) -> None:
    assert boost.run("--skip-markdown-export") == 0
    settings_from({"GITHUB_TOKENS_SCRAPING": ""})
    assert boost.run("--skip-github-sync") == 0
    assert boost.published()


# What happens to repositories


def test_a_repository_that_was_renamed_keeps_its_row_and_its_mirror(boost: Stage) -> None:
    assert boost.run() == 0
    (row,) = Repository.objects.filter(name="beast").values_list("pk", flat=True)
    inode = boost.mirror("beast").stat().st_ino
    old = boost.mirror("beast")
    boost.twin.rename(boost.repo("beast"), "beast-ng")
    boost.push("beast-ng")

    assert boost.run() == 0

    assert Repository.objects.get(pk=row).name == "beast-ng"
    assert Repository.objects.count() == 4
    known = RepositoryName.objects.filter(repository=row).values_list("full_name", flat=True)
    assert set(known) == {"boostorg/beast", "boostorg/beast-ng"}
    assert boost.mirror("beast-ng").stat().st_ino == inode
    assert not old.exists()
    assert wrong(boost.twin) == []
    assert {path.split("/")[0] for path in boost.published()} == {
        "boost", "boost.asio", "boost.beast-ng", "boost.json",
    }  # fmt: skip
    assert boost.run("--repo", "beast") == 0  # by its former name


@pytest.mark.parametrize("owner", ["7", "../7", "nobody"])
def test_a_mirror_of_another_repository_goes_aside_and_removes_nothing(boost: Stage, owner: str) -> None:
    assert boost.run() == 0
    mirror = boost.mirror("beast")
    (mirror / "trackers-repository-id").write_text(owner)
    # Of a repository that is called `beast.7`.
    looks_like_it = mirror.with_name("beast.7.git")
    looks_like_it.mkdir()
    boost.push("beast")

    assert boost.run() == 0

    assert looks_like_it.is_dir()
    assert len(list(mirror.parent.glob("beast~7-*.git"))) == (owner == "7")
    assert not list(mirror.parent.parent.rglob("7*"))
    assert wrong(boost.twin) == []


@pytest.mark.parametrize("how", ["is_private", "is_blocked"])
def test_a_repository_that_is_not_available_is_told_and_stops_no_other(boost: Stage, how: str) -> None:
    assert boost.run() == 0
    boost.twin.mutate()
    for part in (boost.repo("beast"), boost.repo("beast").git):
        setattr(part, how, True)
    boost.push("beast")

    assert boost.run() != 0

    assert last_run().status == "partial"
    assert "boostorg/beast" in errors()
    assert not {"boostorg/asio", "boostorg/json"} & set(errors().split('"'))
    assert commits_of("asio") >= set(boost.repo("asio").git.head_refs().values())
    assert commits_of("beast")

    for part in (boost.repo("beast"), boost.repo("beast").git):
        setattr(part, how, False)
    assert boost.run() == 0
    assert wrong(boost.twin) == []


def test_a_repository_that_is_not_available_says_so_in_its_row_until_it_is(boost: Stage) -> None:
    assert boost.run("--repo", "beast") == 0
    boost.repo("beast").is_private = True
    assert boost.run("--repo", "beast") != 0
    assert Repository.objects.get(name="beast").unavailable
    boost.repo("beast").is_private = False
    assert boost.run("--repo", "beast") == 0
    assert not Repository.objects.get(name="beast").unavailable


def with_a_topic(boost: Stage) -> str:
    """Collects a library with a branch whose last two commits no other ref has; its name."""
    boost.push("asio", lambda git: git.push(3, branch="topic/x"))
    assert boost.run("--repo", "asio") == 0
    return "topic/x"


def test_the_libraries_go_on_when_the_superproject_is_not_available(boost: Stage) -> None:
    assert boost.run() == 0
    boost.repo("boost").is_private = True
    boost.push("json")
    assert boost.run() != 0
    assert commits_of("json") >= set(boost.repo("json").git.head_refs().values())


def test_a_force_push_leaves_its_commits_stored_and_marked(boost: Stage) -> None:
    topic = with_a_topic(boost)
    before = commits_of("asio")
    boost.push("asio", lambda git: git.force_push(topic, drop=2, add=1))

    assert boost.run("--repo", "asio") == 0

    assert len(commits_of("asio", is_reachable=False)) == 2
    assert commits_of("asio", is_reachable=True) == reached(boost, "asio")
    assert len(commits_of("asio") - before) == 1
    assert commits_of("asio") > before
    assert wrong_commits(boost, "asio") == []


def reached(boost: Stage, name: str) -> set[str]:
    """What the refs of the repository lead to, as git itself says."""
    folder = boost.repo(name).git.folder
    return set(git(folder, "rev-list", "--branches", "--tags").decode().split())


def wrong_commits(boost: Stage, name: str) -> list[str]:
    repository = str(boost.repo(name).id)
    return [line for line in wrong(boost.twin) if f"({repository}, " in line and "Commit" in line]


# What happens to mirrors


def deleted(mirror: Path) -> None:
    shutil.rmtree(mirror)


def without_objects(mirror: Path) -> None:
    shutil.rmtree(mirror / "objects")


def truncated_pack(mirror: Path) -> None:
    for pack in mirror.glob("objects/pack/*.pack"):
        pack.chmod(0o644)
        pack.write_bytes(pack.read_bytes()[: pack.stat().st_size // 2])


def without_head(mirror: Path) -> None:
    (mirror / "HEAD").unlink()


def a_file(mirror: Path) -> None:
    shutil.rmtree(mirror)
    mirror.write_text("no repository")


DAMAGES = [deleted, without_objects, truncated_pack, without_head, a_file]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_mirror_that_was_lost_or_damaged_is_made_again_and_no_commit_is_lost(
    boost: Stage, damage: Callable[[Path], None]
) -> None:
    topic = with_a_topic(boost)
    boost.push("asio", lambda git: git.force_push(topic, drop=2, add=1))
    assert boost.run("--repo", "asio") == 0
    left_behind = commits_of("asio", is_reachable=False)
    assert left_behind
    before = commits_of("asio")
    damage(boost.mirror("asio"))
    boost.push("asio")

    assert boost.run("--repo", "asio") == 0

    assert commits_of("asio") > before
    assert commits_of("asio", is_reachable=False) == left_behind
    assert commits_of("asio", is_reachable=True) == reached(boost, "asio")
    assert git(boost.mirror("asio"), "rev-list", "--all")


@pytest.mark.parametrize(
    "damage",
    [
        deleted,
        without_head,
        a_file,
        without_objects,
        truncated_pack,
    ],
)
def test_the_libraries_are_still_known_when_the_mirror_of_the_superproject_was_lost_or_damaged(
    boost: Stage, damage: Callable[[Path], None]
) -> None:
    assert boost.run() == 0
    damage(boost.mirror("boost"))  # to which nothing was pushed since
    boost.push("json")

    assert boost.run() == 0

    assert commits_of("json") >= set(boost.repo("json").git.head_refs().values())
    assert wrong(boost.twin) == []


def test_what_was_collected_on_another_machine_is_gone_on_with(boost: Stage, settings: Any) -> None:
    assert boost.run() == 0
    settings.WORKSPACE_DIR = boost.workspace = boost.workspace.with_name("another")
    boost.twin.mutate()
    assert boost.run() == 0
    assert wrong(boost.twin) == []


# What is kept of commits


def test_only_files_of_the_chosen_folders_are_kept_but_all_commits(stage_of: Callable[..., Stage]) -> None:
    twin = LlvmTwin.of(World(), repositories=LLVM)
    clang = stage_of(twin, CLANG, CLANG_GITHUB_PATHS="clang/, libcxx/")
    assert clang.run() == 0
    rows = twin.truth()
    wanted = {
        (row["commit__sha"], row["path"])
        for row in rows["github_activity_tracker.CommitFile"]
        if any((row[name] or "").startswith(("clang/", "libcxx/")) for name in ("path", "old_path"))
    }
    assert wanted
    assert set(CommitFile.objects.values_list("commit__sha", "path")) == wanted
    assert len(wanted) < len(rows["github_activity_tracker.CommitFile"])
    assert Commit.objects.count() == len(rows["github_activity_tracker.Commit"])


def test_a_partial_mirror_gives_files_without_counts(clang: Stage) -> None:
    assert clang.run("--partial") == 0
    truth = clang.twin.truth()["github_activity_tracker.CommitFile"]
    assert CommitFile.objects.count() == len(truth)
    counts = CommitFile.objects.values_list("additions", "deletions", "is_binary").distinct()
    assert list(counts) == [(None, None, None)]
    assert Commit.objects.count() == len(clang.twin.truth()["github_activity_tracker.Commit"])


def test_a_partial_mirror_becomes_a_whole_one_when_that_is_asked_for(clang: Stage) -> None:
    assert clang.run("--partial") == 0
    assert clang.run("--full") == 0
    assert wrong(clang.twin) == []


# Without the network


def test_the_archive_brings_all_again_without_a_token_and_without_the_network(
    boost: Stage, settings_from: Callable[[dict[str, str]], None]
) -> None:
    began = timezone.now().replace(microsecond=0)
    assert boost.run() == 0
    boost.twin.mutate()
    assert boost.run() == 0
    labels = ("github_activity_tracker",)
    expected = snapshot(labels, Window(began, dt.datetime.now(dt.UTC)))
    for model in (Repository, *(each for each in expected_models() if each is not Repository)):
        model.objects.all().delete()
    asked, ended = boost.requests(), timezone.now()
    settings_from({"GITHUB_TOKENS_SCRAPING": "", "GITHUB_TOKEN_WRITE": "", "GITHUB_TOKEN": ""})

    assert boost.run("--from-archive") == 0

    for model in (RepositoryName, AccountLogin):
        assert model.objects.exists()
        assert not model.objects.filter(first_seen_at__gt=ended).exists()

    assert boost.requests() == asked
    assert last_run().requests == 0
    assert wrong(boost.twin) == []
    found = snapshot(labels, Window(began, dt.datetime.now(dt.UTC)))
    assert {str(each).partition(" ")[0] for each in differences(expected, found)} <= NOT_ARCHIVED


# What GitHub counts of a repository's items is not said by an item. Which commit showed an identity first
# depends on the order of the runs.
NOT_ARCHIVED = {f"github_activity_tracker.{name}" for name in ("CommitIdentity", "Repository")}


def expected_models() -> list[type[models.Model]]:
    from django.apps import apps  # noqa: PLC0415 - models are loaded by now

    return list(apps.get_app_config("github_activity_tracker").get_models())


# What the operator sees


def test_the_operator_sees_repositories_by_name_with_their_numbers(boost: Stage) -> None:
    assert boost.run() == 0
    out = io.StringIO()
    call_command("collectors", stdout=out)
    asio = boost.repo("asio")
    number = sum(len(each) for each in (asio.issues, asio.pull_requests, asio.discussions, asio.releases))
    assert f"boostorg/asio: {number:,} of {number:,} at the source" in out.getvalue()
    assert str(asio.id) not in out.getvalue()

    machine = io.StringIO()
    call_command("collectors", "--json", stdout=machine)
    (seen,) = (each for each in json.loads(machine.getvalue())["collectors"] if each["command"] == BOOST)
    assert {scope["scope"] for scope in seen["scopes"]} == {
        "boostorg/asio", "boostorg/beast", "boostorg/boost", "boostorg/json",
    }  # fmt: skip


def test_the_operator_sees_what_is_missing(stage_of: Callable[..., Stage]) -> None:
    twin = BoostorgTwin.of(World(), repositories=BOOSTORG)
    boost = stage_of(twin, BOOST, GITHUB_PAGE_SIZE="1", GITHUB_SWEEP_REQUESTS="0")
    assert boost.run("--repo", "beast", "--limit", "1") == 0
    out = io.StringIO()
    call_command("collectors", stdout=out)
    assert "boostorg/beast: 2 of 5 at the source" in out.getvalue()


def doctor() -> tuple[int, str]:
    """The exit code and what is told, of GitHub alone."""
    out = io.StringIO()
    with registry.preserved():
        registry.keep("boost_library_tracker")
        try:
            call_command("doctor", stdout=out, stderr=out)
        except SystemExit as stopped:
            return int(stopped.code or 0), out.getvalue()
    return 0, out.getvalue()


def of_github(told: str) -> list[str]:
    return [line for line in told.splitlines() if "source of" in line]


def test_the_doctor_tells_what_a_token_has_left_and_shows_none(boost: Stage) -> None:
    code, told = doctor()
    assert code == 0
    (line,) = of_github(told)
    assert line.startswith("ok")
    assert "calls left" in line
    assert "(graphql)" in line
    assert boost.twin.reader.value not in told


def test_the_doctor_tells_which_variable_lacks_a_token(
    boost: Stage, settings_from: Callable[[dict[str, str]], None]
) -> None:
    settings_from({"GITHUB_TOKENS_SCRAPING": "", "GITHUB_TOKEN": ""})
    code, told = doctor()
    (line,) = of_github(told)
    assert code
    assert line.startswith("FAIL")
    assert "GITHUB_TOKENS_SCRAPING" in line
    assert boost.requests() == 0


def test_the_doctor_tells_of_a_token_that_is_refused(boost: Stage) -> None:
    boost.twin.take(boost.twin.reader)
    code, told = doctor()
    (line,) = of_github(told)
    assert code == 77
    assert line.startswith("FAIL")
    assert "GITHUB_TOKENS_SCRAPING" in line


def test_without_a_token_a_run_says_which_variable_and_where_to_get_one(
    boost: Stage,
    settings_from: Callable[[dict[str, str]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings_from({"GITHUB_TOKENS_SCRAPING": "", "GITHUB_TOKEN": ""})
    assert boost.run() == 78
    said = capsys.readouterr().err
    assert "GITHUB_TOKENS_SCRAPING" in said
    assert "https://github.com/settings/tokens" in said
    assert boost.requests() == 0


def test_git_that_refuses_the_first_token_is_asked_with_the_next(
    boost: Stage, settings_from: Callable[[dict[str, str]], None]
) -> None:
    """As a fine-grained token of another organisation: the API takes it, git does not."""
    twin = boost.twin
    first = twin.personal_token("of another organisation", twin.hub.accounts.users[3])
    twin.git.readers.discard(first.value)
    settings_from({"GITHUB_TOKENS_SCRAPING": f"{first.value},{twin.reader.value}"})
    assert boost.run("--repo", "asio") == 0
    assert commits_of("asio")


def test_a_push_that_is_refused_makes_the_run_partial_and_is_made_up_for(boost: Stage) -> None:
    target = f"/{boost.twin.target.owner['login']}/"
    refusals = [TwinResponse(403, b"Permission denied.", {"Content-Type": "text/plain"})]
    refuse(boost, lambda request: refusals[0] if refusals and request.path.startswith(target) else None)
    assert boost.run() == 77
    assert last_run().status == "partial"
    assert "markdown publication" in errors()
    assert wrong(boost.twin) == []
    refusals.clear()
    assert boost.run() == 0
    assert len(boost.published()) == Issue.objects.filter(removed_at__isnull=True).count()


def test_refs_that_are_gone_are_gone_and_those_that_come_are_there(boost: Stage) -> None:
    assert boost.run("--repo", "asio") == 0
    boost.push("asio", lambda git: git.push(1, branch="topic/new"))
    assert boost.run("--repo", "asio") == 0
    assert GitRef.objects.filter(repository__name="asio", name="refs/heads/topic/new").exists()
    tip = GitRef.objects.get(repository__name="asio", name="refs/heads/topic/new").target
    boost.push("asio", lambda git: (git.delete_branch("topic/new"), git.push(1)))
    assert boost.run("--repo", "asio") == 0
    assert not GitRef.objects.filter(repository__name="asio", name="refs/heads/topic/new").exists()
    assert commits_of("asio", is_reachable=False) == {tip}


def test_a_migration_while_a_run_works_quarantines_and_publishes_nothing(boost: Stage) -> None:
    def comments(what: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE github_activity_tracker_comment {what}")

    comments("ADD COLUMN colour text NOT NULL")
    try:
        assert boost.run() == 78
        assert not QuarantinedItem.objects.exists()
        assert not Comment.objects.exists()
        assert boost.published() == {}
    finally:
        comments("DROP COLUMN colour")
    assert boost.run() == 0
    assert wrong(boost.twin) == []
    assert boost.published()
