"""The cost of a query before it runs, as GitHub publishes it.

https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    get_named_type,
    value_from_ast_untyped,
)

MOST_NODES = 500_000
LONGEST_PAGE = 100
REQUESTS_PER_POINT = 100


@dataclass(frozen=True, slots=True)
class QueryProblem:
    """Why a query is refused without being run."""

    kind: str
    message: str
    path: tuple[str, ...] = ()


class Cost:
    """Nodes and points of an operation; `troubles` says what is wrong with its pages."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any]) -> None:
        definitions = document.definitions
        self._schema = schema
        self._fragments = {
            each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._variables = dict(variables)
        self.nodes = 0
        self.requests = 0
        self.troubles: list[QueryProblem] = []
        for each in definitions:
            if isinstance(each, OperationDefinitionNode):
                self._add_defaults(each)
                self._walk(each.selection_set, schema.query_type, 1, (each.operation.value,))
        if self.nodes > MOST_NODES:
            message = (
                f"This query requests up to {self.nodes:,} possible nodes"
                f" which exceeds the maximum limit of {MOST_NODES:,}."
            )
            self.troubles.append(QueryProblem("MAX_NODE_LIMIT_EXCEEDED", message))

    @property
    def points(self) -> int:
        return max(1, round(self.requests / REQUESTS_PER_POINT))

    def _add_defaults(self, operation: OperationDefinitionNode) -> None:
        for each in operation.variable_definitions or ():
            if each.default_value is not None:
                self._variables.setdefault(
                    each.variable.name.value, value_from_ast_untyped(each.default_value)
                )

    def _walk(
        self, selected: SelectionSetNode | None, parent: Any, times: int, path: tuple[str, ...]
    ) -> None:
        """`times`: how often GitHub has to look up the parent."""
        for node, owner in self._fields(selected, parent):
            definition = getattr(owner, "fields", {}).get(node.name.value)
            if definition is None:
                continue  # __typename
            of = get_named_type(definition.type)
            arguments = self._arguments(node)
            here = (*path, (node.alias or node.name).value)
            below = times
            if of.name.endswith("Connection"):
                below = self._add(self._page(node, arguments, here), times)
            elif node.name.value == "nodes" and owner is self._schema.query_type:
                below = self._add(len(arguments.get("ids") or ()), times)
            self._walk(node.selection_set, of, below, here)

    def _arguments(self, node: FieldNode) -> dict[str, Any]:
        values = {
            each.name.value: value_from_ast_untyped(each.value, self._variables)
            for each in node.arguments or ()
        }
        return {name: value for name, value in values.items() if value is not Undefined}

    def _add(self, size: int | None, times: int) -> int:
        """A connection without a size is asked for its number only, and the formula knows sizes only."""
        if size is None:
            return times
        self.requests += times
        self.nodes += size * times
        return size * times

    def _page(self, node: FieldNode, arguments: dict[str, Any], path: tuple[str, ...]) -> int | None:
        """How many members are asked for; None for a connection of which only `totalCount` is."""
        name = node.name.value
        sizes = {which: arguments[which] for which in ("first", "last") if arguments.get(which) is not None}
        if not sizes and self._is_listed(node):
            message = (
                f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
            )
            self.troubles.append(QueryProblem("MISSING_PAGINATION_BOUNDARIES", message, path))
        for which, size in sizes.items():
            if size > LONGEST_PAGE:
                message = (
                    f"Requesting {size} records on the `{name}` connection"
                    f" exceeds the `{which}` limit of {LONGEST_PAGE} records."
                )
                self.troubles.append(QueryProblem("EXCESSIVE_PAGINATION", message, path))
            elif size < 0:
                message = f"`{which}` on the `{name}` connection cannot be less than zero."
                self.troubles.append(QueryProblem("UNPROCESSABLE", message, path))
        return next(iter(sizes.values()), None)

    def _is_listed(self, node: FieldNode) -> bool:
        fields = self._fields(node.selection_set, cast("GraphQLNamedType", self._schema.query_type))
        return bool({"nodes", "edges", "pageInfo"} & {each.name.value for each, _ in fields})

    def _fields(
        self, selected: SelectionSetNode | None, parent: GraphQLNamedType
    ) -> Iterator[tuple[FieldNode, GraphQLNamedType]]:
        """Fields with the type they are asked of, fragments opened."""
        for each in selected.selections if selected else ():
            if isinstance(each, FieldNode):
                yield each, parent
                continue
            fragment = self._fragments[each.name.value] if isinstance(each, FragmentSpreadNode) else each
            fragment = cast("InlineFragmentNode", fragment)
            condition = fragment.type_condition
            of = self._schema.type_map[condition.name.value] if condition else parent
            yield from self._fields(fragment.selection_set, of)
