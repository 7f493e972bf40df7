"""Discord's published description, where it is at hand, and what a test says where it is not."""

import json
from functools import cache
from pathlib import Path

import pytest

from core.tests.openapi import Description

DESCRIBED = Path(__file__).parents[3] / "shared/specs/discord-openapi.json"
EXCEPTIONS = {
    # Forwards: https://docs.discord.com/developers/resources/message#message-reference-types
    "MessageReferenceType": frozenset({1}),
}


@cache
def openapi() -> Description:
    """The description of the REST API, version 10."""
    if not DESCRIBED.exists():
        pytest.skip(f"Discord's published description is not at {DESCRIBED}: nothing is compared with it")
    return Description(json.loads(DESCRIBED.read_text(encoding="utf-8")), EXCEPTIONS)
