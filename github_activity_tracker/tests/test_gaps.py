"""What GitHub leaves out of an answer costs only that: it is named, and nothing is taken for gone."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from core.errors import NotFound, SourceError
from core.twins import TwinRequest, TwinResponse, World
from github_activity_tracker.client import CursorRefused, ItemReply, Outline, OutlineReply
from github_activity_tracker.client.holes import UNEXPLAINED
from github_activity_tracker.models import Comment
from github_activity_tracker.tests.reading import Reading, reading
from github_activity_tracker.twin import GithubTwin, RepositorySpec

pytestmark = pytest.mark.django_db(transaction=True)

NAME = ("boostorg", "asio")
Node = dict[str, Any]
Read = Callable[..., AbstractContextManager[Reading]]
SPEC = RepositorySpec(*NAME, issues=6, pull_requests=6, comments=3, inline_comments=4, commits=5)


class LeakyTwin(GithubTwin):
    """A twin that leaves out of its GraphQL answers what a test takes from them.

    `leak` gets variables and data, changes the data, and returns the errors that say why.
    """

    def leak(self, _variables: Node, _data: Node) -> list[Node]:
        return []

    def answer(self, request: TwinRequest) -> TwinResponse:
        response = super().answer(request)
        if request.path.endswith("/graphql") and isinstance(response.body, bytes):
            answer = json.loads(response.body)
            errors = self.leak(json.loads(request.body)["variables"], answer["data"])
            if errors:
                answer["errors"] = [*answer.get("errors", []), *errors]
                if any("path" not in error for error in errors):
                    answer["data"] = None
            response.body = json.dumps(answer).encode()
        return response


@pytest.fixture
def read(settings_from: Callable[[dict[str, str]], None]) -> Read:
    """A client on a twin with one repository, in pages of so many items."""
    return lambda page_size=50: reading(
        LeakyTwin.of(World(), repositories=[SPEC]), settings_from, page_size=page_size
    )


def leak(read: Reading, work: Callable[[Node, Node], list[Node] | None]) -> None:
    """From now on."""
    read.twin.leak = lambda variables, data: work(variables, data) or []  # type: ignore[method-assign]


def connection(data: Node) -> Node:
    """The list of items of a page's answer; an empty one for other answers."""
    found = [value for value in (data.get("repository") or {}).values() if isinstance(value, dict)]
    return found[0] if found else {"nodes": []}


def issues(read: Reading) -> ItemReply:
    (page,) = read.client.items("issue", *NAME)
    return page


def names(read: Reading) -> list[str]:
    repo = next(repo for repo in read.twin.hub.repos if repo.name == NAME[1])
    return sorted(
        (node["id"] for node in repo.issues), key=lambda name: read.twin.hub.nodes[name]["updatedAt"]
    )


def test_a_null_comment_is_named_by_its_place_and_keeps_its_issue_from_being_complete(read: Read) -> None:
    with read() as here:
        whole = issues(here)
        owner = whole.nodes[2]

        def without_a_comment(_: Node, data: Node) -> list[Node]:
            connection(data)["nodes"][2]["comments"]["nodes"][1] = None
            place = ["repository", "issues", "nodes", 2, "comments", "nodes", 1, "createdAt"]
            return [{"message": "no date", "path": place}]

        leak(here, without_a_comment)
        page = issues(here)

        (problem,) = page.problems
        assert (problem.kind, problem.subject_id, problem.message) == ("comment", owner["id"], "no date")
        assert problem.external_id == f"{owner['id']}/comments/1"
        assert page.complete == whole.complete - {owner["id"]}
        assert len(page.nodes) == len(whole.nodes)


def test_what_is_stored_of_a_comment_that_is_not_answered_stays(read: Read) -> None:
    with read() as here:
        here.collect(*NAME)

        def without_a_comment(_: Node, data: Node) -> None:
            for node in connection(data)["nodes"]:
                node.get("comments", {"nodes": [None]})["nodes"][0] = None

        leak(here, without_a_comment)
        here.collect(*NAME)

        assert Comment.objects.filter(removed_at__isnull=False).count() == 0


