"""Routes of a twin: which handler answers which address."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar
from urllib.parse import unquote

Handler = TypeVar("Handler")
ANY = ""
_PARAMETER = re.compile(r"\{(?P<name>\w+)(?::(?P<kind>int|path))?\}")
_KINDS = {None: "[^/]+", "int": "[0-9]+", "path": ".*"}


class Routes(Generic[Handler]):
    """A table of method, path and handler; the first row that fits answers.

    In a path `{name}` stands for a part without a slash, `{name:int}` for a number, and `{name:path}` for
    all that is left, be it nothing. A row of the method ANY answers all methods, one of GET also HEAD.
    """

    def __init__(self, table: Iterable[tuple[str, str, Handler]]) -> None:
        self._rows = [(method, re.compile(_pattern(path)), _numbers(path), handler)
                      for method, path, handler in table]  # fmt: skip

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, Any]] | None:
        """The handler and the parts that its path names, None where no row fits. path: as it was sent."""
        method, path = "GET" if method == "HEAD" else method, unquote(path)
        for wanted, pattern, numbers, handler in self._rows:
            if wanted in {ANY, method} and (match := pattern.fullmatch(path)):
                parts = match.groupdict()
                return handler, {name: int(part) if name in numbers else part for name, part in parts.items()}
        return None


def _pattern(path: str) -> str:
    return "".join(_pieces(path))


def _pieces(path: str) -> Iterator[str]:
    start = 0
    for match in _PARAMETER.finditer(path):
        yield re.escape(path[start : match.start()])
        yield f"(?P<{match['name']}>{_KINDS[match['kind']]})"
        start = match.end()
    yield re.escape(path[start:])


def _numbers(path: str) -> set[str]:
    return {match["name"] for match in _PARAMETER.finditer(path) if match["kind"] == "int"}
