from concurrent.futures import ThreadPoolExecutor

from core.metering import Meter, MeterReading


def test_counts_from_many_threads_are_exact() -> None:
    meter = Meter()

    def work(_: int) -> None:
        for _ in range(1_000):
            meter.add_request(received=2)
            meter.add_bytes(3)
            meter.add_wait(0.5)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))

    assert meter.snapshot() == MeterReading(requests=8_000, bytes_received=40_000, seconds_waited=4_000.0)
