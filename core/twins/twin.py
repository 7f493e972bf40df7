"""A twin answers requests as its source would, and knows the truth about its world."""

import itertools
import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from random import Random
from threading import RLock
from typing import Any, ClassVar, TypedDict

from core.twins.clock import TwinClock
from core.twins.faults import Fault, Faults
from core.twins.world import World


@dataclass(frozen=True, slots=True)
class TwinRequest:
    """One request as it came in. `query` holds the last value of each name; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    target: str
    """Path and query, as sent."""

    @property
    def origin(self) -> str:
        """Where the client thinks it is talking to, `http://host:port`."""
        return f"http://{self.headers.get('host', 'localhost')}"


@dataclass(slots=True)
class TwinResponse:
    """One answer. A body that is an iterator is sent chunked, as it is made."""

    status: int = 200
    body: bytes | Iterator[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])


def half(body: bytes | Iterator[bytes]) -> bytes:
    """The first half of a body, or of the beginning of a long stream."""
    beginning = body if isinstance(body, bytes) else b"".join(itertools.islice(body, 500))
    return beginning[: len(beginning) // 2]


class TwinOptions(TypedDict, total=False):
    """Options that every twin takes besides its own."""

    faults: Faults | None
    clock: TwinClock | None
    size: int


class Twin(ABC):
    """A local stand-in of one source.

    size: roughly how many items the source holds; each twin says of what. clock: one that begins where the
    world's time ends, unless given.
    """

    name: ClassVar[str]
    fault_kinds: ClassVar[frozenset[Fault]] = frozenset(Fault) - {Fault.SECONDARY_LIMIT}
    pace: ClassVar[float] = 1.0
    """Twin seconds in a real one, unless a clock is given."""
    nonsense: ClassVar[Sequence[Mapping[str, Any]]] = ()
    """Fields that make an item malformed; one whose value is `...` goes."""

    def __init__(
        self,
        world: World,
        *,
        faults: Faults | None = None,
        clock: TwinClock | None = None,
        size: int = 300,
    ) -> None:
        self.world = world
        self.faults = faults or Faults.none()
        self.clock = clock or TwinClock(start=world.until, multiple=self.pace)
        self.size = size
        self.rounds = 0
        self.lock = RLock()
        """Held while a request is answered; take it to change the world while the twin is served."""
        self._coming: deque[Callable[[], None]] = deque()

    @abstractmethod
    def answer(self, request: TwinRequest) -> TwinResponse:
        """Answer as the source would, faults aside."""

    @abstractmethod
    def environment(self, base_url: str) -> dict[str, str]:
        """Name the settings that point its tracker at this twin."""

    @abstractmethod
    def truth(self) -> dict[str, list[dict[str, Any]]]:
        """Model label -> the rows a complete collection has, as `Model.objects.values(...)` gives them."""

    def mutate(self) -> None:
        """Let a round pass between two runs; what drift would have brought is there before."""
        with self.lock:
            self.settle()
            self.rounds += 1
            self.change()
            self.expect_arrivals()

    def change(self) -> None:  # noqa: B027 - a source in which nothing ever changes is fine
        """Make the changes of the round: new, changed, renamed and deleted items, from the seed."""

    def arrivals(self) -> Iterable[Callable[[], None]]:
        """List what arrives while a client is paging in this round, each by a call that brings it.

        All of it comes sooner or later, so what it is must not depend on when it comes.
        """
        return ()

    def expect_arrivals(self) -> None:
        """Line up the arrivals of the round; a twin calls it when its world is made."""
        self._coming = deque(self.arrivals())

    def operation(self, request: TwinRequest) -> tuple[str, int]:
        """Name what a client tries again when this request fails, and how many requests that takes."""
        return f"{request.method} {request.target}", 1

    def limited(self, kind: Fault, retry_after: int | None) -> TwinResponse:
        """Refuse as the source does by a limit. retry_after: real seconds, None to leave them out."""
        status = 403 if kind is Fault.SECONDARY_LIMIT else 429
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return TwinResponse(status, b"Too many requests\n", {"Content-Type": "text/plain", **headers})

    def spoil(self, request: TwinRequest, response: TwinResponse, rng: Random) -> TwinResponse:
        """Make one item of a JSON answer malformed; without an item to spoil the answer stays as it is."""
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        if response.status == HTTPStatus.OK and is_json and isinstance(response.body, bytes):
            data = json.loads(response.body)
            if items := self.spoilable(request, data):
                item = rng.choice(items)
                for name, value in rng.choice(self.nonsense).items():
                    item[name] = value
                    if value is ...:
                        del item[name]
                response.body = json.dumps(data, ensure_ascii=False).encode()
        return response

    def spoilable(self, request: TwinRequest, data: Any) -> list[dict[str, Any]]:  # noqa: ARG002
        """List the items in an answer's data that `nonsense` may be written into."""
        return []

    def drift(self, rng: Random) -> None:  # noqa: ARG002 - for those in which things go as well
        """Let an item come while a client is paging, or go; what goes comes back by `settle`."""
        if self._coming:
            self._coming.popleft()()

    def settle(self) -> None:
        """End all drift: every item that drift would bring is there, whatever was asked before."""
        with self.lock:
            while self._coming:
                self._coming.popleft()()
