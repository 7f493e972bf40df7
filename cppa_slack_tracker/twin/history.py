"""What was said: `conversations.history` and `conversations.replies`.

https://docs.slack.dev/reference/methods/conversations.history,
https://docs.slack.dev/reference/methods/conversations.replies
"""

from cppa_slack_tracker.twin.calls import Answer, Call, readable
from cppa_slack_tracker.twin.channels import Channel
from cppa_slack_tracker.twin.ids import SECOND, ts_of
from cppa_slack_tracker.twin.limits import RESTRICTED_PAGE
from cppa_slack_tracker.twin.paging import RefusedError, cursor, limit_of, value_of
from cppa_slack_tracker.twin.posts import Post

MOST = 999
END_OF_TIME = 10**11 * SECOND


def conversations_history(call: Call) -> Answer:
    channel = readable(call.channel("history"))
    oldest = max(_time(call, "oldest", 0), call.hidden_before)
    latest = _time(call, "latest", END_OF_TIME)
    first, last = channel.between(oldest, latest, inclusive=_inclusive(call))
    if call.args.get("cursor"):
        upto = _ts(value_of(call.args["cursor"], "next_ts"))
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
    wanted = _ts(call.required("ts"), "invalid_ts_latest")
    post = channel.posts.get(wanted)
    if post is None or wanted < call.hidden_before:
        raise RefusedError("thread_not_found")
    oldest, latest = _time(call, "oldest", 0), _time(call, "latest", END_OF_TIME)
    inclusive = _inclusive(call)
    replies = [
        reply
        for reply in channel.replies(post.ts)
        if oldest < reply.ts < latest or (inclusive and reply.ts in {oldest, latest})
    ]
    if call.args.get("cursor"):
        start = _ts(value_of(call.args["cursor"], "next_ts"))
        replies = [reply for reply in replies if reply.ts >= start]
    room = max(1, _history_limit(call) - 1)  # the parent comes first on every page
    shown, rest = replies[:room], replies[room:]
    answer: Answer = {"messages": _payloads(call, channel, [post, *shown]), "has_more": bool(rest)}
    return answer | _following(rest[0].ts if rest else None)


def _payloads(call: Call, channel: Channel, posts: list[Post]) -> list[Answer]:
    return [call.space.payload(channel, post, call.origin) for post in posts]


def _following(ts: int | None) -> Answer:
    return {} if ts is None else {"response_metadata": {"next_cursor": cursor("next_ts", ts)}}


def _history_limit(call: Call) -> int:
    if call.restricted:
        return limit_of(call.args, RESTRICTED_PAGE, RESTRICTED_PAGE)
    return limit_of(call.args, 100, MOST)


def _inclusive(call: Call) -> bool:
    """Only said of bounds that are given."""
    return call.flag("inclusive")


def _time(call: Call, name: str, default: int) -> int:
    return _ts(call.args[name], f"invalid_ts_{name}") if call.args.get(name) else default


def _ts(text: str, code: str = "invalid_cursor") -> int:
    try:
        return int(text) if code == "invalid_cursor" else ts_of(text)
    except ValueError as error:
        raise RefusedError(code) from error
