"""What was asked for in the query. Raises Refused where that makes no sense."""

from datetime import datetime

from core.twins import TwinRequest
from discord_activity_tracker.twin.refusals import invalid


def limit_of(request: TwinRequest, least: int, most: int, usual: int) -> int:
    text = request.query.get("limit")
    if text is None:
        return usual
    if not text.isdigit() or not least <= int(text) <= most:
        raise invalid("limit")
    return int(text)


def snowflake_of(request: TwinRequest, name: str) -> int | None:
    text = request.query.get(name)
    if text is not None and not text.isdigit():
        raise invalid(name)
    return None if text is None else int(text)


def time_of(request: TwinRequest, name: str) -> datetime | None:
    text = request.query.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise invalid(name) from None
    if moment.tzinfo is None:
        raise invalid(name)
    return moment
