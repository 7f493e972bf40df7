"""Methods of the Web API and their answers. https://docs.slack.dev/reference/methods"""

from collections.abc import Callable

from cppa_slack_tracker.twin import files, history
from cppa_slack_tracker.twin.calls import TYPES, Answer, Call, readable
from cppa_slack_tracker.twin.channels import Channel
from cppa_slack_tracker.twin.limits import RESTRICTED, SPECIAL, TIER_2, TIER_3, TIER_4
from cppa_slack_tracker.twin.paging import RefusedError, page
from cppa_slack_tracker.twin.workspaces import Workspace


def auth_test(call: Call) -> Answer:
    space, reader = call.space, call.space.reader
    return {
        "url": space.url,
        "team": space.name,
        "user": reader["name"],
        "team_id": space.id,
        "user_id": reader["id"],
        "bot_id": reader["profile"]["bot_id"],
        "is_enterprise_install": False,
    }


def team_info(call: Call) -> Answer:
    space = call.space
    call.allow("team:read")
    icons = {
        f"image_{size}": f"https://a.slack-edge.com/icon_{size}.png" for size in (34, 44, 68, 88, 102, 132)
    }
    team = {"id": space.id, "name": space.name, "url": space.url, "domain": space.domain, "email_domain": ""}
    return {
        "team": team
        | {"icon": icons | {"image_default": True}, "avatar_base_url": "https://ca.slack-edge.com/"}
    }


def users_list(call: Call) -> Answer:
    call.allow("users:read")
    users, metadata = page(call.space.listed_users, call.args, "user", _place(call.space), default=1000)
    shown = [_user(call, user) for user in users]
    return {"members": shown, "cache_ts": int(call.clock.now().timestamp()), "response_metadata": metadata}


def _place(space: Workspace) -> Callable[[Answer], str]:
    """Users in the order of the list: the key must grow with it."""
    places = {user["id"]: f"{place:06d}" for place, user in enumerate(space.listed_users)}
    return lambda user: places[user["id"]]


def users_info(call: Call) -> Answer:
    call.allow("users:read")
    user = call.space.user(call.required("user"))
    if user is None:
        raise RefusedError("user_not_found")
    return {"user": _user(call, user)}


def _user(call: Call, user: Answer) -> Answer:
    if "users:read.email" in call.space.scopes or "profile" not in user:
        return user
    return user | {"profile": {key: value for key, value in user["profile"].items() if key != "email"}}


def conversations_list(call: Call) -> Answer:
    types = [each.strip() for each in call.args.get("types", "public_channel").split(",")]
    for each in types:
        if each not in TYPES:
            raise RefusedError("invalid_types")
        call.allow(f"{TYPES[each]}:read")
    archived = not call.args.flag("exclude_archived")
    found = [
        channel
        for channel in call.space.channels.values()
        if channel.kind in types and channel.is_seen and (archived or not channel.is_archived)
    ]
    found.sort(key=lambda channel: channel.id)
    shown, metadata = page(found, call.args, "team", lambda channel: channel.id, default=100)
    return {
        "channels": [conversation(call.space, channel) for channel in shown],
        "response_metadata": metadata,
    }


def conversation(space: Workspace, channel: Channel) -> Answer:
    """https://docs.slack.dev/reference/objects/conversation-object"""
    shown: Answer = {"id": channel.id, "created": channel.created, "is_archived": channel.is_archived}
    if channel.kind == "im":
        other = next(user for user in channel.members if user != space.reader["id"])
        return shown | {
            "is_im": True,
            "is_org_shared": False,
            "user": other,
            "is_user_deleted": False,
            "priority": 0,
        }
    who, when = channel.topic_set
    return shown | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "public_channel",
        "is_group": channel.kind == "private_channel",
        "is_im": False,
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.is_private,
        "is_general": channel.is_general,
        "is_shared": channel.is_shared,
        "is_ext_shared": channel.is_shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "is_member": channel.is_member,
        "pending_shared": [],
        "parent_conversation": None,
        "unlinked": 0,
        "creator": channel.creator,
        "context_team_id": space.id,
        "topic": {"value": channel.topic, "creator": who, "last_set": when},
        "purpose": {"value": channel.purpose, "creator": channel.creator, "last_set": channel.created},
        "previous_names": channel.previous_names,
        "num_members": len(channel.members),
    }


