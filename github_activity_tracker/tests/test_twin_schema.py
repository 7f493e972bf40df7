"""The twin's GraphQL schema is a part of the one that GitHub publishes."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    validate_schema,
)

from core.twins import World
from github_activity_tracker.tests import published
from github_activity_tracker.tests.twin_calls import calling
from github_activity_tracker.twin import BoostorgTwin, graphql_api


def departures(part: GraphQLSchema, whole: GraphQLSchema) -> Iterator[str]:
    """What the part has that the whole has not, or has otherwise."""
    for name, found in part.type_map.items():
        if name.startswith("__"):
            continue
        known = whole.type_map.get(name)
        if known is None:
            yield f"{name} is not published"
        elif type(found) is not type(known):
            yield f"{name} is {type(known).__name__}, not {type(found).__name__}"
        else:
            yield from of_type(found, known)


def of_type(found: Any, known: Any) -> Iterator[str]:
    """Of two types of one kind and name."""
    if isinstance(found, GraphQLUnionType):
        yield from surplus(found, names(found.types), names(known.types))
    elif isinstance(found, GraphQLEnumType):
        yield from surplus(found, set(found.values), set(known.values))
    elif hasattr(found, "fields"):
        yield from surplus(found, set(found.fields), set(known.fields))
        yield from surplus(
            found, names(getattr(found, "interfaces", ())), names(getattr(known, "interfaces", ()))
        )
        for name in found.fields.keys() & known.fields.keys():
            yield from of_field(f"{found.name}.{name}", found.fields[name], known.fields[name])


def of_field(where: str, found: Any, known: Any) -> Iterator[str]:
    if str(found.type) != str(known.type):
        yield f"{where} is {known.type}, not {found.type}"
    arguments, published_ones = getattr(found, "args", {}), getattr(known, "args", {})
    for name, argument in arguments.items():
        if name not in published_ones:
            yield f"{where}({name}) is not published"
        elif str(argument.type) != str(published_ones[name].type):
            yield f"{where}({name}) is {published_ones[name].type}, not {argument.type}"
    for name, argument in published_ones.items():
        if is_required_argument(argument) and name not in arguments:
            yield f"{where}({name}) is required"


def surplus(owner: GraphQLNamedType, found: set[str], known: set[str]) -> Iterator[str]:
    for name in sorted(found - known):
        yield f"{owner.name}.{name} is not published"


def names(types: Any) -> set[str]:
    return {each.name for each in types}


def test_all_of_it_is_published_as_it_is() -> None:
    assert list(departures(graphql_api.schema(), published.graphql_schema())) == []


def test_it_is_a_schema_by_itself() -> None:
    assert validate_schema(graphql_api.schema()) == []


def test_a_departure_of_any_kind_is_seen() -> None:
    whole = build_schema(
        "type Query { a(x: Int!): T b: String } type T { c: Int! } enum E { V } input I { d: Int }"
        " union U = T | Query"
        " interface F { g: Int }"
    )
    part = build_schema(
        "type Query { a(y: Int): T b: Int n: Int } type T implements F { c: Int! g: Int } enum E { V W }"
        " input I { d: String } union U = T | S type S { h: Int } interface F { g: Int }"
    )
    assert set(departures(part, whole)) == {
        "Query.a(y) is not published",
        "Query.a(x) is required",
        "Query.b is String, not Int",
        "Query.n is not published",
        "T.F is not published",
        "T.g is not published",
        "E.W is not published",
        "I.d is Int, not String",
        "U.S is not published",
        "S is not published",
    }
    assert isinstance(part.type_map["I"], GraphQLInputObjectType)


def everything_of(typename: str) -> str:
    """A selection of all fields of a type that need no argument but a size."""
    schema = graphql_api.schema()
    found: Any = schema.type_map[typename]
    selected: list[str] = []
    for name, field in found.fields.items():
        required = {each for each, argument in field.args.items() if is_required_argument(argument)}
        of = get_named_type(field.type)
        if required:
            continue
        if of.name.endswith("Connection"):
            selected.append(
                f"{name}(first: 2) {{ totalCount nodes {{ __typename }} pageInfo {{ endCursor }} }}"
            )
        else:
            selected.append(name if is_leaf_type(of) else f"{name} {{ __typename }}")
    return " ".join(selected)


def test_every_field_of_it_is_answered() -> None:
    twin = BoostorgTwin(World(), size=60)
    samples: dict[str, str] = {}
    for node in twin.hub.nodes.values():
        if twin.hub.node(node["id"]) and graphql_api.schema().type_map.get(node["__typename"]):
            samples.setdefault(node["__typename"], node["id"])
    assert len(samples) > 30
    with calling(twin) as calls:
        for typename, node_id in samples.items():
            fields = f"... on {typename} {{ {everything_of(typename)} }}"
            errors = calls.errors(f"query($id: ID!) {{ node(id: $id) {{ {fields} }} }}", id=node_id)
            assert (typename, errors) == (typename, [])
        repository = 'repository(owner: "boostorg", name: "boost")'
        commit = f"... on Commit {{ {everything_of('Commit')} author {{ {everything_of('GitActor')} }} }}"
        calls.ask(
            f"{{ {repository} {{ defaultBranchRef {{ {everything_of('Ref')} target {{ {commit} }} }} }} }}"
        )
