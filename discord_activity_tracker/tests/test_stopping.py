"""Runs that are stopped, and runs that meet another one."""

import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from core.models import Run
from core.twins import Served, TwinClock, World
from core.twins.snapshot import differences_from_truth
from discord_activity_tracker.collectors import DiscordActivityCollector
from discord_activity_tracker.models import Message
from discord_activity_tracker.sync.options import DiscordOptions
from discord_activity_tracker.tests.conftest import Collect
from discord_activity_tracker.twin import DiscordTwin

pytestmark = pytest.mark.django_db(transaction=True)
COMMAND = ("manage.py", "run_discord_activity_tracker", "--skip-markdown-export")


def until(condition: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    began = time.monotonic()
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() - began < 60
        time.sleep(0.02)


def test_a_stopped_run_keeps_its_pages_and_the_next_one_goes_on(
    serve_twin: Callable[..., Served],
    start: Callable[..., "subprocess.Popen[str]"],
    collect: Collect,
    settings_from: Callable[[dict[str, str]], None],
) -> None:
    # Some 20 calls a second, so that it is in the middle of it.
    twin = DiscordTwin(World(), size=100, clock=TwinClock(multiple=0.4))
    served = serve_twin(twin)
    process = start(*COMMAND, **served.environment())
    until(Message.objects.exists, process)
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 75, errors
    assert time.monotonic() - began < 8
    assert Run.objects.get().failure_category == "cancelled"
    assert "Traceback" not in errors
    before = Message.objects.count()

    twin.clock = TwinClock(start=twin.clock.now(), multiple=1000)
    twin.limits.clock = twin.clock
    settings_from({"DISCORD_REQUESTS_PER_SECOND": "50000"})
    collect()
    assert Message.objects.count() > before
    assert [str(each) for each in differences_from_truth(twin.truth())] == []


def test_a_second_run_on_the_same_server_says_who_is_at_it(twin: DiscordTwin, collect: Collect) -> None:
    first = DiscordActivityCollector(DiscordOptions(skip_markdown_export=True))
    seen: list[str] = []
    page = first.page

    def meanwhile(scope: str):  # noqa: ANN202 - the collector's own
        if not seen:
            seen.append("")
            second = collect()
            seen[0] = "".join(str(failure.category) for failure in second.outcome.failures)
        return page(scope)

    first.page = meanwhile
    first.run()
    assert seen == ["locked"]
    assert [str(each) for each in differences_from_truth(twin.truth())] == []