def conversations_info(call: Call) -> Answer:
    return {"channel": conversation(call.space, call.channel("read"))}


def conversations_members(call: Call) -> Answer:
    members = sorted(call.channel("read").members)
    shown, metadata = page(members, call.args, "user_id", str, default=100)
    return {"members": shown, "response_metadata": metadata}


def conversations_join(call: Call) -> Answer:
    call.allow("channels:join")
    channel = call.space.channels.get(call.required("channel"))
    if channel is None or not channel.is_seen:
        raise RefusedError("channel_not_found")
    if channel.kind != "public_channel":
        raise RefusedError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise RefusedError("is_archived")
    if channel.is_member:
        warnings = {
            "warning": "already_in_channel",
            "response_metadata": {"warnings": ["already_in_channel"]},
        }
        return {"channel": conversation(call.space, channel), **warnings}
    channel.is_member = True
    channel.members.append(call.space.reader["id"])
    return {"channel": conversation(call.space, channel)}


def files_info(call: Call) -> Answer:
    call.allow("files:read")
    wanted = call.required("file")
    if wanted in call.space.deleted_files:
        raise RefusedError("file_deleted")
    channel, post = call.space.files.get(wanted, (None, None))
    if not (channel and post and channel.is_member and post.kind in files.FOUND):
        raise RefusedError("file_not_found")
    file = files.whole(call.space, channel, post, call.origin)
    places = {"channels": [], "groups": [], "ims": []} | {
        "groups" if channel.is_private else "channels": [channel.id]
    }
    return {"file": file | places, "comments": [], "response_metadata": {"next_cursor": ""}}


def pins_list(call: Call) -> Answer:
    call.allow("pins:read")
    channel = readable(call.channel("read"))
    pins = sorted(channel.pins.items(), key=lambda item: (item[1]["created"], item[0]), reverse=True)
    items = [
        {
            "type": "message",
            "channel": channel.id,
            **pin,
            "message": call.space.payload(channel, channel.posts[ts], call.origin)
            | {"permalink": f"{call.space.url}archives/{channel.id}/p{ts:016d}"},
        }
        for ts, pin in pins
    ]
    return {"items": items}


def bookmarks_list(call: Call) -> Answer:
    call.allow("bookmarks:read")
    channel_id = call.required("channel_id")
    channel = call.space.channels.get(channel_id)
    if channel is None or not channel.is_seen:
        raise RefusedError("channel_not_found")
    return {"bookmarks": readable(channel).bookmarks}


METHODS: dict[str, tuple[Callable[[Call], Answer], int]] = {
    "auth.test": (auth_test, SPECIAL),
    "team.info": (team_info, TIER_3),
    "users.list": (users_list, TIER_2),
    "users.info": (users_info, TIER_4),
    "conversations.list": (conversations_list, TIER_2),
    "conversations.info": (conversations_info, TIER_3),
    "conversations.members": (conversations_members, TIER_4),
    "conversations.join": (conversations_join, TIER_3),
    "conversations.history": (history.conversations_history, TIER_3),
    "conversations.replies": (history.conversations_replies, TIER_3),
    "files.info": (files_info, TIER_4),
    "pins.list": (pins_list, TIER_2),
    "bookmarks.list": (bookmarks_list, TIER_3),
}
"""Method -> what answers it, and how often a minute it may be called."""
FEW = {"conversations.history": RESTRICTED, "conversations.replies": RESTRICTED}
