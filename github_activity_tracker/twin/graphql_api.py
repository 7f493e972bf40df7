"""Executes GraphQL over the hub, by the twin's part of GitHub's published schema: what is not in it fails."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from github_activity_tracker.twin import items, repositories
from github_activity_tracker.twin.connections import Refused
from github_activity_tracker.twin.context import AnswerTimeout, Context
from github_activity_tracker.twin.costs import Cost, QueryProblem

_SCHEMA = Path(__file__).with_name("schema.graphql")


@dataclass(slots=True)
class Outcome:
    """An answer's body and what it cost. is_timeout: the real one would have given up."""

    body: dict[str, Any]
    is_timeout: bool = False


@dataclass(slots=True)
class Query:
    """A query that was read and judged, but not executed."""

    document: DocumentNode | None
    errors: list[dict[str, Any]]
    cost: Cost | None = None
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    operation: str | None = None

    @property
    def points(self) -> int:
        return self.cost.points if self.cost and not self.errors else 1


def read(text: str, variables: dict[str, Any], operation: str | None = None) -> Query:
    """Parses and validates; the errors are as the client gets them."""
    document, errors = _read(text)
    if document is None or errors:
        return Query(None, [_told(each) for each in errors])
    cost = Cost(schema(), document, variables)
    return Query(document, [_trouble(each) for each in cost.troubles], cost, variables, operation)


def execute(query: Query, context: Context) -> Outcome:
    """The answer: data, and errors for what could not be told."""
    if query.errors or query.document is None:
        return Outcome({"errors": query.errors})
    try:
        result = execute_sync(
            schema(),
            query.document,
            root_value={"__typename": "Query", "id": "Q_twin"},
            context_value=context,
            variable_values=query.variables,
            operation_name=query.operation,
            field_resolver=items.plain,
        )
    except AnswerTimeout:
        return Outcome({}, is_timeout=True)
    if any(isinstance(each.original_error, AnswerTimeout) for each in result.errors or ()):
        return Outcome({}, is_timeout=True)
    for each in result.errors or ():
        if each.original_error is not None and not isinstance(each.original_error, GraphQLError):
            raise each.original_error  # the twin's own fault
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [_told(each) for each in result.errors]
    return Outcome(answer)


@cache
def schema() -> GraphQLSchema:
    """The twin's part of the published schema, with its resolvers."""
    built = build_schema(_SCHEMA.read_text(encoding="utf-8"))
    for name, found in built.type_map.items():
        if isinstance(found, GraphQLObjectType) and not name.startswith("__"):
            for field_name, resolver in _resolvers(name).items():
                if field_name in found.fields:
                    found.fields[field_name].resolve = resolver
    return built


def _resolvers(typename: str) -> dict[str, Callable[..., Any]]:
    for fields in (items.FIELDS, repositories.FIELDS):
        if typename in fields:
            return fields[typename]
    return (
        items.FIELDS["Event"]
        if typename.endswith("Event")
        else items.FIELDS["Named"]
        if typename in _NAMED
        else {}
    )


_NAMED = ("Label", "Milestone", "DiscussionCategory", "ReviewRequest")


@lru_cache(maxsize=256)
def _read(text: str) -> tuple[DocumentNode | None, list[GraphQLError]]:
    try:
        document = parse(text)
    except GraphQLSyntaxError as error:
        return None, [error]
    return document, validate(schema(), document)


def _told(error: GraphQLError) -> dict[str, Any]:
    """An error as GitHub words it, with its `type` where it has one."""
    told: dict[str, Any] = {"message": error.message}
    cause = error.original_error or error
    if isinstance(cause, Refused):
        told["type"] = cause.kind
    if error.path:
        told["path"] = error.path
    if error.locations:
        told["locations"] = [{"line": each.line, "column": each.column} for each in error.locations]
    return told


def _trouble(trouble: QueryProblem) -> dict[str, Any]:
    return {
        "type": trouble.kind,
        "message": trouble.message,
        **({"path": list(trouble.path)} if trouble.path else {}),
    }
