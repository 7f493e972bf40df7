"""Measurements that are run by hand and in CI, and never fail on a time: `python -m benchmarks`."""
