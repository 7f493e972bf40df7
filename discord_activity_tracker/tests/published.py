"""Discord's published description."""

import json
from functools import cache

from core.tests.openapi import Description
from core.tests.published import published

EXCEPTIONS = {
    # Forwards: https://docs.discord.com/developers/resources/message#message-reference-types
    "MessageReferenceType": frozenset({1}),
}


@cache
def openapi() -> Description:
    """The description of the REST API, version 10."""
    return Description(json.loads(published("discord-openapi.json")), EXCEPTIONS)
