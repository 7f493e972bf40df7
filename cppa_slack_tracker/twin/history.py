"""Messages and threads: `conversations.history` and `conversations.replies`.

https://docs.slack.dev/reference/methods/conversations.history,
https://docs.slack.dev/reference/methods/conversations.replies
"""

from core.twins import cursor, cut
from cppa_slack_tracker.twin.calls import Answer, Call, readable
from cppa_slack_tracker.twin.channels import Channel
from cppa_slack_tracker.twin.ids import SECOND, ts_of
from cppa_slack_tracker.twin.limits import RESTRICTED_PAGE
from cppa_slack_tracker.twin.paging import RefusedError, limit_of, value_of
from cppa_slack_tracker.twin.posts import Post

MOST = 999
END_OF_TIME = 10**11 * SECOND


def conversations_history(call: Call) -> Answer:
    channel = readable(call.channel("history"))
    oldest = max(call.args.read("oldest", ts_of, 0), call.hidden_before)
    latest = call.args.read("latest", ts_of, END_OF_TIME)
    first, last = channel.between(oldest, latest, inclusive=call.args.flag("inclusive"))
    if (upto := _following_ts(call)) is not None:
        last = min(last, channel.between(0, upto, inclusive=True)[1])
    limit = _history_limit(call)
    shown = [channel.posts[ts] for ts in channel.timeline[max(first, last - limit) : last][::-1]]
    rest = channel.timeline[first : max(first, last - limit)]
    answer: Answer = {
        "messages": _payloads(call, channel, shown),
        "has_more": bool(rest),
        "pin_count": len(channel.pins),
        "channel_actions_ts": None,
        "channel_actions_count": 0,
    }
    if call.hidden_before and channel.between(0, call.hidden_before, inclusive=True)[1]:
        answer["is_limited"] = True
    return answer | _following(rest[-1] if rest else None)


def conversations_replies(call: Call) -> Answer:
    channel = readable(call.channel("history"))
    call.required("ts")
    wanted = call.args.read("ts", ts_of, 0)
    post = channel.posts.get(wanted)
    if post is None or wanted < call.hidden_before:
        raise RefusedError("thread_not_found")
    oldest, latest = call.args.read("oldest", ts_of, 0), call.args.read("latest", ts_of, END_OF_TIME)
    inclusive = call.args.flag("inclusive")
    replies = [
        reply
        for reply in channel.replies(post.ts)
        if oldest < reply.ts < latest or (inclusive and reply.ts in {oldest, latest})
    ]
    if (start := _following_ts(call)) is not None:
        replies = [reply for reply in replies if reply.ts >= start]
    room = max(1, _history_limit(call) - 1)  # the parent comes first on every page
    shown, following = cut(replies, room)
    answer: Answer = {
        "messages": _payloads(call, channel, [post, *shown]),
        "has_more": following is not None,
    }
    return answer | _following(following and following.ts)


def _payloads(call: Call, channel: Channel, posts: list[Post]) -> list[Answer]:
    return [call.space.payload(channel, post, call.origin) for post in posts]


def _following(ts: int | None) -> Answer:
    return {} if ts is None else {"response_metadata": {"next_cursor": cursor("next_ts", ts)}}


def _history_limit(call: Call) -> int:
    if call.restricted:
        return limit_of(call.args, RESTRICTED_PAGE, RESTRICTED_PAGE)
    return limit_of(call.args, 100, MOST)


def _following_ts(call: Call) -> int | None:
    """The ts that a cursor names; None without one."""
    value = value_of(call.args, "next_ts")
    if value is not None and not value.isdecimal():
        raise RefusedError("invalid_cursor")
    return None if value is None else int(value)