def test_a_comment_with_an_error_in_it_is_not_taken_for_a_ghosts(read: Read) -> None:
    with read() as here:
        comment = issues(here).nodes[0]["comments"]["nodes"][0]

        def without_its_author(_: Node, data: Node) -> list[Node]:
            connection(data)["nodes"][0]["comments"]["nodes"][0]["author"] = None
            place = ["repository", "issues", "nodes", 0, "comments", "nodes", 0, "author"]
            return [{"type": "INTERNAL", "message": "database away", "path": place}]

        leak(here, without_its_author)
        page = issues(here)

        (problem,) = page.problems
        assert (problem.external_id, problem.message) == (comment["id"], "INTERNAL: database away")
        assert page.nodes[0]["comments"]["nodes"][0] is None


def test_a_field_that_the_token_may_not_see_is_null(read: Read) -> None:
    with read() as here:

        def without_the_head(_: Node, data: Node) -> list[Node]:
            connection(data)["nodes"][0]["headRepository"] = None
            place = ["repository", "pullRequests", "nodes", 0, "headRepository"]
            return [{"type": "FORBIDDEN", "message": "SAML", "path": place}]

        leak(here, without_the_head)
        (page,) = here.client.items("pull_request", *NAME)

        assert page.problems == []
        assert page.nodes[0]["headRepository"] is None


def test_a_field_that_failed_keeps_its_item_out_of_the_page(read: Read) -> None:
    with read() as here:
        name = names(here)[0]

        def without_a_merger(_: Node, data: Node) -> list[Node]:
            connection(data)["nodes"][0]["milestone"] = None
            return [{"message": "oops", "path": ["repository", "issues", "nodes", 0, "milestone", "title"]}]

        leak(here, without_a_merger)
        page = issues(here)

        assert [(problem.kind, problem.external_id) for problem in page.problems] == [("issue", name)]
        assert name not in {node["id"] for node in page.nodes}


def test_a_null_issue_is_named_by_its_id_which_is_asked_for_alone(read: Read) -> None:
    with read() as here:
        name = names(here)[3]

        def without_an_issue(_: Node, data: Node) -> list[Node] | None:
            nodes = connection(data)["nodes"]
            if nodes and "title" in nodes[0]:
                nodes[3] = None
                return [{"message": "oops", "path": ["repository", "issues", "nodes", 3, "title"]}]
            return None

        leak(here, without_an_issue)
        page = issues(here)
        (again,) = here.client.nodes("issue", [problem.external_id for problem in page.problems])

        assert [(problem.external_id, problem.message) for problem in page.problems] == [(name, "oops")]
        assert len(page.nodes) == SPEC.issues - 1
        assert [node["id"] for node in again.nodes] == [name]
        assert again.complete == {name}


def test_an_issue_that_always_takes_too_long_is_stepped_over_and_named(read: Read) -> None:
    with read(page_size=4) as here:
        slow = names(here)[1]

        def too_long(_: Node, data: Node) -> list[Node] | None:
            if any(node["id"] == slow and "title" in node for node in connection(data)["nodes"]):
                return [{"message": "Something went wrong while executing your query: timeout"}]
            return None

        leak(here, too_long)
        pages = list(here.client.items("issue", *NAME))

        assert [node["id"] for page in pages for node in page.nodes] == [n for n in names(here) if n != slow]
        assert [problem.external_id for page in pages for problem in page.problems] == [slow]


def test_lists_that_come_empty_although_they_are_not_are_asked_for_again(read: Read) -> None:
    with read() as here:
        whole = issues(here)

        def truncated(_: Node, data: Node) -> None:
            for node in connection(data)["nodes"]:
                node["comments"]["nodes"] = []
                node["comments"]["pageInfo"] = {"hasNextPage": False, "endCursor": None}

        leak(here, truncated)
        page = issues(here)

        assert page.problems == []
        assert [node["comments"]["nodes"] for node in page.nodes] == [
            node["comments"]["nodes"] for node in whole.nodes
        ]


