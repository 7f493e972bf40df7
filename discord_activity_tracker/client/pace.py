"""The pace of all calls together, shared by the processes that use a bot's token.

https://docs.discord.com/developers/topics/rate-limits#global-rate-limit
"""

import asyncio

from core.budget import Budget, Rate
from core.errors import RateLimited
from core.http import Credential, Waits

BUCKET = "discord"


class GlobalPace:
    """Lets one call after the other go, each when the shared budget allows it.

    The budget's queries run beside the event loop, which must not wait for a database.
    """

    def __init__(self, token: str, *, calls_per_second: int, waits: Waits, run: str = "") -> None:
        self._waits = waits
        self._credential = Credential.from_token(token, prefix="Bot ")
        # Evenly: Discord counts windows of a second, and buckets set many channels free at once.
        rate = Rate(calls_per_second, 1.0, burst=1)
        self._budget = Budget(BUCKET, [self._credential], rate=rate, run=run)
        self._turn = asyncio.Lock()

    async def turn(self) -> None:
        """Return when a call may be made. Raises RateLimited at once when the run cannot wait so long."""
        async with self._turn:
            waited = 0.0
            while (grant := await asyncio.to_thread(self._budget.acquire)).wait > 0:
                self._waits.require(grant.wait, "Discord", before=waited)
                await asyncio.sleep(grant.wait)
                waited += grant.wait

    async def hold(self, seconds: float) -> None:
        """Let nobody call for so long."""
        error = RateLimited("Discord's limit of all calls", retry_after=seconds)
        await asyncio.to_thread(self._budget.refused, self._credential.id, error, seconds)

    def close(self) -> None:
        self._budget.close()
