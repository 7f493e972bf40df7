"""What the settings call public, and what follows from a change of that."""

from collections.abc import Callable

import pytest

from core.collectors import CollectorOptions
from core.registry import Document, GoneDocument
from discord_activity_tracker.conf import DiscordSettings
from discord_activity_tracker.documents import DiscordDocuments
from discord_activity_tracker.models import Server
from discord_activity_tracker.parsing.text import resolved
from discord_activity_tracker.protocol_impl import ServerRecord
from discord_activity_tracker.services import save_server
from discord_activity_tracker.sync.session import ServerSession
from discord_activity_tracker.tests.exporter import Exporter
from discord_activity_tracker.tests.talking import change_number, channel, say

Settings = Callable[[dict[str, str]], None]
Index = dict[str, Document]


def index(known: Index, since: int | None = None) -> Index:
    """What somebody has who knows these and is told of the changes since."""
    known = known.copy()
    for each in DiscordDocuments().documents(since=since):
        if isinstance(each, GoneDocument):
            known.pop(each.doc_id, None)
        else:
            known[each.doc_id] = each
    return known


@pytest.mark.django_db
def test_a_mention_does_not_tell_what_a_channel_is_called_that_not_everyone_may_view(
    settings_from: Settings,
) -> None:
    settings_from({"DISCORD_PUBLIC_CHANNELS": "12"})
    channel(10, "general")
    channel(11, "layoffs", is_public=False)
    channel(12, "shown on purpose", is_public=False)
    session = ServerSession.opened(Exporter(CollectorOptions()), DiscordSettings.current(), 7)
    session.load_names()
    text = "see <#10>, <#11>, <#12> and <#13>"
    assert resolved(text, session.names) == "see #general, #No Access, #shown on purpose and <#13>"


@pytest.mark.django_db
def test_a_server_with_another_name_has_it_in_all_documents_and_its_size_is_no_news() -> None:
    general = channel()
    say(general, 0)
    say(general, 500, to=0)
    known, since = index({}), change_number()
    save_server(ServerRecord(7, "C++ & Boost", "", "", 1), 12)
    assert Server.objects.get().member_count == 12
    assert Server.objects.get().changed_in < since
    assert index(known, since) == known
    save_server(ServerRecord(7, "Renamed", "", "", 1), 12)
    Server.objects.update(changed_in=change_number())
    there = index(known, since)
    assert there == index({})
    assert {str(each.metadata["server_name"]) for each in there.values()} == {"Renamed"}
