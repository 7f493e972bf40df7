"""Checks answers against an OpenAPI description (3.0 or 3.1), by the part of JSON Schema in use."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

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
    """An OpenAPI document. exceptions: schema -> values that it forgets, which are documented elsewhere."""

    def __init__(
        self, document: dict[str, Any], exceptions: Mapping[str, frozenset[Any]] | None = None
    ) -> None:
        self._document = document
        self._exceptions = exceptions or {}
        self._paths = [(_pattern(path), path) for path in document["paths"]]
        # Before 3.1, null is no type: a schema says `nullable`.
        self._nullable = document.get("openapi", "").startswith("3.0")

    def violations(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """Return what is wrong with an answer. Raises KeyError for a call or status that is not described."""
        responses = self._operation(method, path)["responses"]
        described = self._resolved(responses.get(str(status)) or responses[f"{status // 100}XX"])
        schema = described.get("content", {}).get("application/json", {}).get("schema")
        return [] if schema is None else list(self._check(schema, body, "answer"))

    def parameters(self, method: str, path: str) -> set[str]:
        """Names of what may stand in its query."""
        return {each["name"] for each in self._operation(method, path).get("parameters", ())}

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
        name = schema.get("$ref", "").rpartition("/")[2]
        schema = self._resolved(schema)
        if self._nullable and value is None:
            if not self._may_be_null(schema):
                yield f"{where} is null"
            return
        if isinstance(value, (int, str)) and value in self._exceptions.get(name, ()):
            return
        for each in schema.get("allOf", ()):
            yield from self._check(each, value, where)
        for choice in (schema.get("anyOf"), schema.get("oneOf")):
            if choice and not any(self._fits(each, value) for each in choice):
                least = min((list(self._check(each, value, where)) for each in choice), key=len)
                yield f"{where} is none of what it may be: {'; '.join(least)}"
        yield from self._check_plain(schema, value, where)

    def _fits(self, schema: dict[str, Any], value: Any) -> bool:
        return next(self._check(schema, value, ""), None) is None

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
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if kinds and not any(_is(kind, value) for kind in kinds):
            yield f"{where} is no {' or '.join(kinds)}: {_short(value)}"
            return
        if "const" in schema and value != schema["const"]:
            yield f"{where} is not {schema['const']!r}: {_short(value)}"
        if "enum" in schema and value is not None and value not in schema["enum"]:
            yield f"{where} is none of {schema['enum']}: {_short(value)}"
        pattern = _FORMATS.get(schema.get("format", ""))
        if pattern and isinstance(value, str) and not pattern.fullmatch(value):
            yield f"{where} is no {schema['format']}: {_short(value)}"
        if isinstance(value, list) and "items" in schema:
            for place, each in enumerate(cast("list[Any]", value)):
                yield from self._check(schema["items"], each, f"{where}[{place}]")
        if isinstance(value, dict):
            yield from self._check_object(schema, cast("dict[str, Any]", value), where)

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


def _is(kind: str, value: Any) -> bool:
    return isinstance(value, _PYTHON[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _pattern(path: str) -> re.Pattern[str]:
    """A parameter has no slashes, but for a path or a ref at the end."""
    parts = [re.escape(part) for part in re.split(r"\{\w+\}", path)]
    last = ".+" if path.endswith(("{path}", "{ref}")) else "[^/]+"
    return re.compile(f"{'[^/]+'.join(parts[:-1])}{last}{parts[-1]}" if len(parts) > 1 else parts[0])


def _short(value: Any) -> str:
    return repr(value)[:80]
