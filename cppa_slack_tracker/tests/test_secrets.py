"""What is cut out of payloads: the secrets in links to files, and nothing that people wrote."""

import json

import pytest

from cppa_slack_tracker.sync.kinds import EXPORTED, MESSAGE
from cppa_slack_tracker.tests.test_parsing import message


def test_links_to_files_lose_their_token_before_they_are_kept() -> None:
    url = "https://files.slack.com/a?t=xoxe-1-x"
    file = {
        "id": "F1",
        "mode": "hosted",
        "url_private": url,
        "thumb_64": f"{url}&b=c",
        "permalink_public": "s",
    }
    payload = message(files=[file], attachments=[{"files": [file]}])
    for kind in (MESSAGE, EXPORTED):
        record, body = kind.understand(payload)
        assert b"https://files.slack.com/a?b=c" in body
        assert record.files[0].url_private == "https://files.slack.com/a"
        for kept in (body, kind.evidence(payload)):
            assert b"xoxe" not in kept
            assert b"permalink_public" not in kept


@pytest.mark.parametrize(
    "text",
    [
        "<https://youtu.be/abc?t=95>",
        "<https://youtube.com/watch?v=abc&amp;t=95s> and f(x ?t=1 : y)",
        "curl https://x.example/?token=1234&pub_secret=5",
    ],
)
def test_what_people_wrote_is_kept_to_the_letter_also_where_it_looks_like_a_token(text: str) -> None:
    link = {"type": "link", "url": "https://www.youtube.com/watch?v=abc&t=95s"}
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [link]}]}]
    file = {"id": "F1", "mode": "hosted", "url_private": "https://files.slack.com/a?t=95", "title": text}
    record, body = MESSAGE.understand(message(text=text, blocks=blocks, files=[file]))
    assert record.text == text
    assert record.blocks == blocks
    assert record.files[0].title == text
    assert json.loads(body)["text"] == text
    assert record.files[0].url_private == "https://files.slack.com/a?t=95"
