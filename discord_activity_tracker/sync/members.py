"""Who is on a server, where the bot may know it: the server-members intent."""

import logging

from core.errors import SourceError
from core.protocols import State
from core.visits import is_due
from discord_activity_tracker.client import Payload, Unreadable, id_of
from discord_activity_tracker.parsing import member_leaf, parse_member
from discord_activity_tracker.protocol_impl import MemberRecord
from discord_activity_tracker.services import absent_members, count_members, mark_left, save_members
from discord_activity_tracker.sync.session import MEMBER, ServerSession

logger = logging.getLogger(__name__)
MEMBERS = "members"  # stream
REFUSED = "refused"


def read_members(session: ServerSession) -> None:
    """Read the list of members when it is due; who is no longer on it has left.

    Raises SourceError for a list without anybody: the bot itself is on it.
    """
    state = session.state(session.scope, MEMBERS)
    today = session.today
    if state.checkpoint_token is not None:
        is_in_doubt = session.collector.absences.is_doubtful(session.scope, MEMBER)
        days = session.settings.discord_member_days
        if not is_in_doubt and not is_due(state.checkpoint_token, days=days, now=session.now()):
            return
    after = 0
    pages = session.client.members(session.server_id)
    try:
        # One page ahead, so that the last one is known to be it.
        page = next(pages, list[Payload]())
        if not page:
            raise SourceError(
                f"Discord lists no member of server {session.server_id}, not even the bot",
                remedy="run it again",
            )
        while (following := next(pages, None)) is not None:
            after = _save(session, page, after, last=False)
            page = following
    except Unreadable:
        if REFUSED not in state.extras:
            _note_refusal(session, state)
        return
    _save(session, page, after, last=True)
    if state.checkpoint_token != today.isoformat() or REFUSED in state.extras:
        with session.page() as saved:
            saved.checkpoint(MEMBERS, State(today.isoformat()))


def _note_refusal(session: ServerSession, state: State) -> None:
    """Said once; the checkpoint keeps it."""
    logger.warning(
        "server %s: members are not listed, because the bot has no server-members intent"
        " (Developer Portal > Bot > Privileged Gateway Intents)",
        session.server_id,
    )
    with session.page() as page:
        page.count("servers_without_member_list", 1)
        page.checkpoint(MEMBERS, State(state.checkpoint_token, "not allowed to list them", {REFUSED: True}))


def _save(session: ServerSession, payloads: list[Payload], after: int, *, last: bool) -> int:
    """Save a page of members; the user that it ends with."""
    known = [user for each in payloads if (user := id_of(each.get("user"))) is not None]
    upto = max(known, default=after)
    with session.page() as page:
        parsed = session.parsed(page, MEMBER, payloads, _parse, member_leaf)
        users = session.save_users(page, [raw["user"] for _, raw, _ in parsed])
        leaves = {str(each.user.id): body for each, _, body in parsed}
        page.archive(MEMBER, leaves)
        saved = save_members(session.server_id, [each for each, _, _ in parsed])
        page.saved("members", MEMBER, saved, key="user_id")
        if len(known) == len(payloads):
            missing = absent_members(session.server_id, after, None if last else upto, known)
            left = page.believed(
                MEMBER,
                map(str, missing),
                present=[str(user) for user in known],
                stored=lambda: count_members(session.server_id),
            )
            mark_left(session.server_id, [int(user) for user in left])
            page.archive(MEMBER, dict.fromkeys(left))
            page.count("members_left", len(left))
    users.remember()
    return upto


def _parse(payload: Payload) -> MemberRecord:
    return parse_member(member_leaf(payload))
