"""Whether an answer is what an OpenAPI description says, by the part of JSON Schema that GitHub's uses."""

import re
from collections.abc import Iterator
from typing import Any

_PYTHON = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict,
}  # fmt: skip
_FORMATS = {
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"),
    "uri": re.compile(r"\w[\w+.-]*:\S+"),
}


class Description:
    """An OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._paths = [(_pattern(path), path) for path in document["paths"]]

    def violations(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer. Raises KeyError for a call or status that is not described."""
        described = self._operation(method, path)["responses"][str(status)]
        described = self._resolved(described)
        schema = described.get("content", {}).get("application/json", {}).get("schema")
        return [] if schema is None else list(self._check(schema, body, "answer"))

    def _operation(self, method: str, path: str) -> dict[str, Any]:
        paths = self._document["paths"]
        fitting = [
            known
            for pattern, known in self._paths
            if pattern.fullmatch(path) and method.lower() in paths[known]
        ]
        if not fitting:
            raise KeyError(f"{method} {path} is not described")
        most_literal = max(fitting, key=lambda known: len(re.sub(r"\{\w+\}", "", known)))
        return paths[most_literal][method.lower()]

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            found: Any = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def _check(self, schema: dict[str, Any], value: Any, where: str) -> Iterator[str]:
        schema = self._resolved(schema)
        if value is None:
            if not self._may_be_null(schema):
                yield f"{where} is null"
            return
        for each in schema.get("allOf", ()):
            yield from self._check(each, value, where)
        for choice in (schema.get("anyOf"), schema.get("oneOf")):
            if choice and all(list(self._check(each, value, where)) for each in choice):
                yield f"{where} is none of what it may be: {_short(value)}"
        yield from self._check_plain(schema, value, where)

    def _may_be_null(self, schema: dict[str, Any]) -> bool:
        choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
        kind = schema.get("type")
        return (
            bool(schema.get("nullable"))
            or kind == "null"
            or (kind is None and not choices and "allOf" not in schema and "enum" not in schema)
            or any(self._may_be_null(self._resolved(each)) for each in choices)
            or (schema.get("enum") is not None and None in schema["enum"])
        )

    def _check_plain(self, schema: dict[str, Any], value: Any, where: str) -> Iterator[str]:
        kind = schema.get("type")
        if kind in _PYTHON and (
            not isinstance(value, _PYTHON[kind]) or (kind != "boolean" and value is True)
        ):
            yield f"{where} is no {kind}: {_short(value)}"
            return
        if "enum" in schema and value not in schema["enum"]:
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
        known = schema.get("properties", {})
        for name, each in value.items():
            if name in known:
                yield from self._check(known[name], each, f"{where}.{name}")
            elif schema.get("additionalProperties") is False:
                yield f"{where} has {name}, which is not described"


def _pattern(path: str) -> re.Pattern[str]:
    """A parameter at the end of a path may have slashes: contents, refs."""
    parts = re.split(r"\{\w+\}", path)
    if not parts[-1]:
        return re.compile("[^/]+".join(map(re.escape, parts[:-1])) + ".+")
    return re.compile("[^/]+".join(map(re.escape, parts)))


def _short(value: Any) -> str:
    return repr(value)[:80]
