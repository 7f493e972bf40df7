"""Texts of people and apps: mrkdwn with Slack's escapes, C++, blocks, attachments.

https://docs.slack.dev/messaging/formatting-message-text, https://docs.slack.dev/reference/block-kit/blocks
"""

from random import Random
from typing import TYPE_CHECKING, Any

from cppa_slack_tracker.twin.ids import slack_id
from cppa_slack_tracker.twin.posts import Kind, Post

if TYPE_CHECKING:
    from cppa_slack_tracker.twin.channels import Channel
    from cppa_slack_tracker.twin.workspaces import Workspace

_CODE = (
    "template <class Clock = std::chrono::steady_clock>\nauto now() {{ return Clock::now(); }} // {n} ns",
    "if (a < b && c > d) v = std::vector<std::pair<int, T&&>>{{{n}}};",
    "boost::{a}::context ctx{{{n}}};\nassert(ctx.size() <= {m} && !ctx.empty());",
    "auto const t0 = std::chrono::steady_clock::now(); // {n} < {m}",
)
_INLINE = (
    "std::chrono::steady_clock::now()",
    "boost::{a}::value_ref",
    "operator<=>",
    "std::map<K, V>",
    "T&&",
)
_EMOJI = (":wave:", ":thumbsup::skin-tone-3:", ":boost:", "🎉")
_REACTIONS = ("+1", "eyes", "tada", "boost", "heavy_check_mark", "thumbsup::skin-tone-2")
_CODED, _MENTIONED, _EMOTIONAL, _SHOUTED = 0.25, 0.2, 0.15, 0.03
REACTED = 0.12
"""Share of the messages with reactions."""
CUT = 5
"""People that Slack names under a reaction that more of them gave."""