def emptied(node: Node, name: str) -> None:
    node[name] |= {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}, "totalCount": 9}


def test_a_list_that_stays_empty_although_it_is_not_keeps_its_item_from_being_complete(read: Read) -> None:
    with read() as here:
        owner = names(here)[0]

        def truncated(_: Node, data: Node) -> None:
            for node in [*connection(data)["nodes"], *data.values()]:
                if isinstance(node, dict) and node.get("id") == owner and "comments" in node:
                    emptied(node, "comments")

        leak(here, truncated)
        page = issues(here)

        (problem,) = page.problems
        assert (problem.kind, problem.subject_id) == ("comment", owner)
        assert page.complete == set(names(here)) - {owner}


def test_a_timeline_without_the_events_asked_for_is_complete_although_github_counts_others(
    read: Read,
) -> None:
    with read() as here:

        def of_other_types(_: Node, data: Node) -> None:
            for node in [*connection(data)["nodes"], *data.values()]:
                if isinstance(node, dict) and "timelineItems" in node:
                    emptied(node, "timelineItems")

        leak(here, of_other_types)
        page = issues(here)

        assert page.problems == []
        assert page.complete == set(names(here))


def test_an_item_that_goes_while_it_is_read_is_not_complete(read: Read) -> None:
    with read() as here:
        owner = names(here)[0]

        def gone(_: Node, data: Node) -> None:
            for node in connection(data)["nodes"][:1]:
                node["comments"]["pageInfo"]["hasNextPage"] = True
                here.twin.hub.remove(here.twin.hub.nodes[owner])

        leak(here, gone)
        page = issues(here)

        (problem,) = page.problems
        assert (problem.kind, problem.subject_id) == ("comment", owner)
        assert problem.message.startswith("NOT_FOUND")
        assert owner not in page.complete
        assert owner in {node["id"] for node in page.nodes}


def test_a_list_that_does_not_go_on_ends(read: Read) -> None:
    with read(page_size=2) as here:

        def stuck(_: Node, data: Node) -> None:
            connection(data)["pageInfo"] = {"hasNextPage": True, "endCursor": None}

        leak(here, stuck)
        with pytest.raises(SourceError, match="does not say whether it goes on, or where"):
            list(here.client.items("issue", *NAME))


def test_a_repository_that_is_not_there_says_so(read: Read) -> None:
    with read() as here:
        found, missing = here.client.repositories([NAME, ("boostorg", "nothing")])

        assert found.node is not None
        assert missing.node is None
        assert "NOT_FOUND" in str(missing.problem)
        for kind in ("issue", "pull_request", "release"):
            with pytest.raises(NotFound):
                list(here.client.items(kind, "boostorg", "nothing"))
        with pytest.raises(NotFound):
            here.client.commit_accounts("boostorg", "nothing", ["0" * 40])


def test_ids_that_are_gone_are_told_from_those_that_are_not_answered(read: Read) -> None:
    with read() as here:
        first, second, third = names(here)[:3]
        here.twin.hub.remove(here.twin.hub.nodes[first])

        def failing(variables: Node, data: Node) -> list[Node]:
            place = variables["ids"].index(second)
            data["nodes"][place] = None
            return [{"message": "oops", "path": ["nodes", place]}]

        leak(here, failing)
        (items,) = here.client.nodes("issue", [first, second, third])

        assert items.gone == [first]
        assert [problem.external_id for problem in items.problems] == [second]
        assert [node["id"] for node in items.nodes] == [third]


def test_an_id_that_is_null_for_no_reason_is_not_taken_for_gone(read: Read) -> None:
    with read() as here:
        first, second, third = names(here)[:3]

        def unexplained(variables: Node, data: Node) -> list[Node]:
            data["nodes"][variables["ids"].index(first)] = None
            place = variables["ids"].index(second)
            data["nodes"][place] = None
            # What is gone here is something that the item cannot do without, not the item.
            return [{"type": "NOT_FOUND", "message": "no user", "path": ["nodes", place, "author", "id"]}]

        leak(here, unexplained)
        (items,) = here.client.nodes("issue", [first, second, third])

        assert items.gone == []
        assert [problem.external_id for problem in items.problems] == [first, second]
        assert items.asked.keys() == items.complete == {third}


