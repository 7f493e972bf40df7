"""Arguments of a request, read into what they stand for, with the source's own refusal of a bad one."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

Value = TypeVar("Value")
Default = TypeVar("Default")


class Arguments(dict[str, str]):
    """Arguments by name.

    invalid: makes the source's refusal of an argument from its name; None for a source that takes the default
    in place of what makes no sense.
    """

    def __init__(self, values: Mapping[str, str], invalid: Callable[[str], Exception] | None = None) -> None:
        super().__init__(values)
        self._invalid = invalid

    def flag(self, name: str) -> bool:
        """Whether it is given as `1` or `true`."""
        return self.get(name, "").lower() in {"1", "true"}

    def read(self, name: str, convert: Callable[[str], Value], default: Default) -> Value | Default:
        """The argument as `convert` makes it, which raises ValueError for what makes no sense.

        Raises the source's refusal in that case, if it has one.
        """
        if name not in self:
            return default
        try:
            return convert(self[name])
        except ValueError as error:
            if self._invalid is None:
                return default
            raise self._invalid(name) from error


def whole(least: int = 0, most: int | None = None) -> Callable[[str], int]:
    """A reader of whole numbers from `least` to `most`."""

    def convert(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,20}", text) or int(text) < least or (most and int(text) > most):
            raise ValueError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return convert


def moment(text: str) -> datetime:
    """A reader of ISO 8601 times with a zone, whose `+` may have become a space on the way."""
    found = datetime.fromisoformat(text.replace(" ", "+"))
    if found.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return found