def escaped(text: str) -> str:
    """The three characters that Slack escapes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def dice(space: "Workspace", channel: "Channel", post: Post, what: str) -> Random:
    return space.world.rng("slack", what, space.id, channel.id, post.number, post.version)


def words(space: "Workspace", channel: "Channel", post: Post) -> str:
    """The message's text as Slack stores it."""
    rng = dice(space, channel, post, "text")
    talk = space.world.talk
    parts = [escaped(talk.sentence(rng)) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    if rng.random() < _CODED:
        parts.append(f"See `{escaped(rng.choice(_INLINE).format(a=rng.choice(space.world.libraries)))}`.")
    if rng.random() < _MENTIONED:
        parts.insert(0, _mention(space, channel, rng))
    if rng.random() < _EMOTIONAL:
        parts.append(rng.choice(_EMOJI))
    if post.kind is Kind.CODE:
        parts.append(f"\n```{escaped(code(space, rng))}```")
    if post.kind is Kind.LINKS:
        library = rng.choice(space.world.libraries)
        parts.append(
            f"<https://www.boost.org/libs/{library}?a=1&amp;b=2|Boost.{library}>"
            f" <mailto:{library}@example.org|mail>"
        )
    return " ".join(parts).replace(" \n", "\n")


def code(space: "Workspace", rng: Random) -> str:
    return rng.choice(_CODE).format(
        a=rng.choice(space.world.libraries), n=rng.randint(1, 99), m=rng.randint(100, 999)
    )


def _mention(space: "Workspace", channel: "Channel", rng: Random) -> str:
    if rng.random() < _SHOUTED:
        return rng.choice(("<!here>", f"<!subteam^{space.group['id']}|@{space.group['handle']}>"))
    if rng.random() < _SHOUTED:
        return f"<#{channel.id}|{channel.name}>"
    return f"<@{rng.choice(space.founders)['id']}>"


def rich_text(space: "Workspace", channel: "Channel", post: Post) -> list[dict[str, Any]]:
    """The blocks of what a person typed into Slack's own client; the text says the same."""
    rng = dice(space, channel, post, "blocks")
    elements: list[dict[str, Any]] = [
        {"type": "text", "text": f"{space.world.talk.sentence(rng)} "},
        {"type": "text", "text": "std::map<K, V>", "style": {"code": True}},
        {"type": "text", "text": " "},
        {"type": "user", "user_id": rng.choice(space.founders)["id"]},
    ]
    quoted = {
        "type": "rich_text_preformatted",
        "border": 0,
        "elements": [{"type": "text", "text": code(space, rng)}],
    }
    return [
        {
            "type": "rich_text",
            "block_id": f"b{post.number}",
            "elements": [{"type": "rich_text_section", "elements": elements}, quoted],
        }
    ]


def text_of_rich(blocks: list[dict[str, Any]]) -> str:
    """The text that Slack makes of such blocks."""
    section, quoted = blocks[0]["elements"]
    sentence, inline, _, user = section["elements"]
    return (
        f"{escaped(sentence['text'])}`{escaped(inline['text'])}` <@{user['user_id']}>\n"
        f"```{escaped(quoted['elements'][0]['text'])}```"
    )


def app_blocks(space: "Workspace", channel: "Channel", post: Post) -> list[dict[str, Any]]:
    """Blocks as an app builds them: section, fields, context, header, divider and a button."""
    rng = dice(space, channel, post, "app")
    return [
        {
            "type": "header",
            "block_id": f"h{post.number}",
            "text": {"type": "plain_text", "text": f"Build {rng.randint(1000, 9999)}", "emoji": True},
        },
        {
            "type": "section",
            "block_id": f"s{post.number}",
            "text": {
                "type": "mrkdwn",
                "text": f"*{escaped(space.world.talk.subject(rng))}*",
                "verbatim": False,
            },
            "fields": [
                {"type": "mrkdwn", "text": f"`{escaped('std::span<T>')}` took {rng.randint(1, 99)} s"}
            ],
        },
        {"type": "divider", "block_id": f"d{post.number}"},
        {
            "type": "context",
            "block_id": f"c{post.number}",
            "elements": [{"type": "plain_text", "text": "gcc-14 -std=c++23", "emoji": True}],
        },
        {
            "type": "actions",
            "block_id": f"a{post.number}",
            "elements": [
                {
                    "type": "button",
                    "action_id": "open",
                    "text": {"type": "plain_text", "text": "Open the log"},
                    "url": "https://drone.example.org/",
                }
            ],
        },
    ]


def attachments(space: "Workspace", channel: "Channel", post: Post) -> list[dict[str, Any]]:
    """The older way for apps to say something: all of it beside the text."""
    rng = dice(space, channel, post, "attachment")
    subject = escaped(space.world.talk.subject(rng))
    return [
        {
            "id": 1,
            "color": "2eb886",
            "fallback": subject,
            "pretext": "Pull request merged",
            "author_name": "octocat",
            "title": f"#{rng.randint(1, 999)} {subject}",
            "title_link": "https://github.com/boostorg/asio/pull/1",
            "text": escaped(code(space, rng)),
            "fields": [{"title": "Reviewer", "value": "std::same_as&lt;T&gt;", "short": True}],
            "footer": "boostorg/asio",
            "mrkdwn_in": ["text"],
        }
    ]


def reactions(space: "Workspace", channel: "Channel", post: Post) -> list[dict[str, Any]]:
    """By name: all the people who gave it are counted, and at most so many named."""
    given = post.reactions if post.reactions is not None else rolled(space, channel, post)
    return [
        {"name": name, "users": users[:CUT], "count": len(users)} for name, users in given.items() if users
    ]


def rolled(space: "Workspace", channel: "Channel", post: Post) -> dict[str, list[str]]:
    """The reactions before anybody changed them; an edit changes none."""
    rng = space.world.rng("slack", "reactions", space.id, channel.id, post.number)
    if post.kind in {Kind.TOMBSTONE, Kind.JOIN, Kind.GROUP_JOIN} or rng.random() >= REACTED:
        return {}
    ids = [user["id"] for user in space.founders]
    names = rng.sample(_REACTIONS, rng.choice((1, 1, 2)))
    return {name: rng.sample(ids, min(len(ids), rng.choice((1, 1, 2, 3, CUT + 3)))) for name in names}


def bot_profile(space: "Workspace", bot: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": bot["profile"]["bot_id"],
        "app_id": bot["profile"]["api_app_id"],
        "user_id": bot["id"],
        "name": bot["real_name"],
        "deleted": False,
        "updated": bot["updated"],
        "team_id": space.id,
        "icons": {f"image_{size}": f"https://a.slack-edge.com/bot_{size}.png" for size in (36, 48, 72)},
    }


def bookmark(space: "Workspace", channel_id: str, number: int, created: int, creator: str) -> dict[str, Any]:
    return {
        "id": slack_id("Bk", space.id, channel_id, number),
        "channel_id": channel_id,
        "title": f"Guidelines {number} &amp; more",
        "link": f"https://www.boost.org/development/{number}",
        "emoji": ":books:",
        "icon_url": "https://www.boost.org/favicon.ico",
        "type": "link",
        "entity_id": None,
        "date_created": created,
        "date_updated": created,
        "rank": f"{number:02d}",
        "last_updated_by_user_id": creator,
        "last_updated_by_team_id": space.id,
        "shortcut_id": None,
        "app_id": None,
        "app_action_id": None,
    }