def test_what_was_moved_is_found_under_the_id_that_was_asked_for(read: Read) -> None:
    with read() as here:
        old, new, other = names(here)[:3]

        def moved(variables: Node, data: Node) -> None:
            data["nodes"][variables["ids"].index(old)] = dict(data["nodes"][variables["ids"].index(new)])

        leak(here, moved)
        (items,) = here.client.nodes("issue", [old, new, other])

        assert {asked: node["id"] for asked, node in items.asked.items()} == {
            old: new,
            new: new,
            other: other,
        }
        assert [node["id"] for node in items.nodes] == [new, other]
        assert (items.gone, items.problems) == ([], [])


def test_a_cursor_that_github_does_not_take_is_told_from_other_refusals(read: Read) -> None:
    with read() as here:
        for kind in ("issue", "pull_request", "release"):
            with pytest.raises(CursorRefused, match="does not appear to be a valid cursor"):
                list(here.client.items(kind, *NAME, cursor="bm9uc2Vuc2U="))

        def without_a_type(_: Node, data: Node) -> list[Node]:
            data["repository"] = None
            message = "`x` does not appear to be a valid cursor."
            return [{"message": message, "path": ["repository", "issues"]}]

        leak(here, without_a_type)
        with pytest.raises(CursorRefused):
            issues(here)

        def unavailable(_: Node, data: Node) -> list[Node]:
            data["repository"] = None
            return [{"type": "INTERNAL", "message": "oops", "path": ["repository", "issues"]}]

        leak(here, unavailable)
        with pytest.raises(SourceError, match="oops"):
            issues(here)


def outlined(read: Reading, cursor: str | None = None) -> OutlineReply:
    (page,) = read.client.outlines([Outline(*NAME, "issue", cursor)])
    return page


def listed(data: Node) -> list[Node]:
    """The outlines of issues in an answer; nothing of an answer that has ids alone."""
    nodes = ((data.get("list0") or {}).get("issues") or {}).get("nodes") or []
    return nodes if nodes and "updatedAt" in nodes[0] else []


def test_an_item_that_is_not_outlined_is_named_and_the_others_handed_on(read: Read) -> None:
    with read() as here:
        ids = [node["id"] for node in outlined(here).nodes]

        def two_bad_ones(_: Node, data: Node) -> list[Node]:
            if not (nodes := listed(data)):
                return []
            nodes[1] = None  # type: ignore[call-overload]
            nodes[3]["comments"]["nodes"][0] = None
            place = ["list0", "issues", "nodes"]
            return [
                {"message": "oops", "path": [*place, 1, "createdAt"]},
                {"message": "oops", "path": [*place, 3, "comments", "nodes", 0, "id"]},
            ]

        leak(here, two_bad_ones)
        page = outlined(here)

        assert page.problem is None
        assert [node["id"] for node in page.nodes] == [ids[0], ids[2], ids[4], ids[5]]
        assert sorted(page.strange) == sorted([ids[1], ids[3]])
        assert page.cursor is not None
        assert not page.more


def test_an_item_that_takes_too_long_to_outline_is_stepped_over(read: Read) -> None:
    with read() as here:
        ids = [node["id"] for node in outlined(here).nodes]

        def too_long(_: Node, data: Node) -> list[Node]:
            if any(node["id"] == ids[2] for node in listed(data)):
                return [{"message": "Something went wrong while executing your query: timeout"}]
            return []

        leak(here, too_long)
        pages = [outlined(here)]
        while pages[-1].more:
            pages.append(outlined(here, pages[-1].cursor))

        assert [page.problem for page in pages] == [None] * len(pages)
        assert [node["id"] for page in pages for node in page.nodes] == [*ids[:2], *ids[3:]]
        assert [name for page in pages for name in page.strange] == [ids[2]]


