"""Asking for many things by name, as many in one request as GitHub manages."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from core.errors import SourceTimeout
from core.operations.github_ops import AdaptivePage, GraphqlAnswer, GraphqlClient

T = TypeVar("T")


def in_batches(
    graphql: GraphqlClient,
    size: AdaptivePage,
    things: Sequence[T],
    ask: Callable[[Sequence[T]], GraphqlAnswer],
) -> Iterator[tuple[Sequence[T], GraphqlAnswer | SourceTimeout]]:
    """Yield things and the answer about them; an error for one that alone is too much for GitHub."""
    done = 0
    while done < len(things):
        asked, answer = first_batch(graphql, size, things[done : done + size.maximum], ask)
        yield asked, answer
        done += len(asked)


def first_batch(
    graphql: GraphqlClient,
    size: AdaptivePage,
    things: Sequence[T],
    ask: Callable[[Sequence[T]], GraphqlAnswer],
) -> tuple[Sequence[T], GraphqlAnswer | SourceTimeout]:
    """Return as many of the first things as one request manages, and the answer about them, or its error."""
    asked: Sequence[T] = things[:1]

    def ask_first(number: int) -> GraphqlAnswer:
        nonlocal asked
        asked = things[:number]
        return ask(asked)

    try:
        answer = graphql.with_page_size(size, ask_first)
    except SourceTimeout as error:
        if error.item != size.name:
            raise
        return asked, error
    return asked, answer
