"""A message in quarantine is found again by its name there, whatever is broken of it."""

import pytest

from discord_activity_tracker.client import MessagePage
from discord_activity_tracker.sync.places import name_in_quarantine, place_of


@pytest.mark.parametrize("start", [0, 1, 150])
@pytest.mark.parametrize("end", [None, 400])
@pytest.mark.parametrize("ids", [[None], [None, 200], [160, None], [160, None, 200], [None, None, 200]])
def test_the_name_of_a_message_without_id_tells_where_to_ask_for_it(
    ids: list[int | None], start: int, end: int | None
) -> None:
    page = MessagePage(start, end, messages=[{}] * len(ids), ids=ids)
    place = ids.index(None)

    first, behind = place_of(name_in_quarantine(page, place))

    assert first == (161 if 160 in ids else max(start, 1))
    assert behind == (200 if 200 in ids else end)


def test_the_name_of_a_message_with_an_id_is_its_id() -> None:
    page = MessagePage(0, None, messages=[{}], ids=[160])
    assert place_of(name_in_quarantine(page, 0)) == (160, 161)