def test_an_item_whose_lists_are_not_outlined_to_their_ends_is_strange(read: Read) -> None:
    with read() as here:
        ids = [node["id"] for node in outlined(here).nodes]

        def stays_empty(_: Node, data: Node) -> None:
            for node in [*listed(data), *data.values()]:
                if isinstance(node, dict) and node.get("id") == ids[0] and "comments" in node:
                    emptied(node, "comments")

        leak(here, stays_empty)
        page = outlined(here)

        assert ([node["id"] for node in page.nodes], page.strange) == (ids[1:], [ids[0]])


def test_outlines_tell_a_refused_cursor_from_other_problems(read: Read) -> None:
    with read() as here:
        refused, fine, gone = here.client.outlines(
            [
                Outline(*NAME, "issue", "bm9uc2Vuc2U="),
                Outline(*NAME, "pull_request"),
                Outline("boostorg", "nothing", "issue", "bm9uc2Vuc2U="),
            ]
        )

        assert (refused.cursor_refused, fine.cursor_refused, gone.cursor_refused) == (True, False, False)
        assert refused.problem is not None
        assert (len(fine.nodes), fine.problem) == (6, None)
        assert gone.problem is not None


def person(name: str) -> Node:
    return {"name": name, "email": f"{name}@example.org", "user": None}


@pytest.mark.parametrize("is_answered", [True, False])
def test_co_authors_are_read_to_the_last_one(read: Read, is_answered: bool) -> None:
    with read() as here:
        repo = next(repo for repo in here.twin.hub.repos if repo.name == NAME[1])
        assert repo.git is not None
        one, other = [str(row["sha"]) for row in repo.git.commits() if row["is_reachable"]][:2]

        def in_two_parts(variables: Node, data: Node) -> None:
            if "rest0" not in data:
                page = data["repository"]["commit0"]["authors"]
                page["pageInfo"] = {"hasNextPage": True, "endCursor": "further"}
            elif is_answered:
                assert variables["after0"] == "further"
                end = {"hasNextPage": False, "endCursor": None}
                authors = {"nodes": [person("last")], "pageInfo": end, "totalCount": 101}
                data["rest0"] = {"__typename": "Commit", "id": variables["id0"], "authors": authors}

        leak(here, in_two_parts)
        found = here.client.commit_accounts(*NAME, [one, other])

        people = found.get(one)
        if is_answered:
            assert people is not None
            assert people.authors[-1] == person("last")
        assert found.keys() == ({one, other} if is_answered else {other})


def test_one_node_less_than_asked_for_is_named_and_the_others_are_read(read: Read) -> None:
    with read() as here:
        wanted = names(here)
        leak(here, lambda _, data: data.get("nodes", [None]).pop(1) and None)
        (items,) = here.client.nodes("issue", wanted)

        assert [problem.subject_id for problem in items.problems] == [wanted[1]]
        assert set(items.asked) == {*wanted} - {wanted[1]}
        assert all(node["id"] == name for name, node in items.asked.items())


def test_a_list_that_is_missing_among_outlines_is_refused_and_not_asked_for_again_and_again(
    read: Read,
) -> None:
    with read() as here:
        leak(here, lambda _, data: data.clear())
        pages = here.client.outlines([Outline(*NAME, "issue"), Outline(*NAME, "pull_request")])

        assert [page.problem for page in pages] == [UNEXPLAINED, UNEXPLAINED]


def test_a_commit_that_is_missing_in_an_answer_is_not_one_that_github_does_not_have(read: Read) -> None:
    with read() as here:
        repo: Any = here.twin.hub.find(*NAME)
        shas = [*sorted(repo.git.head_refs().values())[:1], "0" * 40]
        assert here.client.commit_accounts(*NAME, shas).keys() == {*shas}
        leak(here, lambda _, data: data["repository"].pop("commit0") and None)
        assert here.client.commit_accounts(*NAME, shas).keys() == {shas[1]}
