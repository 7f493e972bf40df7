"""GitHub's published descriptions."""

import json
import lzma
from functools import cache
from typing import Any

from graphql import GraphQLSchema, build_schema

from core.tests.published import published


@cache
def graphql_schema() -> GraphQLSchema:
    """The whole public schema."""
    return build_schema(lzma.decompress(published("github-schema.graphql.xz")).decode(), assume_valid=True)


@cache
def openapi() -> dict[str, Any]:
    """The description of the REST API."""
    return json.loads(lzma.decompress(published("github-openapi.json.xz")))
