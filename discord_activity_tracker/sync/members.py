"""Members of a server, where the bot may know them: the server-members intent."""

import logging

from core.errors import SourceError
from core.protocols import State
from core.visits import is_due
from discord_activity_tracker.client import Payload, Unreadable, id_of
from discord_activity_tracker.sync.kinds import MEMBER
from discord_activity_tracker.sync.session import ServerSession

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
        is_in_doubt = session.collector.absences.is_doubtful(session.scope.name, MEMBER.name)
        days = session.settings.discord_member_days
        if not is_in_doubt and not is_due(state.checkpoint_token, days=days, now=session.now()):
            return
    after = 0
    batches = session.client.members(session.server_id)
    try:
        # One batch ahead, so that the last one is known to be it.
        batch = next(batches, list[Payload]())
        if not batch:
            raise SourceError(
                f"Discord lists no member of server {session.server_id}, not even the bot",
                remedy="run it again",
            )
        while (following := next(batches, None)) is not None:
            after = _save(session, batch, after, last=False)
            batch = following
    except Unreadable:
        if REFUSED not in state.extras:
            _note_refusal(session, state)
        return
    _save(session, batch, after, last=True)
    if state.checkpoint_token != today.isoformat() or REFUSED in state.extras:
        with session.scope.page() as page:
            page.checkpoint(MEMBERS, State(today.isoformat()))


def _note_refusal(session: ServerSession, state: State) -> None:
    """Say it once; the checkpoint keeps it."""
    logger.warning(
        "server %s: members are not listed, because the bot has no server-members intent"
        " (Developer Portal > Bot > Privileged Gateway Intents)",
        session.server_id,
    )
    with session.scope.page() as page:
        page.count("servers_without_member_list", 1)
        page.checkpoint(MEMBERS, State(state.checkpoint_token, "not allowed to list them", {REFUSED: True}))


def _save(session: ServerSession, payloads: list[Payload], after: int, *, last: bool) -> int:
    """Save members, listed by user id behind `after`; return the user that they end with."""
    known = [user for each in payloads if (user := id_of(each.get("user"))) is not None]
    upto = max(known, default=after)
    with session.scope.page() as page:
        taken = page.take(MEMBER, session.server_id, payloads)
        users = session.take_users(
            page, [each["user"] for each in payloads if MEMBER.name_of(each) in taken.records]
        )
        if len(known) == len(payloads):  # else one of those that are stored may be it
            stored = MEMBER.live(session.server_id).filter(user__gt=after).exclude(user__in=known)
            missing = stored if last else stored.filter(user__lte=upto)
            ids = map(str, missing.values_list("user_id", flat=True))
            page.absent(MEMBER, session.server_id, ids, present=list(map(str, known)))
    session.users.update(users)
    return upto
