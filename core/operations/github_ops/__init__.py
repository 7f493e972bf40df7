"""GitHub: its API within its limits. The git side is `core.operations.github_ops.git`."""

from core.operations.github_ops.api import GitHub, check_source
from core.operations.github_ops.errors import (
    Conflict,
    CursorRefused,
    EmptyRepository,
    PageLimit,
    TooMuchAsked,
    Unavailable,
)
from core.operations.github_ops.graphql import GraphqlAnswer, GraphqlClient, GraphqlError
from core.operations.github_ops.pages import AdaptivePage, page_info
from core.operations.github_ops.rest import RestClient
from core.operations.github_ops.tokens import Use

__all__ = [
    "AdaptivePage",
    "Conflict",
    "CursorRefused",
    "EmptyRepository",
    "GitHub",
    "GraphqlAnswer",
    "GraphqlClient",
    "GraphqlError",
    "PageLimit",
    "RestClient",
    "TooMuchAsked",
    "Unavailable",
    "Use",
    "check_source",
    "page_info",
]
