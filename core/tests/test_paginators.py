"""Lists whose end the source does not tell: an error, and never the end."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from core.errors import SourceError
from core.operations.github_ops import page_info
from core.operations.github_ops.rest import next_link
from core.tests.loopback import Request, serving
from core.tests.test_github_rest import rest
from core.tests.test_slack_ops import client as slack

NEXT = '<https://api.github.com/x?page=2>; rel="next"'
LAST = '<https://api.github.com/x?page=9>; rel="last"'


@pytest.mark.parametrize(
    "header",
    [
        NEXT,
        f"{LAST}, {NEXT}",
        f"{NEXT},{LAST}",
        NEXT.replace('"', ""),
        f'{NEXT[:-1]} prefetch"',
        f"{NEXT}; x=1",
    ],
)
def test_the_next_page_is_found_in_every_spelling_of_the_header(header: str) -> None:
    assert next_link(header) == "https://api.github.com/x?page=2"


@pytest.mark.parametrize("header", ["", LAST, f'{LAST}; title="next"', "<https://api.github.com/x>"])
def test_a_header_without_a_next_page_is_the_end(header: str) -> None:
    assert next_link(header) is None


@pytest.mark.parametrize(
    "header",
    [
        "garbage",
        "<",
        "<>; rel=next",
        f"{LAST} {NEXT}",
        NEXT[1:],
        f"{NEXT[:-1]}",
        f"{LAST}, rubbish",
        "\x00",
        "<a b>",
    ],
)
def test_a_header_that_makes_no_sense_is_an_error(header: str) -> None:
    with pytest.raises(SourceError, match="makes no sense"):
        next_link(header)


@pytest.mark.django_db(transaction=True)
def test_a_list_of_github_with_a_garbage_link_is_not_at_its_end() -> None:
    def answer(request: Request) -> None:
        request.reply(body=b"[1]", headers={"Link": "https://example.org/?page=2; rel=next"})

    with rest(answer) as (api, _), pytest.raises(SourceError, match="Link header"):
        list(api.pages("issues"))


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"hasNextPage": True, "endCursor": "a"}, (True, "a")),
        ({"hasNextPage": False, "endCursor": "a"}, (False, "a")),
        ({"hasNextPage": False, "endCursor": None}, (False, None)),
    ],
)
def test_a_graphql_list_says_whether_it_goes_on(info: object, expected: object) -> None:
    assert page_info({"pageInfo": info}) == expected


@pytest.mark.parametrize(
    "info",
    [
        None,
        [],
        {},
        {"hasNextPage": None, "endCursor": "a"},
        {"hasNextPage": "true", "endCursor": "a"},
        {"hasNextPage": 1, "endCursor": "a"},
        {"hasNextPage": True, "endCursor": None},
        {"hasNextPage": True, "endCursor": 7},
        {"hasNextPage": False, "endCursor": {}},
    ],
)
def test_a_graphql_list_that_does_not_say_so_is_an_error(info: object) -> None:
    with pytest.raises(SourceError, match="does not say"):
        page_info({"pageInfo": info})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("method", ["history", "users"])
def test_a_list_of_slack_whose_cursor_is_none_is_not_at_its_end(method: str) -> None:
    nothing: list[str] = []
    cursors: list[object] = [7, 0, False, nothing, dict[str, str](), ["a"]]
    metadata: list[object] = [7, nothing, "a", False]
    more: list[object] = [True, 1, "true", None, nothing]
    wrong: list[Mapping[str, object]] = [
        *({"response_metadata": {"next_cursor": each}} for each in cursors),
        *({"response_metadata": each} for each in metadata),
        *({"has_more": each} for each in more),
    ]

    def answer(request: Request) -> None:
        whole = {
            "ok": True,
            "messages": [{"ts": "1"}],
            "members": [{"id": "U1"}],
            **wrong[request.number - 1],
        }
        request.reply(body=json.dumps(whole).encode())

    with serving(answer) as source:
        asking = slack(source.url, pace=100_000.0)
        for _ in wrong:
            pages = asking.users() if method == "users" else asking.history("C1")
            with pytest.raises(SourceError):
                list(pages)
        assert len(source.asked) == len(wrong)


@pytest.mark.django_db(transaction=True)
def test_the_ends_of_slacks_lists_are_those_that_it_documents() -> None:
    # "An empty, null, or non-existent next_cursor in the response indicates no further results."
    ends: list[Mapping[str, Any]] = [
        {},
        {"has_more": False, "response_metadata": None},
        *({"response_metadata": metadata} for metadata in ({}, {"next_cursor": ""}, {"next_cursor": None})),
    ]

    def answer(request: Request) -> None:
        whole = {"ok": True, "messages": [{"ts": "1"}], **ends[request.number - 1]}
        request.reply(body=json.dumps(whole).encode())

    with serving(answer) as source:
        asking = slack(source.url, pace=100_000.0)
        for _ in ends:
            assert [len(page.items) for page in asking.history("C1")] == [1]
