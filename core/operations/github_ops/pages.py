"""Page sizes that follow what GitHub can answer in time."""

from dataclasses import dataclass, field

_SUCCESSES_BEFORE_GROWTH = 3


@dataclass
class AdaptivePage:
    """A page size that is halved when GitHub takes too long, and doubled after three answers in a row.

    `name` is what is paged ("boostorg/asio pull requests"), for the error about an item that is too much
    on its own.
    """

    name: str
    maximum: int = 100
    size: int = 0
    _successes: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.size = self.size or self.maximum

    def halve(self) -> bool:
        """Ask for half from now on. False when one item is asked for already."""
        self._successes = 0
        if self.size == 1:
            return False
        self.size = max(1, self.size // 2)
        return True

    def succeeded(self) -> None:
        """Count an answer that came in time."""
        self._successes += 1
        if self._successes >= _SUCCESSES_BEFORE_GROWTH and self.size < self.maximum:
            self.size = min(self.maximum, self.size * 2)
            self._successes = 0
