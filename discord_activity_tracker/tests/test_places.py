"""A message in quarantine is found again by its name there, whatever is broken of it."""

import pytest

from discord_activity_tracker.client import MessageBatch
from discord_activity_tracker.sync.places import Place, name_in_quarantine, place_of


@pytest.mark.parametrize("start", [0, 1, 150])
@pytest.mark.parametrize("end", [None, 400])
@pytest.mark.parametrize("ids", [[None], [None, 200], [160, None], [160, None, 200], [None, None, 200]])
def test_the_name_of_a_message_without_id_tells_where_to_ask_for_it(
    ids: list[int | None], start: int, end: int | None
) -> None:
    page = MessageBatch(start, end, messages=[{}] * len(ids), ids=ids)
    place = ids.index(None)

    found = place_of(name_in_quarantine(page, place))

    assert found is not None
    assert found == Place(161 if 160 in ids else max(start, 1), 200 if 200 in ids else end)
    assert found.is_within(start, end or 500)


def test_the_name_of_a_message_with_an_id_is_its_id() -> None:
    page = MessageBatch(0, None, messages=[{}], ids=[160])
    assert place_of(name_in_quarantine(page, 0)) == Place(160, 161)


@pytest.mark.parametrize(
    "name", ["between -1 and ", "between -1 and 7", "between 3 and 4", "between 9 and ", "5"]
)
def test_there_is_always_something_to_read_of_a_place(name: str) -> None:
    place = place_of(name)
    assert place is not None
    start, end = place.to_read(newest=9)
    assert 0 <= start < end
    assert place.is_within(start, end)


@pytest.mark.parametrize("name", ["", "nonsense", "between you and me", "-5", str(2**63), "5/6"])
def test_a_name_that_is_none_of_ours_stops_nothing(name: str) -> None:
    assert place_of(name) is None
