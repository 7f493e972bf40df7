"""A twin's clock: it runs at a set multiple of real time, so an hour's quota is tested in seconds."""

import time
from datetime import UTC, datetime, timedelta


class TwinClock:
    """Time as the twin tells it. `multiple` twin seconds pass in one real second."""

    def __init__(self, *, start: datetime | None = None, multiple: float = 1.0) -> None:
        if multiple <= 0:
            raise ValueError(f"a clock's multiple is above 0, not {multiple}")
        self.multiple = multiple
        self._start = start or datetime.now(UTC)
        self._began = time.monotonic()

    def now(self) -> datetime:
        """The twin's time, UTC."""
        return self._start + timedelta(seconds=(time.monotonic() - self._began) * self.multiple)

    def real_seconds(self, twin_seconds: float) -> float:
        """How long a client really waits for a span of the twin's time, for headers such as Retry-After."""
        return twin_seconds / self.multiple
