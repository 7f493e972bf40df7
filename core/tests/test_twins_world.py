"""The world is the same for the same seed, and has what makes linking people hard."""

from core.twins import World
from core.twins.world import ascii_name


def test_the_same_seed_makes_the_same_people_with_the_same_traces() -> None:
    assert [(p, dict(p.handles)) for p in World(4).people] == [(p, dict(p.handles)) for p in World(4).people]
    assert World(4).people != World(5).people


def test_a_bigger_world_has_the_people_of_a_smaller_one() -> None:
    assert World(4, people=100).people[:20] == World(4, people=20).people


def test_no_two_people_share_an_address_or_a_handle() -> None:
    people = World(1, people=300).people
    addresses = [address for person in people for address in person.addresses]
    handles = [(source, handle) for person in people for source, handle in person.handles.items()]
    assert len(addresses) == len(set(addresses))
    assert len(handles) == len(set(handles))


def test_some_people_share_a_name_and_some_have_several() -> None:
    people = World(1).people
    assert people[9].name == people[8].name
    assert any(len(person.names) > 1 for person in people)
    assert any(len(person.addresses) > 1 for person in people)
    assert any(not person.name.isascii() for person in people)


def test_a_name_without_accents_is_what_someone_would_type() -> None:
    assert ascii_name("Łukasz Rößler-Bjørnsen") == "Lukasz Rossler-Bjornsen"
    assert ascii_name("Tomáš O'Brien Yıldız") == "Tomas OBrien Yildiz"  # noqa: RUF001 - a name


def test_a_quote_of_a_quote_gets_one_level_deeper() -> None:
    talk = World(1).talk
    assert talk.quote("> old\nnew\n", "A wrote:") == "A wrote:\n>> old\n> new\n>"
