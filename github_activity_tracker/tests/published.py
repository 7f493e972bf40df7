"""GitHub's published descriptions, where they are at hand, and what a test says where they are not."""

import json
import lzma
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema

SPECS = Path(__file__).parents[3] / "shared/specs"


def _text(name: str) -> str:
    packed = SPECS / name
    if not packed.exists():
        pytest.skip(f"GitHub's published description is not at {packed}: nothing is compared with it")
    return lzma.decompress(packed.read_bytes()).decode()


@cache
def graphql_schema() -> GraphQLSchema:
    """The whole public schema."""
    return build_schema(_text("github-schema.graphql.xz"), assume_valid=True)


@cache
def openapi() -> dict[str, Any]:
    """The description of the REST API."""
    return json.loads(_text("github-openapi.json.xz"))
