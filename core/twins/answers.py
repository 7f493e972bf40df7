"""Answers of a twin: JSON and text as vendors send them, and refusals that a handler raises."""

import json
from collections.abc import Mapping

from core.twins.twin import TwinResponse


class Refusal(Exception):  # noqa: N818 - an answer of the source, not an error of the twin
    """Ends a handler with the answer that the source documents for a call it does not serve."""

    def __init__(self, response: TwinResponse) -> None:
        super().__init__(f"refused with {response.status}")
        self.response = response


def as_json(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> TwinResponse:
    """Compact JSON in UTF-8. headers: more of them, or another Content-Type."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return TwinResponse(status, text.encode(), {"Content-Type": "application/json", **(headers or {})})


def as_text(text: str, status: int = 200, content_type: str = "text/plain; charset=utf-8") -> TwinResponse:
    """Text or a web page in UTF-8."""
    return TwinResponse(status, text.encode(), {"Content-Type": content_type})
