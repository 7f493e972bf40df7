"""Whether an answer is what Discord's OpenAPI description says, by the part of JSON Schema that it uses."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_PYTHON: Mapping[str, Any] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict,
    "null": type(None),
}  # fmt: skip
_FORMATS = {
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"),
    "uri": re.compile(r"\w[\w+.-]*:\S+"),
    "snowflake": re.compile(r"0|[1-9][0-9]*"),
}


class Description:
    """An OpenAPI document. exceptions: schema -> values that it forgets, and Discord documents elsewhere."""

    def __init__(self, document: dict[str, Any], exceptions: Mapping[str, frozenset[Any]]) -> None:
        self._document = document
        self._exceptions = exceptions
        self._paths = [(_pattern(path), path) for path in document["paths"]]

    def violations(self, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with the answer to a GET. Raises KeyError for a call that is not described."""
        responses = self.operation(path)["responses"]
        described = responses.get(str(status)) or responses[f"{status // 100}XX"]
        schema = self._resolved(described)["content"]["application/json"]["schema"]
        return list(self._check(schema, body, "answer"))

    def operation(self, path: str) -> dict[str, Any]:
        """What GET does there."""
        fitting = [known for pattern, known in self._paths if pattern.fullmatch(path)]
        if not fitting:
            raise KeyError(f"GET {path} is not described")
        most_literal = max(fitting, key=lambda known: len(re.sub(r"\{\w+\}", "", known)))
        return self._document["paths"][most_literal]["get"]

    def parameters(self, path: str) -> set[str]:
        """Names of what may stand in its query."""
        return {each["name"] for each in self.operation(path).get("parameters", ())}

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            found: Any = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def _check(self, schema: dict[str, Any], value: Any, where: str) -> Iterator[str]:
        name = schema.get("$ref", "").rpartition("/")[2]
        schema = self._resolved(schema)
        if isinstance(value, (int, str)) and value in self._exceptions.get(name, ()):
            return
        for each in schema.get("allOf", ()):
            yield from self._check(each, value, where)
        for choice in (schema.get("anyOf"), schema.get("oneOf")):
            if choice and not any(self._fits(each, value) for each in choice):
                least = min((list(self._check(each, value, where)) for each in choice), key=len)
                yield f"{where} is none of what it may be: {'; '.join(least) or _short(value)}"
        yield from self._check_plain(schema, value, where, name)

    def _fits(self, schema: dict[str, Any], value: Any) -> bool:
        return next(self._check(schema, value, ""), None) is None

    def _check_plain(self, schema: dict[str, Any], value: Any, where: str, name: str) -> Iterator[str]:
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if kinds and not any(_is(kind, value) for kind in kinds):
            yield f"{where} is no {' or '.join(kinds)}: {_short(value)}"
            return
        if "const" in schema and value != schema["const"]:
            yield f"{where} is not {schema['const']!r}: {_short(value)}"
        allowed = {*schema.get("enum", ()), *self._exceptions.get(f"{name}.enum", ())}
        if "enum" in schema and value is not None and value not in allowed:
            yield f"{where} is none of {schema['enum']}: {_short(value)}"
        pattern = _FORMATS.get(schema.get("format", ""))
        if pattern and isinstance(value, str) and not pattern.fullmatch(value):
            yield f"{where} is no {schema['format']}: {_short(value)}"
        if isinstance(value, list) and "items" in schema:
            for place, each in enumerate(value):
                yield from self._check(schema["items"], each, f"{where}[{place}]")
        if isinstance(value, dict):
            yield from self._check_object(schema, value, where)

    def _check_object(self, schema: dict[str, Any], value: dict[str, Any], where: str) -> Iterator[str]:
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{where} has no {name}"
        for name, each in value.items():
            if name in schema.get("properties", {}):
                yield from self._check(schema["properties"][name], each, f"{where}.{name}")


def _is(kind: str, value: Any) -> bool:
    return isinstance(value, _PYTHON[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, re.split(r"\{\w+\}", path))))


def _short(value: Any) -> str:
    return repr(value)[:80]
