"""What is cut out of payloads: the secrets in links to files, and nothing that people wrote."""

import json

import pytest

from cppa_slack_tracker.parsing import parse_message
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
    parsed = parse_message(message(files=[file], attachments=[{"files": [file]}]), exported=True)
    assert all(b"xoxe" not in leaf.body and b"permalink_public" not in leaf.body for leaf in parsed.leaves)
    assert b"https://files.slack.com/a?b=c" in parsed.leaves[0].body
    assert parsed.record.files[0].url_private == "https://files.slack.com/a"


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
    parsed = parse_message(message(text=text, blocks=blocks, files=[file]))
    assert parsed.record.text == text
    assert parsed.record.blocks == blocks
    assert parsed.record.files[0].title == text
    assert json.loads(parsed.leaves[0].body)["text"] == text
    assert parsed.record.files[0].url_private == "https://files.slack.com/a?t=95"
